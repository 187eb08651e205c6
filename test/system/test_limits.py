"""Limits, each hit on the real program: what the peer is told, that others are not harmed, and that service goes on. The whole list: docs/limits.md."""
import base64
import contextlib
import os
import pathlib
import re
import socket
import tempfile
import threading
import time

from lib import PASSWORD, ROOT, USER, Godwit, free_port, message, run, wait_for
from test_mail import LAX, by_imap, deliver
from test_processes import make_certificate, served_name


class Talk:
    """A client that says exactly what it is told to."""

    def __init__(self, g, name, client="127.0.0.1", tls=False, greeting=True):
        self.s = socket.create_connection(("127.0.0.1", g.ports[name]), timeout=15, source_address=(client, 0))
        if tls:
            self.s = LAX.wrap_socket(self.s)
        self.f = self.s.makefile("rb")
        self.greeting = self.line() if greeting else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.f.close()
        self.s.close()

    def send(self, text):
        self.s.sendall(text if isinstance(text, bytes) else text.encode() + b"\r\n")

    def line(self):
        """The next line, "" when the server has closed."""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            return self.f.readline().decode().rstrip("\r\n")
        return ""

    def smtp(self, text):
        """A command and its reply, whose lines are joined by "|"."""
        self.send(text)
        return self.reply()

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "|".join(lines)

    def say(self, text):
        self.send(text)
        return self.line()

    def imap(self, text, tag="a"):
        """A command and its tagged answer (or BYE)."""
        self.send(f"{tag} {text}")
        return self.tagged(tag)

    def tagged(self, tag="a"):
        while True:
            line = self.line()
            if not line or line.startswith((f"{tag} ", "* BYE", "+")):
                return line


def expect(got, wanted):
    assert got.startswith(wanted), f"{got!r} instead of {wanted!r}"


def begin(talk, to=USER):
    talk.smtp("EHLO client.example.org")
    expect(talk.smtp("MAIL FROM:<ann@example.org>"), "250 ")
    expect(talk.smtp(f"RCPT TO:<{to}>"), "250 ")


# ---- SMTP ----

def test_smtp_sizes_and_counts():
    with Godwit(options={"smtp": {"max-size": "64K", "max-recipients": "100", "max-messages": "3", "max-line": "2048"}}) as g:
        with Talk(g, "mx") as t:
            offers = t.smtp("EHLO client.example.org")
            assert "SIZE 65536" in offers and "LIMITS MAILMAX=3 RCPTMAX=100" in offers, offers
            expect(t.smtp("MAIL FROM:<ann@example.org> SIZE=65537"), "552 5.3.4 Message too large: the limit is 65536 bytes")
            begin(t)
            expect(t.smtp("DATA"), "354 ")
            t.send(message(body="x" * 998 + "\r\n") + (b"y" * 998 + b"\r\n") * 70 + b".\r\n")
            expect(t.reply(), "552 5.3.4 Message too large")
            begin(t)
            t.send(b"BDAT 70000 LAST\r\n" + b"z" * 70000)
            expect(t.reply(), "552 5.3.4 Message too large")
            begin(t)
            for n in range(99):
                expect(t.smtp(f"RCPT TO:<user+{n}@demo.test>"), "250 2.1.5 ")
            expect(t.smtp("RCPT TO:<user+100@demo.test>"), "452 4.5.3 Too many recipients")
            expect(t.smtp("DATA"), "354 ")
            t.send(message() + b".\r\n")
            expect(t.reply(), "250 2.0.0 ")
            expect(t.smtp("MAIL FROM:<ann@example.org>"), "421 4.7.0 mail.demo.test Too many messages over one connection")
            assert t.line() == ""
        with Talk(g, "mx") as t:
            expect(t.smtp("NOOP " + "x" * 2100), "500 5.5.2 Line too long")
            t.send(b"NOOP " + b"x" * 50000)
            t.send(b"y" * 50000 + b"\r\n")
            expect(t.reply(), "500 5.5.2 Line too long")
            expect(t.smtp("NOOP"), "250 ")
        assert len(by_imap(g)) == 1


