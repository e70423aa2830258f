"""One running program of ours."""

import os
import pathlib
import signal
import subprocess
import time

import requests

from .places import BIN, PATIENCE, free_port


class Program:
    """Starts a binary on free ports and ends it by its process id."""

    def __init__(self, name: str, folder: pathlib.Path, environment: dict | None = None, command: str = "serve"):
        self.name = name
        self.folder = folder
        self.command = command
        self.port = free_port()
        self.management_port = free_port()
        self.environment = dict(environment or {})
        self.binary = BIN / name
        self.launcher: list = []  # a command that runs the binary, such as valgrind
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def management_url(self) -> str:
        return f"http://127.0.0.1:{self.management_port}"

    @property
    def log(self) -> str:
        path = self.folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def settings(self) -> dict:
        return {
            "CUMULO_LISTEN": f"127.0.0.1:{self.port}",
            "CUMULO_MANAGEMENT_LISTEN": f"127.0.0.1:{self.management_port}",
            "CUMULO_DATA_DIR": str(self.folder),
            "CUMULO_RATE_LIMITS": "false",
            **({"CUMULO_GREETING": "false"} if self.name == "cumulo" else {}),
            **self.environment,
        }

    def run(self, *arguments, **keywords) -> subprocess.CompletedProcess:
        """Runs one of the binary's commands to its end, with the same settings."""
        return subprocess.run([str(BIN / self.name), *arguments], env={**clean_environment(), **self.settings()},
                              capture_output=True, text=True, timeout=60 * PATIENCE, check=False, **keywords)

    def start(self, wait: bool = True) -> "Program":
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen([*self.launcher, str(self.binary), self.command], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**clean_environment(), **self.settings()}, cwd=self.folder)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = 30):
        self.wait_for(lambda: requests.get(self.management_url + "/readyz", timeout=5).status_code == 200, seconds)

    def wait_for(self, condition, seconds: float):
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            try:
                if condition():
                    return
            except requests.RequestException:
                pass
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log[-4000:]}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not get there in {seconds} s:\n{self.log[-4000:]}")
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 35) -> int:
        """Sends a signal and returns the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end in {seconds} s:\n{self.log[-4000:]}") from None
        self.process = None
        return code

    def kill(self):
        self.stop(signal.SIGKILL)

    def metric(self, name: str, **labels) -> float:
        """Sum of a metric's samples with these labels."""
        total = 0.0
        for line in requests.get(self.management_url + "/metrics", timeout=10).text.splitlines():
            if line.startswith(name) and line[len(name)] in "{ " and all(f'{k}="{v}"' in line for k, v in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total


def clean_environment() -> dict:
    """This process's environment without settings of ours."""
    return {k: v for k, v in os.environ.items() if not k.startswith("CUMULO_")}
