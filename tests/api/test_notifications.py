"""POST /notify and the inbox."""

import pytest

pytestmark = pytest.mark.sanitizers


def notify(person, **members):
    return person.post("/notify", {"user_id": person.id, "title": "Hello", **members})


class TestNotify:
    def test_oneself(self, person):
        answer = notify(person, title="Tea is ready", body="Green", link="https://example.org/tea", data={"cup": 3})
        assert answer.status_code == 202
        assert [(d["channel"], d["status"]) for d in answer.json()["deliveries"]] == [("inbox", "delivered")]
        items = person.get("/notifications").json()["items"]
        assert len(items) == 1
        got = items[0]
        assert (got["title"], got["body"], got["link"]) == ("Tea is ready", "Green", "https://example.org/tea")
        assert got["data"] == {"cup": 3} and got["read_at"] is None
        assert person.get(f"/notifications/{got['id']}").json() == got

    def test_a_channel_that_is_not_configured_says_so(self, person):
        answer = notify(person, channels=["inbox", "email", "push"])
        states = {d["channel"]: d["status"] for d in answer.json()["deliveries"]}
        assert states == {"inbox": "delivered", "email": "disabled", "push": "disabled"}

    def test_status_for_the_sender_only(self, person, other):
        made = notify(person).json()
        sent = person.get(f"/notify/{made['id']}").json()
        assert [{"channel": d["channel"], "status": d["status"]} for d in sent["deliveries"]] == made["deliveries"]
        assert other.get(f"/notify/{made['id']}").status_code == 404

    def test_others_only_with_the_scope(self, person, other):
        assert notify(person, user_id=other.id).status_code == 403
        known = person.post("/notify", {"email": other.email, "title": "x"})
        unknown = person.post("/notify", {"email": "nobody@example.org", "title": "x"})
        assert known.status_code == unknown.status_code == 403, "no oracle for who exists"
        assert other.get("/notifications").json()["items"] == []
        token = person.system.administrator.post("/tokens", {"name": "bot", "scopes": ["notify:send"]}).json()["token"]
        sent = person.system.request("POST", "/notify", token=token, json={"user_id": other.id, "title": "From the bot"})
        assert sent.status_code == 202
        assert [n["title"] for n in other.get("/notifications").json()["items"]] == ["From the bot"]

    @pytest.mark.parametrize(("members", "pointer"), [
        ({"title": ""}, "/title"), ({"title": "x" * 201}, "/title"), ({"title": None}, "/title"),
        ({"body": "x" * 10_000}, "/body"), ({"channels": ["pigeon"]}, "/channels/0"), ({"channels": []}, "/channels"),
        ({"channels": ["inbox", "inbox"]}, "/channels"), ({"link": "javascript:alert(1)"}, "/link"),
        ({"link": "//evil.example"}, "/link"), ({"link": "data:text/html,x"}, "/link"), ({"data": []}, "/data"),
        ({"data": {"x": "y" * 5000}}, "/data"), ({"email": "a@example.org"}, ""), ({"user_id": None}, ""),
        ({"user_id": "x"}, "/user_id"), ({"colour": 1}, "/colour"),
    ])
    def test_bad_input(self, person, members, pointer):
        answer = notify(person, **members)
        assert answer.status_code == 422, answer.text
        assert any(e["pointer"].startswith(pointer) for e in answer.json()["errors"])
        assert person.get("/notifications").json()["items"] == []


    def test_every_fault_is_named(self, person):
        answer = person.post("/notify", {"title": "", "colour": 1, "link": "javascript:x", "channels": ["fax", 7], "data": 1})
        assert answer.status_code == 422
        assert {e["pointer"] for e in answer.json()["errors"]} == {
            "/user_id", "/title", "/colour", "/link", "/channels/0", "/channels/1", "/data"}

    def test_an_account_that_is_not_there(self, system):
        unknown = {"user_id": "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00", "title": "x"}
        known_by_events = system.shape in ("standalone", "services-nats", "deployed")
        assert system.administrator.post("/notify", unknown).status_code == (422 if known_by_events else 202)
        by_mail = system.administrator.post("/notify", {"email": "nobody@example.org", "title": "x"})
        assert by_mail.status_code == 422 and by_mail.json()["errors"][0]["code"] == "unknown_recipient"

    def test_a_repeat_with_its_key_is_one_notification(self, person):
        body = {"user_id": person.id, "title": "Once"}
        first, second = (person.post("/notify", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert first.status_code == second.status_code == 202 and first.json() == second.json()
        assert second.headers["Location"] == first.headers["Location"]
        assert person.get("/notifications").json()["unread_count"] == 1
        assert person.post("/notify", {**body, "title": "x"}, headers={"Idempotency-Key": "k"}).status_code == 422


class TestInbox:
    def test_reading(self, person):
        for n in range(3):
            notify(person, title=f"n{n}")
        page = person.get("/notifications").json()
        assert [n["title"] for n in page["items"]] == ["n2", "n1", "n0"] and page["unread_count"] == 3
        first = page["items"][0]
        read = person.post(f"/notifications/{first['id']}/read")
        assert read.status_code == 200 and read.json()["read_at"]
        assert person.post(f"/notifications/{first['id']}/read").json()["read_at"] == read.json()["read_at"]
        assert person.get("/notifications").json()["unread_count"] == 2
        assert [n["title"] for n in person.get("/notifications?unread=true").json()["items"]] == ["n1", "n0"]
        some = person.post("/notifications/read", {"ids": [page["items"][1]["id"]]})
        assert some.status_code == 200 and some.json()["unread_count"] == 1
        assert person.post("/notifications/read", {}).json()["unread_count"] == 0

    def test_deleting(self, person):
        notify(person)
        item = person.get("/notifications").json()["items"][0]
        assert person.delete(f"/notifications/{item['id']}").status_code == 204
        assert person.get("/notifications").json() == {"items": [], "next_cursor": None, "unread_count": 0}
        assert person.get(f"/notifications/{item['id']}").status_code == 404

    def test_pages(self, person):
        for n in range(11):
            notify(person, title=str(n))
        seen, cursor = [], ""
        while cursor is not None:
            page = person.get("/notifications?limit=4" + (f"&cursor={cursor}" if cursor else "")).json()
            seen += [n["title"] for n in page["items"]]
            cursor = page["next_cursor"]
        assert seen == [str(n) for n in reversed(range(11))]

    def test_others_see_nothing(self, person, other):
        notify(person)
        item = person.get("/notifications").json()["items"][0]["id"]
        assert other.get("/notifications").json()["items"] == []
        for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/read")]:
            assert other.request(method, f"/notifications/{item}{path}").status_code == 404
        other.post("/notifications/read", {"ids": [item]})
        other.post("/notifications/read", {})
        assert person.get("/notifications").json()["unread_count"] == 1

    def test_reading_up_to_one(self, person):
        for n in range(4):
            notify(person, title=f"n{n}")
        items = person.get("/notifications").json()["items"]
        assert person.post("/notifications/read", {"up_to": items[1]["id"]}).json() == {"marked": 3, "unread_count": 1}
        assert [n["title"] for n in person.get("/notifications?unread=false").json()["items"]] == ["n2", "n1", "n0"]
        assert person.post("/notifications/read").json() == {"marked": 1, "unread_count": 0}

    @pytest.mark.parametrize(("body", "pointer"), [
        ({"ids": ["x"] * 501}, "/ids"), ({"ids": "x"}, "/ids"), ({"up_to": "x"}, "/up_to"), ({"all": True}, "/all"),
        ({"ids": [], "up_to": "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00"}, "/up_to"),
    ])
    def test_bad_reading(self, person, body, pointer):
        notify(person)
        answer = person.post("/notifications/read", body)
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer
        assert person.get("/notifications").json()["unread_count"] == 1

    def test_versions(self, person):
        notify(person)
        path = "/notifications/" + person.get("/notifications").json()["items"][0]["id"]
        unread = person.get(path).headers["ETag"]
        assert person.get(path, headers={"If-None-Match": unread}).status_code == 304
        listed = person.get("/notifications").headers["ETag"]
        assert person.get("/notifications", headers={"If-None-Match": listed}).status_code == 304
        read = person.post(path + "/read")
        assert read.headers["ETag"] == person.get(path).headers["ETag"] != unread
        assert person.get("/notifications", headers={"If-None-Match": listed}).status_code == 200
        assert person.delete(path, headers={"If-Match": unread}).status_code == 412
        assert person.delete(path, headers={"If-Match": read.headers["ETag"]}).status_code == 204

    def test_bad_queries(self, person):
        answer = person.get("/notifications?limit=0&unread=maybe&cursor=x&colour=red")
        assert answer.status_code == 422
        assert {e["pointer"] for e in answer.json()["errors"]} == {"?limit", "?unread", "?cursor", "?colour"}
