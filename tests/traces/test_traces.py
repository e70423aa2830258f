"""Traces as a collector receives them: one request, through the gateway and three processes and over the bus, is one tree."""

import concurrent.futures
import json
import pathlib
import subprocess
import time

import pytest
import requests
from harness.gateway import Gateway
from harness.places import PATIENCE
from harness.receiver import Receiver
from harness.system import SERVICES

HERE = pathlib.Path(__file__).parent
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
TRACE_IDS = iter(f"{n:032x}" for n in range(0xAB000000, 0xABFFFFFF))


def traceparent(trace_id: str, sampled: bool = True) -> dict:
    return {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-0{int(sampled)}"}


class Collector(Receiver):
    def url_base(self) -> str:
        return self.url("")

    def spans(self, trace_id: str | None = None) -> list:
        """What has come so far; each with its service."""
        found = []
        for request in self.requests:
            assert request["path"] == "/v1/traces" and request["headers"]["content-type"] == "application/json"
            for batch in json.loads(request["body"])["resourceSpans"]:
                resource = attributes(batch["resource"])
                found += [{**span, "service": resource["service.name"]} for scope in batch["scopeSpans"] for span in scope["spans"]]
        return [span for span in found if trace_id in (None, span["traceId"])]

    def soon(self, trace_id: str, enough, seconds: float = 20) -> list:
        deadline = time.monotonic() + seconds * PATIENCE
        while not enough(spans := self.spans(trace_id)):
            assert time.monotonic() < deadline, json.dumps(spans, indent=1)
            time.sleep(0.1)
        return spans


def attributes(owner: dict) -> dict:
    return {each["key"]: next(iter(each["value"].values())) for each in owner["attributes"]}


def by_name(spans: list, name: str) -> list:
    return [span for span in spans if span["name"] == name]


@pytest.fixture
def collector():
    one = Collector(lambda request: (200, {"Content-Type": "application/json"}, b"{}"))
    yield one
    one.close()


@pytest.fixture
def traced_system(own_system, collector):
    def make(shape, **environment):
        return own_system(shape, {"CUMULO_OTLP_ENDPOINT": collector.url_base(), "CUMULO_TRACE_ONE_IN": "0", **environment})
    return make


def test_one_request_is_one_tree_through_the_gateway_three_processes_and_the_bus(traced_system, collector):
    system = traced_system("services-nats", CUMULO_TRUSTED_PROXIES="127.0.0.0/8")
    gateway = Gateway(system.folder / "gateway", {name: [f"127.0.0.1:{system.programs[name].port}"] for name in SERVICES})
    gateway.start()
    try:
        trace_id = next(TRACE_IDS)
        answer = requests.post(gateway.url + "/api/v1/register", timeout=30, headers=traceparent(trace_id),
                               json={"email": "ada@example.org", "password": "seven purple llamas on a bicycle"})
        assert answer.status_code == 201, answer.text
        event = "io.cumulo.user.registered.v1"

        def complete(spans):
            consumers = {span["service"] for span in by_name(spans, f"process {event}")}
            ids = {span["spanId"] for span in spans} | {"00f067aa0ba902b7"}
            return consumers >= {"task-service", "notification-service"} and all(span["parentSpanId"] in ids for span in spans)

        spans = collector.soon(trace_id, complete)
        logged = gateway.logged(answer.headers["X-Request-Id"])
        assert logged["trace_id"] == trace_id
        begun = requests.get(gateway.url + "/healthz", timeout=30)
        assert "traceparent" not in begun.headers, "the gateway's own answer"
        begun = requests.get(gateway.url + "/api/v1/tasks", timeout=30)
        assert gateway.logged(begun.headers["X-Request-Id"])["trace_id"] == begun.headers["traceparent"][3:35]
    finally:
        gateway.kill()

    (server,) = by_name(spans, "POST /register")
    assert server["service"] == "user-service" and server["kind"] == SERVER
    assert server["parentSpanId"] == "00f067aa0ba902b7", "the client's span, through the gateway"
    assert answer.headers["traceparent"] == f"00-{trace_id}-{server['spanId']}-01"
    assert attributes(server) == {"http.request.method": "POST", "http.route": "/register", "http.response.status_code": "201",
                                  "cumulo.request_id": answer.headers["X-Request-Id"]}

    assert len({span["spanId"] for span in spans}) == len(spans), "ids are unique"
    for span in spans:
        assert 0 < int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        assert int(span["startTimeUnixNano"]) >= int(server["startTimeUnixNano"])
    (published,) = by_name(spans, f"publish {event}")
    assert published["kind"] == PRODUCER and published["parentSpanId"] == server["spanId"]
    for consumed in by_name(spans, f"process {event}"):
        assert consumed["kind"] == CONSUMER and consumed["parentSpanId"] == published["spanId"]
        below = [span for span in spans if span["parentSpanId"] == consumed["spanId"]]
        assert below and all(span["service"] == consumed["service"] and span["kind"] == CLIENT for span in below)
    statements = [span for span in spans if span["kind"] == CLIENT]
    assert all(attributes(span)["db.system.name"] == "postgresql" for span in statements)
    assert {attributes(span)["db.namespace"] for span in statements} == {
        url.rsplit("/", 1)[1].split("?")[0] for url in system.databases.values()}

    for name, program in system.programs.items():
        lines = [json.loads(line) for line in program.log.splitlines() if trace_id in line]
        assert lines or name != "user-service", "log lines name the trace"
    # By the protobuf definition that OpenTelemetry itself is built from.
    bodies = [request["body"].decode() for request in collector.requests]
    done = subprocess.run(["node", "verify.mjs"], cwd=HERE, input=json.dumps(bodies), capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == {"accepted"}, done.stdout[:2000]


@pytest.mark.parametrize("shape", ["standalone", "services-postgres"])
def test_statements_belong_to_the_request_that_asked_for_them(traced_system, collector, shape):
    system = traced_system(shape)
    person = system.register()
    task = person.task("Tea")

    def ask(method, path, sampled=True, **keywords):
        trace_id = next(TRACE_IDS)
        answer = person.request(method, path, headers=traceparent(trace_id, sampled), check=False, **keywords)
        assert answer.status_code < 300, answer.text
        return trace_id

    def read(sampled=True):
        return ask("GET", f"/tasks/{task['id']}", sampled)

    def write():
        return ask("POST", "/tasks", json={"title": "Coffee"})

    def names(trace_id, route):
        """Of the statements of the request itself; what follows from its event comes later."""
        spans = collector.soon(trace_id, lambda found: by_name(found, route))
        mine, statements = {by_name(spans, route)[0]["spanId"]}, [span for span in spans if span["kind"] == CLIENT]
        while more := [span for span in statements if span["parentSpanId"] in mine and span["spanId"] not in mine]:
            mine |= {span["spanId"] for span in more}
        return sorted(span["name"] for span in statements if span["spanId"] in mine)

    alone = names(read(), "GET /tasks/{id}"), names(write(), "POST /tasks")
    assert alone[0] and alone[1] and alone[0] != alone[1]
    # Many at once on the same threads, with and without a recorded trace, tell nobody else's statements.
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        jobs = [(pool.submit(read), pool.submit(write), pool.submit(read, False)) for _ in range(40)]
    for reading, writing, unseen in jobs:
        assert names(reading.result(), "GET /tasks/{id}") == alone[0]
        assert names(writing.result(), "POST /tasks") == alone[1]
        assert not collector.spans(unseen.result())
    assert not [span for span in collector.spans() if int(span["traceId"], 16) < 0xAB000000], "nothing that nobody asked for"


def test_one_in_so_many_traces_that_begin_here_is_recorded(traced_system, collector):
    system = traced_system("standalone", CUMULO_TRACE_ONE_IN="1")
    person = system.register()
    answer = person.get("/tasks")
    trace_id = answer.headers["traceparent"][3:35]
    (server,) = by_name(collector.soon(trace_id, lambda found: by_name(found, "GET /tasks")), "GET /tasks")
    assert "parentSpanId" not in server
    requests.get(system.programs["cumulo"].management_url + "/metrics", timeout=10)
    refused = person.request("GET", "/tasks/unknown", check=False)
    spans = collector.soon(refused.headers["traceparent"][3:35], bool)
    assert not any(span.get("status") for span in spans), "a 404 is no failure of ours"
    assert not [span for span in collector.spans() if attributes(span).get("http.route") == "/metrics"]


def test_a_collector_that_is_away_costs_spans_not_requests(traced_system, collector):
    system = traced_system("standalone", CUMULO_TRACE_ONE_IN="1")
    program = system.programs["cumulo"]
    person = system.register()
    collector.answer = lambda request: 400
    for _ in range(20):
        assert person.get("/tasks").status_code == 200
    program.wait_for(lambda: program.metric("cumulo_trace_spans_total", outcome="failed") >= 20, 20)
    program.wait_for(lambda: "spans cannot be exported" in program.log, 5)
    collector.answer = lambda request: (200, {}, b"{}")
    trace_id = person.get("/tasks").headers["traceparent"][3:35]
    collector.soon(trace_id, bool)
    assert program.metric("cumulo_trace_spans_total", outcome="dropped") == 0
    # What is still in memory at a stop is sent before the end.
    trace_id = person.get("/tasks").headers["traceparent"][3:35]
    assert program.stop() == 0
    assert collector.spans(trace_id)


def test_an_endpoint_that_is_none_is_a_refusal_to_start(own_system):
    from harness.program import Program

    folder = own_system().folder
    program = Program("cumulo", folder / "other", {"CUMULO_OTLP_ENDPOINT": "collector:4318"})
    done = program.run("serve")
    assert done.returncode == 1 and "otlp-endpoint" in done.stderr
