"""Events by the thousand, put into the task-service's outbox as its transactions do, and what became of them: one line
on a person's stream and one notification in their inbox for each."""

import collections
import json
import sqlite3
import threading
import time
import uuid

import psycopg2

from .places import PATIENCE

COLUMNS = "(id, type, source, subject, time, data, traceparent)"


class Store:
    """One database of a running system, asked beside it. Waits while it is away."""

    def __init__(self, system, service: str):
        self.url = system.databases.get(service)
        if not self.url:
            program = system.programs.get(service) or system.programs["cumulo"]
            file = {"task-service": "tasks", "notification-service": "notifications"}[service]
            self.file = program.folder / f"{file}.db"

    def run(self, statement: str, rows=None, seconds: float = 120):
        """The rows of a query; or, with `rows`, inserts them all or none. May have done so when it fails and tries again."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            try:
                return self._run(statement, rows)
            except (psycopg2.Error, sqlite3.OperationalError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _run(self, statement, rows):
        if self.url:
            connection = psycopg2.connect(self.url, connect_timeout=5)
        else:
            connection = sqlite3.connect(self.file, timeout=10)
            connection.execute("PRAGMA synchronous = NORMAL")
        try:
            with connection:
                cursor = connection.cursor()
                if rows is None:
                    cursor.execute(statement)
                    return cursor.fetchall()
                if self.url:
                    from psycopg2.extras import execute_values

                    execute_values(cursor, statement + " VALUES %s", rows, page_size=len(rows))
                else:
                    cursor.executemany(statement + " VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                return []
        finally:
            connection.close()


def _uuid7() -> str:
    """With the time in it: consumers forget the ids of long ago."""
    random = uuid.uuid4().int & ((1 << 76) - 1)
    return str(uuid.UUID(int=(time.time_ns() // 1_000_000) << 80 | 7 << 76 | random & ~(3 << 62) | 2 << 62))


class Flood:
    """`count` events of `subjects` tasks, `chunk` in one transaction, from a thread; as a context manager."""

    def __init__(self, system, person, count: int, subjects: int = 200, chunk: int = 250, pause: float = 0):
        self.system, self.person, self.count = system, person, count
        self.subjects = [_uuid7() for _ in range(subjects)]
        self.project, self.somebody = _uuid7(), _uuid7()
        self.chunk, self.pause = chunk, pause
        self.outbox = Store(system, "task-service")
        self.effects = Store(system, "notification-service")
        self.written = 0
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(600 * PATIENCE)

    def _write(self):
        for first in range(0, self.count, self.chunk):
            numbers = range(first, min(first + self.chunk, self.count))
            self.outbox.run("INSERT INTO outbox " + COLUMNS, [self._event(n) for n in numbers])
            self.written = numbers[-1] + 1
            time.sleep(self.pause)

    def _event(self, n: int) -> tuple:
        now = time.time_ns() // 1_000_000
        subject = self.subjects[n % len(self.subjects)]
        task = {"id": subject, "project_id": self.project, "title": f"Task {n}", "status": "todo", "number": n}
        data = {"task": task, "actor_id": self.somebody, "changed": ["title"], "audience": [self.person.id], "due_at": None}
        return (_uuid7(), "io.cumulo.task.updated.v1", "/task-service", subject, now, json.dumps(data), "")

    def waiting(self) -> int:
        return self.outbox.run("SELECT count(*) FROM outbox WHERE type = 'io.cumulo.task.updated.v1'")[0][0]

    def done(self) -> int:
        return min(self.effects.run("SELECT count(*) FROM stream_events WHERE type = 'task.updated'")[0][0], self.told())

    def told(self) -> int:
        return self.effects.run("SELECT count(*) FROM notifications WHERE kind = 'task_changed'")[0][0]

    def wait(self, seconds: float):
        """Until all is done, however long that takes on this machine; but something has to happen within `seconds`."""
        before, deadline = None, 0.0
        while (now := (self.written, self.waiting(), self.done())) != (self.count, 0, self.count):
            if now != before:
                before, deadline = now, time.monotonic() + seconds * PATIENCE
            assert time.monotonic() < deadline, "{} written, {} waiting, {} done".format(*now)
            time.sleep(0.5)

    def check(self):
        """Each once, and each subject's in order."""
        seen = collections.Counter()
        latest = {}
        rows = self.effects.run("SELECT data FROM stream_events WHERE type = 'task.updated' ORDER BY position")
        for (data,) in rows:
            task = json.loads(data)["task"]
            seen[task["number"]] += 1
            assert latest.get(task["id"], -1) < task["number"], "out of order"
            latest[task["id"]] = task["number"]
        lost = self.count - len(seen)
        twice = [n for n, times in seen.items() if times > 1]
        assert lost == 0 and not twice, f"{lost} lost, {len(twice)} twice"
        assert self.told() == self.count
        parked = self.effects.run("SELECT count(*) FROM parked_events")[0][0]
        assert parked == 0
