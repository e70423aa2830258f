"""What a service does between its start and the keys that it verifies callers with."""

import time

import pytest
import requests

pytestmark = pytest.mark.sanitizers


@pytest.fixture
def without_keys(own_system):
    """A task-service that starts while the user-service is away; its management port answers already."""
    def start(**environment):
        system = own_system("services-sqlite")
        person = system.register()
        task, user = system.programs["task-service"], system.programs["user-service"]
        assert task.stop() == user.stop() == 0
        task.environment |= environment
        task.start(wait=False)
        task.wait_for(lambda: requests.get(task.management_url + "/readyz", timeout=5).status_code == 503, 20)
        return person, task, user

    return start


def test_a_replica_takes_no_request_before_it_can_verify_it(without_keys):
    person, task, user = without_keys()
    assert requests.get(task.management_url + "/healthz", timeout=5).status_code == 200
    answered = []

    def listens():
        try:
            answered.append(person.get("/tasks").status_code)
        except requests.ConnectionError:
            return False
        return True

    assert not listens()
    user.start(wait=False)
    task.wait_for(listens, 20)
    assert answered == [200]


def test_alone_for_long_it_says_what_is_missing(without_keys):
    person, task, user = without_keys(CUMULO_STARTUP_WAIT="1s")
    task.wait_for(lambda: person.get("/tasks").status_code == 503, 20)
    assert person.get("/tasks").headers["Retry-After"] == "1"
    user.start()
    task.wait_ready()
    assert person.get("/tasks").status_code == 200


def test_it_can_be_stopped_while_it_waits(without_keys):
    _, task, _ = without_keys()
    began = time.monotonic()
    assert task.stop() == 0
    assert time.monotonic() - began < 15
