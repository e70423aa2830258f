#!/usr/bin/python3
"""What docs/scaling.md reckons with: processor time per request, of the service, PostgreSQL and nginx apart, and bytes per task, in
the large shape on this machine. Processor time, not speed: it needs no quiet machine (a busy one adds a fifth or so).

    benchmarks/capacity.py [SECONDS a figure]
"""

import os
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import traffic  # noqa: E402
import wrk  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.system import SERVICES, System  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> float:
    """Processor seconds of a process and its children, those that have ended included."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(int(n) for n in fields[11:15]) / TICK
            waiting += [int(child) for task in pathlib.Path(f"/proc/{one}/task").iterdir()
                        for child in (task / "children").read_text().split()]
        except OSError:
            pass
    return total


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8
    system = System("services-nats", {"CUMULO_TRUSTED_PROXIES": "127.0.0.0/8", "CUMULO_IO_THREADS": "1"})
    gateway = None
    try:
        system.start()
        gateway = Gateway(system.folder / "gateway", {name: [f"127.0.0.1:{system.programs[name].port}"] for name in SERVICES})
        gateway.start()
        people = [system.register() for _ in range(20)]
        pairs = [(person.access_token, person.task(f"task {n}", labels=["home"])["id"]) for person in people for n in range(60)]
        tasks = system.programs["task-service"]
        leader = int((system.postgres.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        parts = {"task-service": tasks.process.pid, "notification-service": system.programs["notification-service"].process.pid,
                 "PostgreSQL": leader, "NATS": system.nats.process.pid, "nginx": gateway.process.pid}
        database = system.databases["task-service"]

        def size() -> int:
            return system.postgres.query(database, "SELECT pg_database_size(current_database())")[0][0]

        print(f"| request | {' | '.join(parts)} |\n|---|{'---|' * len(parts)}  processor µs per request")
        before_size, made = size(), 0
        chance = random.Random(1)
        asked = {"GET /tasks/{id}": [traffic.get(*pair) for pair in pairs], "GET /tasks, 50": [traffic.page(p.access_token) for p in people],
                 "POST /tasks": [traffic.create(chance.choice(people).access_token, chance) for _ in range(2_000)]}
        for name, requests in asked.items():
            for way, port in (("direct", tasks.port), ("through nginx", gateway.port)):
                before = {part: tree(pid) for part, pid in parts.items()}
                counted = tasks.metric("cumulo_http_requests_total")
                rate = wrk.run(port, requests, seconds=seconds, pinned=False).rate
                counted = tasks.metric("cumulo_http_requests_total") - counted
                if name == "POST /tasks":
                    made += counted
                    # What follows from the events is theirs too.
                    tasks.wait_for(lambda: system.postgres.query(database, "SELECT count(*) FROM outbox") == [(0,)], 120)
                spent = {part: (tree(pid) - before[part]) / counted * 1e6 for part, pid in parts.items()}
                print(f"| {name}, {way} | {' | '.join(f'{spent[part]:.0f}' for part in parts)} |  ({counted:.0f} requests, {rate:.0f} a second)",
                      flush=True)
        system.postgres.query(database, "SELECT 1 FROM pg_sleep(1)")
        print(f"bytes per task, indexes and all: {(size() - before_size) / made:.0f} ({made:.0f} tasks)")
        for name in SERVICES:
            pages = system.postgres.query(system.databases[name], "SELECT pg_database_size(current_database())")[0][0]
            print(f"database of {name}: {pages / 1e6:.1f} MB")
    finally:
        if gateway:
            gateway.kill()
        system.close()


if __name__ == "__main__":
    main()
