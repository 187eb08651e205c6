"""Processes: the supervisor starts the server again, what was accepted survives kill -9, the walls stand, certificates are swapped."""
import fcntl
import hashlib
import os
import pathlib
import random
import signal
import smtplib
import socket
import ssl
import threading
import time

from lib import PASSWORD, ROOT, USER, Godwit, message, run, wait_for
from test_mail import LAX, by_imap, deliver


def test_the_supervisor_starts_a_dead_server_again():
    with Godwit() as g:
        deliver(g, message())
        before = g.server_pid()
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: g.ctl("status", check=False).returncode == 0 and g.server_pid() != before)
        deliver(g, message())
        assert len(by_imap(g)) == 2


def test_accepted_mail_survives_kill_9():
    """Rounds of load and sudden death; a ledger outside the server knows what was accepted."""
    ledger, lock = {}, threading.Lock()

    def sender(g, stop, number):
        n = 0
        while not stop.is_set():
            key = f"{number}-{time.monotonic_ns()}-{n}"
            body = f"{key} {hashlib.sha256(key.encode()).hexdigest()} " + "x" * random.randrange(5000) + "\r\n"
            raw = message(subject=key, body=body)
            try:
                with smtplib.SMTP("127.0.0.1", g.ports["mx"], timeout=5) as client:
                    for _ in range(20):
                        client.sendmail("ann@example.org", [USER], raw)
                        with lock:
                            ledger[key] = raw
                        n += 1
                        key = f"{number}-{time.monotonic_ns()}-{n}"
                        raw = message(subject=key, body=body)
                        if stop.is_set():
                            return
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)

    with Godwit() as g:
        for _ in range(5):
            stop = threading.Event()
            threads = [threading.Thread(target=sender, args=(g, stop, i)) for i in range(8)]
            for t in threads:
                t.start()
            time.sleep(random.uniform(0.2, 1.0))
            g.kill()
            stop.set()
            for t in threads:
                t.join()
            g.start()
        seen = {}
        for raw in by_imap(g):
            key = next(l for l in raw.split(b"\r\n") if l.startswith(b"Subject: "))[9:].decode()
            assert key not in seen, f"{key} is there twice"
            seen[key] = raw
        lost = [key for key in ledger if key not in seen]
        assert len(ledger) > 50, f"only {len(ledger)} messages were accepted: no test of anything"
        assert not lost, f"{len(lost)} of {len(ledger)} accepted messages are lost"
        for key, raw in ledger.items():
            assert seen[key].endswith(raw), f"{key} changed"
        g.ctl("check", "--store", check=False)


def test_the_server_looks_after_its_attachments():
    with Godwit() as g:
        data = g.folder / "data"
        g.kill()
        owner, name = data.stat(), hashlib.sha256(b"orphan").hexdigest()
        orphan = data / "blobs" / name[:2] / name[2:4] / name  # written, and then the power went
        orphan.parent.mkdir(parents=True)
        orphan.write_bytes(b"orphan")
        for path in (orphan, orphan.parent, orphan.parent.parent):
            os.chown(path, owner.st_uid, owner.st_gid)
        g.start()
        wait_for(lambda: not orphan.exists())
        g.stop()
        assert (data / "clean").exists()
        with open(data / "lock") as command:  # somebody sends mail by the command line just now
            fcntl.flock(command, fcntl.LOCK_EX)
            g.start()
            deliver(g, message())


