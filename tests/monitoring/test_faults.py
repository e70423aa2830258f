"""Alerts fire from faults that are really made, and resolve when they are mended. Takes some minutes, since alerts wait
before they fire: CUMULO_TEST_ALERTS=1 runs it and prints the table alert → fault → seconds."""

import os
import pathlib
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from live import watch  # noqa: E402

pytestmark = pytest.mark.skipif(not os.environ.get("CUMULO_TEST_ALERTS"), reason="takes minutes (CUMULO_TEST_ALERTS=1)")


def test_alerts_fire_and_resolve(own_system):
    system = own_system("gateway")
    person = system.register()
    live = watch(system, interval="5s")
    stop, table = threading.Event(), []

    def work():
        while not stop.is_set():
            for path in ("/tasks", "/notifications"):
                try:
                    person.get(path, check=False)
                except OSError:
                    pass
                time.sleep(0.05)

    def expect(fault, names, seconds=420, firing=True):
        began, left = time.monotonic(), set(names)
        while left:
            assert time.monotonic() - began < seconds, f"{fault}: still {left}"
            now = live.firing()
            for name in [name for name in left if (name in now) == firing]:
                left.discard(name)
                table.append((name, fault, "fired" if firing else "resolved", round(time.monotonic() - began)))
            time.sleep(1)

    worker = threading.Thread(target=work, daemon=True)
    try:
        worker.start()
        time.sleep(20)
        assert live.firing() <= {"CumuloWatchdog"}

        tasks = system.replicas("task-service")
        for each in tasks:
            each.kill()
        system.gateway.kill()
        expect("task-service killed, gateway killed", ["CumuloTargetDown", "CumuloTaskServiceGone", "CumuloGatewayDown"])
        system.gateway.start()
        for each in tasks:
            each.start()
        expect("started again", ["CumuloTargetDown", "CumuloTaskServiceGone", "CumuloGatewayDown"], firing=False)

        system.postgres.stop("immediate")
        expect("database stopped", ["PostgresDown", "CumuloDatabaseErrors", "CumuloAvailabilityBurnFast"])
        system.postgres.start()
        expect("database started", ["PostgresDown"], firing=False)

        for _ in range(3):
            for each in system.replicas("notification-service"):
                each.kill()
                each.start()
                time.sleep(6)
        expect("notification-service killed three times", ["CumuloCrashLoop"])
    finally:
        for line in table:
            print("| {} | {} | {} | {} s |".format(*line))
        stop.set()
        worker.join(30)
        live.close()
