"""What nothing can be faster than: nginx, the bare server, the disk."""

import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

import processes
import requests
import traffic
from harness.places import BIN, free_port

SERVER_CORE, LOAD_CORE = 0, 1


def wait_for_port(port: int, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.0005)
    raise AssertionError(f"nobody listens on {port}")


@dataclasses.dataclass
class Limit:
    """A server that does nothing else."""

    port: int
    pids: list
    body: str = ""

    def constants(self) -> list:
        return [traffic.request("GET", "/constant")]


@contextlib.contextmanager
def _running(command, port, environment=None, pinned=True):
    command = [*(["taskset", "-c", str(SERVER_CORE)] if pinned else []), *map(str, command)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    try:
        wait_for_port(port)
        yield Limit(port, [process.pid, *processes.children(process.pid)])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextlib.contextmanager
def constant_server(launcher=(), environment=None, threads: int = 1, pinned: bool = True):
    """platform/http answering a constant, with routing, metrics and access log on."""
    port = free_port()
    command = [*launcher, BIN / "constant-server", "--port", port, "--threads", threads]
    with _running(command, port, environment, pinned) as limit:
        limit.body = requests.get(f"http://127.0.0.1:{port}/constant", timeout=30).text
        yield limit


@contextlib.contextmanager
def bare_beast():
    """Beast as its examples use it."""
    port = free_port()
    with _running([BIN / "bare-beast", "--port", port], port) as limit:
        yield limit


def nginx(body: str, pinned: bool = True):
    """nginx's `return 200` of the same bytes, one worker, no access log."""
    quoted = body.replace("\\", "\\\\").replace("'", "\\'")
    return _nginx("", f"return 200 '{quoted}';", pinned)


def nginx_proxy(port: int):
    """nginx that passes everything on to one server, over connections that it keeps."""
    return _nginx(
        f"upstream behind {{ server 127.0.0.1:{port}; keepalive 64; }}",
        'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://behind;',
        pinned=False,
    )


@contextlib.contextmanager
def _nginx(beside: str, answer: str, pinned=True):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="cumulo-nginx-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json; proxy_temp_path {folder}/proxy;
  client_body_temp_path {folder}/body;
  {beside}
  server {{ listen 127.0.0.1:{port}; location / {{ {answer} }} }}
}}""")
        with _running(["nginx", "-p", folder, "-c", folder / "nginx.conf"], port, pinned=pinned) as limit:
            yield limit


def commits_per_second(folder: pathlib.Path, seconds: float) -> float:
    """SQLite commits of one small row, each with its fsync, on the same disk."""
    path = folder / "fsync-limit.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (x TEXT)"
        )
        count, begun = 0, time.monotonic()
        while time.monotonic() - begun < seconds:
            database.execute("INSERT INTO t VALUES ('x')")
            count += 1
        took = time.monotonic() - begun
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(str(path) + suffix).unlink(missing_ok=True)
    return count / took


def raw(what: str, *arguments, seconds: float, pinned: bool = True) -> dict:
    """What an engine does without our code: name → operations a second (raw_limits.cpp)."""
    command = [*(["taskset", "-c", str(SERVER_CORE)] if pinned else []), BIN / "raw-limits", what, *arguments, seconds]
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=True)
    return {name: float(rate) for name, rate in (line.split() for line in done.stdout.splitlines())}


def hashes_per_second(seconds: float) -> float:
    return raw("argon2", seconds=seconds, pinned=False)["argon2"]
