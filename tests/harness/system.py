"""The whole system in one of its shapes, and people who use it."""

import dataclasses
import itertools
import os
import pathlib
import shutil
import tempfile
import time

import requests

from .contract import contract
from .gateway import Gateway
from .nats import Nats
from .places import PATIENCE
from .postgres import Postgres
from .program import Program

SERVICES = {"user-service": "users", "task-service": "tasks", "notification-service": "notifications"}
PASSWORD = "correct horse battery staple 7"

_numbers = itertools.count(1)


def unique(stem: str) -> str:
    """A name that no other test, worker or run uses."""
    return f"{stem}-{os.getpid()}-{next(_numbers)}"


class Deployed:
    """A system that somebody else has started and that only its address is known of."""

    def __init__(self, url: str):
        self.url = url
        self.name = "api-gateway"

    def wait_for(self, condition, seconds: float):
        deadline = time.monotonic() + seconds * PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{self.url} did not get there in {seconds} s"
            time.sleep(0.05)

    def start(self):
        pass

    def kill(self):
        pass


class System:
    """`standalone`: one process, SQLite. `services-postgres`: three processes, PostgreSQL. `services-sqlite`: three
    processes with a SQLite file each. `services-nats`: three processes, PostgreSQL, events over NATS. `gateway`: two processes of each service, PostgreSQL, and a real nginx that people
    talk to. `deployed`: whatever listens at CUMULO_TEST_URL, empty as yet. `start()` starts it."""

    SHAPES = ("standalone", "services-postgres", "services-sqlite", "services-nats", "gateway", "deployed")

    def __init__(self, shape: str, environment: dict | None = None, folder: pathlib.Path | None = None,
                 gateway_environment: dict | None = None, nats=None, postgres: Postgres | None = None):
        """`nats`, `postgres`: instead of those of its own; started by the caller, closed with the system."""
        assert shape in self.SHAPES
        self.shape = shape
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="cumulo-test-"))
        self.postgres: Postgres | None = postgres
        if shape in ("services-postgres", "services-nats", "gateway"):
            self.postgres = postgres or Postgres()
        self.nats = nats or (Nats().start() if shape == "services-nats" else None)
        self.gateway: Gateway | Deployed | None = None
        self.databases: dict = {}
        self.programs: dict = {}
        self._administrator = None
        if shape == "deployed":
            self.gateway = Deployed(os.environ["CUMULO_TEST_URL"])
        elif shape == "standalone":
            self.programs["cumulo"] = Program("cumulo", self.folder / "data", environment)
        else:
            for name, database in SERVICES.items():
                settings = dict(environment or {})
                if self.postgres:
                    self.databases[name] = settings["CUMULO_DATABASE_URL"] = self.postgres.fresh_database()
                if self.nats:
                    settings["CUMULO_BUS_URL"] = self.nats.url
                if shape == "gateway":
                    settings.setdefault("CUMULO_TRUSTED_PROXIES", "127.0.0.0/8")
                self.programs[name] = Program(name, self.folder / database, settings)
                if shape == "gateway":
                    self.programs[name + "-2"] = Program(name, self.folder / (database + "-2"), settings)
            keys = self.programs["user-service"].url + "/.well-known/jwks.json"
            for program in self.programs.values():
                if program.name != "user-service":
                    program.environment["CUMULO_JWKS_URL"] = keys
        if shape == "gateway":
            addresses = {name: [f"127.0.0.1:{each.port}" for each in self.replicas(name)] for name in SERVICES}
            self.gateway = Gateway(self.folder / "gateway", addresses, gateway_environment)

    def replicas(self, name: str) -> list:
        """The programs of one service."""
        return [program for program in self.programs.values() if program.name == name]

    def start(self) -> "System":
        for program in self.programs.values():
            program.start(wait=False)
        for program in self.programs.values():
            program.wait_ready()
        if self.gateway:
            self.gateway.start()
        return self

    def program_for(self, path: str) -> Program | Deployed:
        if self.shape == "deployed":
            return self.gateway
        if self.shape == "standalone":
            return self.programs["cumulo"]
        return self.programs[contract().service_of(path) if contract().service_of(path) in self.programs else "task-service"]

    def url_for(self, path: str) -> str:
        return (self.gateway or self.program_for(path)).url

    def request(self, method: str, path: str, token: str | None = None, check: bool = True, **keywords) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers.update(keywords.pop("headers", None) or {})
        answer = requests.request(method, self.url_for(path) + path, headers=headers, timeout=30 * PATIENCE,
                                  allow_redirects=False, **keywords)
        if check:
            contract().check(method, path, answer)
        return answer

    def register(self, **members) -> "Person":
        """A new account. The first one of a system is the administrator, so tests that need a member ask `administrator`
        first (the fixture `person` does)."""
        members = {"email": unique("person") + "@example.org", "password": PASSWORD, **members}
        answer = self.request("POST", "/register", json=members)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        return Person(self, body["user"]["id"], members["email"], members["password"], body["access_token"],
                      body["refresh_token"])

    @property
    def administrator(self) -> "Person":
        if self._administrator is None:
            self._administrator = self.register(name="Administrator")
        return self._administrator

    def close(self):
        if self.gateway:
            self.gateway.kill()
        for program in self.programs.values():
            if program.process is not None:
                program.kill()
        if self.nats:
            self.nats.close()
        if self.postgres:
            self.postgres.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclasses.dataclass
class Person:
    """Somebody signed in. Every answer is held against the contract."""

    system: System
    id: str
    email: str
    password: str
    access_token: str
    refresh_token: str

    def request(self, method: str, path: str, **keywords) -> requests.Response:
        return self.system.request(method, path, token=self.access_token, **keywords)

    def get(self, path, **keywords):
        return self.request("GET", path, **keywords)

    def post(self, path, json=None, **keywords):
        return self.request("POST", path, json=json, **keywords)

    def put(self, path, json=None, **keywords):
        return self.request("PUT", path, json=json, **keywords)

    def patch(self, path, json=None, **keywords):
        return self.request("PATCH", path, json=json, **keywords)

    def delete(self, path, **keywords):
        return self.request("DELETE", path, **keywords)

    def task(self, title="A task", **members) -> dict:
        answer = self.post("/tasks", {"title": title, **members})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def project(self, name="A project", **members) -> dict:
        answer = self.post("/projects", {"name": name, **members})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def sign_in(self) -> "Person":
        answer = self.system.request("POST", "/login", json={"email": self.email, "password": self.password})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return dataclasses.replace(self, access_token=body["access_token"], refresh_token=body["refresh_token"])
