"""The backups that docs/operations.md tells operators to make of PostgreSQL, restored on another server as it says."""

import os
import shutil
import subprocess
import tempfile
import pathlib

import pytest
from harness.load import Writers, every_task
from harness.places import POSTGRES_BIN
from harness.postgres import Postgres
from harness.system import System


@pytest.fixture
def folder():
    made = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-backup-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def started():
    systems = []
    yield systems
    for each in systems:
        each.close()


def run(program, *arguments):
    done = subprocess.run([str(POSTGRES_BIN / program), *map(str, arguments)], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr


def test_dumps_taken_under_load_are_restored_on_a_new_server(started, folder):
    secret = folder / "key_encryption_secret"
    secret.write_text("kept elsewhere, as the page says")
    system = System("services-nats")
    for name in ("user-service", "notification-service"):
        system.programs[name].environment["CUMULO_KEY_ENCRYPTION_SECRET_FILE"] = str(secret)
    system.start()
    started.append(system)
    person = system.register(name="Ada")
    project = person.project("Garden")
    task = person.task("Water the plants", project_id=project["id"], labels=["home"], due="2026-12-01")
    assert person.post("/notify", {"user_id": person.id, "title": "Kept"}).status_code == 202

    with Writers(system, person, threads=2, pause=0.01) as writers:
        writers.wait_for(50)
        before = dict(writers.acknowledged)
        for name, url in system.databases.items():
            run("pg_dump", "-Fc", "-f", folder / f"{name}.dump", url)
        writers.wait_for(len(writers.acknowledged) + 10)
    late = person.task("After the backup")

    # The server and all that it held is lost.
    for program in system.programs.values():
        assert program.stop() == 0
    system.postgres.close()
    system.postgres = Postgres()
    for name in system.databases:
        system.databases[name] = system.programs[name].environment["CUMULO_DATABASE_URL"] = system.postgres.fresh_database()
        run("pg_restore", "--exit-on-error", "--no-owner", "-d", system.databases[name], folder / f"{name}.dump")
    for program in system.programs.values():
        program.start()

    person = person.sign_in()  # the keys could be read
    assert person.get("/profile").json()["name"] == "Ada"
    there = every_task(person)
    assert set(before) <= set(there), "acknowledged before the dump began"
    assert late["id"] not in there, "what came after it is lost: the RPO is the time since the dump"
    assert there[task["id"]]["labels"] == ["home"] and there[task["id"]]["project_id"] == project["id"]
    assert "Kept" in [n["title"] for n in person.get("/notifications").json()["items"]]
    # And life goes on.
    assert person.patch(f"/tasks/{task['id']}", {"status": "done"}).json()["status"] == "done"
    newcomer = system.register()
    assert newcomer.task("First")["title"] == "First"
    for name, program in system.programs.items():
        program.wait_for(lambda n=name: system.postgres.query(system.databases[n], "SELECT count(*) FROM outbox") == [(0,)], 20)
        assert program.metric("cumulo_events_parked_total") == 0