def test_smtp_patience():
    with Godwit(options={"smtp": {"max-errors": "3", "max-junk": "5"}}) as g:
        with Talk(g, "mx") as t:
            for _ in range(3):
                expect(t.smtp("NONSENSE"), "500 5.5.2 Command not known")
            expect(t.smtp("NONSENSE"), "500 5.5.2 ")
            expect(t.reply(), "421 4.7.0 mail.demo.test Too many errors")
            assert t.line() == ""
        with Talk(g, "mx") as t:
            t.smtp("EHLO client.example.org")
            for _ in range(4):
                expect(t.smtp("NOOP"), "250 ")
            expect(t.smtp("RSET"), "250 ")
            expect(t.reply(), "421 4.7.0 mail.demo.test Too many commands without mail")
            assert t.line() == ""
        with Talk(g, "mx") as t:
            t.smtp("EHLO client.example.org")
            for _ in range(3):  # mail between them starts the count again
                for _ in range(3):
                    t.smtp("NOOP")
                expect(t.smtp("MAIL FROM:<ann@example.org>"), "250 ")
                expect(t.smtp(f"RCPT TO:<{USER}>"), "250 ")
                expect(t.smtp("DATA"), "354 ")
                t.send(message() + b".\r\n")
                expect(t.reply(), "250 ")
        assert g.log().count("event=smtp.limit") == 2


def test_header_and_hops():
    with Godwit() as g:
        for extra, answer in (("Received: from a by b; Sat, 21 Nov 2026 02:00:00 +0000\r\n" * 51, "554 5.4.6 Too many hops: this message loops"),
                              (("X-Filler: " + "x" * 900 + "\r\n") * 300, "552 5.3.4 Header too large"),
                              ("X: y\r\n" * 2001, "552 5.3.4 Too many header fields")):
            with Talk(g, "mx") as t:
                begin(t)
                expect(t.smtp("DATA"), "354 ")
                t.send(message(extra=extra) + b".\r\n")
                expect(t.reply(), answer)
        deliver(g, message())


# ---- time ----

def test_waits_end():
    times = {"smtp": {"greeting-timeout": "1s", "command-timeout": "1s", "data-timeout": "1s", "data-total-timeout": "2s"},
             "imap": {"login-timeout": "1s"}, "pop3": {"login-timeout": "1s", "idle-timeout": "1s"}, "auth": {"plaintext-without-tls": "yes"}}
    with Godwit(options=times) as g:
        def silent(name, said, *lines, tls=False, after=0.8, before=8.0):
            with Talk(g, name, tls=tls) as t:
                for line in lines:
                    t.send(line)
                    expect(t.reply() if name in ("mx", "submissions", "lmtp") else t.line(), line and ("2", "3", "+")[0] if name == "mx" and line != "DATA" else "")
                began = time.monotonic()
                got = t.line()
                assert after <= time.monotonic() - began <= before, f"{name}: after {time.monotonic() - began:.1f} s"
                assert got == said, f"{name}: {got!r}"
                assert t.line() == ""

        timeout = "421 4.4.2 mail.demo.test Timeout"
        silent("mx", timeout)
        silent("mx", timeout, "EHLO client.example.org")
        silent("mx", timeout, "EHLO client.example.org", "MAIL FROM:<ann@example.org>", f"RCPT TO:<{USER}>", "DATA")
        silent("submissions", timeout, tls=True)
        silent("imap", "* BYE No login in time")
        silent("imaps", "* BYE No login in time", tls=True)
        silent("pop3", "")  # RFC 1939 3: closes without a response
        silent("pop3", "", f"USER {USER}", f"PASS {PASSWORD}")
        with Talk(g, "imaps", greeting=False) as t:  # no handshake
            began = time.monotonic()
            assert t.line() == "" and 0.8 < time.monotonic() - began < 8
        with Talk(g, "mx") as t:  # words before the greeting do not stop its clock
            began = time.monotonic()
            while time.monotonic() - began < 8:
                t.send("NOOP")
                got = t.reply()
                if not got.startswith("250"):
                    break
                time.sleep(0.2)
            assert got == timeout and time.monotonic() - began < 5
        with Talk(g, "mx") as t:  # a trickle ends too
            begin(t)
            expect(t.smtp("DATA"), "354 ")
            began = time.monotonic()
            t.s.settimeout(0.3)
            got = b""
            while not got and time.monotonic() - began < 10:
                t.send(b"x")
                with contextlib.suppress(TimeoutError):
                    got = t.s.recv(1000)
            assert got == b"421 4.4.2 mail.demo.test The message took too long\r\n", got
            assert 1.8 < time.monotonic() - began < 8
        assert by_imap(g) == []


