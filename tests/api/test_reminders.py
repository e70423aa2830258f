"""Reminders: what is asked for, what it comes to, and that it comes."""

import datetime
import random
import re
import time
import zoneinfo

import pytest
from harness.places import PATIENCE

pytestmark = pytest.mark.sanitizers

MISSING = "0190a0a0-0000-7000-8000-000000000000"
UTC = datetime.timezone.utc


def text(moment: datetime.datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def soon(**delta) -> datetime.datetime:
    return datetime.datetime.now(UTC) + datetime.timedelta(**delta)


def remind(person, task, **members) -> dict:
    answer = person.post(f"/tasks/{task['id']}/reminders", members)
    assert answer.status_code == 201, answer.text
    return answer.json()


def look(person, reminder) -> dict:
    answer = person.get(f"/tasks/{reminder['task_id']}/reminders/{reminder['id']}")
    assert answer.status_code == 200
    return answer.json()


class TestCreate:
    @pytest.mark.parametrize(("due", "asked", "remind_at"), [
        ({}, {"at": "2036-12-01T16:00:00Z"}, "2036-12-01T16:00:00.000Z"),
        ({}, {"at": "2036-12-01T17:00:00", "timezone": "Europe/Vienna"}, "2036-12-01T16:00:00.000Z"),
        ({}, {"at": "2036-12-01T17:00:00"}, "2036-12-01T17:00:00.000Z"),
        ({"due": "2036-12-01T16:00:00Z"}, {"before": "PT30M"}, "2036-12-01T15:30:00.000Z"),
        ({"due": "2036-12-01", "timezone": "Europe/Vienna"}, {"before": "PT0M"}, "2036-12-01T08:00:00.000Z"),
        ({"due": "2036-12-01", "timezone": "Europe/Vienna"}, {"before": "P1D", "time": "18:00"}, "2036-11-30T17:00:00.000Z"),
        ({}, {"before": "PT30M"}, None),
    ])
    def test_what_it_comes_to(self, person, due, asked, remind_at):
        task = person.task(**due)
        answer = person.post(f"/tasks/{task['id']}/reminders", asked)
        assert answer.status_code == 201, answer.text
        reminder = answer.json()
        assert answer.headers["location"].endswith(f"/tasks/{task['id']}/reminders/{reminder['id']}")
        assert answer.headers["etag"] == '"1"'
        assert reminder["remind_at"] == remind_at
        assert reminder["state"] == ("armed" if remind_at else "dormant")
        assert {k: reminder[k] for k in asked} == asked
        assert look(person, reminder) == reminder
        assert person.get(f"/tasks/{task['id']}/reminders").json() == {"items": [reminder], "next_cursor": None}

    @pytest.mark.parametrize(("asked", "pointer"), [
        ({}, "/at"), ({"at": None}, "/at"), ({"at": "2036-12-01"}, "/at"), ({"at": "2036-02-30T10:00:00"}, "/at"),
        ({"at": 5}, "/at"), ({"at": "2020-12-01T16:00:00Z"}, "/at"), ({"at": "2036-12-01T16:00:00Z", "before": "PT5M"}, "/before"),
        ({"at": "2036-12-01T16:00:00Z", "timezone": "UTC"}, "/timezone"),
        ({"at": "2036-12-01T16:00:00", "timezone": "Mars/Base"}, "/timezone"),
        ({"at": "2036-12-01T16:00:00", "time": "09:00"}, "/time"),
        ({"before": "30"}, "/before"), ({"before": "P"}, "/before"), ({"before": "PT"}, "/before"), ({"before": "-PT5M"}, "/before"),
        ({"before": "P1M"}, "/before"), ({"before": "PT5S"}, "/before"), ({"before": "P367D"}, "/before"),
        ({"before": "P9999999D"}, "/before"), ({"before": "PT5M", "time": "24:00"}, "/time"),
        ({"before": "PT5M", "time": "9:00"}, "/time"), ({"before": "PT5M", "timezone": "UTC"}, "/timezone"),
        ({"before": "PT5M", "colour": "red"}, "/colour"),
    ])
    def test_bad_input_names_its_place(self, person, asked, pointer):
        task = person.task(due="2036-12-01")
        answer = person.post(f"/tasks/{task['id']}/reminders", asked)
        assert answer.status_code == 422, answer.text
        assert pointer in {e["pointer"] for e in answer.json()["errors"]}, answer.text
        assert person.get(f"/tasks/{task['id']}/reminders").json()["items"] == []

    def test_twenty_at_most(self, person):
        task = person.task()
        for n in range(20):
            remind(person, task, before=f"PT{n}M")
        answer = person.post(f"/tasks/{task['id']}/reminders", {"before": "PT1H"})
        assert answer.status_code == 409

    def test_a_repeat_with_the_same_key_makes_one(self, person):
        task = person.task()
        answers = [person.post(f"/tasks/{task['id']}/reminders", {"before": "PT1H"}, headers={"Idempotency-Key": "k"})
                   for _ in range(2)]
        assert answers[0].json() == answers[1].json() and answers[1].headers["idempotency-replayed"] == "true"
        assert len(person.get(f"/tasks/{task['id']}/reminders").json()["items"]) == 1

    def test_unknown_parameters_are_refused(self, person):
        assert person.get(f"/tasks/{person.task()['id']}/reminders?limit=5").status_code == 422


class TestAuthority:
    def test_nobody_else_finds_them(self, person, other):
        task = other.task(due="2036-12-01")
        theirs = remind(other, task, before="P1D")
        mine = remind(person, person.task(), at="2036-12-01T16:00:00Z")
        for path in (f"/tasks/{task['id']}/reminders", f"/tasks/{mine['task_id']}/reminders"):
            for method, end, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/snooze", {"minutes": 5})):
                assert person.request(method, f"{path}/{theirs['id']}{end}", json=body).status_code == 404
        assert person.get(f"/tasks/{task['id']}/reminders").status_code == 404
        assert person.post(f"/tasks/{task['id']}/reminders", {"before": "PT5M"}).status_code == 404
        assert person.get(f"/tasks/{MISSING}/reminders").status_code == 404
        assert person.get("/tasks/nonsense/reminders").status_code == 404
        assert look(other, theirs) == theirs

    def test_a_reading_token_cannot_write(self, person):
        task = person.task()
        token = person.post("/tokens", {"name": "t", "scopes": ["tasks:read"]}).json()["token"]
        path = f"/tasks/{task['id']}/reminders"
        assert person.system.request("GET", path, token=token).status_code == 200
        assert person.system.request("POST", path, token=token, json={"before": "PT5M"}).status_code == 403


class TestFollowing:
    def test_the_due_time(self, person):
        task = person.task(due="2036-12-01T16:00:00Z")
        path = f"/tasks/{task['id']}"
        relative, absolute = remind(person, task, before="PT1H"), remind(person, task, at="2036-01-01T00:00:00Z")
        person.patch(path, {"due": "2036-12-05T16:00:00Z"})
        assert look(person, relative)["remind_at"] == "2036-12-05T15:00:00.000Z"
        person.patch(path, {"due": None})
        assert (look(person, relative)["remind_at"], look(person, relative)["state"]) == (None, "dormant")
        person.patch(path, {"due": "2036-12-06", "timezone": "Asia/Tokyo"})
        assert look(person, relative)["remind_at"] == "2036-12-05T23:00:00.000Z"
        person.patch(path, {"timezone": "America/New_York"})
        assert (look(person, relative)["remind_at"], look(person, relative)["state"]) == ("2036-12-06T13:00:00.000Z", "armed")
        person.patch(path, {"due": "2020-01-01"})
        assert look(person, relative)["state"] == "missed"
        assert look(person, absolute) == absolute

    def test_completion_and_the_trash(self, person):
        project = person.project()
        task = person.task(project_id=project["id"])
        path = f"/tasks/{task['id']}"
        reminder = remind(person, task, at="2036-12-01T16:00:00Z")
        for down, up in ((lambda: person.patch(path, {"status": "done"}), lambda: person.patch(path, {"status": "todo"})),
                         (lambda: person.patch(path, {"status": "cancelled"}), lambda: person.patch(path, {"status": "in_progress"}))):
            down()
            assert look(person, reminder)["state"] == "paused"
            up()
            assert look(person, reminder)["state"] == "armed"
        for gone in (path, f"/projects/{project['id']}"):
            person.delete(gone)
            assert person.get(f"{path}/reminders/{reminder['id']}").status_code == 404
            assert person.post(gone + "/restore").status_code == 200
            assert look(person, reminder)["state"] == "armed"

    def test_a_done_task_cannot_be_snoozed(self, person):
        task = person.task(status="done")
        reminder = remind(person, task, at="2036-12-01T16:00:00Z")
        answer = person.post(f"/tasks/{task['id']}/reminders/{reminder['id']}/snooze", {"minutes": 5})
        assert reminder["state"] == "paused" and answer.status_code == 409


class TestSnoozeAndDelete:
    def test_snooze(self, person):
        task = person.task(due="2036-12-01T16:00:00Z")
        reminder = remind(person, task, before="PT1H")
        path = f"/tasks/{task['id']}/reminders/{reminder['id']}"
        answer = person.post(path + "/snooze", {"until": "2026-12-31T10:00:00Z"} if soon() < datetime.datetime(2026, 12, 1, tzinfo=UTC)
                             else {"until": text(soon(days=30))})
        assert answer.status_code == 200 and answer.headers["etag"] == '"2"'
        assert answer.json()["remind_at"] == answer.json()["snoozed_until"]
        assert person.post(path + "/snooze", {"minutes": 5}, headers={"If-Match": '"1"'}).status_code == 412
        assert person.post(path + "/snooze", {"minutes": 5}, headers={"If-Match": '"2"'}).status_code == 200
        person.patch(f"/tasks/{task['id']}", {"due": "2036-12-02T16:00:00Z"})
        assert look(person, reminder)["remind_at"] == "2036-12-02T15:00:00.000Z"

    @pytest.mark.parametrize(("body", "pointer"), [
        ({}, "/until"), ({"minutes": 0}, "/minutes"), ({"minutes": -5}, "/minutes"), ({"minutes": 600_000}, "/minutes"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"), ({"until": "2096-01-01T00:00:00Z"}, "/until"),
        ({"until": "tomorrow"}, "/until"), ({"until": "2036-01-01T00:00:00Z", "minutes": 5}, "/until"),
        ({"minutes": 1.5}, "/minutes"), ({"minutes": 5, "x": 1}, "/x"),
    ])
    def test_bad_snoozes(self, person, body, pointer):
        task = person.task(due="2036-12-01")
        reminder = remind(person, task, before="PT1H")
        answer = person.post(f"/tasks/{task['id']}/reminders/{reminder['id']}/snooze", body)
        assert answer.status_code == 422, answer.text
        assert pointer in {e["pointer"] for e in answer.json()["errors"]}, answer.text

    def test_conditions(self, person):
        task = person.task(due="2036-12-01")
        reminder = remind(person, task, before="PT1H")
        path = f"/tasks/{task['id']}/reminders/{reminder['id']}"
        assert person.get(path, headers={"If-None-Match": '"1"'}).status_code == 304
        assert person.delete(path, headers={"If-Match": '"7"'}).status_code == 412
        assert person.delete(path, headers={"If-Match": '"1"'}).status_code == 204
        assert person.get(path).status_code == 404 and person.delete(path).status_code == 404


    def test_what_its_time_has_overtaken_is_not_unchanged(self, person):
        task = person.task()
        reminder = remind(person, task, at=text(soon(seconds=2)))
        path = f"/tasks/{task['id']}/reminders/{reminder['id']}"
        person.patch(f"/tasks/{task['id']}", {"status": "done"})
        seen = person.get(path)
        assert seen.json()["state"] == "paused"
        deadline = time.monotonic() + 10 * PATIENCE
        while (again := person.get(path, headers={"If-None-Match": seen.headers["etag"]})).status_code == 304:
            assert time.monotonic() < deadline, "its time has come, and it is still said to be as it was"
            time.sleep(0.2)
        assert again.json()["state"] == "missed"
        assert person.get(path, headers={"If-None-Match": again.headers["etag"]}).status_code == 304
        # Nobody has changed it, so whoever saw it before may still delete it.
        assert person.delete(path, headers={"If-Match": seen.headers["etag"]}).status_code == 204


def lateness(fired: dict) -> float:
    """Seconds from when a reminder was to be to when it was."""
    was, was_to_be = (datetime.datetime.fromisoformat(fired[m].replace("Z", "+00:00")) for m in ("fired_at", "remind_at"))
    return (was - was_to_be).total_seconds()


def test_it_comes_at_its_moment_not_at_the_next_look(own_system):
    person = own_system("standalone", {"CUMULO_REMINDER_POLL": "2m"}).administrator
    reminder = remind(person, person.task(), at=text(soon(seconds=3)))
    deadline = time.monotonic() + 30 * PATIENCE
    while (now := look(person, reminder))["state"] != "fired":
        assert time.monotonic() < deadline, now
        time.sleep(0.05)
    assert 0 <= lateness(now) < 10 * PATIENCE


def test_it_comes_at_its_time_once(person):
    task = person.task()
    at = soon(seconds=3)
    reminder = remind(person, task, at=text(at))
    quiet = remind(person, task, at=text(at))
    assert person.delete(f"/tasks/{task['id']}/reminders/{quiet['id']}").status_code == 204
    deadline = time.monotonic() + 10 * PATIENCE
    while (now := look(person, reminder))["state"] != "fired":
        assert time.monotonic() < deadline, now
        time.sleep(0.05)
    assert lateness(now) >= 0
    snoozed = person.post(f"/tasks/{task['id']}/reminders/{reminder['id']}/snooze", {"until": text(soon(seconds=2))})
    assert snoozed.json()["state"] == "armed"
    while look(person, reminder)["state"] != "fired":
        assert time.monotonic() < deadline + 10 * PATIENCE
        time.sleep(0.05)
    program = person.system.program_for("/tasks")
    assert program.metric("cumulo_reminders_fired_total") >= 2


def test_local_times_follow_the_person(system, person):
    if system.shape != "standalone":
        pytest.skip("accounts' events need a bus")
    person.patch("/profile", {"timezone": "Asia/Tokyo"})
    task = person.task(due="2036-12-01T16:00:00Z")
    floating = remind(person, task, at="2036-12-01T09:00:00")
    by_day = remind(person, task, before="P1D", time="09:00")
    fixed = remind(person, task, at="2036-12-01T09:00:00", timezone="Europe/Vienna")
    person.patch("/profile", {"timezone": "America/New_York"})
    deadline = time.monotonic() + 10 * PATIENCE
    while look(person, floating)["remind_at"] != "2036-12-01T14:00:00.000Z":
        assert time.monotonic() < deadline, look(person, floating)
        time.sleep(0.05)
    assert look(person, by_day)["remind_at"] == "2036-11-30T14:00:00.000Z"
    assert look(person, fixed) == fixed


def local(wall: datetime.datetime, zone: str) -> datetime.datetime:
    """The instant of a wall clock: the earlier of two, and as much after a gap as it is behind its beginning."""
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(UTC)


def expected(due: str, zone: str, before: str, at_time: str | None) -> datetime.datetime:
    """remind_at by Python's own calendar and time zones."""
    weeks, days, hours, minutes = (int(x or 0) for x in re.fullmatch(
        r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", before).groups())
    calendar, exact = datetime.timedelta(days=7 * weeks + days), datetime.timedelta(hours=hours, minutes=minutes)
    if due.endswith("Z"):
        instant = datetime.datetime.fromisoformat(due.replace("Z", "+00:00"))
        if not calendar and not at_time:
            return instant - exact
        wall = instant.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
    else:
        wall = datetime.datetime.fromisoformat(due)
    if at_time or len(due) == 10:
        hour, minute = map(int, (at_time or "09:00").split(":"))
        wall = wall.replace(hour=hour, minute=minute, second=0)
    return local(wall - calendar, zone) - exact


def test_moments_agree_with_pythons_time_zones(person):
    """Random zones, dates and offsets, many of them within a day of a change of the clocks."""
    dice = random.Random(20261123)
    zones = sorted(z for z in zoneinfo.available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/", "SystemV/")))
    for _ in range(8):
        task = person.task(due="2036-12-01")
        for _ in range(20):
            zone = dice.choice(zones)
            day = datetime.date(dice.randrange(2027, 2037), 1, 1) + datetime.timedelta(days=dice.randrange(365))
            if dice.random() < 0.6:  # near a change, if there is one in that year
                tz = zoneinfo.ZoneInfo(zone)
                offsets = [(datetime.datetime(day.year, 1, 1, 12, tzinfo=UTC) + datetime.timedelta(days=n)).astimezone(tz).utcoffset()
                           for n in range(365)]
                changes = [n for n in range(1, 365) if offsets[n] != offsets[n - 1]]
                if changes:
                    day = datetime.date(day.year, 1, 1) + datetime.timedelta(days=dice.choice(changes) + dice.randrange(-1, 3))
            clock = f"{dice.randrange(24):02}:{dice.choice((0, 15, 30, 59)):02}"
            due = dice.choice((f"{day}", f"{day}T{clock}:00", f"{day}T{clock}:00Z"))
            before = dice.choice(("PT0M", "PT30M", "PT26H", "P1D", "P2D", "P1W", "P1DT90M", "P0D", f"P{dice.randrange(300)}D"))
            at_time = dice.choice((None, None, "02:30", "00:00", "09:00", "23:59"))
            assert person.patch(f"/tasks/{task['id']}", {"due": due, "timezone": zone}).status_code == 200
            reminder = remind(person, task, before=before, **({"time": at_time} if at_time else {}))
            assert reminder["remind_at"] == text(expected(due, zone, before, at_time)), (due, zone, before, at_time)
