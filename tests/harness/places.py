"""Where things are, and free ports."""

import itertools
import os
import pathlib
import socket

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "contracts" / "openapi.yaml"
BIN = pathlib.Path(os.environ.get("CUMULO_TEST_BIN") or ROOT / "build" / "release" / "bin").resolve()
POSTGRES_BIN = pathlib.Path(os.environ.get("CUMULO_TEST_POSTGRES_BIN") or "/usr/lib/postgresql/15/bin")
if not POSTGRES_BIN.exists():
    POSTGRES_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))

#: A sanitizer build is several times slower; waits grow with it.
PATIENCE = float(os.environ.get("CUMULO_TEST_PATIENCE") or 1)


_first_port, _last_port, _ports_a_worker = 10_000, 25_000, 500
_claim: socket.socket | None = None
_ports: itertools.cycle | None = None


def free_port() -> int:
    """A port that is nobody else's for as long as this process lives, also while a program that had it is away: each
    process has a range of its own, below the ports that the system gives to outgoing connections. (A client that tries
    again and again to reach a server that is down would otherwise be given the server's own port one day.)"""
    global _claim, _ports
    if _ports is None:
        for first in range(_first_port, _last_port, _ports_a_worker):
            _claim = socket.socket(socket.AF_UNIX)
            try:
                _claim.bind(f"\0cumulo-test-ports-{first}")  # ends with this process
            except OSError:
                _claim.close()
                continue
            _ports = itertools.cycle(range(first, first + _ports_a_worker))
            break
        else:
            raise AssertionError("every range of ports is taken")
    for port in itertools.islice(_ports, _ports_a_worker):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise AssertionError("no port is free")
