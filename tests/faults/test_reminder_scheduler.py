"""Reminders through everything: three schedulers on one database, kills (of who makes notifications of them too), two
hours that pass while nobody is there, clocks that jump.
Full size: CUMULO_TEST_REMINDERS=5000 CUMULO_TEST_KILLS=60 pytest tests/faults/test_reminder_scheduler.py -s"""

import collections
import concurrent.futures
import datetime
import glob
import json
import os
import random
import signal
import time

import pytest
from harness.places import PATIENCE
from harness.program import Program
from harness.system import System

REMINDERS = int(os.environ.get("CUMULO_TEST_REMINDERS") or 300)
KILLS = int(os.environ.get("CUMULO_TEST_KILLS") or 12)
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
UTC = datetime.timezone.utc
HOURS = 4             # in which all reminders come to their moment
DOWN = 2 * 3600       # of which nobody is there, in seconds
PREPARED = 120 + REMINDERS // 10  # none comes while they are made


class Clock:
    """What programs started with its environment take for the present: ours, moved."""

    def __init__(self, folder):
        self._file = folder / "clock"
        self.offset = 0
        self.move(0)

    @property
    def environment(self) -> dict:
        return {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def move(self, seconds: int):
        self.offset += seconds
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{self.offset:+d}\n")
        os.replace(fresh, self._file)

    def now(self) -> datetime.datetime:
        return datetime.datetime.now(UTC) + datetime.timedelta(seconds=self.offset)


def ask_for(person, begin, dice, number: int) -> tuple:
    """A task with a reminder within the hours, and sometimes a due time; (reminder's id, task's id, is it due?)."""
    at = begin + datetime.timedelta(seconds=dice.randrange(PREPARED, HOURS * 3600))
    due = dice.random() < 0.3
    members = {}
    if due:  # told an hour before, which is also within the hours
        members["due"] = (at + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    task = person.task(f"Task {number}", **members)
    wanted = {"before": "PT1H"} if due and number % 2 else {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    answer = person.post(f"/tasks/{task['id']}/reminders", wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], task["id"], due


@pytest.mark.skipif(FAKETIME is None, reason="needs the package faketime")
@pytest.mark.skipif(PATIENCE > 1, reason="a sanitizer's runtime and faketime's cannot both come first")
def test_each_reminder_becomes_exactly_one_notification(tmp_path):
    dice = random.Random(7)
    system = System("services-nats")
    clock = Clock(tmp_path)
    first = system.programs["task-service"]
    first.environment |= {**clock.environment, "CUMULO_REMINDER_POLL": "200ms"}
    schedulers = [first] + [Program("task-service", system.folder / f"replica-{n}", first.environment) for n in (2, 3)]
    notifier = system.programs["notification-service"]

    def kill(program: Program):
        program.process.send_signal(signal.SIGKILL)
        program.process.wait()
        program.process = None

    def down_for(seconds: int):
        for each in schedulers:
            kill(each)
        clock.move(seconds)
        for each in schedulers:
            each.start(wait=False)
        for each in schedulers:
            each.wait_ready()

    try:
        system.start()
        for each in schedulers[1:]:
            each.start()
        person = system.register()
        begin = clock.now()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda n: ask_for(person, begin, random.Random(n), n), range(REMINDERS)))
        reminded, due = {task for _, task, _ in made}, {task for _, task, is_due in made if is_due}

        downtimes = {KILLS // 3: DOWN, 2 * KILLS // 3: 900}
        step = (HOURS * 3600 - DOWN) // KILLS
        for n in range(KILLS):
            clock.move(step)
            if n in downtimes:
                down_for(downtimes[n])
                continue
            time.sleep(dice.random() * 0.15)
            victim = dice.choice([*schedulers, notifier])
            kill(victim)
            if dice.random() < 0.3:
                clock.move(-dice.randrange(60, 900))
            victim.start(wait=dice.random() < 0.5)
        clock.move(max(0, int((begin + datetime.timedelta(hours=HOURS, minutes=1) - clock.now()).total_seconds())))
        for each in [*schedulers, notifier]:
            each.wait_ready()

        tasks, notifications = system.databases["task-service"], system.databases["notification-service"]
        deadline = time.monotonic() + (60 + REMINDERS / 50) * PATIENCE
        while system.postgres.query(tasks, "SELECT (SELECT count(*) FROM reminders WHERE next_at IS NOT NULL)"
                                           " + (SELECT count(*) FROM tasks WHERE due_soon_at IS NOT NULL)"
                                           " + (SELECT count(*) FROM outbox)") != [(0,)]:
            assert time.monotonic() < deadline, "something was not told"
            time.sleep(0.1)

        def told(kind: str) -> collections.Counter:
            """How often each task."""
            rows = system.postgres.query(notifications, f"SELECT data FROM notifications WHERE kind = '{kind}'")
            return collections.Counter(json.loads(data)["task_id"] for (data,) in rows)

        while sum(told("reminder").values()) < len(reminded) or sum(told("due_soon").values()) < len(due):
            assert time.monotonic() < deadline, f"{len(reminded - set(told('reminder')))} of {len(reminded)} never came"
            time.sleep(0.2)
        time.sleep(1)  # for one too many
        for kind, wanted in (("reminder", reminded), ("due_soon", due)):
            times = told(kind)
            assert set(times) == wanted and set(times.values()) <= {1}, [t for t, n in times.items() if n > 1][:5]
        assert system.postgres.query(tasks, "SELECT count(*) FROM reminders WHERE fired_at < remind_at") == [(0,)]
        assert system.postgres.query(notifications, "SELECT count(*) FROM parked_events") == [(0,)]
        print(f"{len(reminded)} reminders and {len(due)} tasks due soon, each one notification; {KILLS} steps of kills,"
              f" down for {DOWN} s and 900 s of {HOURS} h")
    finally:
        for each in schedulers[1:]:
            if each.process is not None:
                each.kill()
        system.close()
