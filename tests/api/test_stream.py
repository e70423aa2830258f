"""GET /stream: what changes, live and resumable."""

import time

import pytest
from harness.places import PATIENCE
from harness.sse import Stream, open_stream

pytestmark = pytest.mark.sanitizers


def notify(person, title="Hello"):
    answer = person.post("/notify", {"user_id": person.id, "title": title, "body": "First line.\nSecond."})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def has_task_events(system) -> bool:
    """Services without a bus keep their events in the outbox."""
    return system.shape in ("standalone", "services-nats")


class TestOpening:
    def test_hello(self, person):
        with open_stream(person) as stream:
            assert stream.fields["content-type"] == "text/event-stream"
            assert stream.fields["x-accel-buffering"] == "no" and stream.fields["cache-control"] == "no-store"
            hello = stream.next()
            assert hello.name == "hello" and not hello.data["resumed"]
            assert hello.data["position"] == hello.id == hello.wire_id
            assert 500 <= stream.retry <= 2500

    def test_needs_a_caller(self, system):
        for token in ("x", ""):
            with Stream(system.program_for("/stream").port, token) as stream:
                assert stream.status == 401

    @pytest.mark.parametrize("query", ["?types=Task.created", "?types=task.*,x%20y", "?colour=red", "?types=" + ",".join("a" * 30)])
    def test_bad_queries(self, person, query):
        with Stream(person.system.program_for("/stream").port, person.access_token, query) as stream:
            assert stream.status == 422
            assert stream.body()["errors"][0]["pointer"] in ("?types", "?colour")


class TestInbox:
    def test_what_happens_in_it(self, person):
        with open_stream(person) as stream:
            assert stream.next().name == "hello"
            first, second = notify(person, "One"), notify(person, "Two")
            created = stream.next()
            assert created.name == "notification.created"
            assert created.data["notification"] == person.get(f"/notifications/{first}").json()
            assert stream.next().data["notification"]["id"] == second
            read_at = person.post(f"/notifications/{first}/read").json()["read_at"]
            read = stream.next()
            assert read.name == "notification.read"
            assert read.data == {"ids": [first], "up_to": None, "read_at": read_at, "unread_count": 1}
            person.post(f"/notifications/{first}/read")   # read already: no news
            person.post("/notifications/read", {})
            read = stream.next()
            assert (read.data["ids"], read.data["up_to"], read.data["unread_count"]) == (None, None, 0)
            person.post("/notifications/read", {})        # nothing left to read: no news
            person.delete(f"/notifications/{second}")
            deleted = stream.next()
            assert (deleted.name, deleted.data) == ("notification.deleted", {"id": second})
            assert person.delete(f"/notifications/{second}").status_code == 404
            assert stream.is_silent()

    def test_others_see_nothing(self, person, other):
        with open_stream(other) as stream, open_stream(person) as own:
            assert stream.next().name == own.next().name == "hello"
            notify(person)
            assert own.next().name == "notification.created"
            assert stream.is_silent()
            position = own.last_event_id
        with open_stream(other, last_event_id="0-0") as stream:
            assert [e.name for e in (stream.next(),)] == ["hello"]
            assert stream.is_silent(), "not by resuming either"
        assert position != "0-0"


class TestTasks:
    def test_what_happens_to_them(self, person):
        if not has_task_events(person.system):
            pytest.skip("no bus")
        with open_stream(person) as stream:
            assert stream.next().name == "hello"
            task = person.task("Buy milk", labels=["a"])
            created = stream.next()
            assert created.name == "task.created" and created.data["task"] == task
            assert created.data["actor_id"] == person.id
            done = person.patch(f"/tasks/{task['id']}", {"status": "done"}).json()
            updated = stream.wait_for("task.updated")
            assert updated.data["task"] == done and "status" in updated.data["changed"]
            assert stream.wait_for("task.completed").data["task"]["id"] == task["id"]
            person.delete(f"/tasks/{task['id']}")
            assert stream.wait_for("task.trashed").data["task"]["id"] == task["id"]
            person.post(f"/tasks/{task['id']}/restore")
            assert stream.wait_for("task.restored").data["task"]["id"] == task["id"]
            person.delete(f"/tasks/{task['id']}")
            person.delete(f"/trash/{task['id']}")
            assert stream.wait_for("task.erased").data["id"] == task["id"]
            project = person.project("Garden")
            assert stream.wait_for("project.created").data["project"] == project

    def test_others_see_nothing(self, person, other):
        if not has_task_events(person.system):
            pytest.skip("no bus")
        with open_stream(other) as stream, open_stream(person) as own:
            person.task("Secret")
            own.wait_for("task.created")
            assert stream.next().name == "hello" and stream.is_silent()