# ---- connections ----

def test_connections_of_a_client_and_of_a_listener():
    busy = {"mx": "421 4.3.2 Too many connections, try again later", "imap": "* BYE [UNAVAILABLE] Too many connections",
            "pop3": "-ERR [SYS/TEMP] Too many connections, try again later", "imaps": ""}
    few = {"max-per-client": "2", "max-connections": "3"}
    with Godwit(listener_options={name: few for name in busy}) as g:
        count = lambda name: next(l["connections"] for l in g.ctl_json("status")["listeners"] if l["name"] == name)
        for name, text in busy.items():
            tls = name == "imaps"
            wait_for(lambda: count(name) == 0)
            with contextlib.ExitStack() as held:
                one = held.enter_context(Talk(g, name, tls=tls))
                held.enter_context(Talk(g, name, tls=tls))
                with Talk(g, name, greeting=False) as refused:
                    got = refused.line()
                    assert got == text, f"{name}: {got!r}"
                    assert refused.line() == ""
                wait_for(lambda: count(name) == 2)
                held.enter_context(Talk(g, name, client="127.0.0.2", tls=tls))
                with Talk(g, name, client="127.0.0.3", greeting=False) as refused:
                    got = refused.line()
                    assert got == text, f"{name}: {got!r}"
                one.__exit__()
                wait_for(lambda: count(name) == 2)
                with Talk(g, name, client="127.0.0.3", tls=tls) as served:
                    assert served.greeting
        assert "event=net.refused limit=client client=127.0.0.1" in g.log()


def test_without_file_descriptors_the_server_goes_on_listening():
    most = 64
    with Godwit(options={"server": {"loops": "1", "max-files": most}}, start=False) as g:
        binary, g.binary = g.binary, g.folder / "few-files"
        g.binary.write_text(f'#!/bin/sh\nexec prlimit --nofile={most}:{most} "{binary}" "$@"\n')
        g.binary.chmod(0o755)
        g.start()
        g.binary = binary
        pid = g.server_pid()
        deliver(g, message(subject="before"))
        with contextlib.ExitStack() as held:
            working = held.enter_context(Talk(g, "mx"))
            begin(working)
            served, refused = [], 0
            for _ in range(most):
                t = held.enter_context(Talk(g, "mx"))
                if t.greeting.startswith("421 4.3.2 Too many connections, try again later"):
                    refused += 1
                else:
                    expect(t.greeting, "220 ")
                    served.append(t)
            assert served and refused, (len(served), refused, most)
            expect(working.smtp("DATA"), "354 ")
            working.send(message(subject="meanwhile") + b".\r\n")
            expect(working.reply(), "250 2.0.0 ")
            expect(served[-1].smtp("EHLO client.example.org"), "250")
        wait_for(lambda: all(l["connections"] == 0 for l in g.ctl_json("status")["listeners"]))
        deliver(g, message(subject="afterwards"))
        assert len(by_imap(g)) == 3
        assert g.server_pid() == pid and "limit=descriptors" in g.log()


# ---- IMAP ----

