"""pgbench with the very statements that a request sends."""

import contextlib
import re
import subprocess
import tempfile
import time

import psycopg2
from harness.places import POSTGRES_BIN
from harness.raw import RawConnection


def run(url: str, script: str, clients: int, seconds: float) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(POSTGRES_BIN / "pgbench"),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "1",
            "-T",
            str(max(1, round(seconds))),
            "-f",
            file.name,
            url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr + script)
    return float(re.search(r"tps = ([\d.]+) \(without", done.stdout).group(1))


def scripts(system, get: bytes, create: bytes) -> tuple:
    """Of one GET and of one POST, as PostgreSQL's own log has their statements; the POST's as one CTE."""
    reads = _statements_of(system, get, ("SELECT", "WITH"))
    writes = _statements_of(system, create, ("INSERT", "WITH"))
    parts = [f"s{n} AS ({s.rstrip().rstrip(';')} RETURNING 1)" for n, s in enumerate(writes[:-1])]
    write = ("WITH " + ", ".join(parts) + " " if parts else "") + writes[-1]
    return reads[0] + ";\n", _fresh_ids(write) + ";\n"


def _statements_of(system, request: bytes, kinds: tuple) -> list:
    log = system.postgres.folder / "log"
    url = system.databases["task-service"]
    name = url.rsplit("/", 1)[1]
    service = system.programs["task-service"]

    def restart_with(setting: str):
        with contextlib.closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER DATABASE {name} {setting}")
        service.stop()
        service.start()

    def send():
        with RawConnection(service.port) as connection:
            connection.send(request)
            assert connection.read_answer().status < 300
        time.sleep(0.3)

    restart_with("SET log_statement = 'all'")
    send()  # prepares
    start = log.stat().st_size
    send()
    text = log.read_text(errors="replace")[start:]
    restart_with("RESET log_statement")
    found = re.findall(r"LOG:  execute [^:]+: (.*?)\n(?:[^\n]*DETAIL:  parameters: ([^\n]*))?", text, re.S)
    found = [_with_values(sql, details) for sql, details in found if sql.startswith(kinds) and "relay_lease" not in sql]
    assert found, text
    return found


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
        fresh = (
            f"lpad(to_hex(:a{n}::bigint),8,'0')||lpad(to_hex(:b{n}::bigint),8,'0')||lpad(to_hex(:c{n}::bigint),8,'0')"
        )
        sql = sql.replace(each, f"({fresh})")
    return "\n".join(script) + "\n" + sql