class TestSelection:
    def test_types(self, person):
        with open_stream(person, "?types=notification.del*,notification.read") as stream:
            assert stream.next().name == "hello"
            id = notify(person)
            person.post(f"/notifications/{id}/read")
            person.delete(f"/notifications/{id}")
            assert [stream.next().name for _ in range(2)] == ["notification.read", "notification.deleted"]

    @pytest.mark.parametrize(("scopes", "status", "sees"), [
        (["tasks:read"], 200, False), (["notifications:read"], 200, True), (["notifications:read", "tasks:read"], 200, True),
        (["profile:read", "tasks:write"], 403, False),
    ])
    def test_scopes(self, person, scopes, status, sees):
        token = person.post("/tokens", {"name": "s", "scopes": scopes}).json()["token"]
        with Stream(person.system.program_for("/stream").port, token) as stream:
            assert stream.status == status
            if status == 200:
                assert stream.next().name == "hello"
                notify(person)
                assert stream.next().name == "notification.created" if sees else stream.is_silent(0.5)


class TestResuming:
    def test_exactly_what_was_missed(self, person):
        with open_stream(person) as stream:
            assert stream.next().name == "hello"
            notify(person, "seen")
            seen = stream.next()
        missed = [notify(person, f"n{n}") for n in range(120)]
        for keywords in ({"last_event_id": seen.id}, {"query": f"?last_event_id={seen.id}"}):
            with open_stream(person, **keywords) as stream:
                hello = stream.next()
                assert hello.data["resumed"] and hello.id == seen.id
                got = [stream.next() for _ in missed]
                assert [e.data["notification"]["id"] for e in got] == missed
                later = notify(person, "live")
                assert stream.next().data["notification"]["id"] == later
                missed.append(later)
                assert stream.is_silent()

    def test_from_each_position(self, person):
        with open_stream(person) as stream:
            positions = [stream.next().id]
            ids = [notify(person, f"n{n}") for n in range(8)]
            positions += [stream.next().id for _ in ids]
        for n, position in enumerate(positions):
            with open_stream(person, last_event_id=position) as stream:
                assert stream.next().name == "hello"
                assert [stream.next().data["notification"]["id"] for _ in ids[n:]] == ids[n:]
                assert stream.is_silent(0.1)

    @pytest.mark.parametrize("position", ["nonsense", "9" * 18 + "-5", "-1-1", "0-1x", "1" * 200])
    def test_a_position_that_is_not_of_this_log(self, person, position):
        with open_stream(person, last_event_id=position) as stream:
            assert stream.next().name == "hello"
            reset = stream.next()
            assert reset.name == "reset" and reset.data["position"] == reset.id
            id = notify(person)
            assert stream.next().data["notification"]["id"] == id


class TestEnding:
    def test_revocation(self, person):
        again = person.sign_in()
        with open_stream(again) as stream, open_stream(person) as kept:
            assert stream.next().name == kept.next().name == "hello"
            assert again.post("/logout", {"refresh_token": again.refresh_token}).status_code == 204
            rest = stream.rest(15)
            assert [(e.name, e.data) for e in rest] == [("end", {"reason": "revoked"})]
            assert stream.ended_whole
            id = notify(person)
            assert kept.next().data["notification"]["id"] == id

    def test_the_program_stops(self, own_system):
        system = own_system()
        person = system.register()
        program = system.programs["cumulo"]
        with open_stream(person) as stream:
            assert stream.next().name == "hello"
            id = notify(person, "before")
            before = stream.next()
            begun = time.monotonic()
            assert program.stop() == 0
            assert time.monotonic() - begun < 15 * PATIENCE
            assert stream.rest() == [] and stream.ended_whole
        program.start()
        after = notify(person, "after")
        with open_stream(person, last_event_id=before.id) as stream:
            assert stream.next().data["resumed"]
            created = stream.next()
            assert created.data["notification"]["id"] == after != id
            assert stream.is_silent()

    def test_closing_frees_its_place(self, person):
        program = person.system.program_for("/stream")

        def none_open():
            return program.metric("cumulo_stream_connections") == 0

        program.wait_for(none_open, 15)  # of tests before
        with open_stream(person) as stream:
            stream.next()
            assert program.metric("cumulo_stream_connections") == 1
        program.wait_for(none_open, 15)
