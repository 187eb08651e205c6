"""A real name server for tests: nsd on a free port, zones signed with DNSSEC, and the trust anchors to validate them."""
import pathlib
import shutil
import subprocess
import tempfile

from lib import free_port, run, wait_for


class Nsd:
    """`with Nsd({"example.test": ["@ IN MX 10 mx", "mx IN A 127.0.0.1"]}) as dns:`; dns.options() goes into a Godwit's configuration."""

    def __init__(self, zones, signed=True):
        self.zones, self.signed, self.port = zones, signed, free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="godwit-nsd-"))
        self.anchors = []

    def write_zone(self, name, records):
        path = self.folder / f"{name}.zone"
        path.write_text("\n".join([f"$ORIGIN {name}.", "$TTL 60", f"@ IN SOA ns.{name}. root.{name}. 1 3600 600 86400 60", "@ IN NS ns", "ns IN A 127.0.0.1", *records]) + "\n")
        if not self.signed:
            return path
        key = run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", name, cwd=self.folder).stdout.decode().strip()
        run("ldns-signzone", "-n", path, self.folder / key, cwd=self.folder)
        ds = (self.folder / f"{key}.ds").read_text().split()
        self.anchors.append("_".join([f"{name}.", *ds[ds.index("IN"):]]))
        return path.with_name(path.name + ".signed")

    def __enter__(self):
        zones = "".join(f"zone:\n name: {name}\n zonefile: {self.write_zone(name, records)}\n" for name, records in self.zones.items())
        config = self.folder / "nsd.conf"
        config.write_text(f"""server:
 ip-address: 127.0.0.1@{self.port}
 username: ""
 zonesdir: {self.folder}
 pidfile: {self.folder}/nsd.pid
 xfrdfile: {self.folder}/xfrd.state
 zonelistfile: {self.folder}/zone.list
 database: ""
 rrl-ratelimit: 0
 server-count: 1
remote-control:
 control-enable: no
{zones}""")
        self.process = subprocess.Popen(["nsd", "-d", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        import socket
        def up():
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                return False
        wait_for(up)
        return self

    def options(self):
        return {"servers": f"127.0.0.1@{self.port}", "trust-anchor-file": "none" if not self.signed else "", "trust-anchors": "\n  ".join(self.anchors),
                "timeout": "3s"}

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
        shutil.rmtree(self.folder)
