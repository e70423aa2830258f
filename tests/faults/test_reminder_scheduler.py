"""Reminders through everything: three schedulers on one database, kills, time that passes while nobody is there, clocks
that jump. Full size: CUMULO_TEST_REMINDERS=5000 CUMULO_TEST_KILLS=60 pytest tests/faults/test_reminder_scheduler.py"""

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
HOURS = 2


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
    """A task with a reminder within the two hours, and sometimes a due time; (reminder's id, task's id if it is due)."""
    at = begin + datetime.timedelta(seconds=dice.randrange(30, HOURS * 3600))
    due = dice.random() < 0.3
    members = {}
    if due:  # told an hour before, which is also within the two hours
        members["due"] = (at + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    task = person.task(f"Task {number}", **members)
    wanted = {"before": "PT1H"} if due and number % 2 else {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    answer = person.post(f"/tasks/{task['id']}/reminders", wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], task["id"] if due else None


@pytest.mark.skipif(FAKETIME is None, reason="needs the package faketime")
@pytest.mark.skipif(PATIENCE > 1, reason="a sanitizer's runtime and faketime's cannot both come first")
def test_each_reminder_comes_exactly_once(tmp_path):
    dice = random.Random(7)
    system = System("services-postgres")
    clock = Clock(tmp_path)
    first = system.programs["task-service"]
    first.environment |= {**clock.environment, "CUMULO_REMINDER_POLL": "200ms"}
    replicas = [first] + [Program("task-service", system.folder / f"replica-{n}", first.environment) for n in (2, 3)]
    try:
        system.start()
        for each in replicas[1:]:
            each.start()
        person = system.register()
        begin = clock.now()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda n: ask_for(person, begin, random.Random(n), n), range(REMINDERS)))
        reminders, due_tasks = {r for r, _ in made}, {t for _, t in made if t}

        def kill(program: Program):
            program.process.send_signal(signal.SIGKILL)
            program.process.wait()
            program.process = None

        down_at = {KILLS // 3, 2 * KILLS // 3}
        step = HOURS * 3600 // (KILLS + 8)
        for n in range(KILLS):
            clock.move(step)
            if n in down_at:  # nobody is there for a quarter of an hour
                for each in replicas:
                    kill(each)
                clock.move(900)
                for each in replicas:
                    each.start(wait=False)
                for each in replicas:
                    each.wait_ready()
            else:
                victim = dice.choice(replicas)
                time.sleep(dice.random() * 0.15)
                kill(victim)
                if dice.random() < 0.3:
                    clock.move(-dice.randrange(60, 900))
                victim.start(wait=dice.random() < 0.5)
        clock.move(max(0, int((begin + datetime.timedelta(hours=HOURS, minutes=1) - clock.now()).total_seconds())))
        for each in replicas:
            each.wait_ready()

        url = system.databases["task-service"]
        deadline = time.monotonic() + 60 * PATIENCE
        while system.postgres.query(url, "SELECT (SELECT count(*) FROM reminders WHERE next_at IS NOT NULL)"
                                         " + (SELECT count(*) FROM tasks WHERE due_soon_at IS NOT NULL)") != [(0,)]:
            assert time.monotonic() < deadline, "something was not told"
            time.sleep(0.1)

        def events(kind: str) -> list:
            rows = system.postgres.query(url, f"SELECT data FROM outbox WHERE type = 'io.cumulo.{kind}.v1'")
            return [json.loads(data) for (data,) in rows]

        told = events("reminder.due")
        times = collections.Counter(e["reminder_id"] for e in told)
        assert set(times) == reminders, f"{len(reminders - set(times))} of {len(reminders)} never came"
        assert set(times.values()) == {1}, [r for r, n in times.items() if n > 1][:5]
        assert all(e["account_id"] == person.id and e["fired_at"] >= e["remind_at"] for e in told)
        soon = collections.Counter(e["task"]["id"] for e in events("task.due_soon"))
        assert set(soon) == due_tasks and set(soon.values()) <= {1}
        print(f"{len(told)} reminders and {len(soon)} tasks due soon told once each, {KILLS} steps of kills")
    finally:
        for each in replicas[1:]:
            if each.process is not None:
                each.kill()
        system.close()
