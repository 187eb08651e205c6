"""What system tests stand on: a Godwit of one's own in a folder of its own, on free ports, with real clients around it."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
USER, PASSWORD, DOMAIN = "user@demo.test", "correct horse", "demo.test"


_given, _lock = set(), threading.Lock()


def free_port():
    """A port that nobody has, and that no other test of this run was given."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        with _lock:
            if port not in _given:
                _given.add(port)
                return port


def wait_for(what, seconds=15, every=0.05):
    """Waits until what() is true and answers it."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {getattr(what, '__name__', what)}")
        time.sleep(every)


def run(*command, stdin=None, env=None, timeout=60, check=True, cwd=None):
    """A client program to its end; answers its output. A failure shows everything it said."""
    done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, timeout=timeout, cwd=cwd,
                          env={**os.environ, **(env or {})})
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stdout.decode(errors='replace')}\n{done.stderr.decode(errors='replace')}")
    return done


class Godwit:
    """A server; `with Godwit() as g:`. Options are written into the configuration: {"relay": {"smarthost": "..."}}."""

    LISTENERS = {"mx": ("mx", "starttls"), "submission": ("submission", "starttls"), "submissions": ("submission", "implicit"),
                 "lmtp": ("lmtp", "none"), "imap": ("imap", "starttls"), "imaps": ("imap", "implicit"),
                 "pop3": ("pop3", "starttls"), "pop3s": ("pop3", "implicit")}

    def __init__(self, options=None, accounts=((USER, PASSWORD),), foreground=False, host="mail.demo.test", start=True, listener_options=None):
        self.binary = os.environ["GODWIT"]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="godwit-test-"))
        os.chmod(self.folder, 0o755)
        self.ports = {name: free_port() for name in self.LISTENERS}
        self.config = self.folder / "godwit.conf"
        self.options = {"server": {"host": host, "data": self.folder / "data"}}
        for section, values in (options or {}).items():
            self.options.setdefault(section, {}).update(values)
        self.listener_options = listener_options or {}
        self.accounts, self.foreground, self.process = accounts, foreground, None
        self.log_path = self.folder / "log"
        self.autostart = start

    def write_config(self):
        lines = []
        for section, values in self.options.items():
            lines += [f"[{section}]", *(f"{k} = {v}" for k, v in values.items()), ""]
        for name, (protocol, tls) in self.LISTENERS.items():
            lines += [f'[listener "{name}"]', f"protocol = {protocol}", f"address = 127.0.0.1:{self.ports[name]}", f"tls = {tls}",
                      *(f"{k} = {v}" for k, v in self.listener_options.get(name, {}).items()), ""]
        self.config.write_text("\n".join(lines))

    def ctl(self, *words, stdin=None, check=True, **more):
        return run(self.binary, "--config", self.config, *words, stdin=stdin, check=check, **more)

    def ctl_json(self, *words):
        return json.loads(self.ctl("--json", *words).stdout)

    def found(self):
        """The store with its accounts, through `init` for the first one."""
        first, password = self.accounts[0]
        domain = first.split("@")[1]
        self.write_config()
        written = self.config.read_bytes()
        self.ctl("init", "--force", "--domain", domain, "--account", first, "--password-stdin", "--data", self.options["server"]["data"], stdin=password.encode() + b"\n")
        self.config.write_bytes(written)
        for name, password in self.accounts[1:]:
            if name.split("@")[1] != domain:
                self.ctl("domain", "add", name.split("@")[1], check=False)
            self.ctl("account", "add", name, "--password-stdin", stdin=password.encode() + b"\n")

    def start(self):
        words = [self.binary, "--config", str(self.config), "serve"] + (["--foreground"] if self.foreground else [])
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(self.answers, 20)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
        for port in self.ports.values():
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5):
                    pass
            except OSError:
                return False
        return "server.started" in self.log()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def server_pid(self):
        return self.ctl_json("status")["pid"]

    def kill(self):
        """kill -9 of everything, as a crash would."""
        pid = None
        with contextlib.suppress(AssertionError, ValueError):
            pid = self.server_pid()
        self.process.kill()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def __enter__(self):
        try:
            self.found()
            if self.autostart:
                self.start()
        except BaseException:
            self.__exit__(*[None] * 3)
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            code = self.stop()
        finally:
            log = self.log()
            shutil.rmtree(self.folder, ignore_errors=True)
        if kind is None:
            assert code == 0, f"the server ended with {code}:\n{log}"
        else:
            print(log[-8000:], file=__import__("sys").stderr)


def message(subject="Hello", body="The first flight.\r\n", sender="ann@example.org", to=USER, extra=""):
    return (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 02:00:00 +0000\r\n"
            f"Message-ID: <{os.urandom(8).hex()}@example.org>\r\n{extra}\r\n{body}").encode()
