"""Few and many connections, and ten thousand that say nothing."""

import contextlib
import resource
import socket

import dataset
import limits
import measure
import processes
import traffic
import wrk
from report import Part

BUSY = [1, 8, 64, 512]
IDLE = 10_000


def run(part: Part, options):
    with dataset.running("standalone", options.small_accounts, options.small_tasks) as (system, people):
        program = system.programs["cumulo"]
        pid = program.process.pid
        processes.pin(pid, limits.SERVER_CORE)
        gets = traffic.Crowd(people).gets()
        wrk.run(program.port, gets, seconds=1)

        def with_connections(count: int):
            return lambda: measure.sample(
                lambda: wrk.run(program.port, gets, seconds=options.seconds, connections=count),
                {"server": lambda: [pid]},
            )

        seen = measure.in_turn(options.rounds, **{str(count): with_connections(count) for count in BUSY})
        kilobytes = idle_kilobytes(program.port, pid)
    for count, each in seen.items():
        part.add(f"GET /tasks/{{id}}, SQLite, {count} connections", each)
    part.add(
        f"{IDLE:,} idle connections, each after one answer: resident kB each",
        f"{kilobytes:.1f} kB",
        kilobytes,
        at_most=12,
    )


def idle_kilobytes(port: int, pid: int) -> float:
    """Each has had an answer, as a client that keeps its connection has."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    before = processes.resident_kilobytes(pid)
    request = traffic.request("GET", "/healthz")
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        return (processes.resident_kilobytes(pid) - before) / IDLE
