"""What processes use, and where they run."""

import pathlib
import re
import subprocess

TICKS = 100  # a second, of /proc


def cpu_seconds(pids) -> float:
    """User and system time together; of a process that has ended, nothing."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_kilobytes(pid: int, kind: str = "VmRSS") -> int:
    """`kind`: VmRSS for all, RssAnon for its own, RssFile for what it has mapped of files (which the kernel holds anyway,
    and takes back when memory is short)."""
    return int(re.search(rf"{kind}:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def children(pid: int) -> list:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


def pin(pid: int, core: int):
    """All of its threads."""
    subprocess.run(["taskset", "-a", "-c", "-p", str(core), str(pid)], check=True, capture_output=True)