def test_imap_limits():
    with Godwit(options={"smtp": {"max-size": "64K"}, "imap": {"max-line": "8K", "max-command": "64K", "max-errors": "3"}}) as g:
        def session():
            t = Talk(g, "imaps", tls=True)
            expect(t.imap(f'LOGIN "{USER}" "{PASSWORD}"'), "a OK")
            return t

        with session() as t:
            t.send("a CAPABILITY")
            assert " APPENDLIMIT=65536" in t.line()
            expect(t.tagged(), "a OK")
            expect(t.imap("APPEND INBOX {65537}"), "a NO [TOOBIG] The message is larger than 65536 bytes")
            t.send(b"a APPEND INBOX {70000+}\r\n" + b"x" * 70000 + b"\r\n")
            expect(t.tagged(), "a NO [TOOBIG] The message is larger than 65536 bytes")
            expect(t.imap("NOOP"), "a OK")
            raw = message()
            expect(t.imap(f"APPEND INBOX {{{len(raw)}}}"), "+ ")
            t.send(raw + b"\r\n")
            expect(t.tagged(), "a OK [APPENDUID ")
        with session() as t:
            expect(t.imap("NOOP " + "x" * 9000), "a BAD The command is too long")
            expect(t.imap("LIST {70000}"), "a BAD The command is too long")
            expect(t.imap("NOOP"), "a OK")
            expect(t.imap("NONSENSE"), "a BAD There is no such command")
            expect(t.imap("NONSENSE"), "a BAD There is no such command")
            expect(t.tagged(), "* BYE Too many errors")
            assert t.line() == ""
        with Talk(g, "imaps", tls=True) as t:
            expect(t.imap("LOGIN {9000}"), "a BAD The command is too long")
            expect(t.imap("LOGIN {100000+}"), "* BYE [TOOBIG] The literal is too large")
        assert len(by_imap(g)) == 1


# ---- POP3 ----

def test_pop3_limits():
    with Godwit(options={"pop3": {"max-errors": "3"}}) as g:
        with Talk(g, "pop3s", tls=True) as t:
            for _ in range(3):
                expect(t.say("NONSENSE"), "-ERR Unknown command")
            expect(t.say("NONSENSE"), "-ERR Too many errors")
            assert t.line() == ""
        with Talk(g, "pop3s", tls=True) as t:
            expect(t.say("USER " + "x" * 9000), "-ERR Line too long")
            assert t.line() == ""
        with Talk(g, "pop3s", tls=True) as t, Talk(g, "pop3s", tls=True) as other:
            for c in (t, other):
                expect(c.say(f"USER {USER}"), "+OK")
            expect(t.say(f"PASS {PASSWORD}"), "+OK Maildrop has 0 messages")
            expect(other.say(f"PASS {PASSWORD}"), "-ERR [IN-USE] Maildrop is in use by another session")


# ---- logins ----

def test_guessers_wait_and_others_do_not():
    options = {"auth": {"failures-per-client": "3", "failures-per-account": "5", "failure-delay": "0s", "failure-window": "3s"}}
    with Godwit(options=options) as g:
        def pop3(password, client):
            with Talk(g, "pop3s", client=client, tls=True) as t:
                t.say(f"USER {USER}")
                return t.say(f"PASS {password}")

        def imap(password, client):
            with Talk(g, "imaps", client=client, tls=True) as t:
                return t.imap(f'LOGIN "{USER}" "{password}"')

        def smtp(password, client):
            with Talk(g, "submissions", client=client, tls=True) as t:
                t.smtp("EHLO client.example.org")
                return t.smtp("AUTH PLAIN " + base64.b64encode(f"\0{USER}\0{password}".encode()).decode())

        expect(imap(PASSWORD, "127.0.0.9"), "a OK")  # this client is known from now on
        expect(pop3("wrong", "127.0.0.2"), "-ERR [AUTH] Authentication failed")
        expect(imap("wrong", "127.0.0.2"), "a NO [AUTHENTICATIONFAILED] ")
        expect(smtp("wrong", "127.0.0.2"), "535 5.7.8 Authentication credentials invalid")
        expect(pop3(PASSWORD, "127.0.0.2"), "-ERR [SYS/TEMP] Too many failed logins, try again later")
        expect(smtp(PASSWORD, "127.0.0.2"), "454 4.7.0 Too many failed logins, try again later")
        assert "Too many failed logins, try again later" in imap(PASSWORD, "127.0.0.2")
        expect(imap(PASSWORD, "127.0.0.3"), "a OK")
        for n in range(4, 7):
            pop3("wrong", f"127.0.0.{n}")
        expect(pop3(PASSWORD, "127.0.0.8"), "-ERR [SYS/TEMP] Too many failed logins, try again later")
        expect(imap(PASSWORD, "127.0.0.9"), "a OK")
        wait_for(lambda: imap(PASSWORD, "127.0.0.2").startswith("a OK"), 10, every=0.3)


