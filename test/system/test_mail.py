"""The main job with everyday clients: a message with an attachment in by SMTP, out by IMAP and POP3, byte for byte."""
import base64
import imaplib
import os
import pathlib
import poplib
import smtplib
import ssl

from lib import DOMAIN, PASSWORD, USER, Godwit, message, run, wait_for

LAX = ssl._create_unverified_context()


def big_attachment():
    return os.urandom(300_000)


def with_attachment(content):
    boundary = "=_boundary"
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (f"From: <ann@example.org>\r\nTo: <{USER}>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
            f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n'
            "Content-Transfer-Encoding: 8bit\r\n\r\nHier ist er.\r\n.\r\n..\r\n.ende\r\n"
            f"--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            'Content-Disposition: attachment; filename="a.bin"\r\n\r\n').encode() + body + f"--{boundary}--\r\n".encode()


def deliver(g, raw, port="mx", to=USER):
    with smtplib.SMTP("127.0.0.1", g.ports[port]) as client:
        assert client.sendmail("ann@example.org", [to], raw) == {}


def by_imap(g, user=USER, password=PASSWORD):
    with imaplib.IMAP4_SSL("127.0.0.1", g.ports["imaps"], ssl_context=LAX) as client:
        client.login(user, password)
        client.select("INBOX", readonly=True)
        _, found = client.search(None, "ALL")
        return [client.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in found[0].split()]


def by_pop3(g, user=USER, password=PASSWORD):
    client = poplib.POP3_SSL("127.0.0.1", g.ports["pop3s"], context=LAX)
    client.user(user)
    client.pass_(password)
    count = client.stat()[0]
    got = [b"".join(line + b"\r\n" for line in client.retr(n + 1)[1]) for n in range(count)]
    client.quit()
    return got


def test_what_came_in_is_read_back_byte_for_byte():
    raw = with_attachment(big_attachment())
    with Godwit() as g:
        deliver(g, raw)
        imap, = by_imap(g)
        pop, = by_pop3(g)
        assert imap.endswith(raw), "the message changed on its way"
        assert imap == pop
        assert imap.startswith(b"Return-Path: <ann@example.org>\r\n")
        assert any((g.folder / "data" / "blobs").rglob("*")), "the attachment should lie in the blob store"
        # stored once for all: the same attachment again adds no file
        files = sorted(p for p in (g.folder / "data" / "blobs").rglob("*") if p.is_file())
        deliver(g, raw.replace(b"Hier ist er.", b"Noch einmal."))
        assert files == sorted(p for p in (g.folder / "data" / "blobs").rglob("*") if p.is_file())


def test_swaks_sends_and_curl_and_mbsync_read():
    with Godwit() as g:
        attachment = g.folder / "attachment.bin"
        attachment.write_bytes(os.urandom(50_000))
        run("swaks", "--server", f"127.0.0.1:{g.ports['submission']}", "-tls", "--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD,
            "--from", USER, "--to", USER, "--header", "Subject: by swaks", "--body", "See the file.", "--attach", f"@{attachment}", "--suppress-data")
        curl = run("curl", "-sSk", "--user", f"{USER}:{PASSWORD}", f"imaps://127.0.0.1:{g.ports['imaps']}/INBOX;MAILINDEX=1").stdout
        pop = run("curl", "-sSk", "--user", f"{USER}:{PASSWORD}", f"pop3s://127.0.0.1:{g.ports['pop3s']}/1").stdout
        assert curl == pop
        folder = g.folder / "maildir"
        folder.mkdir()
        config = g.folder / "mbsyncrc"
        certificate = g.folder / "server.crt"
        certificate.write_text(ssl.get_server_certificate(("127.0.0.1", g.ports["imaps"])))
        config.write_text(f"""IMAPAccount a
Host 127.0.0.1
Port {g.ports['imaps']}
User {USER}
Pass "{PASSWORD}"
SSLType IMAPS
CertificateFile {certificate}
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
Create Both
SyncState *
""")
        run("mbsync", "-c", config, "-a")
        synced, = [p for p in (folder / "INBOX").rglob("*") if p.is_file() and p.parent.name in ("cur", "new")]
        kept = synced.read_bytes().replace(b"\r\n", b"\n")
        # mbsync adds a line of its own to the header
        assert b"\n".join(l for l in kept.split(b"\n") if not l.startswith(b"X-TUID:")) == curl.replace(b"\r\n", b"\n")
        assert (folder / "Sent").is_dir() and (folder / "Trash").is_dir()
        # and back: what mbsync puts there arrives
        (folder / "Drafts" / "new").mkdir(parents=True, exist_ok=True)
        (folder / "Drafts" / "new" / "1.x.y").write_bytes(b"Subject: a draft\n\nsoon\n")
        run("mbsync", "-c", config, "-a")
        with imaplib.IMAP4_SSL("127.0.0.1", g.ports["imaps"], ssl_context=LAX) as client:
            client.login(USER, PASSWORD)
            assert client.select("Drafts")[1] == [b"1"]


def test_idle_shows_a_message_at_once():
    import socket
    import time
    with Godwit() as g:
        s = LAX.wrap_socket(socket.create_connection(("127.0.0.1", g.ports["imaps"])))
        f = s.makefile("rwb")
        f.readline()
        f.write(f'a LOGIN "{USER}" "{PASSWORD}"\r\nb SELECT INBOX\r\nc IDLE\r\n'.encode())
        f.flush()
        while not f.readline().startswith(b"+"):
            pass
        deliver(g, message())
        started = time.monotonic()
        s.settimeout(5)
        assert b"EXISTS" in f.readline()
        assert time.monotonic() - started < 1
        f.write(b"DONE\r\n")
        f.flush()
        while not f.readline().startswith(b"c OK"):
            pass
        s.close()


def test_nobody_relays_who_may_not():
    with Godwit() as g:
        with smtplib.SMTP("127.0.0.1", g.ports["mx"]) as client:
            client.ehlo()
            for to in ("x@example.net", "x%example.net@" + DOMAIN, '"x@example.net"@' + DOMAIN, "@demo.test:x@example.net", "x@[127.0.0.1]",
                       "x!example.net@" + DOMAIN):
                client.mail("ann@example.org")
                code, text = client.docmd(f"RCPT TO:<{to}>")
                assert code in (550, 553, 554, 501), (to, code, text)
                client.rset()
            assert client.docmd("AUTH PLAIN AHVzZXIAcGFzcw==")[0] in (503, 504, 502, 530, 538, 534)


def test_addresses_lead_where_they_should():
    with Godwit(accounts=((USER, PASSWORD), ("two@demo.test", PASSWORD))) as g:
        g.ctl("address", "add", "info@demo.test", "--into", USER)
        g.ctl("address", "add", "all@demo.test", USER, "two@demo.test")
        g.ctl("domain", "add", "other.test")
        g.ctl("address", "add", "@other.test", "--into", "two@demo.test")
        for to in ("info@demo.test", "all@demo.test", "user+lists@demo.test", "anything@other.test", "USER@Demo.Test"):
            deliver(g, message(subject=to), to=to)
        subjects = lambda user: sorted(next(l for l in m.split(b"\r\n") if l.startswith(b"Subject:"))[9:].decode() for m in by_imap(g, user))
        wait_for(lambda: len(subjects("two@demo.test")) == 2)
        assert subjects(USER) == sorted(["info@demo.test", "all@demo.test", "user+lists@demo.test", "USER@Demo.Test"])
        assert subjects("two@demo.test") == sorted(["all@demo.test", "anything@other.test"])
        with smtplib.SMTP("127.0.0.1", g.ports["mx"]) as client:
            client.ehlo()
            client.mail("ann@example.org")
            assert client.rcpt("nobody@demo.test")[0] == 550


def test_utf8_addresses_and_mailboxes_work():
    with Godwit() as g:
        g.ctl("address", "add", "grüße@demo.test", "--into", USER)
        with smtplib.SMTP("127.0.0.1", g.ports["mx"]) as client:
            client.ehlo()
            client.send_message  # smtplib speaks SMTPUTF8 by sendmail's options
            assert client.sendmail("ann@example.org", ["grüße@demo.test"], message(to="grüße@demo.test"), mail_options=["SMTPUTF8"]) == {}
        got, = by_imap(g)
        assert "UTF8" in got.split(b"\r\n\r\n")[0].decode()
        with imaplib.IMAP4_SSL("127.0.0.1", g.ports["imaps"], ssl_context=LAX) as client:
            client.login(USER, PASSWORD)
            assert client.create("&U,BTFw-")[0] == "OK"
            assert any(b"&U,BTFw-" in line for line in client.list()[1])


def test_lmtp_answers_for_each_recipient():
    with Godwit(accounts=((USER, PASSWORD), ("two@demo.test", PASSWORD))) as g:
        with smtplib.LMTP("127.0.0.1", g.ports["lmtp"]) as client:
            client.ehlo()
            client.mail("ann@example.org")
            assert client.rcpt(USER)[0] == 250
            assert client.rcpt("nobody@demo.test")[0] == 550
            assert client.rcpt("two@demo.test")[0] == 250
            assert client.docmd("DATA")[0] == 354
            client.send(message() + b".\r\n")
            assert client.getreply()[0] == 250
            assert client.getreply()[0] == 250
        assert len(by_imap(g)) == len(by_imap(g, "two@demo.test")) == 1
