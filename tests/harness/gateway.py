"""A real nginx with the gateway's configuration."""

import json
import os
import pathlib
import signal
import subprocess
import time

import requests

from .places import PATIENCE, ROOT, free_port
from .program import clean_environment

GATEWAY = ROOT / "api-gateway" / "gateway"


class Gateway:
    """`replicas`: service name → addresses ("127.0.0.1:8081"). Ended by its process id."""

    def __init__(self, folder: pathlib.Path, replicas: dict, environment: dict | None = None):
        self.folder = folder
        self.replicas = replicas
        self.port = free_port()
        self.tls_port = free_port()
        self.status_port = free_port()
        self.environment = dict(environment or {})
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"https://127.0.0.1:{self.tls_port}"

    @property
    def status_url(self) -> str:
        return f"http://127.0.0.1:{self.status_port}"

    def settings(self) -> dict:
        return {
            "CUMULO_GATEWAY_RUN_DIR": str(self.folder),
            "CUMULO_GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "CUMULO_GATEWAY_TLS_LISTEN": f"127.0.0.1:{self.tls_port}",
            "CUMULO_GATEWAY_STATUS_LISTEN": f"127.0.0.1:{self.status_port}",
            **{f"CUMULO_GATEWAY_{name.upper().replace('-', '_')}": ",".join(each) for name, each in self.replicas.items()},
            "CUMULO_GATEWAY_WORKERS": "1",
            "CUMULO_GATEWAY_CONNECTIONS": "1024",
            "CUMULO_GATEWAY_RATE_ADDRESS": "100000",
            "CUMULO_GATEWAY_BURST_ADDRESS": "10000",
            "CUMULO_GATEWAY_RATE_TOKEN": "100000",
            "CUMULO_GATEWAY_BURST_TOKEN": "10000",
            "CUMULO_GATEWAY_CONNECTIONS_ADDRESS": "1000",
            "CUMULO_GATEWAY_ACCESS_LOG": str(self.folder / "access.log"),
            "CUMULO_GATEWAY_ERROR_LOG": str(self.folder / "error.log"),
            **self.environment,
        }

    def run(self, command: str) -> subprocess.CompletedProcess:
        """`render` or `test`, to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.run([GATEWAY, command], env={**clean_environment(), **self.settings()}, capture_output=True,
                              text=True, timeout=60 * PATIENCE, check=False)

    def start(self) -> "Gateway":
        self.folder.mkdir(parents=True, exist_ok=True)
        for each in (self.folder, self.folder.parent):
            if os.geteuid() == 0:
                each.chmod(0o755)  # nginx's workers are another user then
        with open(self.folder / "gateway.log", "ab") as log:
            self.process = subprocess.Popen([GATEWAY, "run"], env={**clean_environment(), **self.settings()},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20 * PATIENCE
        while True:
            try:
                if requests.get(self.status_url + "/healthz", timeout=2).status_code == 200:
                    return self
            except requests.RequestException:
                pass
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "gateway.log").read_text()
            time.sleep(0.02)

    def wait_for_configuration(self, holds, seconds: float = 20):
        """Until what nginx is given is so."""
        deadline = time.monotonic() + seconds * PATIENCE
        while not holds((self.folder / "nginx.conf").read_text()):
            assert time.monotonic() < deadline, (self.folder / "nginx.conf").read_text()
            time.sleep(0.05)

    def access_log(self) -> list:
        """Every line so far."""
        return [json.loads(line) for line in (self.folder / "access.log").read_text().splitlines()]

    def logged(self, request_id: str) -> dict:
        """The line of one request (written when it has ended)."""
        deadline = time.monotonic() + 5 * PATIENCE
        while time.monotonic() < deadline:
            for line in self.access_log():
                if line["request_id"] == request_id:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"{request_id} is not in the gateway's log")

    def stop(self, seconds: float = 65) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None
        return code

    def kill(self):
        """nginx first, by the id it has written: its parent would wait for requests under way."""
        if self.process is None:
            return
        note = self.folder / "nginx.pid"
        if note.exists() and note.read_text().strip():
            os.kill(int(note.read_text()), signal.SIGTERM)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
