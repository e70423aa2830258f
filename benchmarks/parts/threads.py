"""What a second I/O thread costs: CPU of the server for the same request. The load generator shares the cores."""

import contextlib

import dataset
import limits
import measure
import traffic
import wrk
from report import Part


def run(part: Part, options):
    def of(pid, port, requests):
        return lambda: measure.sample(
            lambda: wrk.run(port, requests, seconds=options.seconds, pinned=False), {"server": lambda: [pid]}
        )

    with contextlib.ExitStack() as stack:
        measures = {}
        for threads in (1, 2):
            server = stack.enter_context(limits.constant_server(threads=threads, pinned=False))
            measures[f"constant{threads}"] = of(server.pids[0], server.port, server.constants())
            system, people = stack.enter_context(
                dataset.running(
                    "standalone", options.small_accounts, options.small_tasks, {"CUMULO_IO_THREADS": str(threads)}
                )
            )
            program = system.programs["cumulo"]
            gets = traffic.Crowd(people).gets()
            wrk.run(program.port, gets, seconds=1, pinned=False)
            measures[f"get{threads}"] = of(program.process.pid, program.port, gets)
        seen = measure.in_turn(options.rounds, **measures)
    for name, what in {"constant": "constant answer", "get": "GET /tasks/{id}, SQLite"}.items():
        one, two = seen[name + "1"], seen[name + "2"]
        part.add(f"{what}, one I/O thread, nothing pinned", one)
        part.add(f"{what}, two I/O threads: CPU against one", two, two.cpu["server"] / one.cpu["server"], at_most=1.15)
