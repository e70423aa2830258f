"""What nginx does with requests, held against services that do as they are told, and against the real ones."""

import http.client
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

import pytest
import requests
from harness.contract import METHODS, contract
from harness.gateway import Gateway
from harness.load import Workers
from harness.places import PATIENCE, ROOT, free_port
from harness.raw import RawConnection
from harness.resolver import Resolver

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(ROOT / "tools"))
import gateway_routes  # noqa: E402
from stub import Stub  # noqa: E402

pytestmark = pytest.mark.skipif(PATIENCE > 1, reason="nginx is not instrumented")
TASK = "/tasks/0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00"


@pytest.fixture
def gateway():
    """Makes gateways: `gateway(users=[stub], tasks=[…], notifications=[…], NAME=value…)`."""
    made, folders = [], []

    def make(users=(), tasks=(), notifications=(), environment=None, **variables) -> Gateway:
        folders.append(pathlib.Path(tempfile.mkdtemp(prefix="cumulo-gateway-")))
        nobody = [f"127.0.0.1:{free_port()}"]
        replicas = {name: [each.address for each in stubs] or nobody for name, stubs in (
            ("user-service", users), ("task-service", tasks), ("notification-service", notifications))}
        made.append(Gateway(folders[-1] / "run", replicas, {
            **{f"CUMULO_GATEWAY_{k}": str(v) for k, v in variables.items()}, **(environment or {})}))
        return made[-1].start()

    yield make
    for each in made:
        each.kill()
    for each in folders:
        shutil.rmtree(each, ignore_errors=True)


@pytest.fixture
def stub():
    made = []

    def make(behaviour=None) -> Stub:
        made.append(Stub(behaviour))
        return made[-1]

    yield make
    for each in made:
        each.close()


