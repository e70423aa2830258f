"""Replicas die and are replaced while people work. CUMULO_TEST_GATEWAY_REQUESTS sets the size (15000 is the full one)."""

import os

import pytest
from harness.load import Traffic
from harness.places import PATIENCE
from harness.system import SERVICES

pytestmark = pytest.mark.skipif(PATIENCE > 1, reason="kill and stop have instrumented tests of their own")

REQUESTS = int(os.environ.get("CUMULO_TEST_GATEWAY_REQUESTS") or 900)


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
