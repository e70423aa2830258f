"""What one service does is known to another, over NATS."""

import json
import time

import pytest
import requests

from harness.nats import Nats
from harness.places import PATIENCE
from harness.receiver import Receiver


def soon(condition, seconds: float = 20):
    deadline = time.monotonic() + seconds * PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def dependency(program, name: str) -> dict:
    ready = requests.get(program.management_url + "/readyz", timeout=10).json()
    return next(each for each in ready["dependencies"] if each["name"] == name)


@pytest.fixture
def nats_system(systems):
    return systems("services-nats")


def test_an_account_registered_in_one_process_is_known_in_another(nats_system):
    administrator = nats_system.administrator
    anna = nats_system.register()

    def told():
        return administrator.post("/notify", {"email": anna.email, "title": "Hello"}, check=False).status_code == 202

    soon(told)
    assert [n["title"] for n in anna.get("/notifications").json()["items"]] == ["Hello"]


def test_the_outboxes_are_empty_and_the_bus_says_how_it_is(nats_system):
    nats_system.register().task("Tea")
    for name, program in nats_system.programs.items():
        soon(lambda n=name: nats_system.postgres.query(nats_system.databases[n], "SELECT count(*) FROM outbox") == [(0,)])
        soon(lambda p=program: "not known" in dependency(p, "bus-durability")["detail"])
        assert dependency(program, "bus-durability")["status"] == "unavailable"
        assert dependency(program, "bus")["status"] == "ok"
        assert program.metric("cumulo_bus_connected") == 1 and program.metric("cumulo_bus_durable") == 0
    assert nats_system.programs["user-service"].metric("cumulo_events_published_total") > 0
    assert nats_system.programs["notification-service"].metric("cumulo_events_consumed_total") > 0


def test_a_server_that_writes_through_is_called_durable(own_system):
    nats = Nats(sync_always=True).start()
    system = own_system("services-nats", {"CUMULO_BUS_MONITORING_URL": nats.monitoring_url}, nats=nats)
    program = system.programs["user-service"]
    program.wait_for(lambda: program.metric("cumulo_bus_durable") == 1, 20)


@pytest.mark.parametrize(("said", "why"), [
    ({"version": "2.10.27", "jetstream": {"config": {"sync_always": True}}}, None),
    ({"version": "2.9.10", "jetstream": {"config": {"sync_always": True}}}, "older (2.9.10) than 2.10.27"),
    ({"version": "2.11.4", "jetstream": {"config": {}}}, "is not \"always\""),
    ({"version": "2.11.4"}, "is not \"always\""),
    (None, "is not known"),
])
def test_every_server_of_a_cluster_has_to_be_durable(own_system, said, why):
    """One is what it should be, another is asked beside it."""
    other = Receiver(lambda request: (200, {}, json.dumps(said).encode()) if said else None)
    nats = Nats(sync_always=True).start()
    urls = f"{nats.monitoring_url},{other.url('')}"
    system = own_system("services-nats", {"CUMULO_BUS_MONITORING_URL": urls}, nats=nats)
    program = system.programs["user-service"]

    try:
        if why is None:
            program.wait_for(lambda: program.metric("cumulo_bus_durable") == 1, 20)
            assert dependency(program, "bus-durability")["status"] == "ok"
        else:
            program.wait_for(lambda: why in dependency(program, "bus-durability")["detail"], 20)
            assert dependency(program, "bus-durability")["status"] == "unavailable" and program.metric("cumulo_bus_durable") == 0
    finally:
        other.close()


def test_parked_events_are_listed_and_replayed_by_the_command_line(own_system):
    system = own_system("services-nats")
    system.administrator  # noqa: B018
    program = system.programs["notification-service"]
    url = system.databases["notification-service"]
    system.postgres.query(url, "ALTER TABLE recipients RENAME TO hidden; SELECT 1")
    anna = system.register()
    parked = soon(lambda: program.run("events", "parked").stdout, 60)
    id, consumer, type_ = parked.split()[:3]
    assert type_ == "io.cumulo.user.registered.v1" and "attempts=5" in parked
    failed = program.run("events", "replay", id)
    assert failed.returncode == 1 and "failed again" in failed.stdout
    system.postgres.query(url, "ALTER TABLE hidden RENAME TO recipients; SELECT 1")
    assert program.run("events", "replay", id, "another-consumer").returncode == 1
    done = program.run("events", "replay", "--all", consumer)
    assert done.returncode == 0 and done.stdout.endswith(" replayed, 0 failed\n") and done.stdout[0] != "0"
    assert program.run("events", "parked").stdout == ""
    known = system.postgres.query(url, f"SELECT count(*) FROM recipients WHERE account_id = '{anna.id}'")
    assert known == [(1,)]
    assert program.run("events", "replay").returncode == 2
    assert program.run("events", "parked", consumer, "more").returncode == 2


def test_what_is_in_the_stream_is_a_cloudevent(nats_system):
    """Read with the server's own protocol, by nothing of ours."""
    import socket

    anna = nats_system.register()
    with socket.create_connection(("127.0.0.1", nats_system.nats.port), timeout=10) as raw:
        lines = raw.makefile("rb")
        lines.readline()
        raw.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB cumulo.events.*.io.cumulo.task.> 1\r\nPING\r\n')
        assert lines.readline() == b"PONG\r\n"
        task = anna.task("Green tea")
        header = lines.readline().split()
        assert header[0] == b"HMSG"
        body = lines.read(int(header[-1]) + 2)
    headers, event = body.split(b"\r\n\r\n", 1)
    event = json.loads(event)
    assert f"Nats-Msg-Id: {event['id']}".encode() in headers
    assert event["type"] == "io.cumulo.task.created.v1" and event["subject"] == task["id"]