# ---- the disk ----

def fill(path):
    """Takes all that is left of a disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(fd, b"\0" * 4096)
    os.close(fd)


@contextlib.contextmanager
def small_disk(megabytes):
    at = pathlib.Path(tempfile.mkdtemp(prefix="godwit-disk-"))
    run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "godwit-test", at)
    try:
        yield at
    finally:
        run("umount", "-l", at)
        at.rmdir()


def test_a_full_disk_is_said_and_service_returns_when_it_is_freed():
    if os.geteuid() != 0:
        return  # root alone can make a disk
    with small_disk(24) as disk, Godwit(options={"server": {"data": disk / "data"}}) as g:
        large = message(body=("x" * 900 + "\r\n") * 100)

        def send(raw):
            with Talk(g, "mx") as t:
                begin(t)
                expect(t.smtp("DATA"), "354 ")
                t.send(raw + b".\r\n")
                return t.reply()

        def append(raw):
            with Talk(g, "imaps", tls=True) as t:
                expect(t.imap(f'LOGIN "{USER}" "{PASSWORD}"'), "a OK")
                t.send(b"a APPEND INBOX {%d+}\r\n" % len(raw) + raw + b"\r\n")
                return t.tagged()

        expect(send(large), "250 ")
        fill(disk / "filler")
        expect(wait_for(lambda: (said := send(large)).startswith("4") and said), "452 4.3.1 ")  # what the database had in reserve is used up
        for _ in range(3):
            expect(send(large), "452 4.3.1 ")
        expect(send(message(body=("z" * 998 + "\r\n") * 3000)), "452 4.3.1 insufficient storage")  # its file in the spool
        expect(append(large), "a NO [UNAVAILABLE] insufficient storage")
        kept = by_imap(g)
        assert kept and "event=server.died" not in g.log()
        (disk / "filler").unlink()
        expect(send(large), "250 ")
        expect(append(large), "a OK ")
        assert by_imap(g)[:len(kept)] == kept and len(by_imap(g)) == len(kept) + 2
        assert b"no fault found" in g.ctl("check", "--store", check=False).stdout


# ---- the configuration and its reloads ----

def test_configurations_that_are_too_large_are_said_to_be():
    def said(g, text):
        g.config.write_text(text)
        done = g.ctl("check", check=False)
        assert done.returncode == 78, done
        return done.stdout.decode()

    with Godwit(start=False) as g:
        data = f"[server]\ndata = {g.folder}/data\n"
        for text, answer in ((data + "#" * (1 << 20), "cannot read it: larger than 1048576 bytes"),
                             (data + "host = " + "x" * 300, ":3: this line is longer than 198 bytes; a list may go on in the next line, indented"),
                             (data + "[smtp]\n" + "trusted = 192.0.2.1\n" * 20000, ":20003: trusted: more than 256 words"),
                             (data + "".join(f"[dns]\nservers = 192.0.2.1\n[smtp]\ntrusted = 192.0.2.{n}\n" for n in range(257)), "trusted: more than 256 words"),
                             (data + "".join(f'[listener "l{n}"]\naddress = 127.0.0.1:0\n' for n in range(65)), "too many [listener] sections"),
                             (data + "".join(f'[tls "t{n}"]\ncertificate = c\nkey = k\n' for n in range(1001)), "too many [tls] sections"),
                             (data + "".join(f"nonsense-{n} = 1\n" for n in range(40000)), 'unknown option "nonsense-49"')):
            assert answer in said(g, text), (answer, said(g, text)[:2000])


def test_reloads_without_number_still_renew_certificates():
    with Godwit(start=False) as g:
        certificate, key = make_certificate(g.folder, "mail.demo.test")
        g.options["tls"] = {"certificate": certificate, "key": key}
        g.write_config()
        g.start()
        for _ in range(255):
            g.ctl("reload")
        make_certificate(g.folder, "mail.demo.test")
        done = g.ctl("reload", check=False)
        assert done.returncode and b"255 reloads: only certificates are taken now; restart the server for the rest" in done.stderr, done
        assert served_name(g.ports["imaps"], "mail.demo.test") == certificate.read_text()
        deliver(g, message())


# ---- names ----

class Stripper:
    """A name server as bad home routers are: it answers everything, and knows nothing of signatures."""

    def __enter__(self):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind(("127.0.0.1", 0))
        self.port = self.s.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                query, client = self.s.recvfrom(2000)
                end = query.index(b"\0", 12) + 5
                self.s.sendto(query[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + query[12:end], client)

    def __exit__(self, *_):
        self.s.close()


def test_check_names_a_resolver_that_strips_signatures():
    def finding(g):
        return next(f for f in g.ctl_json("check") if f["subject"] == "dnssec")

    with Stripper() as bad, Godwit(options={"dns": {"servers": f"127.0.0.1@{bad.port}"}}, start=False) as g:
        got = finding(g)
        assert got["verdict"] == "warning" and "answers fail validation" in got["finding"], got
        assert "the resolver in [dns] servers strips signatures" in got["finding"] and "trust-anchor-file = none" in got["finding"], got
        g.options["dns"]["trust-anchor-file"] = "none"
        g.write_config()
        assert finding(g)["verdict"] == "ok"
    with Godwit(options={"dns": {"servers": f"127.0.0.1@{free_port()}"}}, start=False) as g:
        got = finding(g)
        assert got["verdict"] == "warning" and "cannot be looked up" in got["finding"], got


# ---- the command line ----

def test_the_command_line_has_its_limits():
    with Godwit(start=False) as g:
        done = g.ctl("account", "add", "long@demo.test", "--password-stdin", stdin=b"x" * 2000 + b"\n", check=False)
        assert done.returncode and b"password: too long" in done.stderr, done
        done = g.ctl("address", "add", "many@demo.test", *(f"m{n}@example.org" for n in range(1001)), check=False)
        assert done.returncode and b"address add: too many forwards (1001 forwards)" in done.stderr, done
        done = g.ctl("send", *(word for n in range(101) for word in ("--attach", "/dev/null")), USER, stdin=b"x", check=False)
        assert done.returncode == 64 and b"at most 100 attachments" in done.stderr, done
        sendmail = g.folder / "sendmail"
        sendmail.symlink_to(g.binary)
        done = run(sendmail, "-t", env={"GODWIT_CONFIG": str(g.config)}, check=False,
                   stdin=b"".join(b"To: " + b", ".join(b"a%d@demo.test" % (100 * k + n) for n in range(100)) + b"\n" for k in range(101)) + b"\nx\n")
        assert b"more than 10000 recipients" in done.stderr, done
        g.options["server"]["data"] = g.folder / ("d" * 100)
        g.write_config()
        done = g.ctl("serve", "--foreground", check=False)
        assert done.returncode == 78 and b"the data directory's name is too long for a socket in it" in done.stderr, done


# ---- the list of all limits ----

def test_the_list_of_limits_is_whole():
    """Every limit and every bounded option is in docs/limits.md, and every test that it names exists."""
    text = (ROOT / "docs" / "limits.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| what", "| ---"))]
    named = re.findall(r"#define (LIMIT_\w+)", (ROOT / "src" / "base" / "limits.h").read_text())
    table = (ROOT / "src" / "app" / "options.c").read_text()
    named += [f"{section}.{name}" for kind, section, name in re.findall(r'^    (COUNT|SIZE|TIME)\("(\w+)", "([\w-]+)"', table, re.M)]
    named.remove("relay.port")  # a number, not a limit
    missing = [name for name in named if f"`{name}`" not in text]
    assert not missing, f"not in docs/limits.md: {missing}"
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4, row
        for path, names in re.findall(r"`([\w/.]+): ([\w, ]+)`", cells[3]):
            source = (ROOT / "test" / path).read_text()
            for name in names.split(", "):
                assert re.search(rf"\b(test_)?{name}\b", source), f"{path} has no test {name}"
