"""Outbound: MX lookup in signed zones, a smarthost with AUTH and TLS, failure notices, retries, kept connections."""
import email
import os
import smtplib
import socket
import socketserver
import threading

from dns import Nsd
from lib import PASSWORD, USER, Godwit, free_port, message, run, wait_for
from test_mail import by_imap, deliver

AWAY, AWAY_USER = "away.test", "ann@away.test"


def submit(g, raw, to, sender=USER):
    with smtplib.SMTP("127.0.0.1", g.ports["submission"]) as client:
        client.starttls()
        client.login(USER, PASSWORD)
        assert client.sendmail(sender, to, raw) == {}


def outgoing(dns, port, **more):
    return {"dns": dns.options(), "relay": {"port": port, "loopback": "yes", **more}}


def test_mail_goes_to_the_servers_of_its_domain():
    zone = {AWAY: ["@ IN MX 20 second", "@ IN MX 10 first", "first IN A 127.0.0.1", "second IN A 127.0.0.1"]}
    with Nsd(zone) as dns, Godwit(accounts=((AWAY_USER, PASSWORD),), host="mail.away.test") as far:
        with Godwit(options=outgoing(dns, far.ports["mx"])) as near:
            submit(near, message(sender=USER, to=AWAY_USER, body="over there\r\n"), [AWAY_USER])
            got, = wait_for(lambda: by_imap(far, AWAY_USER))
            assert got.endswith(b"over there\r\n")
            received = [l for l in got.split(b"\r\n") if l.startswith(b"Received:")]
            assert len(received) == 2
            assert b"with ESMTPS" in got, "opportunistic TLS was offered and should be used"
            assert wait_for(lambda: near.ctl_json("queue", "list") == [])


def test_a_domain_that_takes_no_mail_is_said_so_at_once():
    zone = {AWAY: ["@ IN MX 0 ."]}
    with Nsd(zone) as dns, Godwit(options=outgoing(dns, free_port())) as g:
        submit(g, message(sender=USER, to=AWAY_USER), [AWAY_USER])
        notice = email.message_from_bytes(wait_for(lambda: by_imap(g))[0])
        assert notice.get_content_type() == "multipart/report"
        status = [p for p in notice.walk() if p.get_content_type() == "message/delivery-status"][0]
        assert "Status: 5.1.10" in status.as_string(), status.as_string()
        assert notice["From"] and notice["To"] and USER in notice["To"]
        assert notice["Auto-Submitted"] == "auto-replied"


def test_unknown_users_and_domains_come_back_and_others_are_delivered():
    zone = {AWAY: ["@ IN MX 10 first", "first IN A 127.0.0.1"]}
    with Nsd(zone) as dns, Godwit(accounts=((AWAY_USER, PASSWORD),), host="mail.away.test") as far:
        with Godwit(options=outgoing(dns, far.ports["mx"])) as near:
            submit(near, message(sender=USER, to=AWAY_USER), [AWAY_USER, "nobody@away.test", "x@no-such-name.away.test"])
            assert wait_for(lambda: by_imap(far, AWAY_USER))
            notices = wait_for(lambda: (m := by_imap(near)) and sum(n.count(b"Final-Recipient:") for n in m) == 2 and m)
            text = b"".join(notices)
            assert b"nobody@away.test" in text and b"x@no-such-name.away.test" in text
            assert b"Final-Recipient: rfc822; ann@away.test" not in text
            assert b"5.1.1" in text


def test_bogus_answers_are_no_answers():
    """A zone whose anchor does not fit must defer mail, never bounce it or send it."""
    zone = {AWAY: ["@ IN MX 10 first", "first IN A 127.0.0.1"]}
    with Nsd(zone) as dns:
        options = outgoing(dns, free_port())
        tag = options["dns"]["trust-anchors"]
        options["dns"]["trust-anchors"] = tag[:-8] + ("0" * 8 if not tag.endswith("0" * 8) else "1" * 8)
        with Godwit(options=options) as g:
            submit(g, message(sender=USER, to=AWAY_USER), [AWAY_USER])
            entry = wait_for(lambda: [e for e in g.ctl_json("queue", "list") if e["tries"] == 1])[0]
            assert entry["state"] == "waiting" and "4.4.3" in entry["last_error"] and "validation" in entry["last_error"], entry
            assert by_imap(g) == []


