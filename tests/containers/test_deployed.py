"""What tests/containers/compose.sh asks of the system that it has brought up, beside the API's scenarios."""

import os
import shlex
import subprocess

import pytest
from harness.load import Traffic

COMPOSE = shlex.split(os.environ.get("CUMULO_TEST_COMPOSE", ""))
REQUESTS = int(os.environ.get("CUMULO_TEST_GATEWAY_REQUESTS") or 900)

pytestmark = pytest.mark.skipif(not COMPOSE, reason="tests/containers/compose.sh plays it")


@pytest.mark.parametrize("service", ["user-service", "task-service", "notification-service"])
def test_a_service_is_upgraded_while_people_work(systems, service):
    """As docs/operations.md says: a second replica beside the old one, then the old one goes."""
    system = systems("deployed")
    person = system.register()
    with Traffic(system, person) as traffic:
        traffic.wait_for(REQUESTS // 3)
        subprocess.run(["tools/compose_upgrade.sh", service], check=True, timeout=300, env={**os.environ, "COMPOSE": shlex.join(COMPOSE)})
        traffic.wait_for(REQUESTS // 3)
    traffic.check()
