#!/usr/bin/python3
"""The speed of Cumulo as ratios to limits taken in the same run on the same machine. `make bench` calls it.

The server under test gets core 0, wrk core 1 (one thread, 32 connections) unless a row says otherwise. N is nginx's
`return 200` with the same bytes as the constant answer. Each figure is the median of several short runs, taken in turn
with its limit, because machines drift. Logging, metrics and authentication are on; only the rate limits are off.
"""

import argparse
import contextlib
import json
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "benchmarks"))

import limits  # noqa: E402
import seed  # noqa: E402
import wrk  # noqa: E402
from harness.system import System  # noqa: E402


class Table:
    """Rows of (what, figure, target), printed as they come and kept as JSON."""

    def __init__(self):
        self.rows = []
        print(f"{'what':58} {'figure':>22} {'ratio':>8} {'target':>8}")

    def add(self, what: str, figure: str, ratio: float | None = None, at_least: float | None = None,
            at_most: float | None = None):
        reached = None
        if at_least is not None:
            reached = ratio >= at_least
        if at_most is not None:
            reached = ratio <= at_most
        target = f"≥ {at_least}" if at_least is not None else f"≤ {at_most}" if at_most is not None else ""
        mark = "" if reached is None else "reached" if reached else "MISSED"
        print(f"{what:58} {figure:>22} {'' if ratio is None else f'{ratio:.2f}':>8} {target:>8} {mark}", flush=True)
        self.rows.append({"what": what, "figure": figure, "ratio": ratio, "target": target, "reached": reached})

    def summary(self) -> str:
        missed = [r["what"] for r in self.rows if r["reached"] is False]
        reached = sum(r["reached"] is True for r in self.rows)
        return f"targets: {reached} reached, {len(missed)} missed" + "".join(f"\n  missed: {m}" for m in missed)


def in_turn(rounds: int, **measures) -> dict:
    """Calls each measure once a round, in turn; the median of each."""
    seen = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            seen[name].append(measure())
    return {name: statistics.median(values) for name, values in seen.items()}


def rate(figure: float) -> str:
    return f"{figure:,.0f}/s"


def constant_answers(table: Table, options):
    """N, and our server's constant answer."""
    with limits.constant_server() as ours, limits.nginx(ours.body) as nginx:
        run = lambda url: lambda: wrk.run(url, seconds=options.seconds)  # noqa: E731
        figures = in_turn(options.rounds, nginx=run(nginx.url), ours=run(ours.url))
    n = figures["nginx"]
    table.add("nginx return 200 (N)", rate(n))
    table.add("constant answer on platform/http", rate(figures["ours"]), figures["ours"] / n, at_least=0.7)


def sqlite_rows(table: Table, options):
    environment = {"CUMULO_IO_THREADS": "1", "CUMULO_LOG_FILE": "/dev/null"}
    with contextlib.closing(System("standalone", environment)) as system:
        system.start()
        people = seed.accounts(system, count=options.accounts)
        system.programs["cumulo"].stop()
        print(f"(seeding {options.tasks:,} tasks)", file=sys.stderr)
        seed.tasks_sqlite(system.programs["cumulo"].folder / "tasks.db", people, options.tasks)
        system.start()
        program = system.programs["cumulo"]
        limits.pin(program.process.pid, 0)
        pairs = seed.known_tasks(people)
        url = program.url
        with limits.constant_server() as constant, limits.nginx(constant.body) as nginx:
            figures = in_turn(
                options.rounds,
                nginx=lambda: wrk.run(nginx.url, seconds=options.seconds),
                get=lambda: wrk.get_tasks(url, pairs, seconds=options.seconds),
                list=lambda: wrk.list_tasks(url, people, seconds=options.seconds),
                create=lambda: wrk.create_tasks(url, people, seconds=options.seconds),
                fsync=lambda: limits.commits_per_second(program.folder, seconds=options.seconds / 2))
        n = figures["nginx"]
        size = f"SQLite, {options.tasks:,} tasks"
        table.add(f"GET /tasks/{{id}}, {size}", rate(figures["get"]), figures["get"] / n, at_least=0.4)
        table.add(f"GET /tasks?limit=50, {size}", rate(figures["list"]), figures["list"] / n, at_least=0.06)
        table.add("POST /tasks, durable, SQLite", rate(figures["create"]), figures["create"] / n, at_least=0.15)
        table.add("  … against one fsync per request", rate(figures["fsync"]), figures["create"] / figures["fsync"], at_least=4)


def postgres_rows(table: Table, options):
    environment = {"CUMULO_IO_THREADS": "1", "CUMULO_LOG_FILE": "/dev/null"}
    with contextlib.closing(System("services-postgres", environment)) as system:
        system.start()
        people = seed.accounts(system, count=20)
        database = system.databases["task-service"]
        seed.tasks_postgres(database, people, options.postgres_tasks)
        pairs = seed.known_tasks(people)
        url = system.programs["task-service"].url
        read_script, write_script = limits.same_statements(system, people[0])
        figures = in_turn(
            options.rounds,
            pgbench_get=lambda: limits.pgbench(database, read_script, clients=8, seconds=options.seconds),
            get=lambda: wrk.get_tasks(url, pairs, seconds=options.seconds, pinned=False),
            pgbench_create=lambda: limits.pgbench(database, write_script, clients=32, seconds=options.seconds),
            create=lambda: wrk.create_tasks(url, people, seconds=options.seconds, pinned=False))
        table.add("pgbench -M prepared -c 8 of the read", rate(figures["pgbench_get"]))
        table.add("GET /tasks/{id}, PostgreSQL", rate(figures["get"]), figures["get"] / figures["pgbench_get"], at_least=0.5)
        table.add("pgbench -c 32 of the write as one CTE", rate(figures["pgbench_create"]))
        table.add("POST /tasks, PostgreSQL", rate(figures["create"]), figures["create"] / figures["pgbench_create"],
                  at_least=1.0)


def footprint_rows(table: Table, options):
    starts, memory = [], []
    for _ in range(options.rounds):
        with contextlib.closing(System("standalone")) as system:
            begun = time.monotonic()
            program = system.programs["cumulo"].start(wait=False)
            limits.wait_for_port(program.port)
            starts.append((time.monotonic() - begun) * 1000)
            time.sleep(1)
            memory.append(limits.resident_megabytes(program.process.pid))
    start, resident = statistics.median(starts), statistics.median(memory)
    table.add("start to ready, standalone, ms", f"{start:.0f} ms", start, at_most=300)
    table.add("resident memory idle, standalone, MB", f"{resident:.1f} MB", resident, at_most=40)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--postgres-tasks", type=int, default=200_000)
    parser.add_argument("--accounts", type=int, default=100, help="accounts that sign in; the tasks belong to 100 times as many")
    parser.add_argument("--only", choices=["constant", "sqlite", "postgres", "footprint"])
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "cumulo-bench.json")
    options = parser.parse_args()
    table = Table()
    parts = {"constant": lambda: constant_answers(table, options), "sqlite": lambda: sqlite_rows(table, options),
             "postgres": lambda: postgres_rows(table, options), "footprint": lambda: footprint_rows(table, options)}
    for name, part in parts.items():
        if options.only in (None, name):
            part()
    options.json.write_text(json.dumps(table.rows, indent=1, ensure_ascii=False))
    print(table.summary())


if __name__ == "__main__":
    main()
