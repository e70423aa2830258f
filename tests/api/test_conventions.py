"""What holds for every call: idempotency, request ids, problems, headers, compression."""

import concurrent.futures
import re
import uuid

import pytest
import requests

pytestmark = pytest.mark.sanitizers


class TestIdempotencyKey:
    CALLS = [("/tasks", {"title": "once"}, "/tasks?limit=200"), ("/projects", {"name": "once"}, "/projects?limit=200"),
             ("/notify", {"title": "once"}, "/notifications?limit=200"),
             ("/tokens", {"name": "once", "scopes": ["tasks:read"]}, "/tokens?limit=200")]

    def send(self, person, path, members, key):
        members = {"user_id": person.id, **members} if path == "/notify" else members
        return person.post(path, members, headers={"Idempotency-Key": key})

    @pytest.mark.parametrize(("path", "members", "list_path"), CALLS)
    def test_a_repeat_gets_the_first_answer(self, person, path, members, list_path):
        key = str(uuid.uuid4())
        before = len(person.get(list_path).json()["items"])
        first, second = (self.send(person, path, members, key) for _ in range(2))
        assert first.status_code in (201, 202)
        assert (second.status_code, second.json()) == (first.status_code, first.json())
        assert second.headers.get("location") == first.headers.get("location")
        assert second.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
        assert len(person.get(list_path).json()["items"]) == before + 1

    @pytest.mark.parametrize(("path", "members", "list_path"), CALLS)
    def test_64_in_parallel_make_one(self, person, path, members, list_path):
        key = str(uuid.uuid4())
        before = len(person.get(list_path).json()["items"])
        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(lambda _: self.send(person, path, members, key), range(64)))
        assert {a.status_code for a in answers} <= {201, 202}
        assert len({a.text for a in answers}) == 1
        assert len(person.get(list_path).json()["items"]) == before + 1

    def test_the_same_key_with_another_body_is_422(self, person):
        key = str(uuid.uuid4())
        self.send(person, "/tasks", {"title": "one"}, key)
        answer = self.send(person, "/tasks", {"title": "two"}, key)
        assert answer.status_code == 422
        assert [t["title"] for t in person.get("/tasks").json()["items"]] == ["one"]

    def test_keys_belong_to_their_account(self, person, other):
        key = str(uuid.uuid4())
        mine = self.send(person, "/tasks", {"title": "same"}, key).json()
        theirs = self.send(other, "/tasks", {"title": "same"}, key).json()
        assert mine["id"] != theirs["id"]

    def test_a_refusal_is_not_remembered(self, person):
        key = str(uuid.uuid4())
        assert self.send(person, "/tasks", {"title": ""}, key).status_code == 422
        assert self.send(person, "/tasks", {"title": "now"}, key).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
    def test_bad_keys(self, person, key):
        assert self.send(person, "/tasks", {"title": "x"}, key).status_code in (400, 422)

    def test_registering_twice_with_one_key_is_one_account(self, system):
        members = {"email": f"{uuid.uuid4()}@example.org", "password": "a fine passphrase 44"}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        first, second = (system.request("POST", "/register", json=members, headers=key) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["user"]["id"] == second.json()["user"]["id"]


class TestProblems:
    @pytest.mark.parametrize(("method", "path", "status"), [
        ("GET", "/nowhere-at-all", 404), ("GET", "/tasks/not-an-id", 404), ("GET", "/api/v2/tasks", 404),
        ("PUT", "/tasks", 405), ("DELETE", "/tasks", 405), ("POST", "/tasks/0190a0a0-0000-7000-8000-000000000000", 405),
    ])
    def test_shape(self, person, method, path, status):
        answer = person.request(method, path, json={})
        assert answer.status_code == status
        problem = answer.json()
        assert {"type", "title", "status", "request_id"} <= set(problem)
        assert problem["request_id"] == answer.headers["x-request-id"]
        if status == 405:
            assert "GET" in answer.headers["allow"]

    def test_no_credential(self, system):
        answer = system.request("GET", "/tasks")
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
    def test_other_media_types(self, person, kind):
        answer = person.request("POST", "/tasks", data='{"title":"x"}', headers={"Content-Type": kind})
        assert answer.status_code == 415

    @pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
    def test_json_media_types(self, person, kind):
        answer = person.request("POST", "/tasks", data='{"title":"x"}', headers={"Content-Type": kind})
        assert answer.status_code == 201


class TestHeaders:
    def test_request_id_is_taken_when_well_formed(self, person):
        assert person.get("/tasks", headers={"X-Request-Id": "abc-123_x.y"}).headers["x-request-id"] == "abc-123_x.y"

    @pytest.mark.parametrize("given", ["a b", "x" * 65, "<script>", "ä".encode("latin-1"), ""])
    def test_and_replaced_when_not(self, person, given):
        answer = person.get("/tasks", headers={"X-Request-Id": given})
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["x-request-id"])
        assert answer.headers["x-request-id"] != given

    def test_trace_context_is_passed_on(self, person):
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        answer = person.get("/tasks", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        assert trace in answer.headers.get("traceparent", "")

    def test_security_headers(self, person):
        headers = person.get("/tasks").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "referrer-policy" in headers
        assert "no-store" in headers["cache-control"] or "private" in headers["cache-control"]

    def test_large_answers_are_compressed_when_asked_for(self, person):
        for n in range(20):
            person.task(f"title {n}")
        plain = person.get("/tasks", headers={"Accept-Encoding": "identity"})
        packed = person.get("/tasks", headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
        assert plain.json() == packed.json()
        assert "accept-encoding" in packed.headers["vary"].lower()

    def test_head_is_get_without_its_body(self, person):
        person.task()
        get, head = person.get("/tasks"), person.request("HEAD", "/tasks", check=False)
        assert head.status_code == 200 and head.content == b""
        assert head.headers["etag"] == get.headers["etag"]

    def test_no_cors_unless_configured(self, person):
        headers = person.get("/tasks", headers={"Origin": "https://evil.example"}).headers
        assert not [h for h in headers if h.lower().startswith("access-control")]


def test_cors_when_configured(own_system):
    system = own_system(environment={"CUMULO_CORS_ORIGINS": "https://app.example"})
    url = system.programs["cumulo"].url
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
    answer = requests.options(url + "/tasks/x", headers=asked, timeout=10)
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    shown = requests.get(url + "/healthz", headers={"Origin": "https://app.example"}, timeout=10).headers["access-control-expose-headers"]
    assert {"ETag", "Link", "Location", "Idempotency-Replayed", "Retry-After"} <= set(shown.split(", "))
    refused = requests.options(url + "/tasks/x", headers={**asked, "Origin": "https://evil.example"}, timeout=10)
    assert "access-control-allow-origin" not in refused.headers


def test_rate_limits(own_system):
    system = own_system(environment={"CUMULO_RATE_LIMITS": "true", "CUMULO_RATE_READ": "20", "CUMULO_RATE_WRITE": "5"})
    person = system.register()
    answers = [person.get("/tasks") for _ in range(40)]
    refused = [a for a in answers if a.status_code == 429]
    assert 15 <= len(refused) <= 22
    assert int(refused[0].headers["retry-after"]) >= 1
    assert "ratelimit" in refused[0].headers and "ratelimit-policy" in answers[0].headers
    assert person.task(), "reading too much does not stop writing"


class TestEveryProgram:
    def test_health(self, system):
        for program in system.programs.values():
            for url in (program.url, program.management_url):
                assert requests.get(url + "/healthz", timeout=5).status_code == 200
                ready = requests.get(url + "/readyz", timeout=5)
                assert ready.status_code == 200 and ready.json()["status"] == "ready"
                assert ready.json()["dependencies"]

    def test_metrics_are_on_the_management_address_only(self, system):
        for program in system.programs.values():
            assert requests.get(program.url + "/metrics", timeout=5).status_code == 404
            text = requests.get(program.management_url + "/metrics", timeout=5).text
            for name in ("cumulo_http_requests_total", "cumulo_http_request_duration_seconds_bucket", "cumulo_build_info",
                         "cumulo_sql_statement_seconds", "cumulo_event_loop_lag_seconds", "process_resident_memory_bytes"):
                assert name in text, name

    def test_metric_labels_are_route_templates(self, person):
        task = person.task()
        person.get(f"/tasks/{task['id']}")
        person.get(f"/nowhere/{task['id']}")
        programs = person.system.replicas(person.system.program_for("/tasks").name)
        text = "".join(requests.get(each.management_url + "/metrics", timeout=5).text for each in programs)
        assert 'route="/tasks/{id}"' in text and task["id"] not in text

    def test_documents(self, system):
        for program in system.programs.values():
            document = requests.get(program.url + "/openapi.json", timeout=5)
            assert document.json()["openapi"].startswith("3.1")
            page = requests.get(program.url + "/docs", timeout=5)
            assert page.headers["content-type"].startswith("text/html") and "/tasks" in page.text
            assert not re.findall(r"(?:src|href)=[\"']https?://(?!cumulo)[^\"']+\.(?:js|css)", page.text)

    def test_healthcheck_command(self, system):
        for program in system.programs.values():
            assert program.run("--healthcheck").returncode == 0

    def test_unknown_settings_are_refused(self, system):
        program = next(iter(system.programs.values()))
        for command in ("--print-config", "serve", "routes"):
            answer = program.run(command, "--no-such-option=1", "--lisen=2")
            assert answer.returncode == 2 and "no-such-option" in answer.stderr and "--listen?" in answer.stderr, command
