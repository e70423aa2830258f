"""POST /notify in full: scheduling, cancelling, placeholders, batches; and what administrators see of deliveries."""

import datetime
import json
import time

import pytest

from harness.mail import MailServer
from harness.places import PATIENCE
from harness.system import unique

pytestmark = pytest.mark.sanitizers


def in_seconds(seconds: float) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def notify(person, **members):
    return person.post("/notify", {"user_id": person.id, "title": "Hello", **members})


def titles(person):
    return [n["title"] for n in person.get("/notifications").json()["items"]]


def eventually(holds, seconds=20):
    deadline = time.monotonic() + seconds * PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


class TestScheduling:
    def test_comes_at_its_time_and_stands_there(self, person):
        at = in_seconds(4 * PATIENCE)
        made = notify(person, title="Later", send_at=at)
        assert made.status_code == 202
        assert made.json()["deliveries"] == [{"channel": "inbox", "status": "scheduled"}]
        notify(person, title="Meanwhile")
        assert titles(person) == ["Meanwhile"]
        sent = person.get(f"/notify/{made.json()['id']}").json()
        assert sent["send_at"] == at and sent["deliveries"][0]["status"] == "scheduled"
        eventually(lambda: len(titles(person)) == 2)
        assert titles(person) == ["Later", "Meanwhile"], "it is the newest"
        item = person.get("/notifications").json()["items"][0]
        assert item["created_at"] >= at and item["id"] == made.json()["id"]
        assert person.get(f"/notify/{made.json()['id']}").json()["deliveries"][0]["status"] == "delivered"

    def test_a_time_that_has_passed_is_now(self, person):
        answer = notify(person, send_at=in_seconds(-3600))
        assert [d["status"] for d in answer.json()["deliveries"]] == ["delivered"]

    @pytest.mark.parametrize(("when", "code"), [(in_seconds(400 * 86400), "out_of_range"), ("tomorrow", "invalid_time"),
                                                (7, "wrong_type")], ids=["too far", "a word", "a number"])
    def test_bad_times(self, person, when, code):
        answer = notify(person, send_at=when)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/send_at", code)]


