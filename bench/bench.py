#!/usr/bin/env python3
"""Runs the tests against one or more peers and prints one line of JSON a result; run.sh calls it.

    bench.py --peers postfix,godwit --tests accept,tls,relay,idle,lmtp,imap [--runs 3] [--seconds 4] [--out FILE]

A peer is an executable peers/NAME.sh (its verbs: peers/lib.sh). NAME may carry settings for the peer file's
environment: "postfix:POSTFIX_LOG=0", "dovecot:DOVECOT_FORMAT=mdbox". Environment: BENCH_BIN, the folder of the
programs; BENCH_WORK, the scratch directory on the disk under test. Each number is the median of --runs runs; the line
carries all runs too. What foreign_cpu and the costs mean is in README.md.
"""
import argparse
import json
import os
import signal
import statistics
import struct
import subprocess
import sys
import time

import machine

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build", "bench")
BIN = os.path.abspath(os.environ.get("BENCH_BIN", BUILD))
WORK = os.path.abspath(os.environ.get("BENCH_WORK", os.path.join(BUILD, "work")))
SINK = "127.0.0.1:2600"
ARGS = None
OUT = None

LOAD_KEYS = ["msgs_per_s", "p50_ms", "p99_ms", "server_cpu_ms_per_msg", "machine_cpu_ms_per_msg", "flushes_per_msg",
             "disk_writes_per_msg", "disk_kb_per_msg"]
RELAY_KEYS = ["relay_per_s", "accept_per_s", "p50_ms", "p99_ms", "drain_s", "relayed", "lost", "server_cpu_ms_per_msg",
              "machine_cpu_ms_per_msg", "flushes_per_msg", "disk_writes_per_msg"]
IMAP_KEYS = ["ops_per_s", "p50_ms", "p99_ms", "mb_per_s", "server_cpu_ms_per_msg", "machine_cpu_ms_per_op",
             "flushes_per_op"]
TRACED = "fsync,fdatasync,sync_file_range,msync,syncfs,sync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,fork,vfork,clone,clone3,execve"


def emit(row):
    line = json.dumps(row)
    print(line, flush=True)
    if OUT:
        OUT.write(line + "\n")
        OUT.flush()


# ---- peers ----

class Peer:
    def __init__(self, label):
        self.label = label
        self.name, *settings = label.split(":")
        self.env = dict(os.environ, SINK=SINK, BENCH_WORK=WORK)
        self.env.update(s.split("=", 1) for s in settings)
        self.script = os.path.join(HERE, "peers", self.name + ".sh")

    def call(self, *words, env=None):
        return subprocess.run([self.script, *words], env=dict(self.env, **(env or {}))).returncode

    def ask(self, *words):
        return subprocess.run([self.script, *words], env=self.env, stdout=subprocess.PIPE).stdout.decode().strip()

    def start(self, mode, **env):
        self.stop()
        os.sync()
        if self.call("start", mode, env={k: str(v) for k, v in env.items()}):
            raise RuntimeError(f"{self.label} does not start; see {WORK}/log/{self.name}.log")
        machine.put_first(machine.tree(self.pid()), ARGS.nice)
        time.sleep(0.5)

    def stop(self):
        self.call("stop")

    def clear(self):
        self.stop()
        self.call("clear")

    def addr(self, protocol):
        return self.ask("addr", protocol)

    def pid(self):
        return int(self.ask("pid"))


class Sink:
    def __init__(self):
        self.file = os.path.join(WORK, "run", "sink.stats")
        self.p = subprocess.Popen([os.path.join(BIN, "smtpsink"), "-a", SINK, "-S", self.file, "-q"])
        time.sleep(0.3)

    def read(self):
        """(messages, monotonic time of the last in ns)"""
        with open(self.file, "rb") as f:
            return struct.unpack("qq", f.read(16))

    def cpu_s(self):
        return machine.cpu_s(self.p.pid)

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        self.p.wait()


# ---- one run ----

