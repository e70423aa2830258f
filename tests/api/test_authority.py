"""What is another's is 404 on every route and method, and stays as it was."""

import pytest
from harness.contract import contract

pytestmark = pytest.mark.sanitizers

BODIES = {
    ("put", "/tasks/{id}"): {"title": "mine now"}, ("patch", "/tasks/{id}"): {"title": "mine now"},
    ("put", "/projects/{id}"): {"name": "mine now"}, ("patch", "/projects/{id}"): {"name": "mine now"},
    ("post", "/notifications/{id}/read"): {}, ("post", "/tasks/{id}/restore"): {}, ("post", "/projects/{id}/restore"): {},
    ("post", "/tasks/{id}/reminders"): {"before": "PT5M"},
    ("post", "/tasks/{id}/reminders/{reminder_id}/snooze"): {"minutes": 5},
}
#: Refused for the lack of a right, before any id is looked at.
ADMINISTRATION = {"/users/{id}", "/invitations/{id}", "/announcements/{id}", "/announcements/{id}/cancel"}

OPERATIONS = [(method, template) for method, template, _ in contract().operations() if "{id}" in template]


@pytest.fixture
def foreign(other):
    """One of everything that somebody else has, by the template that names it."""
    project = other.project("Secret project")
    task = other.task("Secret task", project_id=project["id"])
    thrown = other.task("Secret rubbish")
    other.delete(f"/tasks/{thrown['id']}")
    reminder = other.post(f"/tasks/{task['id']}/reminders", {"before": "PT5M"}).json()
    notify = other.post("/notify", {"user_id": other.id, "title": "Secret"}).json()
    hook = other.post("/webhooks", {"url": "https://example.org/hook"}).json()
    token = other.post("/tokens", {"name": "t", "scopes": ["tasks:read"]}).json()
    return {
        **{f"/tasks/{{id}}/reminders{end}": task["id"]
           for end in ("", "/{reminder_id}", "/{reminder_id}/snooze")}, "{reminder_id}": reminder["id"],
        "/tasks/{id}": task["id"], "/tasks/{id}/restore": thrown["id"], "/trash/{id}": thrown["id"],
        "/projects/{id}": project["id"], "/projects/{id}/restore": project["id"],
        "/notifications/{id}": other.get("/notifications").json()["items"][0]["id"],
        "/notifications/{id}/read": other.get("/notifications").json()["items"][0]["id"],
        **{f"/webhooks/{{id}}{end}": hook["id"]
           for end in ("", "/rotate-secret", "/test", "/deliveries", "/deliveries/{delivery}/replay")},
        "/notify/{id}": notify["id"], "/notify/{id}/cancel": notify["id"], "/tokens/{id}": token["id"],
        "/sessions/{id}": other.get("/sessions").json()["items"][0]["id"], "/users/{id}": other.id,
        "/invitations/{id}": other.id, "/announcements/{id}": other.id, "/announcements/{id}/cancel": other.id,
    }


def snapshot(person) -> list:
    # Word of the new token comes to the inbox in its own time.
    inbox = [item for item in person.get("/notifications").json()["items"] if item["title"] == "Secret"]
    return [inbox, *(person.get(path).json() for path in ("/tasks", "/trash", "/projects", "/tokens", "/webhooks"))]


@pytest.mark.parametrize(("method", "template"), OPERATIONS)
def test_foreign_ids(person, other, foreign, method, template):
    before = snapshot(other)
    body = BODIES.get((method, template), {} if method in ("post", "put", "patch") else None)
    path = template.replace("{id}", foreign[template]).replace("{reminder_id}", foreign["{reminder_id}"])
    answer = person.request(method.upper(), path.replace("{delivery}", foreign["/notify/{id}"]), json=body)
    assert answer.status_code == (403 if template in ADMINISTRATION else 404), answer.text
    assert "Secret" not in answer.text
    assert snapshot(other) == before


@pytest.mark.parametrize(("method", "template"), OPERATIONS)
def test_without_a_credential(system, foreign, method, template):
    answer = system.request(method.upper(), template.replace("{id}", foreign[template]), json={})
    assert answer.status_code == 401


def test_lists_hold_nothing_of_others(person, foreign):
    for path in ("/tasks", "/tasks?q=secret", "/trash", "/notifications", "/tokens", "/labels"):
        assert person.get(path).json()["items"] == [], path
    assert [p["is_inbox"] for p in person.get("/projects").json()["items"]] == [True]
    assert len(person.get("/sessions").json()["items"]) == 1


def test_foreign_ids_inside_bodies_and_filters(person, foreign):
    assert person.post("/tasks", {"title": "x", "project_id": foreign["/projects/{id}"]}).status_code == 422
    task = person.task()
    assert person.patch(f"/tasks/{task['id']}", {"project_id": foreign["/projects/{id}"]}).status_code == 422
    answer = person.get(f"/tasks?project_id={foreign['/projects/{id}']}")
    assert answer.status_code in (200, 404, 422) and "Secret" not in answer.text


def test_every_operation_that_needs_a_caller_refuses_without(system):
    for method, template, operation in contract().operations():
        if {} in operation.get("security", []):
            continue
        path = template.replace("{id}", "0190a0a0-0000-7000-8000-000000000000")
        assert system.request(method.upper(), path, json={}).status_code == 401, (method, template)
