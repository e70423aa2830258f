"""kill -9 and SIGTERM at any moment."""

import contextlib
import signal
import sqlite3
import time

import pytest
from harness.load import Writers, every_task
from harness.program import Program
from harness.system import System

pytestmark = pytest.mark.sanitizers


def integrity(path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA integrity_check").fetchone()[0]


def half_written(path) -> list:
    """Tasks without their outbox row or their label: the change and its traces are one transaction. (Standalone consumes
    the outbox, so this looks at a service without a bus.)"""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(
            "SELECT id FROM tasks WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE subject = tasks.id)"
            " OR NOT EXISTS (SELECT 1 FROM task_labels WHERE task_id = tasks.id)").fetchall()


def test_kill_under_load_loses_nothing_that_was_acknowledged(own_system):
    system: System = own_system("services-sqlite")
    person = system.register()
    program: Program = system.programs["task-service"]
    acknowledged = {}
    for _ in range(5):
        with Writers(system, person) as writers:
            writers.wait_for(150)
            program.kill()
        acknowledged |= writers.acknowledged
        program.start()
    present = every_task(person)
    lost = set(acknowledged) - set(present)
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged writes are gone"
    assert all(present[id]["title"] == title for id, title in acknowledged.items())
    path = program.folder / "tasks.db"
    program.stop()
    assert integrity(path) == "ok"
    assert half_written(path) == []


def test_kill_of_a_postgres_service_loses_nothing(own_system):
    system: System = own_system("services-postgres")
    person = system.register()
    program = system.programs["task-service"]
    acknowledged = {}
    for _ in range(3):
        with Writers(system, person) as writers:
            writers.wait_for(150)
            program.kill()
        acknowledged |= writers.acknowledged
        program.start()
    assert set(acknowledged) <= set(every_task(person))
    rows = system.postgres.query(system.databases["task-service"],
                                 "SELECT count(*) FROM tasks WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE subject = tasks.id)")
    assert rows == [(0,)]


@pytest.mark.parametrize("shape", ["standalone", "services-postgres"])
def test_sigterm_under_load_fails_no_accepted_request(own_system, shape):
    system: System = own_system(shape)
    person = system.register()
    program = system.program_for("/tasks")
    with Writers(system, person) as writers:
        writers.wait_for(200)
        begun = time.monotonic()
        code = program.stop(signal.SIGTERM)
        took = time.monotonic() - begun
        writers.stop()
    assert code == 0, program.log[-3000:]
    assert took < 30
    assert not writers.refused, writers.refused[:10]
    program.start()
    assert set(writers.acknowledged) == set(every_task(person)), "a write that was taken was also answered"


def test_a_long_job_does_not_hold_up_the_stop(own_system):
    """An announcement to 300,000 people, which goes on after the next start."""
    system: System = own_system()
    administrator = system.administrator
    program = system.programs["cumulo"]
    with contextlib.closing(sqlite3.connect(program.folder / "notifications.db", timeout=30)) as database, database:
        database.executemany("INSERT INTO recipients (account_id, updated_at) VALUES (?, 0)",
                             ((f"01900000-0000-7000-8000-{n:012x}",) for n in range(300_000)))
    made = administrator.post("/announcements", {"title": "Down on Sunday"}).json()["id"]
    told = lambda: administrator.get(f"/announcements/{made}").json()["told"]  # noqa: E731
    program.wait_for(lambda: told() > 0, 20)
    begun = time.monotonic()
    assert program.stop() == 0, program.log[-2000:]
    assert time.monotonic() - begun < 10
    program.start()
    before = told()
    assert before < 300_000
    program.wait_for(lambda: told() > before, 20)


def test_sigint_stops_too(own_system):
    program = own_system().programs["cumulo"]
    assert program.stop(signal.SIGINT) == 0


def test_state_survives_a_restart(own_system):
    system = own_system()
    person = system.register()
    task = person.task("still here", due="2026-12-01", labels=["a"])
    person.post("/notify", {"user_id": person.id, "title": "still here too"})
    program = system.programs["cumulo"]
    assert program.stop() == 0
    program.start()
    assert person.get(f"/tasks/{task['id']}").json() == task, "tokens outlive the process, too: the signing key is stored"
    assert person.get("/notifications").json()["items"][0]["title"] == "still here too"
    again = system.request("POST", "/token/refresh", json={"refresh_token": person.refresh_token})
    assert again.status_code == 200


def test_only_one_program_serves_a_data_folder(own_system):
    system = own_system()
    second = Program("cumulo", system.programs["cumulo"].folder)
    done = second.run("serve")
    assert done.returncode != 0
    assert system.request("GET", "/readyz").status_code == 200


def test_a_taken_port_is_a_clear_refusal(own_system, tmp_path):
    first = own_system().programs["cumulo"]
    second = Program("cumulo", tmp_path / "other")
    second.port = first.port
    done = second.run("serve")
    assert done.returncode == 1 and str(first.port) in done.stderr + second.log
