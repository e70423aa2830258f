"""The same requests in small and large systems: what one costs must not depend on how much there is."""

import contextlib

import dataset
import measure
import traffic
import wrk
from report import Part

#: Accounts of these many tasks ask, so that answers are as long in a small system as in a large one.
ALIKE = range(80, 200)


def run(part: Part, options):
    sizes = options.growth + ([10_000_000] if options.ten_million else [])
    with contextlib.ExitStack() as stack:
        measures = {}
        for size in sizes:
            accounts = min(10_000, size // 100)
            system, people = stack.enter_context(dataset.running("standalone", accounts, size))
            program = system.programs["cumulo"]
            alike = [person for person in people if len(person.tasks) in ALIKE]
            crowd = traffic.Crowd(alike)
            requests = {"get": crowd.gets(), "page": crowd.pages(), "search": crowd.searches()}
            for name, each in requests.items():
                wrk.run(program.port, each, seconds=1)
                measures[f"{name} {size}"] = lambda port=program.port, each=each, pid=program.process.pid: (
                    measure.sample(lambda: wrk.run(port, each, seconds=options.seconds), {"server": lambda: [pid]})
                )
        seen = measure.in_turn(options.rounds, **measures)
    for name, what in {"get": "GET /tasks/{id}", "page": "GET /tasks?limit=50", "search": "GET /tasks?q=…"}.items():
        costs = {size: seen[f"{name} {size}"].cpu["server"] for size in sizes}
        part.series[what] = [{"tasks": size, "cpu": cost} for size, cost in costs.items()]
        for size in sizes[:-1]:
            part.add(f"{what}, SQLite, {size:,} tasks", seen[f"{name} {size}"])
        part.add(
            f"{what}, SQLite, {sizes[-1]:,} tasks: CPU against {sizes[0]:,}",
            seen[f"{name} {sizes[-1]}"],
            costs[sizes[-1]] / min(costs.values()),
            at_most=1.5,
        )