def problem(answer, status: int) -> dict:
    """The answer as problem+json of that status, or an AssertionError."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    body = answer.json()
    assert body["status"] == status and body["title"] and body["type"].startswith("https://cumulo.dev/problems/")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    return body


class TestRoutes:
    def test_the_written_table_is_the_contract(self):
        assert (ROOT / "api-gateway" / "routes.conf").read_text() == gateway_routes.render(), "run `make docs`"

    def test_every_path_of_the_contract_reaches_its_service(self, gateway, stub):
        services = {"user-service": stub(), "task-service": stub(), "notification-service": stub()}
        g = gateway(users=[services["user-service"]], tasks=[services["task-service"]],
                    notifications=[services["notification-service"]])
        for template, service in gateway_routes.owners().items():
            for prefix in ("", "/api/v1"):
                path = prefix + re.sub(r"\{[^}]+\}", "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00", template)
                for each in services.values():
                    each.seen.clear()
                assert requests.get(g.url + path + "?q=%2F", timeout=10).status_code == 200
                reached = {name: [seen[1] for seen in each.seen] for name, each in services.items() if each.seen}
                assert reached == {service: [path + "?q=%2F"]}, path

    @pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/api/v2/tasks", "/taskss", "/api/v1/taskss/1", "/",
                                      "/metrics", "/api/v1/metrics", "/readyz", "/api/v1/readyz", "/stub_status",
                                      "/.problem/404", "/x/../metrics", "/%6detrics", "//readyz"])
    def test_everything_else_is_closed(self, gateway, stub, path):
        service = stub()
        g = gateway(users=[service], tasks=[service], notifications=[service])
        connection = http.client.HTTPConnection("127.0.0.1", g.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 404 and answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.read())["status"] == 404
        assert not service.seen

    def test_its_own_health(self, gateway):
        g = gateway()
        assert g.run("healthcheck").returncode == 0
        assert requests.get(g.url + "/healthz", timeout=5).json() == {"status": "alive"}
        assert "Active connections" in requests.get(g.status_url + "/stub_status", timeout=5).text
        assert requests.get(g.status_url + "/tasks", timeout=5).status_code == 404

    def test_nobody_behind_is_a_problem_that_says_when_to_come_back(self, gateway):
        g = gateway()
        answer = requests.get(g.url + "/tasks?q=secret", timeout=10)
        problem(answer, 502)
        assert answer.headers["retry-after"] == "1"
        assert g.logged(answer.headers["x-request-id"])["path"] == "/tasks"
        assert requests.get(g.url + "/healthz", timeout=5).status_code == 200


class TestWhatIsPassedOn:
    FORGED = ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Forwarded-User",
              "X-Forwarded-Email", "X-Forwarded-Groups", "X-Remote-User", "Remote-User", "X-User-Id", "X-Account-Id",
              "X-User-Roles", "X-Auth-Request-User", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Client-Cert",
              "X-HTTP-Method-Override", "X_User_Id", "X-Forwarded-Port", "X-Forwarded-Prefix", "Proxy", "X-Internal"]

    def test_identity_that_the_client_claims_is_removed(self, gateway, stub):
        service = stub()
        g = gateway(tasks=[service])
        fields = {name: "forged" for name in self.FORGED}
        fields |= {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        fields |= {"Authorization": "Bearer x", "If-Match": '"7"', "Idempotency-Key": "k", "Accept-Language": "de",
                   "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
        assert requests.get(g.url + "/tasks", headers=fields, timeout=10).status_code == 200
        seen = service.seen[0][2]
        assert "forged" not in seen.values() and "evil.example" not in seen.values(), seen
        assert seen["x-forwarded-for"] == "127.0.0.1" and seen["x-forwarded-proto"] == "http"
        kept = ("authorization", "if-match", "idempotency-key", "accept-language", "traceparent")
        assert {seen[name] for name in kept} == {"Bearer x", '"7"', "k", "de", fields["traceparent"]}

    def test_a_trusted_proxy_names_the_client(self, gateway, stub):
        service = stub()
        g = gateway(tasks=[service], TRUSTED_PROXIES="127.0.0.0/8,10.0.0.0/8")
        requests.get(g.url + "/tasks", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9, 10.1.2.3"}, timeout=10)
        assert service.seen[0][2]["x-forwarded-for"] == "203.0.113.9"

    @pytest.mark.parametrize("given,kept", [("abc-DEF_1.2", True), ("x" * 64, True), ("x" * 65, False), ("a b", False),
                                            ('"}{', False), ("ü", False)])
    def test_request_ids(self, gateway, stub, given, kept):
        service = stub()
        g = gateway(tasks=[service])
        answer = requests.get(g.url + "/tasks", headers={"X-Request-Id": given.encode()}, timeout=10)
        id = answer.headers["x-request-id"]
        assert (id == given) if kept else re.fullmatch(r"[0-9a-f]{12}-\d+-\d+", id)
        assert service.seen[0][2]["x-request-id"] == id and g.logged(id)["path"] == "/tasks"

    def test_no_two_requests_have_the_same_id(self, gateway, stub):
        g = gateway(tasks=[stub()], WORKERS="2")
        ids = []
        for _ in range(3):
            with requests.Session() as session:
                ids += [session.get(g.url + "/tasks", timeout=10).headers["x-request-id"] for _ in range(3)]
        assert len(set(ids)) == 9

    def test_log_lines_are_json_without_secrets(self, gateway, stub):
        g = gateway(tasks=[stub()])
        answer = requests.get(g.url + '/tasks?token=s3cret&q="', timeout=10, headers={
            "Authorization": "Bearer s3cret-token-of-somebody", "User-Agent": 'a"b\\c\t\x7f',
            "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"})
        line = g.logged(answer.headers["x-request-id"])
        assert line["service"] == "task_service" and line["status"] == 200 and line["trace_id"] == "a" * 32
        assert float(line["upstream_seconds"]) >= 0 and line["upstream_status"] == "200" and line["peer"] == "127.0.0.1"
        assert "s3cret" not in (g.folder / "access.log").read_text()

    def test_streams_are_not_held_back(self, gateway, stub):
        service = stub(lambda h, _: h.stream([b": hello\n\n", b"data: 1\n\n", b"data: 2\n\n"], 0.5))
        g = gateway(notifications=[service])
        began = time.monotonic()
        with requests.get(g.url + "/api/v1/stream", stream=True, timeout=10) as answer:
            pieces = answer.iter_content(64)
            first = next(pieces)
            assert first == b": hello\n\n" and time.monotonic() - began < 0.45 * PATIENCE, "the first piece came at once"
            assert b"".join(pieces) == b"data: 1\n\ndata: 2\n\n"

    def test_a_protocol_change_is_passed_through(self, gateway, stub):
        def upgrade(handler, _):
            assert handler.headers["Upgrade"] == "websocket" and handler.headers["Connection"] == "upgrade"
            handler.send_response(101)
            handler.send_header("Upgrade", "websocket")
            handler.send_header("Connection", "Upgrade")
            handler.end_headers()
            handler.wfile.write(b"echo:" + handler.rfile.read(4))
            handler.close_connection = True

        g = gateway(notifications=[stub(upgrade)])
        with RawConnection(g.port) as raw:
            raw.send(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            raw.send(b"ping")
            got = b""
            while b"echo:ping" not in got:
                more = raw.socket.recv(4096)
                assert more, got
                got += more
            assert b"101" in got.split(b"\r\n")[0]


class TestSecondTries:
    """A request that was sent to a service that died goes to another one, if its method or its key makes that safe."""

    @pytest.mark.parametrize("method,fields,tries", [
        ("GET", {}, 3), ("HEAD", {}, 3), ("PUT", {}, 3), ("DELETE", {}, 3), ("PATCH", {}, 1), ("POST", {}, 1),
        ("POST", {"Idempotency-Key": "k"}, 3)])
    def test_after_a_broken_connection(self, gateway, stub, method, fields, tries):
        dead, dead_too = stub(lambda h, _: h.hang_up()), stub(lambda h, _: h.hang_up())
        g = gateway(tasks=[dead, dead_too])
        answer = requests.request(method, g.url + TASK, headers=fields, data=b"{}" if method[0] == "P" else None, timeout=10)
        assert answer.status_code == 502
        if method != "HEAD":
            problem(answer, 502)
        sent = dead.seen + dead_too.seen
        assert len(sent) == tries and {seen[0] for seen in sent} == {method}
        if method[0] == "P":
            assert {seen[3] for seen in sent} == {b"{}"}

    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
    def test_nobody_listening_costs_nothing(self, gateway, stub, method):
        class Nobody:
            address = f"127.0.0.1:{free_port()}"

        alive = stub()
        g = gateway(tasks=[Nobody, alive])
        for _ in range(20):
            assert requests.request(method, g.url + TASK, timeout=10).status_code == 200
        assert len(alive.seen) == 20

    def test_answers_are_not_second_guessed(self, gateway, stub):
        refusing = stub(lambda h, _: h.reply(503, b'{"status":503}', "application/problem+json"))
        other = stub()
        g = gateway(tasks=[refusing, other])
        codes = [requests.get(g.url + "/tasks", timeout=10).status_code for _ in range(30)]
        assert codes.count(503) == len(refusing.seen) and codes.count(200) == len(other.seen) > 0

    def test_one_name_alone_may_be_a_balancer_with_others_behind(self, gateway, stub):
        flaky = stub(lambda h, n: h.hang_up() if n == 1 else h.reply(200, b"{}"))
        assert requests.get(gateway(tasks=[flaky]).url + "/tasks", timeout=10).status_code == 200

    def test_a_silent_service_ends_in_504(self, gateway, stub):
        g = gateway(tasks=[stub(lambda h, _: time.sleep(3))], UPSTREAM_TIMEOUT="1s")
        problem(requests.post(g.url + "/tasks", timeout=10), 504)


class TestLimits:
    def test_by_address(self, gateway, stub):
        service = stub()
        g = gateway(tasks=[service], RATE_ADDRESS=5, BURST_ADDRESS=10)
        began = time.monotonic()
        answers = [requests.get(g.url + "/tasks", timeout=10) for _ in range(30)]
        refused = [a for a in answers if a.status_code != 200]
        allowed = 10 + 5 * (time.monotonic() - began)
        assert 30 - allowed - 2 <= len(refused) <= 20
        problem(refused[0], 429)
        assert int(refused[0].headers["retry-after"]) >= 1
        assert len(service.seen) == 30 - len(refused)

    def test_by_token(self, gateway, stub):
        g = gateway(tasks=[stub()], RATE_TOKEN=1, BURST_TOKEN=5)

        def refused(token):
            fields = {"Authorization": f"Bearer {token}"} if token else {}
            answers = [requests.get(g.url + "/tasks", headers=fields, timeout=10) for _ in range(15)]
            return sum(a.status_code == 429 for a in answers)

        header = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0."
        assert refused(header + "A" * 86) >= 7
        assert refused(header + "A" * 85 + "B") >= 7, "another token, another allowance"
        assert refused("0123456789abcdef") >= 7, "a short one"
        assert refused(None) == 0

    def test_connections(self, gateway, stub):
        slow = stub(lambda h, _: (time.sleep(1.5), h.reply(200, b"{}")))
        g = gateway(tasks=[slow], CONNECTIONS_ADDRESS=2)
        raws = [RawConnection(g.port) for _ in range(4)]
        for raw in raws:
            raw.send(b"GET /tasks HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sorted(raw.read_answer().status for raw in raws) == [200, 200, 429, 429]
        for raw in raws:
            raw.close()

    def test_bodies(self, gateway, stub):
        service = stub()
        g = gateway(tasks=[service], MAX_BODY="100k")
        problem(requests.post(g.url + "/tasks", data=b"x" * 102_401, timeout=10), 413)
        assert not service.seen
        assert requests.post(g.url + "/tasks", data=b"x" * 102_400, timeout=10).status_code == 200
        assert len(service.seen[0][3]) == 102_400

    @pytest.mark.parametrize("fields", [{}, {"Idempotency-Key": "k"}])
    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_batch_may_be_larger(self, gateway, stub, fields, chunked):
        service = stub()
        g = gateway(notifications=[service])

        def send(size):
            body = b"x" * size
            return requests.post(g.url + "/api/v1/notify/batch", data=iter([body]) if chunked else body, headers=fields, timeout=10)

        assert send(4 << 20).status_code == 200
        assert len(service.seen[0][3]) == 4 << 20
        problem(send((4 << 20) + 1), 413)
        problem(requests.post(g.url + "/notify", data=b"x" * ((1 << 20) + 1), timeout=10), 413)

    def test_headers(self, gateway, stub):
        g = gateway(tasks=[stub()])
        problem(requests.get(g.url + "/tasks", headers={"X-Long": "x" * 20_000}, timeout=10), 431)
        problem(requests.get(g.url + "/tasks?" + "x" * 20_000, timeout=10), 414)
        assert requests.get(g.url + "/tasks?" + "x" * 8_000, timeout=10).status_code == 200

    @pytest.mark.parametrize("sent", [b"GET /tasks HTTP/1.1\r\n\r\n", b"GET /tasks HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                                      b"POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
                                      b"GET \x01 HTTP/1.1\r\nHost: x\r\n\r\n", b"NONSENSE\r\n\r\n",
                                      b"POST /tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"])
    def test_what_is_no_http(self, gateway, stub, sent):
        service = stub()
        g = gateway(tasks=[service])
        with RawConnection(g.port) as raw:
            raw.send(sent)
            answer = raw.read_answer()
        assert answer.status == 400 and answer.fields["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["request_id"] == answer.fields["x-request-id"]
        assert not service.seen

    def test_slow_clients_are_let_go(self, gateway):
        g = gateway(HEADER_TIMEOUT="1s")
        with RawConnection(g.port) as raw:
            raw.send(b"GET /tasks HTTP/1.1\r\nHost: x\r\nX-Slow:")
            assert raw.is_closed_by_server()


class TestTls:
    def curl(self, *arguments) -> str:
        done = subprocess.run(["curl", "-sS", "--max-time", "10", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_a_self_made_certificate(self, gateway, stub):
        service = stub()
        g = gateway(tasks=[service], TLS="self-signed", TLS_NAMES="cumulo.example,localhost")
        trusted = ["--cacert", str(g.folder / "self-signed.crt"), "--resolve", f"cumulo.example:{g.tls_port}:127.0.0.1"]
        url = f"https://cumulo.example:{g.tls_port}/tasks"
        written = self.curl(*trusted, "-o", "/dev/null", "-D", "-", "-w", "%{http_version} %{http_code}", url)
        assert written.endswith("2 200"), written
        assert "strict-transport-security: max-age=31536000" in written.lower()
        assert service.seen[0][2]["x-forwarded-proto"] == "https" and service.seen[0][2]["host"] == "cumulo.example"
        key = g.folder / "self-signed.key"
        assert key.stat().st_mode & 0o077 == 0
        assert self.curl(*trusted, "--http1.1", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", url) == "1.1 200"

    def test_plain_http_leads_to_tls(self, gateway):
        g = gateway(TLS="self-signed")
        answer = requests.post(g.url + "/tasks?a=b", timeout=10, allow_redirects=False)
        assert answer.status_code == 308 and answer.headers["location"] == f"https://127.0.0.1:{g.tls_port}/tasks?a=b"

    @pytest.mark.parametrize("published,port", [("443", ""), ("4430", ":4430"), ("127.0.0.1:9443", ":9443")])
    def test_and_to_the_port_that_clients_reach(self, gateway, published, port):
        g = gateway(TLS="self-signed", TLS_PORT=published)
        answer = requests.get(g.url + "/tasks", timeout=10, allow_redirects=False)
        assert answer.headers["location"] == f"https://127.0.0.1{port}/tasks"

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_old_protocols_are_refused(self, gateway):
        g = gateway(TLS="self-signed")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)), RawConnection(g.tls_port) as raw:
            context.wrap_socket(raw.socket)

    def test_no_hsts_without_tls(self, gateway, stub):
        answer = requests.get(gateway(tasks=[stub()]).url + "/tasks", timeout=10)
        assert "strict-transport-security" not in answer.headers


class TestPage:
    def test_files(self, gateway):
        root = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-page-"))
        root.chmod(0o755)
        try:
            (root / "assets").mkdir()
            (root / "index.html").write_text("<!doctype html><title>Cumulo</title>" + "x" * 1000)
            (root / "assets" / "app-3f2a9c01.js").write_text("let a = 1;" * 200)
            g = gateway(WEB_ROOT=root)
            for path in ("/", "/app", "/app/tasks/1"):
                page = requests.get(g.url + path, timeout=10)
                assert page.status_code == 200 and "<title>Cumulo" in page.text
                assert page.headers["content-encoding"] == "gzip" and page.headers["cache-control"] == "no-cache"
                assert "default-src 'self'" in page.headers["content-security-policy"]
            script = requests.get(g.url + "/assets/app-3f2a9c01.js", timeout=10)
            assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert "javascript" in script.headers["content-type"] and script.headers["content-encoding"] == "gzip"
            problem(requests.get(g.url + "/assets/none-3f2a9c02.js", timeout=10), 404)
            problem(requests.get(g.url + "/nowhere", timeout=10), 404)
        finally:
            shutil.rmtree(root)


class TestConfiguration:
    @pytest.mark.parametrize("variable,value", [("LISTEN", "0.0.0.0:1; return 200"), ("RATE_ADDRESS", "many"), ("TLS", "yes"),
                                                ("TASK_SERVICE", "tasks"), ("WEB_ROOT", "/a{b"), ("BURST_TOKEN", "0"),
                                                ("TLS_CERTIFICATE", "a'b")])
    def test_bad_values_are_refused_by_name(self, tmp_path, variable, value):
        done = Gateway(tmp_path, {}, {f"CUMULO_GATEWAY_{variable}": value}).run("test")
        assert done.returncode != 0 and (variable in done.stderr or value in done.stderr), done.stderr

    @pytest.mark.parametrize("variables", [{}, {"TLS": "self-signed"}, {"TLS": "self-signed", "TLS_REDIRECT": "off"},
                                           {"TRUSTED_PROXIES": "10.0.0.0/8,192.168.0.0/16"}, {"WEB_ROOT": "/srv/web"}, {"ACCESS_LOG": "off"}])
    def test_nginx_takes_it(self, tmp_path, variables):
        done = Gateway(tmp_path, {"user-service": ["localhost:8080"]},
                       {f"CUMULO_GATEWAY_{k}": v for k, v in variables.items()}).run("test")
        assert done.returncode == 0 and "warn" not in done.stderr, done.stderr

    def test_every_variable_is_documented(self):
        script = (ROOT / "api-gateway" / "gateway").read_text()
        read = set(re.findall(r'^: "\$\{(CUMULO_GATEWAY_[A-Z_]+):=', script, re.MULTILINE))
        documented = set(re.findall(r"^\| `(CUMULO_GATEWAY_[A-Z_]+)`", (ROOT / "api-gateway" / "README.md").read_text(), re.MULTILINE))
        assert read == documented

    def test_it_stops_when_told(self, gateway, stub):
        slow = stub(lambda h, _: (time.sleep(1), h.reply(200, b"{}")))
        g = gateway(tasks=[slow])
        with RawConnection(g.port) as raw:
            raw.send(b"GET /tasks HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.3)
            assert g.stop() == 0
            assert raw.read_answer().status == 200, "what was under way was finished"


class Clients(Workers):
    """They ask again and again, each over a connection that is kept until an answer says that it ends."""

    def __init__(self, port: int, count: int = 6):
        self.answered, self.failed, self._port = 0, [], port
        super().__init__(self._ask, count)

    def _ask(self, _):
        connection = None
        while not self._stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
                    connection.connect()
            except OSError:  # it does not listen
                connection = None
                time.sleep(0.05)
                continue
            try:
                connection.request("GET", "/tasks")
                answer = connection.getresponse()
                answer.read()
                self.answered += 1
                if answer.status != 200:
                    self.failed.append(answer.status)
                if answer.will_close:
                    connection = None
            except (OSError, http.client.HTTPException) as e:
                self.failed.append(repr(e))
                connection = None


class TestReload:
    def test_other_addresses_break_no_connection(self, tmp_path, gateway, stub):
        service = stub()
        resolver = Resolver(tmp_path)
        resolver.say("127.0.0.1")
        g = gateway(environment={"PATH": resolver.path}, RESOLVE_EVERY=1,
                    TASK_SERVICE="tasks:" + service.address.split(":")[1])
        with Clients(g.port) as clients:
            for two in (True, False, True):
                time.sleep(1)
                resolver.say("127.0.0.1", *(["127.0.0.2"] if two else []))
                g.wait_for_configuration(lambda text, two=two: ("127.0.0.2:" in text) == two)
                time.sleep(1)
            resolver.say()  # a name server that is away changes nothing
            time.sleep(3)
        assert clients.answered > 20 and not clients.failed

    def test_a_stop_breaks_no_connection(self, gateway, stub):
        g = gateway(tasks=[stub()])
        with Clients(g.port) as clients:
            time.sleep(0.5)
            assert g.stop() == 0
        assert clients.answered > 20 and not clients.failed


def test_the_real_services_answer_through_it(systems):
    system = systems("gateway")
    person = system.register()
    task = person.task("through the gateway")
    assert person.get(f"/api/v1/tasks/{task['id']}").json() == task
    assert person.get("/notifications").status_code == 200 and person.get("/profile").json()["id"] == person.id
    methods = {m for m, _, _ in contract().operations()}
    assert methods <= set(METHODS)
    upstreams = {line["upstream"] for line in system.gateway.access_log() if line["service"] == "task_service"}
    for _ in range(40):
        last = person.get("/tasks")
    system.gateway.logged(last.headers["x-request-id"])
    upstreams |= {line["upstream"] for line in system.gateway.access_log() if line["service"] == "task_service"}
    assert len(upstreams) == 2, "both replicas get their share"
