"""What an administrator tells everyone, and what the system tells people by itself."""

import time
import uuid

import pytest
from harness.mail import MailServer
from harness.places import PATIENCE
from harness.system import PASSWORD, System

pytestmark = pytest.mark.sanitizers


def until(ask, what, seconds=20):
    """The first answer of `ask` that is true."""
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        found = ask()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not in {seconds * PATIENCE} s")


def titles(person) -> list:
    return [n["title"] for n in person.get("/notifications").json()["items"]]


class TestAnnouncements:
    def test_members_cannot(self, person):
        made = person.system.administrator.post("/announcements", {"title": "x"}).json()
        for method, path in (("POST", "/announcements"), ("GET", "/announcements"), ("GET", f"/announcements/{made['id']}"),
                             ("POST", f"/announcements/{made['id']}/cancel")):
            assert person.request(method, path, json={"title": "x"} if method == "POST" else None).status_code == 403
            assert person.system.request(method, path).status_code == 401

    def test_everyone_gets_it_once(self, systems):
        system = systems("standalone")  # where accounts are known by their events
        admin, ann = system.administrator, system.register()
        until(lambda: system.administrator.post("/notify", {"email": ann.email, "title": "hello"}).status_code == 202, "known")
        title = f"Maintenance {uuid.uuid4()}"
        body = {"title": title, "body": "At six.", "link": "https://status.example.org"}
        first, again = (admin.post("/announcements", body, headers={"Idempotency-Key": title.split()[1]}) for _ in range(2))
        assert first.status_code == again.status_code == 202 and first.json() == again.json()
        path = first.headers["Location"]
        sent = until(lambda: (a := admin.get(path).json())["status"] == "sent" and a, "sent")
        assert sent["told"] >= 2
        for person in (admin, ann):
            assert titles(person).count(title) == 1
        late = system.register()
        assert title not in titles(late)
        assert admin.post(path + "/cancel").status_code == 409

    def test_list_and_cancel(self, system):
        admin = system.administrator
        made = [admin.post("/announcements", {"title": f"n{i}"}).json()["id"] for i in range(3)]
        page = admin.get("/announcements?limit=2").json()
        assert [a["id"] for a in page["items"]] == made[:0:-1]
        rest = admin.get("/announcements", params={"limit": 2, "cursor": page["next_cursor"]}).json()
        assert rest["items"][0]["id"] == made[0]
        assert admin.get("/announcements?cursor=x").status_code == 422
        cancelled = admin.post(f"/announcements/{made[2]}/cancel")
        assert cancelled.status_code in (200, 409)  # it may have been sent already
        if cancelled.status_code == 200:
            assert cancelled.json()["status"] == "cancelled"
            assert admin.post(f"/announcements/{made[2]}/cancel").status_code == 200
        unknown = uuid.uuid4()
        assert admin.get(f"/announcements/{unknown}").status_code == 404
        assert admin.post(f"/announcements/{unknown}/cancel").status_code == 404

    def test_bad_input(self, system):
        answer = system.administrator.post("/announcements", {"title": " ", "link": "javascript:x", "body": 7, "data": {}})
        assert answer.status_code == 422
        assert {e["pointer"] for e in answer.json()["errors"]} == {"/title", "/link", "/body", "/data"}


class TestSecurity:
    """Events of the user-service reach the inbox: in one process, where there is a bus."""

    @pytest.fixture
    def system(self, systems):
        return systems("standalone")

    def test_a_new_device(self, system, person):
        def sign_in(agent):
            answer = system.request("POST", "/login", json={"email": person.email, "password": PASSWORD},
                                    headers={"User-Agent": agent})
            assert answer.status_code == 200

        sign_in("python-requests/9.9")  # that of the registration, but for its version
        sign_in("Another/1.0 (client)")
        sign_in("Another/2.0 (client)")
        item = until(lambda: person.get("/notifications").json()["items"], "a warning")[0]
        assert item["title"] == "New sign-in to your account"
        assert "Another/1.0 (client)" in item["body"] and "127.0.0.1" in item["body"]
        time.sleep(0.5)
        assert len(titles(person)) == 1

    def test_a_token_and_a_password(self, system, person):
        assert person.post("/tokens", {"name": "my bot", "scopes": ["tasks:read"]}).status_code == 201
        assert until(lambda: titles(person), "told") == ["An access token was made"]
        changed = person.put("/profile/password", {"current_password": PASSWORD, "new_password": PASSWORD + " more"})
        assert changed.status_code == 204, changed.text
        until(lambda: "Your password was changed" in titles(person), "told")

    def test_ones_own_changes_are_not_told(self, system, person):
        task = person.task("Mine")
        assert person.patch(f"/tasks/{task['id']}", {"title": "Still mine"}).status_code == 200
        token = person.post("/tokens", {"name": "bot", "scopes": ["tasks:read", "tasks:write"]}).json()["token"]
        by_token = system.request("PATCH", f"/tasks/{task['id']}", token=token, json={"status": "done"})
        assert by_token.status_code == 200
        until(lambda: "An access token was made" in titles(person), "told")
        time.sleep(0.5)
        assert titles(person) == ["An access token was made"]


class TestMail:
    """Against a real SMTP server."""

    @pytest.fixture
    def mailed(self):
        server = MailServer().start()
        system = System("standalone", server.settings(CUMULO_PUBLIC_URL="https://cumulo.example.org/")).start()
        yield system, server
        system.close()
        server.stop()

    def test_the_link_of_a_mail_ends_its_kind(self, mailed):
        system, server = mailed
        admin, ann = server.verify(system.administrator), server.verify(system.register())

        def mails(title):
            return [m.message for m in server.received if title in str(m.message["Subject"]) and ann.email in m.recipients]

        admin.post("/announcements", {"title": "First"})
        mail = until(lambda: mails("First"), "the mail")[0]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = mail["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://cumulo.example.org/api/v1/notifications/unsubscribe?token=")
        path = link.removeprefix("https://cumulo.example.org")
        done = system.request("POST", path, data="List-Unsubscribe=One-Click",
                              headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert done.status_code == 200 and done.json() == {"kind": "announcement", "channel": "email", "subscribed": False}

        second = admin.post("/announcements", {"title": "Second"}).headers["Location"]
        until(lambda: admin.get(second).json()["status"] == "sent", "sent")
        until(lambda: "Second" in titles(ann), "in the inbox")
        until(lambda: any("Second" in str(m.message["Subject"]) for m in server.received), "others still get it")
        assert mails("Second") == []