class TestCancelling:
    def test_what_is_scheduled(self, person, other):
        made = notify(person, send_at=in_seconds(4 * PATIENCE), channels=["inbox", "push"]).json()["id"]
        assert other.post(f"/notify/{made}/cancel").status_code == 404
        first, second = (person.post(f"/notify/{made}/cancel", headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert first.status_code == second.status_code == 200 and first.json() == second.json()
        assert [d["status"] for d in first.json()["deliveries"]] == ["cancelled", "disabled"]
        assert person.post(f"/notify/{made}/cancel").status_code == 200
        time.sleep(4 * PATIENCE + 1)
        assert titles(person) == []

    def test_what_has_gone_out_stays(self, person):
        made = notify(person).json()["id"]
        assert person.post(f"/notify/{made}/cancel").status_code == 409
        assert titles(person) == ["Hello"]

    def test_needs_what_sending_it_needs(self, system, person):
        def cancel(whose, made, scope):
            token = whose.post("/tokens", {"name": "t", "scopes": [scope]}).json()["token"]
            return system.request("POST", f"/notify/{made}/cancel", token=token).status_code

        own = notify(person, send_at=in_seconds(86400)).json()["id"]
        for scope in ("tasks:read", "notifications:read"):
            assert cancel(person, own, scope) == 403
        assert person.get(f"/notify/{own}").json()["deliveries"][0]["status"] == "scheduled"
        assert cancel(person, own, "notifications:write") == 200
        administrator = system.administrator
        to_other = administrator.post("/notify", {"user_id": person.id, "title": "x", "send_at": in_seconds(86400)}).json()["id"]
        assert cancel(administrator, to_other, "notifications:write") == 403
        assert cancel(administrator, to_other, "notify:send") == 200

    def test_what_does_not_exist(self, person):
        for name in ("x", "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00"):
            assert person.post(f"/notify/{name}/cancel").status_code == 404


class TestPlaceholders:
    def test_are_filled_from_data(self, person):
        answer = notify(person, title="Invoice {{number}}", body="{{ who }} owes {{sum}}: {{paid}}", placeholders=True,
                        data={"number": 42, "who": "<Ann>", "sum": 1.5, "paid": False})
        assert answer.status_code == 202
        item = person.get("/notifications").json()["items"][0]
        assert (item["title"], item["body"]) == ("Invoice 42", "<Ann> owes 1.5: false")
        assert item["data"]["number"] == 42

    def test_only_when_asked(self, person):
        notify(person, title="{{x}}", data={"x": "y"})
        assert titles(person) == ["{{x}}"]

    def test_every_fault_is_named(self, person):
        answer = notify(person, title="{{a}} {{b}}", body="{{c}}{{d}}", placeholders=True, data={"b": [1], "c": "x"})
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
            ("/title", "unknown_placeholder"), ("/title", "unknown_placeholder"), ("/body", "unknown_placeholder")]

    @pytest.mark.parametrize(("value", "pointer"), [("x" * 201, "/title"), ("a\nb", "/title"), ("", "/title")])
    def test_what_comes_of_it_keeps_the_rules(self, person, value, pointer):
        answer = notify(person, title="{{x}}", placeholders=True, data={"x": value})
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer


class TestBatches:
    def test_each_item_for_itself(self, person, other):
        answer = person.post("/notify/batch", {"items": [
            {"user_id": person.id, "title": "1"}, {"user_id": other.id, "title": "2"}, {"user_id": person.id, "title": ""},
            {"colour": 1}, 7, {"user_id": person.id, "title": "{{n}}", "placeholders": True, "data": {"n": 6}},
            {"user_id": person.id, "title": "7", "send_at": in_seconds(3600)}]})
        assert answer.status_code == 202, answer.text
        items = answer.json()["items"]
        assert [i["status"] for i in items] == [202, 403, 422, 422, 422, 202, 202]
        assert {e["pointer"] for e in items[3]["errors"]} == {"/colour", "/title", "/user_id"}
        assert items[6]["deliveries"][0]["status"] == "scheduled"
        assert titles(person) == ["6", "1"] and titles(other) == []
        assert person.get(f"/notify/{items[0]['id']}").status_code == 200

    def test_a_fault_in_the_text_of_one_is_its_own(self, person):
        good = json.dumps({"user_id": person.id, "title": "good"})
        items = [good, '{"title": "a", "title": "b"}', good.replace("good", "a\\u0000b"),
                 good.replace("}", ', "data": {"a": 1, "a": 2}}')]
        answer = person.post("/notify/batch", data='{"items": [' + ",".join(items) + "]}", headers={"Content-Type": "application/json"})
        assert answer.status_code == 202, answer.text
        items = answer.json()["items"]
        assert [i["status"] for i in items] == [202, 422, 422, 422]
        assert [(e["pointer"], e["code"]) for i in items[1:] for e in i["errors"]] == [
            ("/title", "duplicate_member"), ("/user_id", "required"), ("/title", "invalid_character"), ("/data/a", "duplicate_member")]
        assert titles(person) == ["good"]

    def test_it_counts_as_a_write_for_every_ten_items(self, own_system):
        system = own_system(environment={"CUMULO_RATE_LIMITS": "true", "CUMULO_RATE_WRITE": "50"})
        person = system.register()
        batch = {"items": [{"user_id": person.id, "title": "x"}] * 200}
        first = person.post("/notify/batch", batch)
        assert first.status_code == 202 and first.headers["ratelimit"].startswith('"write";r=30;')
        answers = [person.post("/notify/batch", batch) for _ in range(3)]
        assert [a.status_code for a in answers] == [202, 429, 429]
        assert int(answers[1].headers["retry-after"]) >= 1
        assert person.get("/notifications").json()["unread_count"] == 400, "of what is refused nothing is sent"

    def test_a_thousand_and_no_more(self, person):
        item = {"user_id": person.id, "title": "x"}
        answer = person.post("/notify/batch", {"items": [item] * 1000})
        assert answer.status_code == 202 and len({i["id"] for i in answer.json()["items"]}) == 1000
        assert person.get("/notifications").json()["unread_count"] == 1000
        for items in ([item] * 1001, [], None):
            assert person.post("/notify/batch", {"items": items}).status_code == 422

    def test_a_repeat_with_its_key_is_one_batch(self, person):
        body = {"items": [{"user_id": person.id, "title": "Once"}, {"title": ""}]}
        first, second = (person.post("/notify/batch", body, headers={"Idempotency-Key": "b"}) for _ in range(2))
        assert first.json() == second.json() and second.headers["Idempotency-Replayed"]
        assert titles(person) == ["Once"]

    def test_to_others_only_with_the_scope(self, person, other):
        items = person.system.administrator.post("/notify/batch", {"items": [
            {"user_id": person.id, "title": "a"}, {"email": "nobody@example.org", "title": "b"}]}).json()["items"]
        assert [i["status"] for i in items] == [202, 422] and items[1]["errors"][0]["code"] == "unknown_recipient"
        assert titles(person) == ["a"]


class TestDeadLetters:
    @pytest.fixture
    def mailed(self, own_system):
        server = MailServer().start()
        yield own_system("standalone", server.settings()), server
        server.stop()

    def test_are_listed_and_replayed_by_administrators(self, mailed):
        system, server = mailed
        administrator, person = system.administrator, server.verify(system.register())
        ids = []
        for n in range(3):
            server.fault("END", "554 refused", 1)
            made = notify(person, title=unique("dead"), channels=["email"]).json()["id"]
            # whichever mail is refused (a registration's may be under way), this one fails or is tried until it does
            eventually(lambda: person.get(f"/notify/{made}").json()["deliveries"][0]["status"] in ("failed", "delivered"))
            if person.get(f"/notify/{made}").json()["deliveries"][0]["status"] == "failed":
                ids.append(made)
        assert ids
        assert person.get("/deliveries").status_code == 403
        assert person.post("/deliveries/replay").status_code == 403
        assert person.post(f"/deliveries/{ids[0]}/email/replay").status_code == 403
        found = [d for d in administrator.get("/deliveries?status=failed&channel=email").json()["items"] if d["kind"] == "direct"]
        assert [d["notification_id"] for d in found] == ids[::-1]
        assert all(d["recipient_id"] == person.id and "554 refused" in d["detail"] for d in found)
        assert administrator.get("/deliveries?channel=webhook").json()["items"] == []

        answer = administrator.post(f"/deliveries/{ids[0]}/email/replay")
        assert answer.status_code == 200 and answer.json() == {"replayed": 1}
        eventually(lambda: person.get(f"/notify/{ids[0]}").json()["deliveries"][0]["status"] == "delivered")
        assert administrator.post(f"/deliveries/{ids[0]}/email/replay").status_code == 404
        assert administrator.post("/deliveries/replay", {"channel": "webhook"}).json() == {"replayed": 0}
        assert administrator.post("/deliveries/replay").json()["replayed"] == len(ids) - 1
        eventually(lambda: all(person.get(f"/notify/{i}").json()["deliveries"][0]["status"] == "delivered" for i in ids))
        assert [d for d in administrator.get("/deliveries").json()["items"] if d["kind"] == "direct"] == []

    def test_pages(self, mailed):
        system, server = mailed
        administrator, person = system.administrator, server.verify(system.register())
        server.stop()
        ids = [notify(person, title="x", channels=["email"]).json()["id"] for _ in range(7)]
        seen, cursor = [], ""
        while cursor is not None:
            page = administrator.get("/deliveries?status=pending&limit=3" + (f"&cursor={cursor}" if cursor else "")).json()
            seen += [d["notification_id"] for d in page["items"] if d["kind"] == "direct"]
            cursor = page["next_cursor"]
        assert seen == ids[::-1]

    def test_bad_questions(self, system):
        answer = system.administrator.get("/deliveries?status=delivered&channel=fax&limit=0&cursor=x&colour=1")
        assert {e["pointer"] for e in answer.json()["errors"]} == {"?status", "?channel", "?limit", "?cursor", "?colour"}
        for path in ("/deliveries/x/email/replay", "/deliveries/0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00/fax/replay",
                     "/deliveries/0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00/email/replay"):
            assert system.administrator.post(path).status_code == 404
        assert system.administrator.post("/deliveries/replay", {"channel": "fax"}).status_code == 422
