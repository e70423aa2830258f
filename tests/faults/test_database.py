"""The database goes away and comes back; the disk fills up."""

import os
import pathlib
import subprocess
import time

import pytest
import requests
from harness.load import Writers, every_task
from harness.system import System

pytestmark = pytest.mark.sanitizers


def status(url: str) -> int:
    return requests.get(url, timeout=10).status_code


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_postgres_down(own_system, how):
    system: System = own_system("services-postgres")
    person = system.register()
    task = person.task("before")
    program = system.programs["task-service"]
    with Writers(system, person, threads=4) as writers:
        writers.wait_for(50)
        if how == "stopped":
            system.postgres.stop("immediate")
        else:
            system.postgres.pause()
        seconds = 5 if how == "stopped" else 15  # nothing tells a frozen peer from a slow one but the deadline
        program.wait_for(lambda: status(program.management_url + "/readyz") == 503, seconds)
        assert status(program.management_url + "/healthz") == 200
        begun = time.monotonic()
        answer = person.get(f"/tasks/{task['id']}")
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
        assert time.monotonic() - begun < 10
        assert "postgres" not in answer.text.lower()
        if how == "stopped":
            system.postgres.start()
        else:
            system.postgres.resume()
        program.wait_for(lambda: status(program.management_url + "/readyz") == 200, 5 if how == "stopped" else 15)
        program.wait_for(lambda: person.get(f"/tasks/{task['id']}").status_code == 200, 5)
        writers.wait_for(len(writers.acknowledged) + 50)
    assert set(writers.refused) <= {503}, set(writers.refused)
    assert set(writers.acknowledged) <= set(every_task(person))
    assert program.process.poll() is None


def test_a_service_waits_for_its_database_at_start(own_system):
    system: System = own_system("services-postgres")
    program = system.programs["task-service"]
    program.stop()
    system.postgres.stop("fast")
    program.start(wait=False)
    time.sleep(1)
    assert program.process.poll() is None
    system.postgres.start()
    program.wait_ready(15)


def test_a_service_that_waits_for_its_database_can_be_stopped(own_system):
    system: System = own_system("services-postgres")
    program = system.programs["task-service"]
    program.stop()
    system.postgres.stop("fast")
    program.start(wait=False)
    program.wait_for(lambda: "waiting for the database" in program.log, 20)
    begun = time.monotonic()
    assert program.stop() == 0, program.log[-2000:]
    assert time.monotonic() - begun < 5


def test_a_service_that_never_gets_one_says_so(own_system):
    system: System = own_system("services-postgres")
    program = system.programs["task-service"]
    program.stop()
    system.postgres.stop("fast")
    program.environment["CUMULO_STARTUP_WAIT"] = "1s"
    done = program.run("serve")
    assert done.returncode == 1
    assert "connect" in done.stderr.lower() or "database" in done.stderr.lower()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=False).returncode != 0:
        pytest.skip("mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_disk_full(small_disk):
    system = System("standalone", folder=pathlib.Path(small_disk))
    filler = small_disk / "filler"
    try:
        system.start()
        person = system.register()
        before = person.task("before")
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        filler.write_bytes(b"x" * (free - 256 * 1024))
        codes, acknowledged = set(), set()
        for _ in range(400):
            answer = person.post("/tasks", {"title": "x" * 400, "description": "y" * 8000})
            codes.add(answer.status_code)
            if answer.status_code == 201:
                acknowledged.add(answer.json()["id"])
        assert codes & {503, 507}, codes
        assert codes <= {201, 503, 507}, codes
        assert person.get(f"/tasks/{before['id']}").status_code == 200, "reading goes on"
        filler.unlink()
        program = system.programs["cumulo"]
        program.wait_for(lambda: person.post("/tasks", {"title": "after"}).status_code == 201, 10)
        assert acknowledged <= set(every_task(person))
        assert program.stop() == 0
        program.start()
        assert acknowledged <= set(every_task(person))
        import sqlite3

        program.stop()
        with sqlite3.connect(program.folder / "tasks.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    finally:
        system.close()
