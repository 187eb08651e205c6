#!/usr/bin/env python3
"""Counts test results and says them: meson's JUnit file or a TAP file for one suite, and the total of all."""
import os
import re
import sys
import xml.etree.ElementTree as tree


def junit(path):
    passed, failures = 0, []
    if not os.path.exists(path):
        return 0, ["no results were written"]
    for case in tree.parse(path).getroot().iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        # a skipped test is a test that lacks something: a failure
        bad = bad or case.find("skipped") is not None
        name = f"{case.get('classname')} / {case.get('name')}"
        if bad:
            failures.append(name)
        else:
            passed += 1
    return passed, failures


def tap(path):
    passed, failures, plan = 0, [], None
    for line in open(path, errors="replace"):
        if m := re.match(r"1\.\.(\d+)", line):
            plan = int(m.group(1))
        elif re.match(r"ok\b", line):
            if "# SKIP" in line.upper():
                failures.append(line.strip())
            else:
                passed += 1
        elif re.match(r"not ok\b", line):
            failures.append(line.strip())
    if plan is None or plan != passed + len(failures):
        failures.append(f"{passed + len(failures)} of {plan} tests ran")
    return passed, failures


def one(kind, name, results, log, seconds):
    passed, failures = junit(results) if kind == "--one" else tap(results)
    with open(results + ".count", "w") as out:
        out.write(f"{passed} {len(failures)}")
    print(f"{name}: {passed} passed, {len(failures)} failed ({seconds} s)", flush=True)
    if failures:
        for failure in failures:
            print(f"  FAILED {failure}")
        text = open(log, errors="replace").read()
        print(text[-20000:], flush=True)


def total(folder, builds):
    passed, failed = 0, int(builds)
    for name in os.listdir(folder):
        if name.endswith(".count"):
            p, f = open(os.path.join(folder, name)).read().split()
            passed, failed = passed + int(p), failed + int(f)
    if passed == 0:
        failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if sys.argv[1] == "--total":
    total(sys.argv[2], sys.argv[3])
else:
    one(*sys.argv[1:6])
