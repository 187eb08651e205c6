"""Postfix as the server that sends to us, and as the server we send to, in a root of its own."""
import os
import pathlib
import re
import smtplib
import socket
import subprocess
import tempfile

from lib import PASSWORD, ROOT, USER, Godwit, free_port, message, run, wait_for
from test_mail import by_imap

BASE = pathlib.Path(os.environ.get("GODWIT_POSTFIX_ROOT", "/var/tmp/godwit-postfix"))


class Postfix:
    """A Postfix that keeps mail for postfix.test in /var/vmail and sends everything else to the given port of ours."""

    def __init__(self, send_to):
        self.send_to, self.port = send_to, free_port()

    def __enter__(self):
        assert os.geteuid() == 0, "the Postfix test needs root: it starts a server in a root of its own"
        run("sh", ROOT / "test" / "system" / "make-postfix-root.sh", BASE, timeout=600)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="godwit-postfix-"))
        self.root = self.folder / "root"
        run("cp", "-a", BASE, self.root)
        etc = self.root / "etc" / "postfix"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=postfix.test",
            "-keyout", etc / "key.pem", "-out", etc / "cert.pem")
        (etc / "main.cf").write_text(f"""compatibility_level = 3.6
myhostname = postfix.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = postfix.test
virtual_mailbox_maps = static:box/
virtual_mailbox_base = /var/vmail
virtual_uid_maps = static:1000
virtual_gid_maps = static:1000
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
disable_dns_lookups = yes
relayhost = [127.0.0.1]:{self.send_to}
smtputf8_enable = yes
smtp_tls_security_level = may
smtp_tls_loglevel = 1
smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/postfix/cert.pem
smtpd_tls_key_file = /etc/postfix/key.pem
""")
        master = (etc / "master.cf").read_text()
        master = re.sub(r"^smtp      inet .*$", f"127.0.0.1:{self.port} inet n - n - - smtpd", master, flags=re.M)
        master = re.sub(r"^(\S+\s+(?:unix|inet|fifo)\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", master, flags=re.M)
        (etc / "master.cf").write_text(master)
        (self.root / "var" / "vmail").mkdir()
        os.chown(self.root / "var" / "vmail", 1000, 1000)
        self.process = subprocess.Popen(["unshare", "-m", "--propagation", "unchanged", "sh", "-c", f"mount --make-rprivate / 2>/dev/null; mount --bind /dev {self.root}/dev && mount -t proc proc {self.root}/proc && "
                                         f"exec chroot {self.root} postfix start-fg"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        wait_for(self.answers, 30)
        return self

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            assert self.process.poll() is None, self.process.stdout.read().decode() + self.log()
            return False

    def log(self):
        path = self.root / "var" / "log" / "postfix.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def mails(self):
        return [p.read_bytes() for p in (self.root / "var" / "vmail" / "box" / "new").glob("*")]

    def __exit__(self, kind, *_):
        if kind:
            print(self.log()[-5000:], file=__import__("sys").stderr)
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        run("rm", "-rf", self.folder)


def test_postfix_sends_to_us_and_receives_from_us():
    with Godwit(start=False) as g, Postfix(g.ports["mx"]) as postfix:
        g.options["relay"] = {"smarthost": f"127.0.0.1:{postfix.port}", "tls": "must", "verify": "no"}
        g.write_config()
        g.start()
        body = "".join(f"line {n} of many, with a dot:\r\n.\r\n..{n}\r\n" for n in range(2000)) + "ä" * 100 + "\r\n"
        raw = message(sender="box@postfix.test", body="", extra="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n") + body.encode()
        # Postfix as the sender
        with smtplib.SMTP("127.0.0.1", postfix.port) as client:
            client.sendmail("box@postfix.test", [USER], raw, mail_options=["BODY=8BITMIME"])
        got, = wait_for(lambda: by_imap(g), 30)
        assert got.endswith(raw.split(b"\r\n\r\n", 1)[1])
        assert b"with ESMTPS" in got, got[:1000]
        # Postfix as the receiver, many messages over few connections
        for n in range(5):
            with smtplib.SMTP("127.0.0.1", g.ports["submission"]) as client:
                client.starttls()
                client.login(USER, PASSWORD)
                client.sendmail(USER, ["box@postfix.test"], message(subject=f"n{n}", sender=USER, to="box@postfix.test") + body.encode(), mail_options=["BODY=8BITMIME"])
        kept = wait_for(lambda: (m := postfix.mails()) and len(m) == 5 and m, 30)
        assert all(m.replace(b"\r\n", b"\n").endswith(body.replace("\r\n", "\n").encode()) for m in kept)
        assert "TLS connection established" in postfix.log() or all(b"TLS" in m for m in kept)
