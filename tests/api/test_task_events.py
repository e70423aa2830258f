"""What the task-service tells the others, read from an outbox that nobody empties."""

import json

import pytest

pytestmark = pytest.mark.sanitizers


@pytest.fixture
def outbox(own_system):
    """A system whose task-service has no bus, and a function that gives its events of one subject in order."""
    system = own_system("services-postgres")

    def events(subject: str) -> list:
        rows = system.postgres.query(system.databases["task-service"],
                                     f"SELECT type, data FROM outbox WHERE subject = '{subject}' ORDER BY position")
        return [(kind.removeprefix("io.cumulo.").removesuffix(".v1"), json.loads(data)) for kind, data in rows]

    return system, events


def test_events_say_who_may_see_it_and_when_it_is_due(outbox):
    system, events = outbox
    person = system.register()
    task = person.task(due="2026-12-01T17:00:00", timezone="Europe/Vienna")
    path = f"/tasks/{task['id']}"
    person.patch(path, {"due": None, "status": "done"})
    person.delete(path)
    person.post(path + "/restore")
    person.delete(path)
    person.delete(f"/trash/{task['id']}")
    seen = events(task["id"])
    assert [kind for kind, _ in seen] == ["task.created", "task.updated", "task.completed", "task.trashed", "task.restored",
                                          "task.trashed", "task.erased"]
    assert all(data["audience"] == [person.id] and data["actor_id"] == person.id for _, data in seen)
    assert seen[0][1]["due_at"] == 1796140800000
    assert all(data["due_at"] is None for _, data in seen[1:-1])
    assert "due_at" not in seen[-1][1]

    project = person.project()
    person.patch(f"/projects/{project['id']}", {"name": "Other"})
    assert [(kind, data["audience"]) for kind, data in events(project["id"])] == [
        ("project.created", [person.id]), ("project.updated", [person.id])]