def test_the_server_has_no_privileges():
    with Godwit() as g:
        status = pathlib.Path(f"/proc/{g.server_pid()}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["NoNewPrivs"] == "1"
        assert fields["Seccomp"] == "2"
        assert int(fields["CapEff"], 16) == 0
        if os.geteuid() == 0:
            assert "0" not in fields["Uid"].split()
        for path in (g.folder / "data").rglob("*"):
            if "tls" not in path.parts:
                assert path.stat().st_uid == int(fields["Uid"].split()[0]), f"{path} belongs to somebody else"
        assert "landlock=" in g.log() and "seccomp=true" in g.log().replace("seccomp=yes", "seccomp=true")


def test_the_unit_leaves_the_store_to_the_servers_user():
    """The service manager gives what lies below StateDirectory to the unit's user, which is root."""
    unit = (ROOT / "packaging" / "godwit.service").read_text()
    settings = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert "User" in settings or "StateDirectory" not in settings
    assert settings["ProtectSystem"] == "strict" and settings["ReadWritePaths"] == "/var/lib/godwit"
    assert settings["ExecStartPre"] == "+mkdir -p /var/lib/godwit"  # what is named there must exist


def test_a_second_server_on_the_same_data_is_refused():
    with Godwit() as g:
        g.ports, ports = {name: 0 for name in g.ports}, g.ports
        g.write_config()
        done = g.ctl("serve", "--foreground", check=False, timeout=20)
        assert done.returncode != 0 and b"another server runs" in done.stderr, done
        g.ports = ports
        g.write_config()


def make_certificate(folder, name):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={name}",
        "-addext", f"subjectAltName=DNS:{name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
    return folder / f"{name}.crt", folder / f"{name}.key"


def served_name(port, sni):
    with socket.create_connection(("127.0.0.1", port)) as raw, LAX.wrap_socket(raw, server_hostname=sni) as s:
        return ssl.DER_cert_to_PEM_cert(s.getpeercert(binary_form=True))


def test_certificates_are_chosen_by_name_and_swapped_without_dropping_a_connection():
    with Godwit(start=False) as g:
        one, key_one = make_certificate(g.folder, "one.demo.test")
        two, key_two = make_certificate(g.folder, "two.demo.test")
        g.options["tls"] = {"certificate": one, "key": key_one}
        g.options['tls "two"'] = {"certificate": two, "key": key_two}
        g.write_config()
        g.start()
        clean = lambda path: path.read_text().replace("\n", "")
        assert served_name(g.ports["imaps"], "two.demo.test").replace("\n", "") == clean(two)
        assert served_name(g.ports["imaps"], "other.test").replace("\n", "") == clean(one)
        with socket.create_connection(("127.0.0.1", g.ports["imaps"])) as raw, LAX.wrap_socket(raw, server_hostname="one.demo.test") as s:
            s.recv(1000)
            before = clean(one)
            make_certificate(g.folder, "one.demo.test")
            os.kill(g.process.pid, signal.SIGHUP)
            wait_for(lambda: served_name(g.ports["imaps"], "one.demo.test").replace("\n", "") == clean(one))
            assert clean(one) != before
            s.sendall(b"a NOOP\r\n")
            assert s.recv(1000).startswith(b"a OK")
        key_one.write_text("no key")
        done = g.ctl("reload", check=False)
        assert done.returncode != 0 and b"one.demo.test" in done.stderr, done
        assert served_name(g.ports["imaps"], "one.demo.test").replace("\n", "") == clean(one)


def log_in(port, name, password):
    raw = socket.create_connection(("127.0.0.1", port), timeout=60)
    s = LAX.wrap_socket(raw, server_hostname="mail.demo.test")
    s.recv(1000)
    s.sendall(f'a LOGIN {name} "{password}"\r\n'.encode())
    return s, s.recv(1000)


def test_searches_of_one_do_not_hold_up_logins_of_others():
    with Godwit(accounts=((USER, PASSWORD), ("eve@demo.test", PASSWORD))) as g:
        deliver(g, message(body=("a" * 70 + "\r\n") * 110000))
        keys = b" ".join(b"NOT TEXT b%d" % n for n in range(900))
        busy = [log_in(g.ports["imaps"], USER, PASSWORD)[0] for _ in range(2 * max(2, os.cpu_count()))]
        for s in busy:
            s.sendall(b"b EXAMINE INBOX\r\nc SEARCH " + keys + b"\r\n")
        time.sleep(1)
        before = time.monotonic()
        eve, said = log_in(g.ports["imaps"], "eve@demo.test", PASSWORD)
        assert b"a OK" in said and time.monotonic() - before < 8, (said, time.monotonic() - before)
        for s in busy:
            s.setblocking(False)
        assert any(b"\r\nc " not in s.recv(100000) for s in busy), "the searches were over too soon to hold up anybody"
        for s in (eve, *busy):
            s.close()
        g.kill()


def test_ten_thousand_slow_senders_do_not_hold_up_a_good_client():
    """Each slow one sends a byte a second; meanwhile a good client is served within a second."""
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 24000)), hard))
    slow, count = [], 10_000
    with Godwit(listener_options={"mx": {"max-per-client": 20000, "max-connections": 20000}}, options={"smtp": {"greeting-timeout": "5m"}}) as g:
        try:
            for n in range(count):
                s = socket.socket()
                s.connect(("127.0.0.1", g.ports["mx"]))
                s.setblocking(False)
                slow.append(s)
            held = wait_for(lambda: next(l["connections"] for l in g.ctl_json("status")["listeners"] if l["name"] == "mx") >= count, 30)
            assert held
            text, worst = b"EHLO slow.example.org\r\n", 0
            for second in range(4):
                for s in slow:
                    s.send(text[second:second + 1])
                started = time.monotonic()
                deliver(g, message(subject=f"in second {second}"))
                worst = max(worst, time.monotonic() - started)
                time.sleep(max(0, 1 - (time.monotonic() - started)))
            assert worst < 1, f"the good client took {worst:.2f} s"
            assert len(by_imap(g)) == 4
            rss = int(next(l for l in pathlib.Path(f"/proc/{g.server_pid()}/status").read_text().splitlines() if l.startswith("VmRSS")).split()[1])
            assert rss < 150_000, f"{rss} KB for {count} connections"
        finally:
            for s in slow:
                s.close()
