"""Readers and writers that remember what was acknowledged."""

import random
import threading
import time
import uuid

import requests


class Workers:
    """Threads that do one thing again and again, each told its number, from the beginning of a `with` to its end."""

    def __init__(self, work, count: int):
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(count)]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        for each in self._threads:
            each.join(60)


class Writers(Workers):
    """Threads that create tasks one after the other and note each 201. Refusals and broken connections are noted too;
    nothing is sent twice."""

    def __init__(self, system, person, threads: int = 8, pause: float = 0):
        self.acknowledged: dict = {}   # id → title
        self.refused: list = []        # status codes other than 201
        self.broken = 0                # connections that ended without an answer
        self._url = system.url_for("/tasks")
        self._token = person.access_token
        self._pause = pause
        super().__init__(self._write, threads)

    def wait_for(self, count: int, seconds: float = 60):
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, f"only {len(self.acknowledged)} of {count}; refused {self.refused[:5]}"
            time.sleep(0.01)

    def _write(self, _):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self._token}"
        while not self._stop.is_set():
            title = str(uuid.uuid4())
            try:
                answer = session.post(self._url + "/tasks", json={"title": title, "labels": ["load"]}, timeout=30)
            except requests.RequestException:
                with self._lock:
                    self.broken += 1
                time.sleep(0.05)
                continue
            with self._lock:
                if answer.status_code == 201:
                    self.acknowledged[answer.json()["id"]] = title
                else:
                    self.refused.append(answer.status_code)
            if self._pause:
                time.sleep(self._pause)
            if answer.status_code != 201:
                time.sleep(0.02)


def every_task(person) -> dict:
    """id → task, over all pages."""
    found, cursor = {}, ""
    while cursor is not None:
        page = person.get("/tasks?limit=200" + (f"&cursor={cursor}" if cursor else ""), check=False).json()
        found.update({t["id"]: t for t in page["items"]})
        cursor = page["next_cursor"]
    return found


class Traffic(Workers):
    """Threads that read and write through the gateway, each with a connection of its own. A POST that fails is sent once
    more with the same key; nothing else is repeated."""

    def __init__(self, system, person, threads: int = 6):
        self.gets = self.posts = self.repaired = 0
        self.failed: list = []         # what no repeat repaired, and every GET that failed
        self.titles: list = []         # acknowledged
        self._system, self._person = system, person
        super().__init__(self._work, threads)

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
