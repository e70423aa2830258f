"""Alerts fire from faults that are really made, and resolve when they are mended. Takes long, since alerts wait before they fire:
CUMULO_TEST_ALERTS=1 runs it and prints the tables alert → fault → seconds. CUMULO_TEST_FAULTS=a,b: only those of faults.py."""

import os
import pathlib
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import faults  # noqa: E402
from lab import HURRY, Lab  # noqa: E402
from live import watch  # noqa: E402
from test_monitoring import ALERTS  # noqa: E402

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


def test_every_alert_fires_and_resolves():
    """With every window and wait a sixtieth of what it is in production, thresholds as they are."""
    chosen = os.environ.get("CUMULO_TEST_FAULTS", "").split(",")
    chosen = [each for each in (*faults.SLOW, *faults.OTHERS) if chosen == [""] or each.__name__ in chosen]
    lab = Lab()
    table, open_ones, trouble = {}, [], []
    try:
        lab.start()
        time.sleep(15)
        expected = {"CumuloWatchdog", "HostDiskFillsUp"}
        calm = time.monotonic() + 60  # a busy machine starts slowly
        while not lab.history.now <= expected and time.monotonic() < calm:
            time.sleep(1)
        assert lab.history.now <= expected, lab.history.now

        def fired(what, names, began, seconds):
            left = set(names) - {name for name, row in table.items() if "fired" in row}
            while left and time.monotonic() - began < seconds:
                for name in [name for name in left if name in lab.history.now]:
                    left.discard(name)
                    table[name] = {"fault": what, "fired": max(0, lab.history.began[name] - began)}
                time.sleep(0.25)
            trouble.extend(f"{what}: {name} does not fire" for name in left)

        for make in chosen:
            fault = make(lab)
            began = time.monotonic()
            try:
                what, names = next(fault)
            except Exception as e:  # noqa: BLE001  the others are to be tried all the same
                trouble.append(f"{make.__name__}: {e!r}")
                continue
            if make in faults.SLOW:
                open_ones.append((fault, what, names, began))
                continue
            fired(what, names, began, 240)
            print(f"{what}: {', '.join(names)}; firing: {sorted(lab.history.now)}", flush=True)
            for _ in fault:
                pass
            for name in names:
                table.get(name, {}).setdefault("mended", time.monotonic())
            time.sleep(4)
        for fault, what, names, began in open_ones:
            fired(what, names, began, 1100)
            for _ in fault:
                pass
            for name in names:
                table.get(name, {}).setdefault("mended", time.monotonic())
        deadline = time.monotonic() + 600
        while lab.history.now & set(table) and time.monotonic() < deadline:
            time.sleep(1)
        trouble.extend(f"{name} does not resolve" for name in lab.history.now & set(table))
    finally:
        for name, row in table.items():
            if "mended" in row and name not in lab.history.now:
                row["resolved"] = max(0, lab.history.ended[name] - row["mended"])
        print(f"windows and waits 1/{HURRY}")
        for rule in ALERTS:
            name, row = rule["alert"], table.get(rule["alert"], {})
            print(f"| {name} | {row.get('fault', faults.NOT_MADE.get(name, '–'))} | {row.get('fired', float('nan')):.0f} s | "
                  f"{row.get('resolved', float('nan')):.0f} s |")
        lab.close()
    assert not trouble, trouble
    if chosen == [*faults.SLOW, *faults.OTHERS]:
        assert set(table) | set(faults.NOT_MADE) == {rule["alert"] for rule in ALERTS}
