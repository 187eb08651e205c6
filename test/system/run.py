#!/usr/bin/env python3
"""Runs the system tests: every function named test_* of every test_*.py here, some at a time, printing TAP.

    test/system/run.py --godwit build/godwit [--jobs N] [WORD ...]     only tests whose name contains a WORD
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import sys
import time
import traceback

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))


def collect(words):
    found = []
    for path in sorted(here.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name in sorted(vars(module)):
            test = getattr(module, name)
            title = f"{path.stem[5:]}: {name[5:].replace('_', ' ')}"
            if name.startswith("test_") and callable(test) and (not words or any(w in title or w in name for w in words)):
                found.append((title, test))
    return found


def run(test):
    started = time.monotonic()
    try:
        test()
        return None, time.monotonic() - started
    except BaseException:
        return traceback.format_exc(), time.monotonic() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--godwit", default="build/godwit")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 1))
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    os.environ["GODWIT"] = str(pathlib.Path(options.godwit).resolve())
    tests = collect(options.words)
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(run, test): title for title, test in tests}
        for number, done in enumerate(concurrent.futures.as_completed(running), 1):
            trouble, seconds = done.result()
            failed += trouble is not None
            print(f"{'not ok' if trouble else 'ok'} {number} - {running[done]} ({seconds:.1f} s)", flush=True)
            if trouble:
                print(f"--- {running[done]}\n{trouble}", file=sys.stderr, flush=True)
    sys.exit(1 if failed else 0)


main()
