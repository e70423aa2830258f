"""What nothing can be faster than: nginx, the bare server, the disk, pgbench."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

import requests
from harness.places import BIN, POSTGRES_BIN, free_port


def pin(pid: int, core: int):
    subprocess.run(["taskset", "-a", "-c", "-p", str(core), str(pid)], check=True, capture_output=True)


def wait_for_port(port: int, seconds: float = 20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.002)
    raise AssertionError(f"nobody listens on {port}")


class Limit:
    def __init__(self, url: str, port: int, pids: list, body: str = ""):
        self.url = url
        self.port = port
        self.pids = pids
        self.body = body


@contextlib.contextmanager
def _running(command, port, environment=None):
    process = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, **(environment or {})})
    try:
        wait_for_port(port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextlib.contextmanager
def constant_server(launcher=(), environment=None):
    """platform/http answering a constant, with routing, metrics and access log on."""
    port = free_port()
    with _running([*launcher, BIN / "constant-server", "--port", port], port, environment) as process:
        url = f"http://127.0.0.1:{port}/constant"
        yield Limit(url, port, [process.pid], requests.get(url, timeout=30).text)


@contextlib.contextmanager
def nginx(body: str):
    """nginx's `return 200` of the same bytes, one worker, no access log."""
    port = free_port()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-nginx-"))
    quoted = body.replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{quoted}'; }} }}
}}""")
    try:
        with _running(["nginx", "-p", folder, "-c", folder / "nginx.conf"], port) as process:
            yield Limit(f"http://127.0.0.1:{port}/", port, [process.pid])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def commits_per_second(folder: pathlib.Path, seconds: float) -> float:
    """SQLite commits of one small row, each with its fsync, on the same disk."""
    path = folder / "fsync-limit.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (x TEXT)")
        count, begun = 0, time.monotonic()
        while time.monotonic() - begun < seconds:
            database.execute("INSERT INTO t VALUES ('x')")
            count += 1
        took = time.monotonic() - begun
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(str(path) + suffix).unlink(missing_ok=True)
    return count / took


def resident_megabytes(pid: int) -> float:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1000


def pgbench(url: str, script: str, clients: int, seconds: float) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [str(POSTGRES_BIN / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T",
                   str(max(1, round(seconds))), "-f", file.name, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr + script)
    return float(re.search(r"tps = ([\d.]+) \(without", done.stdout).group(1))


def same_statements(system, person) -> tuple:
    """pgbench scripts of the very statements that one GET and one POST send, as PostgreSQL's own log has them."""
    log = system.postgres.folder / "log"
    url = system.databases["task-service"]
    name = url.rsplit("/", 1)[1]

    def statements_of(act) -> list:
        _set(system, url, f"ALTER DATABASE {name} SET log_statement = 'all'")
        service = system.programs["task-service"]
        service.stop()
        service.start()
        act()  # prepares
        time.sleep(0.3)
        start = log.stat().st_size
        act()
        time.sleep(0.3)
        text = log.read_text(errors="replace")[start:]
        _set(system, url, f"ALTER DATABASE {name} RESET log_statement")
        service.stop()
        service.start()
        return [_with_values(sql, details) for sql, details in
                re.findall(r"LOG:  execute [^:]+: (.*?)\n(?:[^\n]*DETAIL:  parameters: ([^\n]*))?", text, re.S)]

    reads = [s for s in statements_of(lambda: person.get(f"/tasks/{person.template['id']}")) if s.startswith("SELECT")]
    writes = [s for s in statements_of(lambda: person.task("pgbench", description="The tomatoes first.", priority="high",
                                                           due="2026-12-01"))
              if s.startswith("INSERT") and "relay_lease" not in s]
    assert reads and writes
    parts = [f"s{n} AS ({s.rstrip().rstrip(';')} RETURNING 1)" for n, s in enumerate(writes[:-1])]
    write = ("WITH " + ", ".join(parts) + " " if parts else "") + writes[-1]
    return reads[0] + ";\n", _fresh_ids(write) + ";\n"


def _set(system, url, sql):
    import psycopg2

    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)


def _with_values(sql: str, details: str) -> str:
    values = dict(re.findall(r"\$(\d+) = ('(?:[^']|'')*'|NULL)", details or ""))
    values = {k: re.sub(r":(?=\w)", ".", v) for k, v in values.items()}  # pgbench would take 14:36 for a variable
    return re.sub(r"\$(\d+)", lambda m: values[m.group(1)], " ".join(sql.split()))


def _fresh_ids(sql: str) -> str:
    """What is new in each write (the ids that the statements insert) becomes random in each run of the script."""
    known = re.findall(r"'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'", sql)
    newest = sorted(set(known))[-2:]  # UUIDv7: the task's and the event's are the youngest
    script = []
    for n, each in enumerate(newest):
        for half in "abc":
            script.append(f"\\set {half}{n} random(268435456, 4294967295)")
        fresh = f"lpad(to_hex(:a{n}::bigint),8,'0')||lpad(to_hex(:b{n}::bigint),8,'0')||lpad(to_hex(:c{n}::bigint),8,'0')"
        sql = sql.replace(each, f"({fresh})")
    return "\n".join(script) + "\n" + sql