def test_a_smarthost_with_a_password():
    with Godwit(accounts=((AWAY_USER, PASSWORD), ("relay@away.test", "relay password")), host="mail.away.test", options={"smtp": {"check-sender": "no"}}) as far:
        secret = far.folder / "secret"
        secret.write_text("relay password\n")
        with Godwit(options={"relay": {"smarthost": f"127.0.0.1:{far.ports['submission']}", "tls": "must", "verify": "no", "user": "relay@away.test",
                                       "password-file": secret}}) as near:
            for n in range(3):
                near.ctl("send", "--from", USER, "--subject", f"n{n}", AWAY_USER, stdin=b"hello\n")
            got = wait_for(lambda: (m := by_imap(far, AWAY_USER)) and len(m) == 3 and m)
            assert all(b"with ESMTPSA" in m for m in got)
        with Godwit(options={"relay": {"smarthost": f"127.0.0.1:{far.ports['submission']}", "tls": "must", "verify": "yes", "user": "relay@away.test",
                                       "password-file": secret}}) as strict:
            strict.ctl("send", "--from", USER, "--subject", "no", AWAY_USER, stdin=b"hello\n")
            entry = wait_for(lambda: [e for e in strict.ctl_json("queue", "list") if e["tries"]])[0]
            assert entry["state"] == "waiting", "a certificate that cannot be verified must not be trusted with a password"
            assert len(by_imap(far, AWAY_USER)) == 3


class Scripted(socketserver.ThreadingTCPServer):
    """An SMTP server that answers by a script: a function from command to answer; None closes."""
    allow_reuse_address, daemon_threads = True, True

    def __init__(self, answer):
        self.answer, self.messages, self.connections, self.lock = answer, [], 0, threading.Lock()
        super().__init__(("127.0.0.1", 0), Session)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        with self.server.lock:
            self.server.connections += 1
        self.say("220 scripted.test ESMTP")
        sender = recipients = False
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper().decode()
            said = self.server.answer(self.server, verb, line)
            if said is None:
                return
            if verb == "MAIL":
                sender, recipients = said.startswith("2"), False
            if verb == "RCPT":
                recipients = recipients or (sender and said.startswith("2"))
            if verb == "DATA" and not recipients:
                said = "503 5.5.1 no valid recipients"
            self.say(said)
            if verb == "DATA" and said.startswith("354"):
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += self.rfile.readline()
                said = self.server.answer(self.server, ".", data)
                if said is None:
                    return
                if said.startswith("2"):
                    with self.server.lock:
                        self.server.messages.append(data)
                self.say(said)
            if verb == "QUIT":
                return

    def say(self, text):
        self.wfile.write(text.replace("\n", "\r\n").encode() + b"\r\n")


def plain(server, verb, line):
    return {"EHLO": "250-scripted.test\n250 PIPELINING", "DATA": "354 go", "QUIT": "221 bye"}.get(verb, "250 2.0.0 ok")


def to_scripted(server, **more):
    return {"relay": {"smarthost": f"127.0.0.1:{server.port}", "tls": "none"}, **more}


def test_a_temporary_refusal_is_tried_again():
    tries = []
    def grumpy(server, verb, line):
        if verb == "RCPT":
            tries.append(1)
            return "450 4.2.1 later" if len(tries) == 1 else "250 ok"
        return plain(server, verb, line)
    server = Scripted(grumpy)
    with Godwit(options=to_scripted(server, queue={"retry-first": "1s", "retry-most": "2s"})) as g:
        g.ctl("send", "--from", USER, "--subject", "again", "x@remote.test", stdin=b"hello\n")
        wait_for(lambda: len(server.messages) == 1, 30)
        wait_for(lambda: g.ctl_json("queue", "list") == [])
        assert len(tries) == 2 and by_imap(g) == []
    server.shutdown()


def test_a_connection_is_used_for_many_messages():
    server = Scripted(plain)
    with Godwit(options=to_scripted(server, queue={"max-per-domain": "1"})) as g:
        for n in range(10):
            g.ctl("send", "--from", USER, "--subject", f"n{n}", "x@remote.test", stdin=b"hello\n")
        wait_for(lambda: len(server.messages) == 10, 30)
        assert server.connections <= 3, f"{server.connections} connections for 10 messages"
    server.shutdown()


def test_what_was_lost_after_the_dot_is_not_sent_elsewhere_at_once():
    dots = []
    def dies(server, verb, line):
        if verb == ".":
            dots.append(1)
            return None
        return plain(server, verb, line)
    server = Scripted(dies)
    with Godwit(options=to_scripted(server, queue={"retry-first": "1h"})) as g:
        g.ctl("send", "--from", USER, "--subject", "once", "x@remote.test", stdin=b"hello\n")
        entry = wait_for(lambda: [e for e in g.ctl_json("queue", "list") if e["tries"]], 30)[0]
        assert len(dots) == 1 and entry["state"] == "waiting" and entry["tries"] == 1
    server.shutdown()


def test_what_is_too_old_comes_back_with_the_whole_story():
    server = Scripted(lambda s, verb, line: "451 4.3.2 come back tomorrow" if verb == "MAIL" else plain(s, verb, line))
    with Godwit(options=to_scripted(server, queue={"retry-first": "1s", "retry-most": "1s", "lifetime": "1m", "delay-notice": "2s"})) as g:
        g.ctl("send", "--from", USER, "--subject", "late", "x@remote.test", stdin=b"hello\n")
        notice = wait_for(lambda: by_imap(g), 30)[0]
        assert b"Action: delayed" in notice and b"come back tomorrow" in notice
    server.shutdown()
