"""The command line, with the server running and stopped."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import smtplib
import sqlite3
import subprocess

from lib import DOMAIN, PASSWORD, ROOT, USER, Godwit, message, run, wait_for
from test_mail import by_imap, deliver


def test_commands_work_with_the_server_stopped_and_running():
    with Godwit(start=False) as g:
        assert g.ctl_json("domain", "list")[0]["domain"] == DOMAIN
        g.ctl("account", "add", "stopped@demo.test", "--password-stdin", stdin=b"secret word\n")
        g.start()
        g.ctl("account", "add", "running@demo.test", "--password-stdin", stdin=b"secret word\n")
        for user in ("stopped@demo.test", "running@demo.test"):
            deliver(g, message(), to=user)
            assert len(by_imap(g, user, "secret word")) == 1
        accounts = {a["account"]: a for a in g.ctl_json("account", "list")}
        assert accounts["running@demo.test"]["messages"] == 1 and accounts["running@demo.test"]["used"] > 100
        g.ctl("account", "set", "running@demo.test", "--disable")
        with smtplib.SMTP("127.0.0.1", g.ports["mx"]) as client:
            client.ehlo()
            client.mail("ann@example.org")
            assert client.rcpt("running@demo.test")[0] in (450, 550, 551, 552)
        g.ctl("account", "remove", "stopped@demo.test")
        assert g.ctl("account", "show", "stopped@demo.test", check=False).returncode == 67


def test_accounts_come_from_a_file():
    """One line an account; hashes of other servers are taken as they are; wrong lines are named and harm no other."""
    key = hashlib.pbkdf2_hmac("sha256", b"from elsewhere", b"salt of sixteen!", 4096)
    fields = [hashlib.sha256(hmac.digest(key, b"Client Key", "sha256")).digest(), hmac.digest(key, b"Server Key", "sha256")]
    scram = ",".join(["4096"] + [base64.b64encode(part).decode() for part in (b"salt of sixteen!", *fields)])
    lines = [
        "# address and password",
        "plain@demo.test  a pass word ",
        "",
        "scram@demo.test {SCRAM-SHA-256}" + scram,
        "brace@demo.test\t{PLAIN}{brace}",
        "crypt@demo.test {CRYPT}$5$saltsalt$E1IOoqB3SqtP4M8xjNHxH31/L1O3JsEEcP/Q8UIeVd4",
        "no address",
        "lost@elsewhere.test word",
        "odd@demo.test {MD5}0123",
        "short@demo.test",
        "long@demo.test " + "x" * 3000,
        "last@demo.test word",
    ]
    with Godwit() as g:
        done = g.ctl("account", "import", "-", stdin="\n".join(lines).encode(), check=False)
        assert done.returncode == 65, done
        wrong = sorted(int(line.split(b":")[2]) for line in done.stderr.splitlines())
        assert wrong == [7, 8, 9, 10, 11], done.stderr
        assert b"5 accounts added" in done.stdout, done.stdout
        logins = (("plain", "a pass word"), ("scram", "from elsewhere"), ("brace", "{brace}"), ("crypt", "crypted"), ("last", "word"))
        for name, password in logins:
            assert by_imap(g, name + "@demo.test", password) == []
        again = g.ctl("account", "import", "-", stdin=b"last@demo.test other\n")
        assert b"0 accounts added, 1 were there already" in again.stdout
        assert by_imap(g, "last@demo.test", "word") == []
        missing = g.ctl("account", "import", "/nonexistent", check=False)
        assert missing.returncode == 64 and b"/nonexistent" in missing.stderr


def test_wrong_words_are_named():
    with Godwit(start=False) as g:
        for words, code, text in (
            (["acount"], 64, b"unknown command"),
            (["account", "add"], 64, b"give one address"),
            (["account", "add", "no address"], 64, b"is no mail address"),
            (["domain", "add", "-bad-.test"], 64, b"is no domain name"),
            (["domain", "add", DOMAIN], 65, b"domain add"),
            (["account", "frobnicate"], 64, b"frobnicate"),
            (["queue", "remove"], 64, b"say which"),
            (["queue", "list", "--state", "odd"], 64, b"waiting, active or held"),
            (["send"], 64, b"at least one recipient"),
        ):
            done = g.ctl(*words, check=False)
            assert done.returncode == code, (words, done)
            assert text in done.stderr, (words, done.stderr)
        done = g.ctl("--json", "account", "show", "nobody@demo.test", check=False)
        assert "error" in json.loads(done.stderr)


def test_every_command_explains_itself_with_examples():
    binary = os.environ["GODWIT"]
    listing = run(binary, "--help").stdout.decode()
    commands = [line.split()[0] for line in listing.splitlines() if line.startswith("  ") and not line.startswith("  godwit")]
    assert len(commands) >= 12
    for command in commands:
        text = run(binary, command, "--help").stdout.decode() if command != "sendmail" else "usage"
        assert text.startswith("usage") or "usage:" in text, command
    completion = (ROOT / "packaging" / "godwit.bash").read_text()
    for command in commands:
        assert command in completion, f"{command} is missing in the completion"
        assert command in (ROOT / "docs" / "man" / "godwit.1").read_text(), f"{command} is missing in the man page"


def test_the_reference_is_what_the_table_says():
    assert run(os.environ["GODWIT"], "options", "--markdown").stdout.decode() == (ROOT / "docs" / "options.md").read_text(), \
        "docs/options.md is not what `godwit options --markdown` prints"


def test_mistakes_in_the_file_are_named_and_a_reload_keeps_the_old():
    with Godwit() as g:
        good = g.config.read_text()
        g.config.write_text(good + "[smtp]\nmax-sise = 1M\n")
        done = g.ctl("reload", check=False)
        assert done.returncode != 0 and b"godwit.conf" in done.stderr and b"max-size" in done.stderr, done
        assert g.ctl("check", check=False).returncode == 78
        deliver(g, message())
        g.config.write_text(good + "[smtp]\nmax-size = 64K\n")
        with smtplib.SMTP("127.0.0.1", g.ports["mx"]) as old:
            old.ehlo()
            g.ctl("reload")
            assert old.noop()[0] == 250, "a reload must not drop a connection"
            with smtplib.SMTP("127.0.0.1", g.ports["mx"]) as new:
                new.ehlo()
                assert new.esmtp_features["size"] == "65536"


def test_send_and_sendmail_put_messages_in():
    with Godwit() as g:
        attachment = g.folder / "bericht ä.bin"
        attachment.write_bytes(os.urandom(2000))
        g.ctl("send", "--from", USER, "--subject", "Grüße", "--attach", attachment, USER, stdin="Umlaute: ä\n".encode())
        sendmail = g.folder / "sendmail"
        sendmail.symlink_to(os.environ["GODWIT"])
        run(sendmail, "-t", "-i", "-f", USER, env={"GODWIT_CONFIG": str(g.config)},
            stdin=f"From: {USER}\nTo: {USER}\nBcc: info@demo.test\nSubject: by sendmail\n\nHello\n.\nmore\n".encode(), check=False)
        g.ctl("address", "add", "info@demo.test", "--into", USER)
        run(sendmail, "-t", "-i", "-f", USER, env={"GODWIT_CONFIG": str(g.config)},
            stdin=f"From: {USER}\nTo: {USER}\nBcc: info@demo.test\nSubject: by sendmail\n\nHello\n.\nmore\n".encode())
        got = wait_for(lambda: (m := by_imap(g)) and len(m) >= 2 and m)
        import email
        first = email.message_from_bytes(got[0])
        parts = list(first.walk())
        assert parts[-1].get_payload(decode=True) == attachment.read_bytes()
        assert parts[-1].get_filename() == "bericht ä.bin"
        second = got[1]
        assert b"Bcc" not in second and b"\r\n.\r\nmore\r\n" in second and b"Message-ID:" in second and b"Date:" in second


def test_half_a_message_is_none():
    with Godwit(start=False, options={"mail": {"hold": "yes"}}) as g:
        for words in (("send", "--from", USER), ("sendmail", "-f", USER)):
            end, other = os.pipe()  # its writer made it non-blocking, and is still at it
            os.set_blocking(end, False)
            os.write(other, b"Subject: contract\n\nThe price is 10")
            done = subprocess.run([os.environ["GODWIT"], "--config", g.config, *words, "x@remote.test"], stdin=end,
                                  capture_output=True, timeout=20)
            os.close(end)
            os.close(other)
            assert done.returncode == 74 and b"standard input" in done.stderr, (words, done)
        assert g.ctl_json("queue", "list") == []


def test_a_sender_is_an_address_and_nothing_more():
    with Godwit(start=False, options={"mail": {"hold": "yes"}}) as g:
        for bad in ("ann@example.org> SIZE=1", "ann@example.org\nRCPT TO:<x@y.test>", "<ann@example.org>", "a b@example.org"):
            for words in (("send", "--from", bad), ("sendmail", "-f", bad)):
                done = g.ctl(*words, "x@remote.test", stdin=b"hello\n", check=False)
                assert done.returncode == 64 and b"is no mail address" in done.stderr, (words, done)
        g.ctl("sendmail", "-f", "cron", "x@remote.test", stdin=b"hello\n")
        g.ctl("sendmail", "-f", "<>", "y@remote.test", stdin=b"hello\n")
        assert sorted(e["sender"] for e in g.ctl_json("queue", "list")) == ["<>", "cron@mail.demo.test"]


def test_lists_do_not_command_the_terminal():
    with Godwit(start=False, options={"mail": {"hold": "yes"}}) as g:
        g.ctl("send", "--from", USER, "x@remote.test", stdin=b"hello\n")
        with sqlite3.connect(g.folder / "data" / "store.db") as store:
            store.execute("update queue_entry set last_error = ?", ("550 \u202e\u009b2J\x1b[2J \u00e4",))
        for words in (("queue", "list"), ("queue", "show", "1")):
            shown = g.ctl(*words).stdout.decode()
            assert "550 \\xe2\\x80\\xae\\xc2\\x9b2J\\x1b[2J \u00e4" in shown, shown


def test_init_writes_a_configuration_that_check_accepts():
    import shutil
    import tempfile
    folder = pathlib.Path(tempfile.mkdtemp(prefix="godwit-test-"))
    os.chmod(folder, 0o755)
    try:
        binary, config = os.environ["GODWIT"], folder / "godwit.conf"
        done = run(binary, "--config", config, "init", "--domain", "example.org", "--account", "you@example.org", "--data", folder / "data", "--generate")
        assert b"password of you@example.org:" in done.stdout
        again = run(binary, "--config", config, "init", "--domain", "example.org", "--account", "you@example.org", "--generate", check=False)
        assert again.returncode == 64 and b"--force" in again.stderr
        found = json.loads(run(binary, "--config", config, "--json", "check", check=False).stdout)
        assert not [f for f in found if f["verdict"] == "wrong" and f["subject"] not in ("port",)], found
        text = config.read_text()
        for port in ("25", "587", "465", "143", "993", "110", "995"):
            assert f":{port}\n" in text or f":2{port.zfill(3)}\n" in text, port
        assert subprocess.run(["grep", "-rq", "you@example.org", str(folder / "data")]).returncode == 0
    finally:
        shutil.rmtree(folder)


def test_the_queue_is_shown_held_and_removed():
    with Godwit(options={"mail": {"hold": "yes"}}) as g:
        for n in range(5):
            g.ctl("send", "--from", USER, "--subject", f"n{n}", f"x{n}@remote.test", "y@other.test", stdin=b"hello\n")
        entries = g.ctl_json("queue", "list")
        assert len(entries) == 10 and all(e["state"] == "held" for e in entries)
        assert len(g.ctl_json("queue", "list", "--domain", "other.test")) == 5
        one = g.ctl_json("queue", "show", str(entries[0]["id"]))[0]
        assert one["recipient"] == entries[0]["recipient"]
        g.ctl("queue", "remove", "--domain", "other.test")
        g.ctl("queue", "release", str(entries[0]["id"]))
        left = g.ctl_json("queue", "list")
        assert len(left) == 5 and sum(e["state"] == "held" for e in left) == 4
        g.ctl("queue", "remove", "--all")
        assert g.ctl_json("queue", "list") == []


def test_lists_may_be_long():
    with Godwit(start=False) as g:
        names = [f"u{n:04}@demo.test" for n in range(1201)]
        g.ctl("account", "import", "-", stdin="".join(f"{name} password\n" for name in names).encode(), timeout=120)
        assert [a["account"] for a in g.ctl_json("account", "list")] == sorted([*names, USER])
        assert len(g.ctl("account", "list").stdout.splitlines()) == 1202
        assert len(g.ctl_json("address", "list", "--of", names[7])) == 1
