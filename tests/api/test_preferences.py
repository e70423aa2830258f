"""What people choose to be told of, and how an e-mail's reader ends e-mails of its kind."""

import base64
import hashlib
import hmac
import sqlite3
import uuid

import pytest

pytestmark = pytest.mark.sanitizers

PATH = "/notifications/preferences"
KINDS = {"reminder", "due_soon", "digest", "task_changed", "security", "announcement", "assigned", "mentioned", "commented",
         "shared"}


def errors(answer) -> set:
    assert answer.status_code == 422, answer.text
    return {e["pointer"] for e in answer.json()["errors"]}


class TestPreferences:
    def test_defaults(self, person):
        got = person.get(PATH)
        assert set(got.json()["channels"]) == KINDS
        assert got.json()["channels"]["security"] == {"inbox": True, "email": True, "webhook": False, "push": True}
        assert got.json()["quiet_hours"] is None and got.json()["muted_projects"] == []
        assert got.json()["digest"] == {"daily": True, "weekly": False, "weekday": "monday", "time": "08:00"}
        assert person.get(PATH, headers={"If-None-Match": got.headers["ETag"]}).status_code == 304

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_a_change_merges_at_every_depth(self, person, method):
        def change(body):
            answer = person.request(method, PATH, json=body)
            assert answer.status_code == 200, answer.text
            assert answer.json() == person.get(PATH).json()
            return answer.json()

        project = str(uuid.uuid4())
        before = person.get(PATH).json()
        one = change({"channels": {"digest": {"email": False}, "due_soon": {"email": True}}})
        assert one["channels"]["digest"] == {**before["channels"]["digest"], "email": False}
        assert one["channels"]["reminder"] == before["channels"]["reminder"]
        two = change({"quiet_hours": {"from": "22:00", "to": "07:00"}, "digest": {"weekly": True, "weekday": "sunday"},
                      "muted_projects": [project, project]})
        assert two["channels"] == one["channels"]
        assert two["digest"] == {"daily": True, "weekly": True, "weekday": "sunday", "time": "08:00"}
        assert two["muted_projects"] == [project]
        assert change({}) == two
        three = change({"channels": {"digest": {"email": None}, "due_soon": None}, "digest": {"weekday": None}})
        assert three["channels"] == before["channels"]
        assert three["digest"]["weekday"] == "monday" and three["digest"]["weekly"]
        assert change({"channels": None, "quiet_hours": None, "digest": None, "muted_projects": None}) == before

    def test_if_match(self, person):
        seen = person.get(PATH).headers["ETag"]
        body = {"digest": {"daily": False}}
        changed = person.patch(PATH, body, headers={"If-Match": seen})
        assert changed.status_code == 200 and changed.headers["ETag"] != seen
        assert person.patch(PATH, body, headers={"If-Match": seen}).status_code == 412
        assert person.patch(PATH, body, headers={"If-Match": changed.headers["ETag"]}).status_code == 200
        assert person.patch(PATH, body, headers={"If-Match": "*"}).status_code == 200

    def test_every_fault_is_named(self, person):
        answer = person.patch(PATH, {
            "channels": {"security": {"inbox": False}, "fax": {}, "reminder": {"pigeon": True, "email": "yes"}},
            "quiet_hours": {"from": "25:00", "to": "7"}, "digest": {"time": "noon", "weekday": "someday"},
            "muted_projects": ["x"], "colour": 1})
        assert errors(answer) == {
            "/channels/security/inbox", "/channels/fax", "/channels/reminder/pigeon", "/channels/reminder/email",
            "/quiet_hours/from", "/quiet_hours/to", "/digest/time", "/digest/weekday", "/muted_projects/0", "/colour"}
        assert errors(person.patch(PATH, {"quiet_hours": {"from": "07:00", "to": "07:00"}})) == {"/quiet_hours/to"}
        assert errors(person.patch(PATH, {"quiet_hours": {"from": "07:00"}})) == {"/quiet_hours/to"}
        many = [str(uuid.uuid4()) for _ in range(201)]
        assert errors(person.patch(PATH, {"muted_projects": many})) == {"/muted_projects"}
        assert person.get(PATH).headers["ETag"] == '"0"', "nothing of it was taken"

    def test_are_each_persons_own(self, person, other):
        person.patch(PATH, {"digest": {"daily": False}})
        assert other.get(PATH).json()["digest"]["daily"] is True

    def test_scopes(self, person):
        token = person.post("/tokens", {"name": "reader", "scopes": ["notifications:read"]}).json()["token"]
        assert person.system.request("GET", PATH, token=token).status_code == 200
        assert person.system.request("PATCH", PATH, token=token, json={}).status_code == 403
        assert person.system.request("GET", PATH).status_code == 401


