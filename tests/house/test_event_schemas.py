"""contracts/events: a schema for every type that the code emits, and every event of a running system fits its schema."""

import json
import re
import sqlite3
import sys
import time

import jsonschema
import pytest

from harness.contract import contract
from harness.places import PATIENCE, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import events_page  # noqa: E402

SCHEMAS = events_page.schemas()
ENVELOPE = json.loads((ROOT / "contracts" / "events" / "envelope.json").read_text())
#: Types that name a kind by two variables in the code.
AGGREGATES = {"task": {"created", "updated", "completed", "trashed", "restored", "erased"},
              "project": {"created", "updated", "trashed", "restored", "erased"}}


def faults_of(schema: dict, data) -> list:
    resolver = jsonschema.RefResolver("https://contracts.test/events/", schema,
                                      store={"https://contracts.test/openapi.yaml": contract().document})
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(data)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_its_example_fits(name):
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == name and schema["examples"]
    for example in schema["examples"]:
        assert faults_of(schema, example) == []
        assert set(example) <= set(schema["properties"])
        for member in schema["required"]:
            assert faults_of(schema, {k: v for k, v in example.items() if k != member}), f"{member} can be left out"


def emitted_types() -> set:
    """Types in the sources of the services, as whole names or put together by their makers."""
    found = {f"io.cumulo.{a}.{verb}.v1" for a, verbs in AGGREGATES.items() for verb in verbs}
    for service in ("user-service", "task-service", "notification-service"):
        for path in (ROOT / service).rglob("*.[ch]pp"):
            if "tests" in path.parts:
                continue
            text = re.sub(r"//[^\n]*", "", path.read_text())
            found |= set(re.findall(r'"(io\.cumulo\.[a-z_]+\.[a-z_]+\.v\d+)"', text))
            found |= {f"io.cumulo.{name}.v1" for name in re.findall(r'"((?:user|session|token)\.[a-z_]+)"', text)
                      if path.parent.name == "events"}
    return found


def test_every_type_in_the_code_has_a_schema():
    assert emitted_types() - set(SCHEMAS) == set()


def test_the_page_is_what_the_schemas_say():
    assert (ROOT / "docs" / "events.md").read_text() == events_page.render(), "make docs"


def waiting_events(path) -> list:
    with sqlite3.connect(path) as database:
        return database.execute("SELECT id, type, source, subject, time, data FROM outbox ORDER BY position").fetchall()


def live_a_little(system):
    """One of most of what can happen."""
    anna = system.register(name="Anna")
    project = anna.project("House")
    anna.patch(f"/projects/{project['id']}", {"name": "Home"})
    task = anna.task("Tea", due="2026-12-01", labels=["a"], project_id=project["id"])
    anna.patch(f"/tasks/{task['id']}", {"title": "Green tea"})
    anna.patch(f"/tasks/{task['id']}", {"status": "done"})
    anna.delete(f"/tasks/{task['id']}")
    anna.delete(f"/projects/{project['id']}")
    anna.post("/notify", {"user_id": anna.id, "title": "Hello"})
    token = anna.post("/tokens", {"name": "bot", "scopes": ["tasks:read"]}).json()
    anna.delete(f"/tokens/{token['id']}")
    anna.patch("/profile", {"name": "Anna B."})
    anna.sign_in()
    anna.post("/logout", {"refresh_token": anna.refresh_token})


def test_what_a_system_emits_fits_the_schemas(own_system):
    """Without a bus all that was emitted is in the outboxes."""
    system = own_system("services-sqlite")
    live_a_little(system)
    seen = {}
    deadline = time.monotonic() + 20 * PATIENCE
    while len(seen) < 10 and time.monotonic() < deadline:
        for service, file in (("user-service", "users"), ("task-service", "tasks"), ("notification-service", "notifications")):
            path = next(system.programs[service].folder.glob("*.db"))
            for id, type_, source, subject, at, data in waiting_events(path):
                seen.setdefault(type_, []).append((id, source, subject, json.loads(data)))
    assert len(seen) >= 10, sorted(seen)
    for type_, events in seen.items():
        assert type_ in SCHEMAS
        for id, source, subject, data in events:
            envelope = {"specversion": "1.0", "id": id, "type": type_, "source": source, "subject": subject,
                        "time": "2026-12-01T08:00:00.000Z", "datacontenttype": "application/json", "data": data}
            assert faults_of(ENVELOPE, envelope) == []
            assert source == SCHEMAS[type_]["x-source"]
            assert faults_of(SCHEMAS[type_], data) == [], type_
            unknown = set(data) - set(SCHEMAS[type_]["properties"])
            assert not unknown, f"{type_} has members that its schema does not name: {unknown}"
