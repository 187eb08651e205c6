"""Real clients: mutt, msmtp, fetchmail, getmail."""
import os
import ssl

from lib import PASSWORD, USER, Godwit, message, run
from test_mail import by_imap, deliver


def certificate(g):
    path = g.folder / "server.crt"
    path.write_text(ssl.get_server_certificate(("127.0.0.1", g.ports["imaps"])))
    os.chmod(path, 0o644)
    return path


def test_msmtp_submits():
    with Godwit() as g:
        config = g.folder / "msmtprc"
        config.write_text(f"account default\nhost 127.0.0.1\nport {g.ports['submission']}\nauth on\nuser {USER}\npassword {PASSWORD}\n"
                          f"tls on\ntls_starttls on\ntls_certcheck off\nfrom {USER}\n")
        os.chmod(config, 0o600)
        run("msmtp", "-C", config, USER, stdin=b"Subject: by msmtp\n\nhello\n.\nmore\n")
        got, = by_imap(g)
        assert got.endswith(b"hello\r\n.\r\nmore\r\n") and b"with ESMTPSA" in got


def test_fetchmail_fetches_and_deletes_by_pop3_and_imap():
    for protocol, port in (("POP3", "pop3s"), ("IMAP", "imaps")):
        with Godwit() as g:
            for n in range(3):
                deliver(g, message(subject=f"n{n}"))
            taken = g.folder / "taken"
            config = g.folder / "fetchmailrc"
            config.write_text(f'poll 127.0.0.1 protocol {protocol} port {g.ports[port]} user "{USER}" password "{PASSWORD}" ssl no sslcertck\n mda "cat >> {taken}"\n')
            os.chmod(config, 0o600)
            home = g.folder / "home"
            home.mkdir()
            run("fetchmail", "-f", config, "--nodetach", "--nosyslog", "--fetchall", "--nokeep", "--pidfile", home / "pid", env={"HOME": str(home), "FETCHMAILHOME": str(home)})
            text = taken.read_bytes()
            assert all(f"Subject: n{n}".encode() in text for n in range(3))
            assert by_imap(g) == []


def test_getmail_fetches():
    with Godwit() as g:
        deliver(g, message(subject="for getmail"))
        config = g.folder / "getmailrc"
        # getmail refuses to write a Maildir as root, so a command takes the message
        taken = g.folder / "taken"
        config.write_text(f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = 127.0.0.1\nport = {g.ports['pop3s']}\nusername = {USER}\npassword = {PASSWORD}\n"
                          f"[destination]\ntype = MDA_external\npath = /usr/bin/tee\narguments = (\"-a\", \"{taken}\")\nallow_root_commands = true\nignore_stderr = true\n[options]\ndelete = true\n")
        run("getmail", "--getmaildir", g.folder, "--rcfile", config)
        assert b"Subject: for getmail" in taken.read_bytes()
        assert by_imap(g) == []


def test_mutt_reads_and_files():
    with Godwit() as g:
        for n in range(3):
            deliver(g, message(subject=f"n{n}"))
        config = g.folder / "muttrc"
        config.write_text(f"""set spoolfile="imaps://127.0.0.1:{g.ports['imaps']}/INBOX"
set folder="imaps://127.0.0.1:{g.ports['imaps']}/"
set imap_user="{USER}"
set imap_pass="{PASSWORD}"
set certificate_file={certificate(g)}
set ssl_verify_host=no
set header_cache=""
set delete=yes
set confirmappend=no
set wait_key=no
set quit=yes
push "<first-entry><save-message>=Archive<enter><delete-message><sync-mailbox><quit>"
""")
        # mutt wants a terminal: script gives it one
        run("script", "-qec", f"mutt -n -F {config}", "/dev/null", env={"TERM": "xterm", "HOME": str(g.folder)}, timeout=60)
        import imaplib
        from test_mail import LAX
        with imaplib.IMAP4_SSL("127.0.0.1", g.ports["imaps"], ssl_context=LAX) as client:
            client.login(USER, PASSWORD)
            assert client.select("Archive")[1] == [b"1"]
            assert client.select("INBOX")[1][0] in (b"2", b"1")
