"""Where things are, and free ports."""

import os
import pathlib
import socket

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "contracts" / "openapi.yaml"
BIN = pathlib.Path(os.environ.get("CUMULO_TEST_BIN") or ROOT / "build" / "release" / "bin")
POSTGRES_BIN = pathlib.Path(os.environ.get("CUMULO_TEST_POSTGRES_BIN") or "/usr/lib/postgresql/15/bin")
if not POSTGRES_BIN.exists():
    POSTGRES_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))

#: A sanitizer build is several times slower; waits grow with it.
PATIENCE = float(os.environ.get("CUMULO_TEST_PATIENCE") or 1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
