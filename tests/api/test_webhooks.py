"""/webhooks: a real receiver, signatures held to the reference implementation, and what receivers do wrong."""

import base64
import datetime
import hashlib
import hmac
import ipaddress
import json
import pathlib
import re
import ssl
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from harness.places import PATIENCE
from harness.receiver import Receiver
from harness.system import System

pytestmark = pytest.mark.sanitizers

#: So long an endpoint may take: what answers at all has done so by then, however busy the machine.
TIMEOUT = int(3 * PATIENCE)
ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = {
    "CUMULO_OUTBOUND_ALLOW": "127.0.0.0/8",
    "CUMULO_DELIVERY_FIRST_PAUSE": "100ms",
    "CUMULO_DELIVERY_LONGEST_PAUSE": "200ms",
    "CUMULO_DELIVERY_POLL": "50ms",
    "CUMULO_WEBHOOK_TIMEOUT": f"{TIMEOUT}s",
    "CUMULO_KEY_ENCRYPTION_SECRET": "seals the secrets",
    "CUMULO_PUBLIC_URL": "https://tasks.example.org/",
}


@pytest.fixture(scope="module", params=["standalone", "services-postgres"])
def system(request):
    running = System(request.param)
    running.programs.get("cumulo", running.programs.get("notification-service")).environment.update(SETTINGS)
    running.start()
    running.administrator  # noqa: B018  the first account is special
    yield running
    running.close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def hook(person, receiver, **members) -> dict:
    answer = person.post("/webhooks", {"url": receiver.url(), **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


def notify(person, **members) -> dict:
    answer = person.post("/notify", {"user_id": person.id, "title": "Hello", "channels": ["webhook"], **members})
    assert answer.status_code == 202, answer.text
    return answer.json()


def verified(*items) -> list:
    """What the reference implementation says of (secret, request) pairs."""
    assert (ROOT / "tests/webhooks/node_modules/standardwebhooks").is_dir(), "run tools/setup.sh test"
    given = [{"secret": secret, "headers": request["headers"], "body": request["body"].decode()} for secret, request in items]
    done = subprocess.run(["node", "verify.mjs"], cwd=ROOT / "tests/webhooks", input=json.dumps(given), text=True,
                          capture_output=True, timeout=60 * PATIENCE, check=True)
    return json.loads(done.stdout)


def eventually(condition, seconds=15):
    deadline = time.monotonic() + seconds * PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def log_of(person, made) -> list:
    return person.get(f"/webhooks/{made['id']}/deliveries").json()["items"]


class TestRegistering:
    def test_life(self, person, receiver):
        made = hook(person, receiver, name="build server", events=["notification.direct", "task.*"])
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{32}", made.pop("secret"))
        got = person.get(f"/webhooks/{made['id']}")
        assert got.json() == made and made["enabled"] and made["format"] == "standard"
        assert person.get("/webhooks").json() == {"items": [made], "next_cursor": None}
        changed = person.patch(f"/webhooks/{made['id']}", {"name": None, "events": ["*"], "enabled": False},
                               headers={"If-Match": got.headers["ETag"]})
        assert changed.status_code == 200
        assert {"name": None, "events": ["*"], "enabled": False, "paused_because": "owner"}.items() <= changed.json().items()
        stale = person.patch(f"/webhooks/{made['id']}", {"enabled": True}, headers={"If-Match": got.headers["ETag"]})
        assert stale.status_code == 412
        assert person.patch(f"/webhooks/{made['id']}", {"enabled": True}).json()["paused_at"] is None
        assert person.delete(f"/webhooks/{made['id']}", headers={"If-Match": '"0"'}).status_code == 412
        assert person.delete(f"/webhooks/{made['id']}").status_code == 204
        assert person.get(f"/webhooks/{made['id']}").status_code == 404
        assert person.get("/webhooks").json()["items"] == []

    def test_somebody_else_sees_nothing(self, person, other, receiver):
        made = hook(person, receiver)
        person.post(f"/webhooks/{made['id']}/test")
        logged = log_of(person, made)[0]["id"]
        path = f"/webhooks/{made['id']}"
        assert other.get("/webhooks").json()["items"] == []
        for call, at, body in [(other.get, path, None), (other.patch, path, {"enabled": False}), (other.delete, path, None),
                               (other.post, path + "/rotate-secret", None), (other.post, path + "/test", None),
                               (other.get, path + "/deliveries", None),
                               (other.post, f"{path}/deliveries/{logged}/replay", None)]:
            answer = call(at, body) if body else call(at)
            assert answer.status_code == 404, at
        mine = hook(other, receiver)
        assert other.post(f"/webhooks/{mine['id']}/deliveries/{logged}/replay").status_code == 404
        assert person.get(path).json()["enabled"] and len(receiver.requests) == 1

    @pytest.mark.parametrize(("members", "pointer"), [
        ({"url": None}, "/url"), ({"url": "hooks.example"}, "/url"), ({"url": "ftp://hooks.example/"}, "/url"),
        ({"url": "https://user:secret@hooks.example/"}, "/url"), ({"url": "http://10.0.0.1/"}, "/url"),
        ({"url": "http://0xa9fea9fe/latest/meta-data"}, "/url"), ({"url": "http://[::1]/"}, "/url"),
        ({"url": "https://hooks.example/" + "x" * 2000}, "/url"), ({"url": "https://hooks.example:25/"}, None),
        ({"name": "x" * 101}, "/name"), ({"format": "teams"}, "/format"), ({"format": None}, "/format"),
        ({"events": []}, "/events"), ({"events": None}, "/events"), ({"events": ["task.created", "task.created"]}, "/events/1"),
        ({"events": ["user.created"]}, "/events/0"), ({"events": ["task"]}, "/events/0"), ({"events": ["task.c*"]}, "/events/0"),
        ({"enabled": None}, "/enabled"), ({"secret": "whsec_x"}, "/secret"),
    ])
    def test_bad_input(self, person, members, pointer):
        answer = person.post("/webhooks", {"url": "https://hooks.example/", **members})
        if pointer is None:  # a name is judged when it is resolved
            assert answer.status_code == 201
            return
        assert answer.status_code == 422, answer.text
        assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
        assert person.get("/webhooks").json()["items"] == []

    def test_every_fault_is_named(self, person):
        answer = person.post("/webhooks", {"name": "x" * 101, "format": "x", "events": ["x"], "colour": 1})
        assert {e["pointer"] for e in answer.json()["errors"]} == {"/url", "/name", "/format", "/events/0", "/colour"}

    def test_no_more_than_twenty_and_pages(self, person, receiver):
        ids = [hook(person, receiver)["id"] for _ in range(20)]
        assert person.post("/webhooks", {"url": receiver.url()}).status_code == 409
        page = person.get("/webhooks?limit=15").json()
        rest = person.get(f"/webhooks?limit=15&cursor={page['next_cursor']}").json()
        assert [w["id"] for w in page["items"] + rest["items"]] == ids and rest["next_cursor"] is None

    def test_a_repeat_with_its_key_is_one_webhook_and_shows_the_secret_again(self, person, receiver):
        first, second = (person.post("/webhooks", {"url": receiver.url()}, headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert first.json() == second.json() and "secret" in second.json()
        assert len(person.get("/webhooks").json()["items"]) == 1

    def test_tokens_need_the_scopes_of_what_is_sent(self, person, receiver):
        def as_token(scopes):
            token = person.post("/tokens", {"name": "t", "scopes": scopes}).json()["token"]
            return lambda events: person.system.request("POST", "/webhooks", token=token,
                                                        json={"url": receiver.url(), "events": events}).status_code
        assert as_token(["notifications:read"])(["notification.*"]) == 403
        assert as_token(["notifications:write"])(["notification.*"]) == 403
        both = as_token(["notifications:read", "notifications:write"])
        assert both(["notification.*"]) == 201
        assert both(["task.created"]) == both(["*"]) == 403
        assert as_token(["notifications:read", "notifications:write", "tasks:read"])(["*"]) == 201

    @pytest.mark.parametrize(("events", "enough"), [
        (["notification.*"], ["notifications:read", "notifications:write"]),
        (["*"], ["notifications:read", "notifications:write", "tasks:read"])])
    def test_a_token_that_may_not_receive_it_gets_no_secret_and_no_message_of_it(self, person, receiver, events, enough):
        made = hook(person, receiver, events=events)
        notify(person)
        eventually(lambda: log_of(person, made))
        delivery = log_of(person, made)[0]["id"]

        def answers(scopes):
            token = person.post("/tokens", {"name": "t", "scopes": scopes}).json()["token"]
            return {person.system.request("POST", f"/webhooks/{made['id']}/{what}", token=token).status_code
                    for what in ("rotate-secret", "test", f"deliveries/{delivery}/replay")}

        for missing in set(enough) - {"notifications:write"}:
            assert answers([scope for scope in enough if scope != missing]) == {403}
        assert person.get(f"/webhooks/{made['id']}").json()["updated_at"] == made["updated_at"]
        assert len(receiver.requests) == 1
        assert answers(enough) == {200}

    def test_secrets_lie_sealed_in_the_database(self, person, receiver):
        made = hook(person, receiver)
        if person.system.shape == "standalone":
            files = (person.system.folder / "data").glob("notifications.db*")
            stored = b"".join(f.read_bytes() for f in files)
            assert made["id"].encode() in stored and made["secret"][6:].encode() not in stored
        assert made["secret"] not in "".join(p.log for p in person.system.programs.values())


class TestDelivery:
    def test_a_notification_arrives_signed(self, person, receiver):
        made = hook(person, receiver)
        sent = notify(person, title="Tea “is” ready", body="Green", link="/app/tea", data={"cup": 3})
        assert sent["deliveries"] == [{"channel": "webhook", "status": "pending"}]
        request = receiver.wait()[0]
        assert request["headers"]["webhook-id"] == sent["id"] and request["headers"]["content-type"] == "application/json"
        message = json.loads(request["body"])
        assert message["type"] == "notification.direct" and message["timestamp"].endswith("Z")
        data = message["data"]
        assert (data["id"], data["kind"], data["title"]) == (sent["id"], "direct", "Tea “is” ready")
        assert (data["body"], data["link"], data["data"]) == ("Green", "/app/tea", {"cup": 3})
        tampered = {**request, "body": request["body"].replace(b"Green", b"Black")}
        late = {**request, "headers": {**request["headers"], "webhook-timestamp": str(int(time.time()) - 3600)}}
        verdicts = verified((made["secret"], request), (made["secret"], tampered), (made["secret"], late),
                            ("whsec_" + base64.b64encode(b"x" * 24).decode(), request))
        assert verdicts[0] == "accepted" and "accepted" not in verdicts[1:], verdicts
        log = eventually(lambda: log_of(person, made))
        assert len(log) == 1 and log[0]["delivered"] and log[0]["response"]["status"] == 204
        assert log[0]["message_id"] == sent["id"] and log[0]["request"]["body"].encode() == request["body"]
        eventually(lambda: {d["status"] for d in person.get(f"/notify/{sent['id']}").json()["deliveries"]} == {"delivered"})
        assert person.get(f"/webhooks/{made['id']}").json()["last_success_at"]

    def test_the_documents_example_verifies(self, person, receiver):
        text = (ROOT / "docs/webhooks.md").read_text()
        code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
        names = {}
        exec(code, names)  # noqa: S102  our own document
        made = hook(person, receiver)
        notify(person)
        request = receiver.wait()[0]
        assert names["verify"](made["secret"], request["headers"], request["body"])["type"] == "notification.direct"
        with pytest.raises(ValueError, match="signature"):
            names["verify"](made["secret"], request["headers"], request["body"] + b" ")
        with pytest.raises(ValueError, match="old"):
            names["verify"](made["secret"], {**request["headers"], "webhook-timestamp": "1"}, request["body"])

    def test_each_endpoint_gets_what_it_asks_for(self, person, receiver):
        hook(person, receiver, url=receiver.url("/all"))
        hook(person, receiver, url=receiver.url("/direct"), events=["notification.direct"])
        hook(person, receiver, url=receiver.url("/reminders"), events=["notification.reminder"])
        hook(person, receiver, url=receiver.url("/paused"), enabled=False)
        notify(person)
        receiver.wait(1, "/all")
        receiver.wait(1, "/direct")
        time.sleep(0.3)
        assert sorted(r["path"] for r in receiver.requests) == ["/all", "/direct"]

    def test_without_an_endpoint_there_is_nothing_to_do(self, person):
        sent = notify(person)
        eventually(lambda: {d["status"] for d in person.get(f"/notify/{sent['id']}").json()["deliveries"]} & {"disabled", "delivered"})

    def test_what_happens_to_tasks(self, person, other, receiver):
        if person.system.shape != "standalone":
            pytest.skip("the services have no bus here")
        made = hook(person, receiver, events=["task.created", "task.completed"])
        hook(other, receiver, url=receiver.url("/other"), events=["*"])
        task = person.task("Write it down")
        request = receiver.wait(1, "/hook")[0]
        message = json.loads(request["body"])
        assert message["type"] == "task.created" and message["data"]["task"]["id"] == task["id"]
        assert "audience" not in message["data"]
        assert verified((made["secret"], request)) == ["accepted"]
        person.patch(f"/tasks/{task['id']}", {"title": "Not asked for"})
        person.patch(f"/tasks/{task['id']}", {"status": "done"})
        done = json.loads(receiver.wait(2, "/hook")[1]["body"])
        assert done["type"] == "task.completed" and done["data"]["task"]["status"] == "done"
        assert not [r for r in receiver.requests if r["path"] == "/other"]

    def test_nothing_is_sent_for_a_disabled_account(self, person, receiver):
        if person.system.shape != "standalone":
            pytest.skip("the services have no bus here")
        hook(person, receiver)
        administrator = person.system.administrator

        def becomes(status) -> bool:
            sent = administrator.post("/notify", {"user_id": person.id, "title": "Hello", "channels": ["webhook"]}).json()
            return eventually(lambda: {d["status"] for d in administrator.get(f"/notify/{sent['id']}").json()["deliveries"]}
                              - {"pending"}) == {status}

        assert becomes("delivered")
        assert administrator.patch(f"/users/{person.id}", {"status": "disabled"}).status_code == 200
        eventually(lambda: becomes("failed"))  # as soon as the event has come
        came = len(receiver.requests)
        assert becomes("failed") and len(receiver.requests) == came
        assert administrator.patch(f"/users/{person.id}", {"status": "active"}).status_code == 200
        eventually(lambda: becomes("delivered"))

    def test_a_token_sees_of_the_log_what_it_may_read(self, person, receiver):
        if person.system.shape != "standalone":
            pytest.skip("the services have no bus here")
        made = hook(person, receiver, events=["*"])
        person.task("Secret")
        notify(person)
        receiver.wait(2)
        eventually(lambda: len(log_of(person, made)) == 2)
        task = next(a for a in log_of(person, made) if a["type"] == "task.created")
        token = person.post("/tokens", {"name": "t", "scopes": ["notifications:read", "notifications:write"]}).json()["token"]
        path = f"/webhooks/{made['id']}/deliveries"
        seen = person.system.request("GET", path, token=token).json()["items"]
        assert [a["type"] for a in seen] == ["notification.direct"]
        assert person.system.request("POST", f"{path}/{task['id']}/replay", token=token).status_code == 404

    @pytest.mark.parametrize("fault", ["500", "404", "redirect", "timeout", "reset"])
    def test_what_fails_is_tried_again_with_the_same_id(self, person, receiver, fault):
        trap = Receiver()
        failed = []

        def answer(request):
            if len(failed) >= 2:
                return 200, {}, b"fine"
            failed.append(request)
            if fault == "timeout":
                time.sleep(1.5 * TIMEOUT)
            return {"redirect": (307, {"Location": trap.url()}, b""), "timeout": None, "reset": None}.get(
                fault, (int(fault) if fault.isdigit() else 0, {}, b"no"))

        receiver.answer = answer
        made = hook(person, receiver)
        sent = notify(person)
        requests = receiver.wait(3, seconds=15 + 3 * TIMEOUT)
        assert {r["headers"]["webhook-id"] for r in requests} == {sent["id"]} and len({r["body"] for r in requests}) == 1
        assert set(verified(*((made["secret"], r) for r in requests))) == {"accepted"}
        log = eventually(lambda: (found := log_of(person, made)) if len(log_of(person, made)) == 3 else None)
        assert [a["attempt"] for a in log] == [3, 2, 1] and [a["delivered"] for a in log] == [True, False, False]
        assert (log[1]["response"] is None) == (fault in ("timeout", "reset")) and log[1]["error"]
        assert trap.requests == []
        trap.close()
        assert person.get(f"/webhooks/{made['id']}").json()["failing_since"] is None

    def test_retry_after_is_heeded(self, person, receiver):
        receiver.answer = lambda request: (429, {"Retry-After": "2"}, b"") if len(receiver.requests) == 1 else 204
        hook(person, receiver)
        notify(person)
        first, second = receiver.wait(2)[:2]
        assert second["at"] - first["at"] >= 1.9

    def test_a_huge_answer_is_cut_and_counts_by_its_status(self, person, receiver):
        receiver.answer = lambda request: (200, {"X-Bytes": "\xff"}, b"\x00\xff" + b"y" * 3_000_000)
        made = hook(person, receiver)
        answer = person.post(f"/webhooks/{made['id']}/test")
        assert answer.status_code == 200 and answer.json()["delivered"]
        body = answer.json()["response"]["body"]
        assert body.startswith("\ufffd\ufffdyyy") and len(body.encode()) <= 4100

    def test_a_dead_endpoint_does_not_hold_up_the_others(self, person, receiver):
        dead = Receiver(lambda request: time.sleep(30))
        for _ in range(5):
            hook(person, receiver, url=dead.url())
        hook(person, receiver)
        began = time.monotonic()
        for _ in range(5):
            notify(person)
        receiver.wait(5)
        assert time.monotonic() - began < 10 * PATIENCE, "five that hang, one after the other, would be longer"
        dead.close()

    def test_410_pauses_and_tells_the_owner(self, person, receiver):
        receiver.answer = lambda request: 410
        made = hook(person, receiver, name="old thing")
        sent = notify(person)
        paused = eventually(lambda: (w := person.get(f"/webhooks/{made['id']}").json())["paused_at"] and w)
        assert paused["paused_because"] == "gone" and not paused["enabled"]
        notice = eventually(lambda: person.get("/notifications").json()["items"])[0]
        assert "paused" in notice["title"] and "old thing" in notice["body"]
        eventually(lambda: {d["status"] for d in person.get(f"/notify/{sent['id']}").json()["deliveries"]} == {"failed"})
        notify(person)
        time.sleep(0.3)
        assert len(receiver.requests) == 1
        receiver.answer = lambda request: 204
        assert person.patch(f"/webhooks/{made['id']}", {"enabled": True}).json()["enabled"]
        notify(person)
        receiver.wait(2)

    def test_an_address_inside_that_hides_behind_a_name_is_not_called(self, person, receiver):
        made = hook(person, receiver, url=f"http://[::1]:{receiver.url().split(':')[2]}".replace("[::1]", "ip6-localhost"))
        tried = person.post(f"/webhooks/{made['id']}/test").json()
        assert not tried["delivered"] and tried["response"] is None
        assert tried["error"].split(":")[0] in ("refused_address", "unresolvable")
        assert receiver.requests == []


class TestByHand:
    def test_test_and_replay(self, person, receiver):
        made = hook(person, receiver, enabled=False)
        tried = person.post(f"/webhooks/{made['id']}/test").json()
        assert tried["delivered"] and tried["type"] == "webhook.test" and tried["response"]["status"] == 204
        receiver.answer = lambda request: (503, {}, b"closed for today")
        again = person.post(f"/webhooks/{made['id']}/deliveries/{tried['id']}/replay").json()
        assert not again["delivered"] and again["response"] == {**again["response"], "status": 503, "body": "closed for today"}
        assert again["message_id"] == tried["message_id"] and again["id"] != tried["id"]
        first, second = receiver.requests
        assert first["body"] == second["body"] and first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
        assert verified((made["secret"], first), (made["secret"], second)) == ["accepted"] * 2
        assert [a["id"] for a in log_of(person, made)] == [again["id"], tried["id"]]
        assert person.post(f"/webhooks/{made['id']}/deliveries/{made['id']}/replay").status_code == 404
        page = person.get(f"/webhooks/{made['id']}/deliveries?limit=1").json()
        rest = person.get(f"/webhooks/{made['id']}/deliveries?limit=1&cursor={page['next_cursor']}").json()
        assert [page["items"][0]["id"], rest["items"][0]["id"]] == [again["id"], tried["id"]] and rest["next_cursor"] is None

    def test_while_a_secret_rotates_both_are_right(self, person, receiver):
        made = hook(person, receiver)
        rotated = person.post(f"/webhooks/{made['id']}/rotate-secret").json()
        assert rotated["secret"] != made["secret"] and rotated["old_secret_until"]
        person.post(f"/webhooks/{made['id']}/test")
        request = receiver.requests[0]
        assert len(request["headers"]["webhook-signature"].split()) == 2
        assert verified((made["secret"], request), (rotated["secret"], request)) == ["accepted"] * 2
        last = person.post(f"/webhooks/{made['id']}/rotate-secret").json()
        person.post(f"/webhooks/{made['id']}/test")
        verdicts = verified(*((w["secret"], receiver.requests[1]) for w in (made, rotated, last)))
        assert verdicts[0] != "accepted" and verdicts[1:] == ["accepted"] * 2


class TestChats:
    @pytest.mark.parametrize("format", ["slack", "discord", "ntfy"])
    def test_messages_are_written_as_the_chat_takes_them(self, person, receiver, format):
        hook(person, receiver, format=format)
        notify(person, title="Tür <offen> *jetzt*", body="@everyone " + "ü" * 3000, link="/app/door")
        request = receiver.wait()[0]
        text = request["body"].decode()
        if format == "ntfy":
            assert request["headers"]["content-type"] == "text/plain; charset=utf-8"
            encoded = re.fullmatch(r"=\?UTF-8\?B\?(.*)\?=", request["headers"]["title"]).group(1)
            assert base64.b64decode(encoded).decode() == "Tür <offen> *jetzt*"
            assert request["headers"]["click"] == "https://tasks.example.org/app/door"
            assert text.startswith("@everyone") and len(request["body"]) <= 4096
        elif format == "slack":
            said = json.loads(text)["text"]
            assert said.startswith("*Tür &lt;offen&gt; *jetzt**\n@everyone") and "https://tasks.example.org/app/door" in said
        else:
            said = json.loads(text)
            assert said["allowed_mentions"] == {"parse": []}
            assert said["content"].startswith("**Tür \\<offen\\> \\*jetzt\\***\n") and len(said["content"]) <= 2000
            assert said["content"].endswith("https://tasks.example.org/app/door") and "…" in said["content"]


def certificate(folder, name, address, issuer=None, days=(-1, 1)):
    """A key and certificate for an address, as (path of both in PEM, (key, certificate))."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    signer, parent = issuer or (key, None)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(parent.subject if parent else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days[0])).not_valid_after(now + datetime.timedelta(days[1]))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .sign(signer, hashes.SHA256()))
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file, (key, made)


class TestTls:
    def test_only_certificates_that_hold_are_taken(self, own_system, tmp_path):
        authority_file, authority = certificate(tmp_path, "authority", "127.0.0.1")
        files = {"good": certificate(tmp_path, "good", "127.0.0.1", authority)[0],
                 "another's": certificate(tmp_path, "another", "127.0.0.2", authority)[0],
                 "expired": certificate(tmp_path, "expired", "127.0.0.1", authority, (-2, -1))[0],
                 "self-signed": certificate(tmp_path, "selfsigned", "127.0.0.1")[0]}
        person = own_system("standalone", {**SETTINGS, "CUMULO_OUTBOUND_CA_FILE": str(authority_file)}).administrator
        said = {}
        for what, file in files.items():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            receiver = Receiver(tls=context)
            tried = person.post(f"/webhooks/{hook(person, receiver)['id']}/test").json()
            said[what] = (tried["error"] or "delivered").split(":")[0], len(receiver.requests)
            receiver.close()
        assert said == {"good": ("delivered", 1), "another's": ("tls", 0), "expired": ("tls", 0), "self-signed": ("tls", 0)}


class TestDeadEndpoints:
    def test_one_that_fails_for_long_is_paused_with_a_notice(self, own_system):
        receiver = Receiver(lambda request: 500)
        system = own_system("standalone", {**SETTINGS, "CUMULO_WEBHOOK_PAUSE_AFTER": "1s"})
        person = system.administrator
        made = hook(person, receiver)
        notify(person)
        paused = eventually(lambda: (w := person.get(f"/webhooks/{made['id']}").json())["paused_at"] and w)
        assert paused["paused_because"] == "failing" and paused["failing_since"]
        assert len(receiver.requests) >= 5
        titles = [n["title"] for n in person.get("/notifications").json()["items"]]
        assert titles == ["A webhook is paused"]
        assert system.programs["cumulo"].metric("cumulo_outbound_calls_total", purpose="webhook", outcome="5xx") >= 5
        receiver.close()

    def test_a_retry_survives_a_kill(self, own_system):
        receiver = Receiver(lambda request: 503)
        system = own_system("standalone", SETTINGS)
        person = system.administrator
        hook(person, receiver)
        sent = notify(person)
        receiver.wait(2)
        program = system.programs["cumulo"]
        program.kill()
        receiver.answer = lambda request: 204
        program.start()
        person = person.sign_in()
        eventually(lambda: {d["status"] for d in person.get(f"/notify/{sent['id']}").json()["deliveries"]} == {"delivered"},
                   seconds=150)
        assert {r["headers"]["webhook-id"] for r in receiver.requests} == {sent["id"]}
        receiver.close()

    def test_signatures_are_what_the_standard_says(self):
        """The vector of the specification's own libraries, by hand: an oracle for the test's oracle."""
        key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
        mac = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert mac == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
