"""Writers that remember what was acknowledged."""

import threading
import time
import uuid

import requests


class Writers:
    """Threads that create tasks one after the other and note each 201. Refusals and broken connections are noted too;
    nothing is sent twice."""

    def __init__(self, system, person, threads: int = 8, pause: float = 0):
        self.acknowledged: dict = {}   # id → title
        self.refused: list = []        # status codes other than 201
        self.broken = 0                # connections that ended without an answer
        self._url = system.url_for("/tasks")
        self._token = person.access_token
        self._pause = pause
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write, daemon=True) for _ in range(threads)]

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

    def wait_for(self, count: int, seconds: float = 60):
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, f"only {len(self.acknowledged)} of {count}; refused {self.refused[:5]}"
            time.sleep(0.01)

    def _write(self):
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
