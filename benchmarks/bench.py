#!/usr/bin/python3
"""The speed of Cumulo as ratios to limits taken in the same run on the same machine. `make bench` calls it.

The server under test gets core 0, the load generator core 1 (one thread, 32 connections) unless a row says otherwise;
with PostgreSQL everything shares the cores. N is nginx's `return 200` with the bytes of the constant answer. Each
figure is the median of several short runs, taken in turn with its limit, because machines drift. One I/O thread to a
program; logging, metrics and authentication are on, only the rate limits are off. Throughput is wrk's, in a closed
loop; latencies at a given load are of an open loop and count from when a request was due (benchmarks/load.cpp).

Each part keeps its rows in build/bench/results, and the closing table puts together what is there: a run may be made in
slices (`--only sqlite`, `--only mix`, …), and `--report` prints the table of what was measured before.
"""

import argparse
import importlib
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import plot  # noqa: E402
import report  # noqa: E402

PARTS = [
    "constant",
    "storage",
    "sqlite",
    "mix",
    "postgres",
    "gateway",
    "threads",
    "connections",
    "sign_in",
    "growth",
    "footprint",
]
QUICK = {
    "seconds": 1,
    "rounds": 1,
    "accounts": 200,
    "tasks": 20_000,
    "small_accounts": 200,
    "small_tasks": 20_000,
    "postgres_accounts": 200,
    "postgres_tasks": 20_000,
    "growth": [10_000, 20_000],
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help="of: " + ", ".join(PARTS)
    )
    parser.add_argument("--report", action="store_true", help="measure nothing: the table of what is there")
    parser.add_argument(
        "--quick", action="store_true", help="minutes instead of half an hour; shows that it runs, and little more"
    )
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--postgres-accounts", type=int, default=2_000)
    parser.add_argument("--postgres-tasks", type=int, default=200_000)
    parser.add_argument("--small-accounts", type=int, default=1_000, help="where size does not matter")
    parser.add_argument("--small-tasks", type=int, default=100_000)
    parser.add_argument(
        "--growth", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="TASKS", help="sizes to compare"
    )
    parser.add_argument(
        "--ten-million", action="store_true", help="growth up to 10^7 tasks, copies of 10^6; takes 30 GB of disk"
    )
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build" / "bench" / "results", metavar="FOLDER")
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    return options


def main():
    options = arguments()
    if not options.report:
        print(report.HEADING)
        for name in options.only:
            began = time.monotonic()
            part = report.Part(name)
            importlib.import_module(f"parts.{name}").run(part, options)
            part.keep(options.results)
            print(f"({name}: {time.monotonic() - began:.0f} s)", file=sys.stderr)
    parts = report.merged(options.results, PARTS)
    if options.report or len(parts) > len(options.only):
        print(f"\nEvery part measured so far, in {options.results}:\n\n{report.table(parts)}")
    else:
        print(report.summary(parts))
    plot.draw(parts, options.results)


if __name__ == "__main__":
    main()
