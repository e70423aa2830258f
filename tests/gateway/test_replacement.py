"""Replicas die and are replaced while people work. CUMULO_TEST_GATEWAY_REQUESTS sets the size (15000 is the full one)."""

import os
import random
import threading
import time
import uuid

import pytest
import requests
from harness.load import every_task
from harness.places import PATIENCE
from harness.system import SERVICES

pytestmark = pytest.mark.skipif(PATIENCE > 1, reason="kill and stop have instrumented tests of their own")

REQUESTS = int(os.environ.get("CUMULO_TEST_GATEWAY_REQUESTS") or 900)


class Traffic:
    """Threads that read and write through the gateway, each with a connection of its own. A POST that fails is sent once
    more with the same key; nothing else is repeated."""

    def __init__(self, system, person, threads: int = 6):
        self.gets = self.posts = self.repaired = 0
        self.failed: list = []         # what no repeat repaired, and every GET that failed
        self.titles: list = []         # acknowledged
        self._system, self._person = system, person
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for each in self._threads:
            each.join(60)

    @property
    def total(self) -> int:
        return self.gets + self.posts

    def wait_for(self, more: int, seconds: float = 600):
        goal, deadline = self.total + more, time.monotonic() + seconds
        while self.total < goal:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _work(self, number: int):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self._person.access_token}"
        url, choose = self._system.gateway.url, random.Random(number)
        while not self._stop.is_set():
            if choose.random() < 0.7:
                path = choose.choice(["/tasks?limit=10", "/profile", "/notifications?limit=10", "/projects"])
                outcome = self._send(session, "GET", url + path)
                with self._lock:
                    self.gets += 1
                    if outcome != 200:
                        self.failed.append(("GET", path, outcome))
            else:
                title = str(uuid.uuid4())
                body = {"json": {"title": title}, "headers": {"Idempotency-Key": title}}
                outcome = self._send(session, "POST", url + "/tasks", **body)
                again = outcome if outcome == 201 else self._send(session, "POST", url + "/tasks", **body)
                with self._lock:
                    self.posts += 1
                    self.repaired += outcome != 201
                    if again == 201:
                        self.titles.append(title)
                    else:
                        self.failed.append(("POST", outcome, again))

    @staticmethod
    def _send(session, method, url, **keywords):
        try:
            return session.request(method, url, timeout=30, **keywords).status_code
        except requests.RequestException as e:
            return str(e)

    def check(self):
        """Nothing failed, and everything acknowledged is there once."""
        assert not self.failed, f"{len(self.failed)} of {self.total} failed: {self.failed[:5]}"
        there = [task["title"] for task in every_task(self._person).values()]
        assert len(there) == len(set(there)), "something was done twice"
        assert set(self.titles) <= set(there)
        print(f"\n{self.gets} GET and {self.posts} POST, none failed, {self.repaired} POST repaired by a repeat")


@pytest.mark.parametrize("service", SERVICES)
def test_rolling_replacement_under_load(own_system, service):
    system = own_system("gateway")
    person = system.register()
    with Traffic(system, person) as traffic:
        traffic.wait_for(REQUESTS // 6)
        for program in system.replicas(service):
            assert program.stop() == 0
            traffic.wait_for(REQUESTS // 6)
            program.start()
            traffic.wait_for(REQUESTS // 6)
    traffic.check()


def test_kill_of_one_of_two_replicas_under_load(own_system):
    system = own_system("gateway")
    person = system.register()
    with Traffic(system, person) as traffic:
        for service in ("task-service", "user-service", "notification-service"):
            for program in system.replicas(service)[1:]:
                traffic.wait_for(REQUESTS // 6)
                program.kill()
                traffic.wait_for(REQUESTS // 6)
                program.start()
    traffic.check()
