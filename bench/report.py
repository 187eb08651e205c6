#!/usr/bin/env python3
"""Tables in Markdown, peers side by side, from the lines of JSON of bench.py and limits.sh: report.py FILE..."""
import json
import sys

DASH = "–"


def read(paths):
    rows = []
    for path in paths:
        with open(path) as lines:
            for line in lines:
                try:
                    rows.append(json.loads(line))
                except ValueError:
                    continue
    return rows


def num(v):
    if v is None or v < 0:
        return DASH
    return f"{v:.0f}" if v >= 100 else f"{v:.1f}" if v >= 10 else f"{v:.2f}"


def short(peer):
    return {"dovecot": "dovecot/maildir"}.get(peer, peer.replace("dovecot:DOVECOT_FORMAT=", "dovecot/"))


def refused(r):
    """The peer has no such feature, or failed."""
    return r.get("errors", 0) and not r.get("best")


def table(rows, test, head, case, cell):
    cases, cells, peers = [], {}, []
    for r in rows:
        if r.get("test") != test or "error" in r:
            continue
        k = case(r)
        if k not in cases:
            cases.append(k)
        if r["peer"] not in peers:
            peers.append(r["peer"])
        cells[k, r["peer"]] = DASH if refused(r) else cell(r)  # a later line replaces an earlier one
    if not cases:
        return
    lines = [["case", *map(short, peers)]] + [[k, *(cells.get((k, p), DASH) for p in peers)] for k in cases]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * w for w in widths])
    print(f"\n### {head}\n")
    for line in lines:
        print("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |")


def mail_case(r):
    words = [f"{r['size'] // 1024} KB", f"{r['sessions']} session" + "s" * (r["sessions"] > 1)]
    words += ["1 message a session"] if r.get("per_session") else []
    words += ["pipelined"] if r.get("pipelining") else []
    words += [f"{r['users']} mailbox" + "es" * (r["users"] > 1)] if r.get("users") else []
    return ", ".join(words)


def rate(r):
    return f"{num(r['msgs_per_s'])} ({num(r['best'])}) / {num(r['p50_ms'])} / {num(r['p99_ms'])}"


def cost(r):
    return " / ".join(num(r.get(k)) for k in ("server_cpu_ms_per_msg", "flushes_per_msg", "disk_writes_per_msg", "disk_kb_per_msg"))


def relay(r):
    lost = f" / LOST {num(r['lost'])}" if r["lost"] else ""
    return f"{num(r['relay_per_s'])} ({num(r['best'])}) / {num(r['accept_per_s'])} / {num(r['drain_s'])}{lost}"


def imap(r):
    return f"{num(r['ops_per_s'])} ({num(r['best'])}) / {num(r['p50_ms'])} / {num(r['p99_ms'])} / {num(r.get('server_cpu_ms_per_msg'))}"


def idle(r):
    return f"{r['ready']} / {num(r['pss_kb_per_conn'])} / {num(r['system_kb_per_conn'])} / {r['processes']}"


def limits(rows):
    rows = [r for r in rows if r.get("tool") == "limits" and "ops_per_s" in r]
    if not rows:
        return
    print("\n### What the machine can do: a second\n")
    for r in rows:
        about = ", ".join(f"{k} {r[k]}" for k in ("threads", "bytes", "batch") if k in r)
        print(f"- {r['what']}{' (' + about + ')' if about else ''}: {num(r['ops_per_s'])}")


def main():
    rows = read(sys.argv[1:])
    for r in rows:
        if r.get("test") == "version":
            print(f"{short(r['peer'])}: {r['version']}")
    limits(rows)
    table(rows, "accept", "Durable accept: messages a second, median (best) / p50 ms / p99 ms", mail_case, rate)
    table(rows, "accept", "Durable accept, cost of a message: server CPU ms / disk flushes / disk writes / KB written", mail_case, cost)
    table(rows, "accept_starttls", "Accept over STARTTLS: messages a second, median (best) / p50 ms / p99 ms", lambda r: f"{mail_case(r)}, {r['key']}", rate)
    table(rows, "relay", "Relay, accepted and forwarded: end to end a second, median (best) / accepted a second / seconds from the last accept to the last delivery", mail_case, relay)
    table(rows, "lmtp", "LMTP into mailboxes: messages a second, median (best) / p50 ms / p99 ms", mail_case, rate)
    table(rows, "lmtp", "LMTP, cost of a message: server CPU ms / disk flushes / disk writes / KB written", mail_case, cost)
    table(rows, "imap", "IMAP: operations a second, median (best) / p50 ms / p99 ms / server CPU ms each",
          lambda r: f"{r['op']}, {r['sessions']} session{'s' * (r['sessions'] > 1)}, {r['mailbox']} messages", imap)
    table(rows, "idle", "Idle connections: opened / PSS KB each / system memory KB each, kernel included / processes", lambda r: r["what"], idle)
    table(rows, "calls_per_msg", "System calls a message", lambda r: r["mode"],
          lambda r: ", ".join(f"{k} {v}" for k, v in r.items() if isinstance(v, float)))
    for r in rows:
        if "error" in r and r.get("test"):
            print(f"\nFAILED: {r.get('peer')}, {r['test']}: {r['error']}")
    loud = max((r.get("foreign_cpu", 0) for r in rows), default=0)
    if loud > 0.25:
        print(f"\nOther programs took up to {loud:.1f} processors meanwhile: the rates are lower than they could be.")


if __name__ == "__main__":
    main()
