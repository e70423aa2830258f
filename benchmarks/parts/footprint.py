"""Time from the start to an answer that says ready, and resident memory."""

import contextlib
import statistics
import time

import dataset
import processes
import requests
from harness.system import System
from report import Part


def cold_start(system: System) -> float:
    """Milliseconds."""
    program = system.programs["cumulo"]
    begun = time.monotonic()
    program.start(wait=False)
    while True:
        try:
            if requests.get(program.management_url + "/readyz", timeout=5).status_code == 200:
                return (time.monotonic() - begun) * 1000
        except requests.ConnectionError:
            time.sleep(0.001)


def run(part: Part, options):
    empty, memory = [], []
    for _ in range(options.rounds):
        with contextlib.closing(System("standalone")) as system:
            empty.append(cold_start(system))
            time.sleep(1)
            memory.append(processes.resident_kilobytes(system.programs["cumulo"].process.pid) / 1000)
    full = []
    with dataset.running("standalone", options.accounts, options.tasks) as (system, _):
        for _ in range(options.rounds):
            system.programs["cumulo"].stop()
            full.append(cold_start(system))
    start, started, megabytes = map(statistics.median, (empty, full, memory))
    part.add("start to ready, nothing there yet, ms", f"{start:.0f} ms", start, at_most=100)
    part.add(f"start to ready, {options.tasks:,} tasks, ms", f"{started:.0f} ms", started, at_most=150)
    part.add("resident memory, idle, MB", f"{megabytes:.1f} MB", megabytes, at_most=25)
