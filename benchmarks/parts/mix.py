"""The production mix on the standalone program: its most, and latencies against offered load in an open loop."""

import dataset
import limits
import load
import measure
import processes
import traffic
import wrk
from report import Part

SHARES = [0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]


def curve(part: Part, name: str, port: int, requests: list, most: float, seconds: float, pinned: bool) -> dict:
    """Share of `most` → load.Outcome, and a series for the plot."""
    seen = {
        share: load.run(port, requests, rate=most * share, seconds=seconds, connections=64, pinned=pinned)
        for share in SHARES
    }
    part.series[name] = [
        {"offered": most * share, "p50": each.p50, "p99": each.p99, "p99.9": each.p999} for share, each in seen.items()
    ]
    return seen


def run(part: Part, options):
    with dataset.running("standalone", options.accounts, options.tasks) as (system, people):
        program = system.programs["cumulo"]
        processes.pin(program.process.pid, limits.SERVER_CORE)
        requests = traffic.Crowd(people).production_mix()
        wrk.run(program.port, requests, seconds=5)
        with limits.constant_server() as constant, limits.nginx(constant.body) as nginx:
            seen = measure.in_turn(
                options.rounds,
                n=lambda: wrk.run(nginx.port, nginx.constants(), seconds=options.seconds).rate,
                mix=lambda: measure.sample(
                    lambda: wrk.run(program.port, requests, seconds=options.seconds),
                    {"server": lambda: [program.process.pid]},
                ),
            )
        most = seen["mix"].rate
        latencies = curve(part, "standalone, SQLite", program.port, requests, most, options.seconds * 2, pinned=True)
        own, mapped = (processes.resident_kilobytes(program.process.pid, kind) / 1000 for kind in ("RssAnon", "RssFile"))
    half = latencies[0.5]
    part.add(
        f"production mix, standalone, SQLite, {options.tasks:,} tasks",
        seen["mix"],
        most / seen["n"].rate,
        at_least=0.35,
    )
    part.add("  p99 at half of that load, open loop, ms", measure.of_outcome(half), half.p99, at_most=5)
    part.add("  resident memory of its own after it, MB", f"{own:.0f} MB", own, at_most=200)
    part.add("  beside that, mapped of the database (the kernel's cache), MB", f"{mapped:.0f} MB")
