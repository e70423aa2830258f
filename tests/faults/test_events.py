"""Events through kills and outages: nothing lost, nothing twice, each subject in order.

The full size (some minutes each):
    CUMULO_CHAOS_EVENTS=100000 CUMULO_CHAOS_KILLS=60 CUMULO_CHAOS_AWAY=600 pytest tests/faults/test_events.py -s
"""

import os
import random
import time

import pytest

from harness.events import Flood
from harness.load import Writers
from harness.nats import NatsCluster
from harness.places import PATIENCE

EVENTS = int(os.environ.get("CUMULO_CHAOS_EVENTS") or 800)
KILLS = int(os.environ.get("CUMULO_CHAOS_KILLS") or 4)
AWAY = float(os.environ.get("CUMULO_CHAOS_AWAY") or 3)
STALL = 120  # seconds without any progress


def kill_one(system, dice):
    """Something of the system, and brings it back."""
    victims = [*system.programs, *(["nats"] if system.nats else []), *(["postgres"] if system.postgres else [])]
    victim = dice.choice(victims)
    if victim == "nats":
        system.nats.kill()
        time.sleep(dice.uniform(0, 1))
        system.nats.start()
    elif victim == "postgres":
        system.postgres.stop("immediate")
        time.sleep(dice.uniform(0, 1))
        system.postgres.start()
    else:
        system.programs[victim].kill()
        system.programs[victim].start(wait=False)
    return victim


@pytest.mark.parametrize("shape", ["standalone", "services-nats"])
def test_every_event_has_its_effect_once_through_random_kills(own_system, shape):
    system = own_system(shape)
    person = system.register()
    dice = random.Random(7)
    begun = time.monotonic()
    victims = []
    with Flood(system, person, EVENTS, pause=0.1) as flood:
        while len(victims) < KILLS:
            time.sleep(dice.uniform(0.3, 1.5) * PATIENCE)
            victims.append(kill_one(system, dice))
        flood.wait(STALL)
    flood.check()
    print(f"{shape}: {EVENTS} events, {len(victims)} kills ({', '.join(f'{v} {victims.count(v)}' for v in set(victims))}),"
          f" {time.monotonic() - begun:.0f} s")


def test_the_bus_away_under_write_load_harms_nothing(own_system):
    system = own_system("services-nats")
    person = system.register()
    program = system.programs["task-service"]
    with Writers(system, person, threads=4, pause=0.05) as writers:
        writers.wait_for(50)
        system.nats.kill()
        before = len(writers.acknowledged)
        time.sleep(AWAY)
        written = len(writers.acknowledged) - before
        waiting = system.postgres.query(system.databases["task-service"], "SELECT count(*) FROM outbox")[0][0]
        program.wait_for(lambda: program.metric("cumulo_outbox_waiting") >= written, 30)
        age = program.metric("cumulo_outbox_oldest_seconds")
        program.wait_for(lambda: program.metric("cumulo_outbox_oldest_seconds") > age + 1, 30)
        system.nats.start()
        back = time.monotonic()
        writers.stop()
    assert not writers.refused and not writers.broken, "the API has noticed"
    assert written > 0 and waiting >= written
    program.wait_for(lambda: system.postgres.query(system.databases["task-service"],
                                                   "SELECT count(*) FROM outbox")[0][0] == 0, 60)
    took = time.monotonic() - back
    program.wait_for(lambda: program.metric("cumulo_outbox_waiting") == program.metric("cumulo_outbox_oldest_seconds") == 0, 60)
    done = "SELECT count(*) FROM stream_events WHERE type = 'task.created'"
    program.wait_for(lambda: system.postgres.query(system.databases["notification-service"], done)[0][0]
                     == len(writers.acknowledged), 60 + written / 50)
    assert program.metric("cumulo_bus_connected") == 1
    print(f"bus away for {AWAY:.0f} s: {written} writes meanwhile, {waiting} events waited, drained in {took:.1f} s,"
          f" acted on after {time.monotonic() - back:.1f} s")


def test_a_clusters_leader_killed_again_and_again_loses_nothing(own_system):
    cluster = NatsCluster().start()
    system = own_system("services-nats", {"CUMULO_BUS_REPLICAS": "3"}, nats=cluster)
    person = system.register()
    killed = 0
    rounds = 10 if EVENTS >= 10_000 else 2
    begun = time.monotonic()
    with Flood(system, person, EVENTS, pause=0.1) as flood:
        deadline = time.monotonic() + (60 + 30 * rounds) * PATIENCE
        while killed < rounds:
            assert time.monotonic() < deadline, "no leader"
            leader = cluster.leader()
            if leader is None:
                time.sleep(0.2)
                continue
            leader.kill()
            killed += 1
            time.sleep(1)
            leader.start()
            time.sleep(2)
        flood.wait(STALL)
    flood.check()
    print(f"cluster: {EVENTS} events, leader killed {killed} times, {time.monotonic() - begun:.0f} s")
