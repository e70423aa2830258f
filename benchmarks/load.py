"""Runs the load generator (load.cpp), whose latencies count from when a request was due."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile

from harness.places import BIN


@dataclasses.dataclass
class Outcome:
    """Latencies in milliseconds."""

    answers: int
    rate: float
    p50: float
    p90: float
    p99: float
    p999: float
    longest: float


def framed(requests) -> bytes:
    return b"".join(b"%d\n%s" % (len(each), each) for each in requests)


def run(
    port: int,
    requests,
    *,
    rate: float = 0,
    seconds: float = 3600,
    connections: int = 32,
    in_order: bool = False,
    pinned: bool = False,
) -> Outcome:
    """`rate`: open loop at so many a second; otherwise each connection asks again when it is answered. Raises if any
    answer was not a 2xx or did not come."""
    with tempfile.TemporaryDirectory(prefix="cumulo-load-") as folder:
        file = pathlib.Path(folder) / "requests"
        file.write_bytes(framed(requests))
        command = [
            *(["taskset", "-c", "1"] if pinned else []),
            BIN / "load",
            "--port",
            port,
            "--requests",
            file,
            "--seconds",
            seconds,
            "--connections",
            connections,
        ]
        command += ["--rate", rate] if rate else []
        command += ["--in-order"] if in_order else []
        done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert not seen["refused"] and not seen["unanswered"], seen
    return Outcome(seen["answers"], seen["rate"], seen["p50"], seen["p90"], seen["p99"], seen["p99.9"], seen["max"])
