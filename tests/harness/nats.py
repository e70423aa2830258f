"""A NATS server with JetStream of the test's own, and a cluster of three."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import requests

from .places import PATIENCE, ROOT, free_port


def binary() -> str:
    """CUMULO_TEST_NATS_SERVER, or what tools/setup.sh test has fetched, or the system's."""
    places = [os.environ.get("CUMULO_TEST_NATS_SERVER"), str(ROOT / "tools" / ".cache" / "nats-server"),
              "/usr/sbin/nats-server", "/usr/bin/nats-server"]
    for place in places:
        if place and os.access(place, os.X_OK):
            return place
    raise AssertionError("there is no nats-server: run tools/setup.sh test, or set CUMULO_TEST_NATS_SERVER")


class Nats:
    """`kill()` is SIGKILL, `pause()` a server that hangs; `start()` brings it back on the same port and folder. It
    writes through before it acknowledges, unless told otherwise."""

    def __init__(self, sync_always: bool = True, more: str = ""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-nats-", dir="/tmp"))
        self.port, self.monitoring_port = free_port(), free_port()
        self.process: subprocess.Popen | None = None
        (self.folder / "nats.conf").write_text(
            f'listen: 127.0.0.1:{self.port}\nhttp: 127.0.0.1:{self.monitoring_port}\n'
            f'jetstream {{ store_dir: "{self.folder}/store"{", sync_interval: always" if sync_always else ""} }}\n{more}')

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitoring_url(self) -> str:
        return f"http://127.0.0.1:{self.monitoring_port}"

    def start(self) -> "Nats":
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([binary(), "-c", str(self.folder / "nats.conf")], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        deadline = time.monotonic() + 20 * PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(30 * PATIENCE)
            self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def monitor(self, path: str) -> dict:
        return requests.get(self.monitoring_url + path, timeout=10).json()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class NatsCluster:
    """Three servers; a stream with three copies outlives any one of them."""

    def __init__(self):
        routes = [free_port() for _ in range(3)]
        all_routes = ", ".join(f"nats-route://127.0.0.1:{port}" for port in routes)
        self.nodes = [Nats(sync_always=False, more=f"server_name: n{n}\ncluster {{ name: test, listen: 127.0.0.1:{port}, "
                                                   f"routes: [ {all_routes} ] }}\n") for n, port in enumerate(routes)]

    @property
    def url(self) -> str:
        return ",".join(node.url for node in self.nodes)

    def start(self) -> "NatsCluster":
        for node in self.nodes:
            node.start()
        return self

    def leader(self, stream: str = "CUMULO") -> Nats | None:
        """The node that leads the stream; None while there is none."""
        for node in self.nodes:
            try:
                report = node.monitor("/jsz?streams=true&accounts=true")
            except requests.RequestException:
                continue
            for account in report.get("account_details") or []:
                for each in account.get("stream_detail") or []:
                    name = (each.get("cluster") or {}).get("leader")
                    if each["name"] == stream and name:
                        return self.nodes[int(name[1:])]
        return None

    def close(self):
        for node in self.nodes:
            node.close()