def tool(name, *words, timeout=300):
    p = subprocess.run([os.path.join(BIN, name), *map(str, words)], stdout=subprocess.PIPE, timeout=timeout)
    try:
        return json.loads(p.stdout.decode().strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {"tool": name, "error": "no result", "status": p.returncode}


def settle(ours):
    """Lets what is dirty go to the disk, then waits a while for a quiet machine."""
    os.sync()
    time.sleep(0.2)
    for _ in range(ARGS.wait_quiet):
        before, written = machine.others(ours, WORK), machine.disk(WORK)[0]
        time.sleep(0.4)
        if machine.others_took(before, machine.others(ours, WORK)) < 0.05 and machine.disk(WORK)[0] - written < 150:
            return
        time.sleep(0.6)


def family(p):
    return set(machine.tree(os.getpid())) | set(machine.tree(p.pid()))


def quiet(p, run):
    """One run on as quiet a machine as can be had: again when others took too much of the processors."""
    best = None
    for _ in range(ARGS.tries):
        ours = family(p)
        settle(ours)
        others, began, cpu = machine.others(ours, WORK), time.time(), machine.family_s(p.pid(), WORK)
        r = run()
        n = r.get("relayed", r.get("msgs", r.get("ops")))
        if n:
            r["server_cpu_ms_per_msg"] = round((machine.family_s(p.pid(), WORK) - cpu) * 1000 / n, 4)
        ours |= family(p)
        took = machine.others_took(others, machine.others(ours, WORK))
        r["foreign_cpu"] = round(took / (time.time() - began), 3)
        if best is None or r["foreign_cpu"] < best["foreign_cpu"]:
            best = r
        if r["foreign_cpu"] <= ARGS.foreign_max:
            break
    return best


def costed(run, ours_s, unit):
    """A run with what the machine and its disk spent on each message or operation. ours_s(result): processor time of
    the generator and the sink in it."""
    busy, disk = machine.busy_s(), machine.disk(WORK)
    r = run()
    n = max(r.get("relayed", r.get("msgs", r.get("ops", 0))), 1)
    busy, after = machine.busy_s() - busy, machine.disk(WORK)
    r["machine_cpu_ms_per_" + unit] = round((busy - ours_s(r)) * 1000 / n, 4)
    r["disk_writes_per_" + unit] = round((after[0] - disk[0]) / n, 3)
    r["disk_kb_per_" + unit] = round((after[1] - disk[1]) * 1000 / n, 2)
    r["flushes_per_" + unit] = round((after[2] - disk[2]) / n, 4)
    return r


def client_s(r):
    return r.get("client_cpu_s", 0)


def load(*words):
    return costed(lambda: tool("smtpload", *words), client_s, "msg")


def middle(rows, key):
    v = [r[key] for r in rows if key in r]
    return round(statistics.median(v), 4) if v else None


def summary(peer, test, case, rows, keys):
    row = {"peer": peer.label, "test": test, **case, **{k: middle(rows, k) for k in keys}}
    row["errors"] = sum(r.get("failed", 0) + r.get("conn_errors", 0) + r.get("errors", 0) for r in rows)
    first = [r["first_error"] for r in rows if r.get("first_error")]
    if first:
        row["first_error"] = first[0]
    row["runs"] = [r.get(keys[0]) for r in rows]
    row["best"] = max(v or 0 for v in row["runs"])
    row["foreign_cpu"] = max(r.get("foreign_cpu", 0) for r in rows)
    emit(row)


def cases(text):
    return [tuple(int(y) for y in x.split("x")) for x in text.split(",") if x]


# ---- the tests ----

def t_accept(p):
    """Durable accept into the queue, nothing is delivered."""
    plan = [(size, c, 0, 0) for size, c in cases(ARGS.accept)]
    if ARGS.full:
        plan += [(5120, 20, 0, 1), (5120, 100, 0, 1), (5120, 20, 1, 0)]
    for size, c, each, pipelining in plan:
        p.start("accept")
        a = p.addr("smtp")
        load("-a", a, "-c", c, "-s", size, "-d", 1, "-T", 20)
        words = ["-a", a, "-c", c, "-m", each, "-s", size, "-d", ARGS.seconds, "-T", 60] + ["-p"] * pipelining
        rows = [quiet(p, lambda: load(*words)) for _ in range(ARGS.runs)]
        summary(p, "accept", {"size": size, "sessions": c, "per_session": each, "pipelining": pipelining}, rows, LOAD_KEYS)


def t_tls(p):
    for kind in ARGS.tls_kinds.split(","):
        p.start("accept", TLS=1, TLS_KIND=kind)
        a = p.addr("smtp")
        for c, each in ((20, 0), (20, 1)):
            load("-a", a, "-c", c, "-m", each, "-d", 1, "-t", "-T", 20)
            words = ["-a", a, "-c", c, "-m", each, "-s", 5120, "-t", "-d", ARGS.seconds, "-T", 60]
            rows = [quiet(p, lambda: load(*words)) for _ in range(ARGS.runs)]
            summary(p, "accept_starttls", {"key": kind, "size": 5120, "sessions": c, "per_session": each}, rows, LOAD_KEYS)


def relay_once(p, sink, c, size, seconds):
    before = sink.read()[0]
    r = tool("smtpload", "-a", p.addr("smtp"), "-c", c, "-s", size, "-d", seconds, "-T", 60)
    end, seen, still = time.time() + ARGS.drain, -1, 0
    while time.time() < end and still < 400:  # 20 s without one message
        n = sink.read()[0]
        if n >= before + r["msgs"]:
            break
        still = still + 1 if n == seen else 0
        seen = n
        time.sleep(0.05)
    time.sleep(0.2)
    n, last = sink.read()
    r["relayed"] = n - before
    r["lost"] = r["msgs"] - r["relayed"]
    r["relay_per_s"] = round(r["relayed"] / max((last - r["begin_ns"]) / 1e9, 1e-9), 1)
    r["accept_per_s"] = r["msgs_per_s"]
    r["drain_s"] = round(max(0, (last - r["end_ns"]) / 1e9), 3)
    return r


def relay_costed(p, sink, c, size, seconds):
    before = sink.cpu_s()
    return costed(lambda: relay_once(p, sink, c, size, seconds), lambda r: client_s(r) + sink.cpu_s() - before, "msg")


def t_relay(p):
    """Accept and forward to the sink; the rate is from the first connection to the last message at the sink."""
    sink = Sink()
    try:
        for size, c in cases(ARGS.relay):
            rows = []
            p.start("relay")
            for i in range(ARGS.runs + 1):
                r = quiet(p, lambda: relay_costed(p, sink, c, size, ARGS.seconds if i else 1))
                if i:
                    rows.append(r)
                if r["lost"] > 0:
                    p.start("relay")
            summary(p, "relay", {"size": size, "sessions": c}, rows, RELAY_KEYS)
    finally:
        p.stop()
        sink.stop()


def hold(a, kind, n, users, seconds):
    words = ["-a", a, "-n", n, "-k", kind, "-U", users, "-T", seconds]
    return subprocess.Popen([os.path.join(BIN, "idleconn"), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def idle_case(p, what, kind, n, protocol, users, **env):
    p.start("store" if protocol == "imap" else "accept", **env)
    a = p.addr(protocol)
    warm = hold(a, kind, 20, users, 60)
    warm.stdout.readline()
    warm.communicate(b"\n")
    time.sleep(2)
    free, (pss, rss, private, _) = machine.available_kb(), machine.memory_kb(p.pid())
    holder = hold(a, kind, n, users, ARGS.idle_open_s)
    r = json.loads(holder.stdout.readline())
    time.sleep(ARGS.idle_wait)
    free -= machine.available_kb() + machine.memory_kb(holder.pid)[2]
    pss_now, rss_now, private_now, processes = machine.memory_kb(p.pid())
    last = json.loads(holder.communicate(b"\n")[0].decode().strip().splitlines()[-1])
    each = max(r["ready"], 1)
    emit({"peer": p.label, "test": "idle", "what": what, "wanted": n, "ready": r["ready"], "bad": r["bad"],
          "why": r["why"], "open_s": r["seconds"], "still_open": last["still_open"],
          "pss_kb_per_conn": round((pss_now - pss) / each, 3), "rss_kb_per_conn": round((rss_now - rss) / each, 3),
          "private_kb_per_conn": round((private_now - private) / each, 3), "system_kb_per_conn": round(free / each, 3),
          "pss_base_kb": pss, "pss_total_kb": pss_now, "processes": processes})


def t_idle(p):
    if p.addr("smtp"):
        limit = {"POSTFIX_LIMIT": ARGS.idle_n + 50} if p.name == "postfix" else {}
        idle_case(p, "smtp after EHLO", "smtp", ARGS.idle_n, "smtp", 1, **limit)
    if p.addr("imap"):
        n = min(ARGS.idle_n, ARGS.idle_imap_n)
        idle_case(p, "imap before LOGIN", "raw", ARGS.idle_n, "imap", 1)
        idle_case(p, "imap selected", "imap", n, "imap", 1000)
        idle_case(p, "imap IDLE", "imapidle", n, "imap", 1000)


def t_lmtp(p):
    for users, c, size in cases(ARGS.lmtp):
        p.clear()
        p.start("store")
        a = p.addr("lmtp")
        load("-l", "-a", a, "-c", min(c, 20), "-n", 2 * users if users > 1 else 50, "-s", 1024, "-u", users, "-T", 60)
        words = ["-l", "-a", a, "-c", c, "-s", size, "-u", users, "-d", ARGS.seconds, "-T", 60]
        rows = [quiet(p, lambda: load(*words)) for _ in range(ARGS.runs)]
        summary(p, "lmtp", {"size": size, "sessions": c, "users": users}, rows, LOAD_KEYS)
    p.clear()


def imap_once(a, op, c):
    few = op == "idle"
    words = ["-a", a, "-o", op, "-c", c, "-t", 12 if few else ARGS.seconds, "-n", 6 if few else 400000]
    return costed(lambda: tool("imapload", *words), client_s, "op")


def t_imap(p):
    p.clear()
    p.start("store")
    a = p.addr("imap")
    if not a:
        return
    emit({"peer": p.label, "test": "imap_fill", **tool("imapload", "-a", a, "-o", "fill", "-N", ARGS.mailbox)})
    for case in ARGS.imap.split(","):
        op, c = case.split("x")
        rows = [quiet(p, lambda: imap_once(a, op, c)) for _ in range(ARGS.runs)]
        summary(p, "imap", {"op": op, "sessions": int(c), "mailbox": ARGS.mailbox}, rows, IMAP_KEYS)
    p.clear()


def count_calls(path):
    counts = {}
    with open(path) as lines:
        for line in lines:
            call = line.split(None, 1)[1].split("(")[0].strip()
            if call[:1].isalpha() and not line.rstrip().endswith("unfinished ...>"):
                counts[call] = counts.get(call, 0) + 1
    return counts


def t_calls(p):
    """Counts what reaches the disk for an accepted message, with strace: slow, so no rate is taken."""
    plans = [("accept", "smtp", []), ("relay", "smtp", [])] if p.addr("smtp") else []
    plans += [("store", "lmtp", ["-l"])] if p.addr("lmtp") else []
    for mode, protocol, words in plans:
        sink = Sink()
        p.start(mode)
        a = p.addr(protocol)
        tool("smtpload", "-a", a, "-c", 1, "-n", 20, *words)
        log = os.path.join(WORK, "run", "strace.out")
        pids = [w for q in machine.tree(p.pid()) for w in ("-p", str(q))]
        s = subprocess.Popen(["strace", "-f", "-qq", "-o", log, "-e", "trace=" + TRACED, *pids], stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        n = tool("smtpload", "-a", a, "-c", 1, "-n", 200, "-T", 60, *words).get("msgs", 0)
        time.sleep(3)
        s.send_signal(signal.SIGINT)
        s.wait()
        sink.stop()
        p.stop()
        each = {k: round(v / max(n, 1), 2) for k, v in sorted(count_calls(log).items())}
        emit({"peer": p.label, "test": "calls_per_msg", "mode": mode, "msgs": n, **each})


TESTS = {"accept": t_accept, "tls": t_tls, "relay": t_relay, "idle": t_idle, "lmtp": t_lmtp, "imap": t_imap, "calls": t_calls}
NEEDS = {"accept": "smtp", "tls": "smtp", "relay": "smtp", "lmtp": "lmtp", "imap": "imap"}


def options():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--peers", required=True)
    a.add_argument("--tests", default=",".join(t for t in TESTS if t != "calls"))
    a.add_argument("--runs", type=int, default=3)
    a.add_argument("--seconds", type=float, default=4)
    a.add_argument("--full", action="store_true", help="pipelining and one message a session too")
    a.add_argument("--drain", type=float, default=90, help="seconds for what is left in the queue after a relay run")
    a.add_argument("--accept", default="5120x1,5120x20,5120x100,102400x1,102400x20,102400x100", help="SIZExSESSIONS,...")
    a.add_argument("--relay", default="5120x1,5120x20,102400x20", help="SIZExSESSIONS,...")
    a.add_argument("--lmtp", default="1x1x5120,1x20x5120,1000x1x5120,1000x20x5120,1000x100x5120,1000x20x102400", help="MAILBOXESxSESSIONSxSIZE,...")
    a.add_argument("--imap", default="loginx1,loginx20,noopx1,noopx20,selectx1,envelopex1,envelopex2,flagsx1,bodyx1,bodyx20,bodyallx1,storex1,storex20,"
                   "searchx1,searchflagx1,searchtextx1,appendx1,appendx20,idlex1", help="OPERATIONxSESSIONS,... of imapload")
    a.add_argument("--mailbox", type=int, default=10000, help="messages in the mailbox of the IMAP test")
    a.add_argument("--tls-kinds", default="ec", help="ec,rsa")
    a.add_argument("--idle-n", type=int, default=10000)
    a.add_argument("--idle-imap-n", type=int, default=10000)
    a.add_argument("--idle-wait", type=float, default=3)
    a.add_argument("--idle-open-s", type=int, default=90)
    a.add_argument("--wait-quiet", type=int, default=3, help="seconds to wait for a quiet machine before a run")
    a.add_argument("--tries", type=int, default=2)
    a.add_argument("--foreign-max", type=float, default=0.25, help="CPUs taken by others above which a run is done again")
    a.add_argument("--nice", type=int, default=-19, help="priority of the peers and the load, so that others matter less (root)")
    a.add_argument("--out", help="append the lines of JSON to this file too")
    return a.parse_args()


def run_all(peers):
    """Test by test, peer by peer: what deletes many files (relay) comes after what only makes them."""
    fine = True
    for t in ARGS.tests.split(","):
        for p in peers:
            if t in NEEDS and not p.addr(NEEDS[t]):
                continue
            try:
                TESTS[t](p)
            except (RuntimeError, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as e:  # the others still run
                emit({"peer": p.label, "test": t, "error": str(e)})
                fine = False
            p.stop()
    return fine


def main():
    global ARGS, OUT
    ARGS = options()
    for folder in ("run", "log"):
        os.makedirs(os.path.join(WORK, folder), exist_ok=True)
    try:
        os.setsid()  # the kernel shares out the processors among sessions
    except OSError:
        pass
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    machine.put_first([os.getpid()], ARGS.nice)
    if ARGS.out:
        OUT = open(ARGS.out, "a")
    peers = [Peer(x) for x in ARGS.peers.split(",")]
    for p in peers:
        emit({"peer": p.label, "test": "version", "version": p.ask("version"), "load1": os.getloadavg()[0]})
    fine = False
    try:
        fine = run_all(peers)
    finally:
        for p in peers:
            p.stop()
        subprocess.run(["rm", "-rf", os.path.join(WORK, "trash")])
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
