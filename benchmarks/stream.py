#!/usr/bin/python3
"""Live streams: what an idle one costs, and how soon an event is with its client.

    benchmarks/stream.py idle  [--streams 10000]
    benchmarks/stream.py delay [--streams 2000] [--rate 500] [--seconds 30] [--engine sqlite|postgres]

The notification-service alone, with tokens signed by this script. The delay is from the `created_at` that the service
gives an event (before its write) to the bytes being read by the client, all on this machine.
"""

import argparse
import asyncio
import gc
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from harness.fleet import Fleet  # noqa: E402
from harness.issuer import Issuer  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.program import Program  # noqa: E402


def resident(program: Program) -> float:
    """MiB."""
    for line in open(f"/proc/{program.process.pid}/status", encoding="ascii"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def cpu_seconds(program: Program) -> float:
    fields = open(f"/proc/{program.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def idle(program: Program, issuer: Issuer, options):
    before = resident(program)
    fleet = Fleet(issuer, program.port, options.streams)
    began = time.monotonic()
    await fleet.connect()
    took = time.monotonic() - began
    opened = resident(program)
    cpu = cpu_seconds(program)
    await asyncio.sleep(options.seconds)
    print(f"{options.streams} idle streams: resident {before:.0f} → {opened:.0f} MiB at once, {resident(program):.0f} MiB after "
          f"{options.seconds:.0f} s ({1024 * (resident(program) - before) / options.streams:.1f} KiB each); opened in {took:.1f} s; "
          f"CPU {100 * (cpu_seconds(program) - cpu) / options.seconds:.1f} %")
    fleet.close()


async def delay(program: Program, issuer: Issuer, options):
    fleet = Fleet(issuer, program.port, options.streams)
    await fleet.connect()
    await fleet.write(options.rate, 3)
    await fleet.until(fleet.all_heard)
    fleet.delays.clear()
    gc.collect()
    gc.disable()
    cpu = cpu_seconds(program)
    sent = sum(map(len, fleet.sent))
    await fleet.write(options.rate, options.seconds)
    cpu = cpu_seconds(program) - cpu
    sent = sum(map(len, fleet.sent)) - sent
    await fleet.until(fleet.all_heard)
    assert not fleet.faults(), fleet.faults()[:5]
    print(f"{options.engine}: {sent / options.seconds:.0f} events/s, {options.streams} clients: delay ms p50 {fleet.percentile(.5):.1f}, "
          f"p90 {fleet.percentile(.9):.1f}, p99 {fleet.percentile(.99):.1f}, max {fleet.percentile(1):.1f}; "
          f"CPU of the service {100 * cpu / options.seconds:.0f} %; none lost, none twice; failures {len(fleet.failures)}")
    fleet.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["idle", "delay"])
    parser.add_argument("--streams", type=int)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    options.streams = options.streams or (10_000 if options.what == "idle" else 2_000)
    with tempfile.TemporaryDirectory() as folder, Issuer() as issuer:
        environment = {**issuer.environment, "CUMULO_LOG_FILE": "/dev/null"}
        postgres = Postgres() if options.engine == "postgres" else None
        if postgres:
            environment["CUMULO_DATABASE_URL"] = postgres.fresh_database()
        program = Program("notification-service", pathlib.Path(folder) / "data", environment).start()
        try:
            asyncio.run({"idle": idle, "delay": delay}[options.what](program, issuer, options))
        finally:
            program.kill()
            if postgres:
                postgres.close()


if __name__ == "__main__":
    main()
