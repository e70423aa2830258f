"""Live streams when something is amiss: tokens run out, clients do not read, there are too many, the log was pruned, the
database goes away, replicas come and go. CUMULO_TEST_STREAMS, CUMULO_TEST_STREAM_SECONDS and CUMULO_TEST_STREAM_RATE set the
size of the last (200, 60 and 200 is the full one)."""

import asyncio
import contextlib
import json
import os
import sqlite3
import time

import pytest
import requests
from harness.fleet import Fleet
from harness.gateway import Gateway
from harness.issuer import Issuer, new_id
from harness.places import PATIENCE
from harness.postgres import Postgres
from harness.program import Program
from harness.sse import Stream

STREAMS = int(os.environ.get("CUMULO_TEST_STREAMS") or 40)
SECONDS = float(os.environ.get("CUMULO_TEST_STREAM_SECONDS") or 6)
RATE = float(os.environ.get("CUMULO_TEST_STREAM_RATE") or 60)


pytestmark = pytest.mark.sanitizers


@pytest.fixture(scope="module")
def issuer():
    with Issuer() as made:
        yield made


class Somebody:
    """An account that the issuer vouches for."""

    def __init__(self, issuer, program, **keywords):
        self.id = new_id()
        self.session_id = new_id()
        self.program = program
        self.token = issuer.token(self.id, session_id=self.session_id, **keywords)

    def notify(self, title="Hello", program=None, **members) -> str:
        answer = requests.post((program or self.program).url + "/notify", timeout=30 * PATIENCE,
                               json={"user_id": self.id, "title": title, **members},
                               headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def stream(self, program=None, query="", **keywords) -> Stream:
        return Stream((program or self.program).port, self.token, query, **keywords)


@pytest.fixture
def service(issuer, tmp_path):
    """A notification-service alone, with the settings that a test asks for."""
    started = []

    def make(name="one", **environment) -> Program:
        settings = {**issuer.environment, **{f"CUMULO_{k.upper()}": v for k, v in environment.items()}}
        started.append(Program("notification-service", tmp_path / name, settings))
        return started[-1].start()

    yield make
    for each in started:
        if each.process is not None:
            each.kill()


def test_a_token_that_runs_out_ends_the_stream_with_a_word(issuer, service):
    program = service()
    person = Somebody(issuer, program, seconds=3)
    with person.stream() as stream:
        assert stream.next().name == "hello"
        id = person.notify()
        created = stream.next()
        end = stream.next()
        assert (end.name, end.data, end.wire_id) == ("end", {"reason": "expired"}, None)
        assert stream.rest() == [] and stream.ended_whole
    person.token = issuer.token(person.id)
    with person.stream(last_event_id=created.id) as stream:
        assert stream.next().data["resumed"]
        assert stream.is_silent(), id
    assert program.metric("cumulo_stream_ended_total", reason="expired") == 1


def test_a_credential_that_is_revoked_elsewhere(issuer, service):
    program = service()
    person, same_account = Somebody(issuer, program), Somebody(issuer, program)
    same_account.id, same_account.token = person.id, issuer.token(person.id)
    with person.stream() as stream, same_account.stream() as other_session:
        assert stream.next().name == other_session.next().name == "hello"
        issuer.revoked.append(person.session_id)
        assert [e.data for e in stream.rest(20)] == [{"reason": "revoked"}]
        assert other_session.is_silent()
    assert person.stream().status == 401


def test_heartbeats_carry_the_position_on(issuer, service):
    program = service(stream_heartbeat="1s")
    person, other = Somebody(issuer, program), Somebody(issuer, program)
    with person.stream() as stream:
        hello = stream.next()
        assert hello.data["heartbeat_seconds"] == 1
        other.notify()
        deadline = time.monotonic() + 20 * PATIENCE
        while stream.comments < 2 or stream.last_event_id == hello.id:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert stream.is_silent(0.1)
        position = stream.last_event_id
    with person.stream(last_event_id=position) as stream:
        assert stream.next().data["resumed"]
        id = person.notify()
        assert stream.next().data["notification"]["id"] == id


def test_who_does_not_read_is_dropped_and_can_resume(issuer, service):
    program = service()
    slow, other = Somebody(issuer, program), Somebody(issuer, program)
    with slow.stream(paused=True, receive_buffer=4096) as stream, other.stream() as quick:
        quick.next()
        sent = []
        deadline = time.monotonic() + 60 * PATIENCE
        while program.metric("cumulo_stream_ended_total", reason="slow") == 0:
            assert time.monotonic() < deadline
            sent += [slow.notify(body="x" * 8000) for _ in range(50)]
        id = other.notify()
        assert quick.next().data["notification"]["id"] == id, "the others do not notice"
        stream.resume_reading()
        heard = stream.rest()
        assert stream.ended_whole is False
    got = [e.data["notification"]["id"] for e in heard if e.name == "notification.created"]
    assert got == sent[:len(got)] and len(got) < len(sent)
    with slow.stream(last_event_id=heard[-1].id) as stream:
        assert stream.next().data["resumed"]
        assert [stream.next().data["notification"]["id"] for _ in sent[len(got):]] == sent[len(got):]
        assert stream.is_silent()


def test_too_many_streams(issuer, service):
    program = service(stream_max_connections="3", stream_max_per_account="2")
    person, other = Somebody(issuer, program), Somebody(issuer, program)
    with person.stream() as first, person.stream():
        first.next()
        with person.stream() as third:
            assert third.status == 429 and third.body()["status"] == 429 and int(third.fields["retry-after"]) > 0
        with other.stream() as theirs:
            assert theirs.next().name == "hello"
            with other.stream() as one_more:
                assert one_more.status == 503 and int(one_more.fields["retry-after"]) > 0
    program.wait_for(lambda: program.metric("cumulo_stream_connections") == 0, 10)
    with person.stream() as again:
        assert again.next().name == "hello"
    assert program.metric("cumulo_stream_refused_total") == 2


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_behind_what_the_log_holds(issuer, service, engine):
    with contextlib.ExitStack() as stack:
        if engine == "postgres":
            postgres = Postgres()
            stack.callback(postgres.close)
            url = postgres.fresh_database()
            program = service(database_url=url)
        else:
            program = service()
        person = Somebody(issuer, program)
        with person.stream() as stream:
            position = stream.next().id
            person.notify("taken away")
            kept = stream.next().id
        # As retention does it (held to it by the storage's own tests).
        prune = ("UPDATE stream_edge SET xact = {0}, position = {1};", "DELETE FROM stream_events WHERE position <= {1};")
        numbers = kept.split("-")
        if engine == "postgres":
            postgres.query(url, "".join(prune).format(*numbers) + "SELECT 1")
        else:
            with contextlib.closing(sqlite3.connect(program.folder / "notifications.db", timeout=10)) as database:
                database.executescript("".join(prune).format(*numbers))
        with person.stream(last_event_id=position) as stream:
            assert stream.next().name == "hello"
            assert stream.next().name == "reset"
            id = person.notify("after it")
            assert stream.next().data["notification"]["id"] == id
        with person.stream(last_event_id=kept) as stream:
            assert stream.next().data["resumed"], "exactly at the edge nothing is missing"
            assert stream.next().data["notification"]["id"] == id
        assert program.metric("cumulo_stream_resets_total") == 1


def test_what_happens_at_one_replica_is_heard_at_the_other_also_after_the_database_was_away(issuer, service):
    with contextlib.closing(Postgres()) as postgres:
        url = postgres.fresh_database()
        a, b = service("a", database_url=url), service("b", database_url=url)
        person = Somebody(issuer, a)
        with person.stream(b) as stream:
            assert stream.next().name == "hello"
            first = person.notify(program=a)
            created = stream.next()
            assert created.data["notification"]["id"] == first
            postgres.stop("immediate")
            time.sleep(0.5)
            postgres.start()
            b.wait_ready()
            a.wait_ready()
            second = person.notify(program=a)
            assert stream.next().data["notification"]["id"] == second
        with person.stream(a, last_event_id=created.id) as stream:
            assert stream.next().data["resumed"], "a position is good at any replica"
            assert stream.next().data["notification"]["id"] == second


def test_many_streams_at_once(issuer, service):
    """benchmarks/stream.py measures; this holds the order of magnitude."""
    program = service(log_file="/dev/null")

    async def listen() -> Fleet:
        fleet = Fleet(issuer, program.port, 10 * STREAMS)
        before = resident_kib(program)
        await fleet.connect()
        fleet.cost = (resident_kib(program) - before) / len(fleet.listeners)
        await fleet.write(2 * RATE, 2 * PATIENCE)
        await fleet.until(fleet.all_heard, 60 * PATIENCE)
        fleet.close()
        return fleet

    fleet = asyncio.run(listen())
    assert not fleet.faults() and not fleet.failures and fleet.reconnects == 0
    assert fleet.percentile(.5) < 500 * PATIENCE, "woken by the commit, not found by chance"
    if PATIENCE == 1:  # a sanitizer's memory is another matter
        assert fleet.cost < 30, f"{fleet.cost:.1f} KiB for an idle stream: 10,000 would not fit in 300 MiB"


def resident_kib(program) -> int:
    with open(f"/proc/{program.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_a_rolling_restart_behind_the_gateway_loses_nothing(issuer, service, tmp_path):
    with contextlib.closing(Postgres()) as postgres:
        url = postgres.fresh_database()
        settings = {"database_url": url, "log_file": "/dev/null", "drain_delay": "200ms"}
        replicas = [service("a", **settings), service("b", **settings)]
        addresses = [f"127.0.0.1:{each.port}" for each in replicas]
        gateway = Gateway(tmp_path / "gateway" / "run", {"notification-service": addresses},
                          {"CUMULO_GATEWAY_CONNECTIONS": "8192", "CUMULO_GATEWAY_CONNECTIONS_ADDRESS": "10000"}).start()
        try:
            fleet = asyncio.run(roll(issuer, gateway, replicas))
        finally:
            gateway.kill()
    assert not fleet.faults(), fleet.faults()[:5]
    assert sum(each.resets for each in fleet.listeners) == 0
    assert fleet.reconnects >= STREAMS, "every stream was moved"
    assert sum(map(len, fleet.sent)) > RATE * SECONDS / 2
    print(json.dumps({"streams": STREAMS, "sent": sum(map(len, fleet.sent)), "reconnects": fleet.reconnects,
                      "uncertain": sum(map(len, fleet.uncertain)), "p99_ms": round(fleet.percentile(.99))}))


async def roll(issuer, gateway, replicas) -> Fleet:
    fleet = Fleet(issuer, gateway.port, STREAMS)
    await fleet.connect()
    writing = asyncio.create_task(fleet.write(RATE, SECONDS * PATIENCE))
    loop = asyncio.get_running_loop()
    while not writing.done():
        for each in replicas:
            await asyncio.sleep(SECONDS / 6)
            code = await loop.run_in_executor(None, each.stop)
            assert code == 0, each.log[-2000:]
            await loop.run_in_executor(None, each.start)
    await writing
    await fleet.until(fleet.all_heard, 60 * PATIENCE)
    fleet.close()
    return fleet