def test_channels_are_told_to_anybody(systems):
    answer = systems("standalone").request("GET", "/notifications/channels")
    assert answer.json() == {"inbox": True, "email": False, "webhook": True, "push": False}


def token_of(system, account: str, kind: str) -> str:
    """As the service signs it, by another implementation."""
    with sqlite3.connect(system.folder / "data" / "notifications.db") as database:
        (secret,) = database.execute("SELECT secret FROM service_secrets WHERE name = 'unsubscribe'").fetchone()
    what = f"{account}.{kind}"
    mac = hmac.new(secret.encode(), what.encode(), hashlib.sha256).digest()
    return what + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


ONE_CLICK = {"data": "List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


class TestUnsubscribe:
    @pytest.fixture
    def system(self, systems):
        return systems("standalone")

    def test_one_click_ends_one_kind(self, system, person, other):
        link = "/notifications/unsubscribe?token=" + token_of(system, person.id, "task_changed")
        shown = system.request("GET", link)
        assert shown.json() == {"kind": "task_changed", "channel": "email", "subscribed": True}
        assert person.get(PATH).json()["channels"]["task_changed"]["email"] is True, "looking changes nothing"
        for _ in range(2):
            done = system.request("POST", link, **ONE_CLICK)
            assert done.status_code == 200 and done.json()["subscribed"] is False
        mine = person.get(PATH).json()["channels"]
        assert mine["task_changed"] == {"inbox": True, "email": False, "webhook": True, "push": True}
        assert mine["reminder"]["email"] is True
        assert other.get(PATH).json()["channels"]["task_changed"]["email"] is True

    def test_multipart_and_the_page_of_a_browser(self, system, person):
        link = "/notifications/unsubscribe?token=" + token_of(system, person.id, "digest")
        page = system.request("GET", link, headers={"Accept": "text/html,*/*"})
        assert page.headers["Content-Type"].startswith("text/html")
        assert 'method="post"' in page.text and "<script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        done = system.request("POST", link, files={"List-Unsubscribe": (None, "One-Click")})
        assert done.status_code == 200 and done.json()["subscribed"] is False
        page = system.request("POST", link, headers={**ONE_CLICK["headers"], "Accept": "text/html"}, data=ONE_CLICK["data"])
        assert page.status_code == 200 and "<form" not in page.text

    def test_another_body_does_nothing(self, system, person):
        link = "/notifications/unsubscribe?token=" + token_of(system, person.id, "digest")
        for body in ("", "a=b", "{}"):
            assert system.request("POST", link, data=body, headers=ONE_CLICK["headers"]).status_code == 422
        assert person.get(PATH).json()["channels"]["digest"]["email"] is True

    def test_forged_tokens(self, system, person, other):
        good = token_of(system, person.id, "digest")
        mac = good.rsplit(".", 1)[1]
        for token in (f"{other.id}.digest.{mac}", f"{person.id}.reminder.{mac}", good + "x", good[:-1], "x", "..",
                      f"{person.id}.digest."):
            for method in ("GET", "POST"):
                answer = system.request(method, "/notifications/unsubscribe", params={"token": token},
                                        **(ONE_CLICK if method == "POST" else {}))
                assert answer.status_code == 404, token
        assert system.request("GET", "/notifications/unsubscribe").status_code == 422
        assert other.get(PATH).json()["channels"]["digest"]["email"] is True
