"""Replicas die and are replaced while people work. CUMULO_TEST_GATEWAY_REQUESTS sets the size (15000 is the full one)."""

import os

import pytest
from harness.load import Traffic, Writers
from harness.places import PATIENCE
from harness.program import Program
from harness.resolver import Resolver
from harness.system import SERVICES, System

pytestmark = pytest.mark.skipif(PATIENCE > 1, reason="kill and stop have instrumented tests of their own")

REQUESTS = int(os.environ.get("CUMULO_TEST_GATEWAY_REQUESTS") or 900)


@pytest.fixture
def resolver(tmp_path):
    return Resolver(tmp_path)


@pytest.mark.parametrize("service", SERVICES)
def test_rolling_replacement_under_load(own_system, service):
    system = own_system("gateway")
    person = system.register()
    with Traffic(system, person) as traffic:
        traffic.wait_for(REQUESTS // 6)
        for program in system.replicas(service):
            assert program.stop() == 0
            traffic.wait_for(REQUESTS // 6)
            program.start()
            traffic.wait_for(REQUESTS // 6)
    traffic.check()


@pytest.mark.parametrize("service", SERVICES)
def test_other_replicas_behind_the_same_name_under_load(resolver, service):
    """As tools/compose_upgrade.sh does it: new ones beside the old ones, the name stands for all, the old ones go."""
    system = System("gateway")
    port, gateway = system.replicas(service)[0].port, system.gateway
    new = [Program(service, system.folder / f"new-{n}", system.replicas(service)[0].environment) for n in (1, 2)]
    try:
        for program, address in zip((*system.replicas(service), *new), ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")):
            program.environment = {**program.environment, "CUMULO_LISTEN": f"{address}:{port}"}
        gateway.environment |= {"PATH": resolver.path, "CUMULO_GATEWAY_RESOLVE_EVERY": "1"}
        gateway.replicas[service] = [f"{service}:{port}"]
        resolver.say("127.0.0.1", "127.0.0.2")
        system.start()
        person = system.register()
        with Traffic(system, person) as traffic:
            traffic.wait_for(REQUESTS // 4)
            for program in new:
                program.start()
            resolver.say("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
            gateway.wait_for_configuration(lambda text: "127.0.0.4:" in text)
            traffic.wait_for(REQUESTS // 4)
            for program in system.replicas(service):
                assert program.stop() == 0
            traffic.wait_for(REQUESTS // 4)
            resolver.say("127.0.0.3", "127.0.0.4")
            gateway.wait_for_configuration(lambda text: "127.0.0.2:" not in text)
            traffic.wait_for(REQUESTS // 4)
        traffic.check()
    finally:
        for program in new:
            if program.process is not None:
                program.kill()
        system.close()


def test_what_must_not_be_repeated_is_not_lost_to_a_stop(own_system):
    """POST without a key: the gateway sends it once, so nothing but how a service stops and starts keeps it whole."""
    system = own_system("gateway")
    person = system.register()
    with Writers(system, person, threads=6) as writers:
        for program in 2 * system.replicas("task-service"):
            writers.wait_for(len(writers.acknowledged) + REQUESTS // 8)
            assert program.stop() == 0
            writers.wait_for(len(writers.acknowledged) + REQUESTS // 8)
            program.start()
    assert not writers.refused and not writers.broken
    print(f"\n{len(writers.acknowledged)} POST without a key, none failed")


def test_kill_of_one_of_two_replicas_under_load(own_system):
    system = own_system("gateway")
    person = system.register()
    with Traffic(system, person) as traffic:
        for service in ("task-service", "user-service", "notification-service"):
            for program in system.replicas(service)[1:]:
                traffic.wait_for(REQUESTS // 6)
                program.kill()
                traffic.wait_for(REQUESTS // 6)
                program.start()
    traffic.check()
