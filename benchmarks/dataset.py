"""A realistic system: accounts whose tasks were made through the API, so that every row, word and event is what the
program itself writes. Made once for each size, kept in build/bench, brought up to date by the programs themselves when their
schema has grown, and copied for each use."""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import load
import processes
import traffic
from harness.files import copy_database
from harness.places import ROOT
from harness.postgres import Postgres
from harness.raw import RawConnection
from harness.system import PASSWORD, System

STORE = ROOT / "build" / "bench"
EDITION = {"standalone": 1, "services-nats": 2}  # of the data; another one is made anew
SIGNED_IN = {"CUMULO_ACCESS_TOKEN_LIFETIME": "7d"}
#: Registering ten thousand people is no benchmark; their passwords are hashed anew when they sign in.
CHEAP_PASSWORDS = {
    "CUMULO_PASSWORD_HASH_MEMORY": "64KiB",
    "CUMULO_PASSWORD_HASH_PASSES": "1",
    "CUMULO_PASSWORD_HASH_QUEUE": "1024",
}
BATCH = 50_000
MADE = 1_000_000  # tasks; a larger system on SQLite has copies of them, if it is a multiple
LARGEST = 0.1  # the share of one account


@dataclasses.dataclass
class Account:
    id: str
    email: str
    token: str
    tasks: list = dataclasses.field(default_factory=list)
    project: str = ""  # one of theirs


def sizes(accounts: int, tasks: int) -> list:
    """How many tasks each has: one a tenth of all, the others along a long tail, at least one each."""
    first = round(tasks * LARGEST)
    weights = [1 / (n + 10) ** 0.8 for n in range(accounts - 1)]
    share = (tasks - first - (accounts - 1)) / sum(weights)
    others = [1 + int(weight * share) for weight in weights]
    others[0] += tasks - first - sum(others)
    return [first, *others]


@contextlib.contextmanager
def running(shape: str, accounts: int, tasks: int, environment: dict | None = None):
    """(System, its accounts) on a copy of the data, one I/O thread to a program, the largest account first."""
    place = prepared(shape, accounts, tasks)
    folder = STORE / f"running-{time.monotonic_ns()}"
    copy_database(place / "system", folder)
    people = [Account(**each) for each in json.loads((place / "accounts.json").read_text())]
    with contextlib.closing(
        _system(shape, folder, _kept(place), SIGNED_IN, {"CUMULO_IO_THREADS": "1", **(environment or {})})
    ) as system:
        system.start()
        os.sync()  # or commits wait for the copy to reach the disk: the first for half a second, others 30 s later
        yield system, people


def prepared(shape: str, accounts: int, tasks: int) -> pathlib.Path:
    """The folder that holds the data of a stopped system."""
    # Without NATS every event would still wait in the outbox, and be on its way while others are measured.
    shape = shape if shape == "standalone" else "services-nats"
    place = STORE / f"{shape}-{accounts}-{tasks}-{EDITION[shape]}"
    schema = place / "schema"
    if place.exists() and schema.read_text() == _schema():
        return place
    began = time.monotonic()
    if place.exists():
        print(f"(bringing {tasks:,} tasks up to today's schema", end="", file=sys.stderr, flush=True)
        _upgrade(shape, place)
    else:
        print(f"(making {accounts:,} accounts with {tasks:,} tasks for {shape}", end="", file=sys.stderr, flush=True)
        making = place.with_name(place.name + ".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        if shape == "standalone" and tasks > MADE and tasks % MADE == 0:
            _copy(prepared(shape, accounts, MADE), tasks // MADE, making)
        else:
            _make(shape, accounts, tasks, making)
        making.rename(place)
    schema.write_text(_schema())
    print(f": {time.monotonic() - began:.0f} s)", file=sys.stderr)
    return place


def _schema() -> str:
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("*-service/migrations/*.sql"), *ROOT.glob("platform/*/migrations/*.sql")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _kept(place: pathlib.Path) -> Postgres | None:
    return Postgres(place / "postgres") if (place / "postgres").exists() else None


def _system(shape: str, folder: pathlib.Path, postgres: Postgres | None, of_users: dict, of_all: dict) -> System:
    system = System(shape, {"CUMULO_LOG_FILE": "/dev/null", **of_all}, folder=folder, postgres=postgres)
    for program in system.programs.values():
        if program.name in ("cumulo", "user-service"):
            program.environment |= of_users
    return system


def _keep(system: System, place: pathlib.Path):
    """Stops it and puts its data there."""
    for program in system.programs.values():
        program.stop()
    if system.postgres:
        for database in system.databases.values():
            system.postgres.run("vacuumdb", "--analyze", "-d", database)
        system.postgres.stop()
        shutil.rmtree(place / "postgres", ignore_errors=True)
        subprocess.run(["cp", "-a", str(system.postgres.folder / "data"), str(place / "postgres")], check=True)
    shutil.rmtree(place / "system", ignore_errors=True)
    shutil.copytree(system.folder, place / "system")


def _upgrade(shape: str, place: pathlib.Path):
    folder = place.with_name(place.name + ".new")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place / "system", folder)
    with contextlib.closing(_system(shape, folder, _kept(place), SIGNED_IN, {})) as system:
        system.start()
        _settle(system)
        _keep(system, place)


def _make(shape: str, accounts: int, tasks: int, place: pathlib.Path):
    with contextlib.closing(_system(shape, place / "making", None, {**SIGNED_IN, **CHEAP_PASSWORDS}, {})) as system:
        system.start()
        system.administrator  # noqa: B018  the first account is special
        people = _register(system, accounts)
        chance = random.Random(tasks)
        owners = [person for person, count in zip(people, sizes(accounts, tasks)) for _ in range(count)]
        chance.shuffle(owners)
        for start in range(0, tasks, BATCH):
            made = [
                traffic.create(owner.token, chance, owner.project if chance.random() < 0.5 else "")
                for owner in owners[start : start + BATCH]
            ]
            load.run(system.program_for("/tasks").port, made, in_order=True, connections=64)
        _settle(system)
        by_id = {person.id: person for person in people}
        for owner, task in _made_tasks(system):
            by_id[owner].tasks.append(task)
        (place / "accounts.json").write_text(json.dumps([dataclasses.asdict(person) for person in people]))
        _keep(system, place)


ID_COLUMNS = {"id", "space_id", "project_id", "account_id", "created_by", "task_id"}


def _copy(one: pathlib.Path, times: int, place: pathlib.Path):
    """The task-service's rows of `one` so many times, each time as those of other accounts. The copies' accounts have no
    rows elsewhere: nobody signs in to them, they are what else there is."""
    shutil.copytree(one, place, dirs_exist_ok=True)
    file = pathlib.Path("system", "data", "tasks.db")

    def copied(column: str, number: int) -> str:
        """A digit of what is random in an id becomes another one in each copy."""
        digits = "0123456789abcdef" * 2
        if column in ID_COLUMNS:
            digit = f"substr('{digits}', instr('{digits}', substr({column}, 25, 1)) + {number}, 1)"
            return f"substr({column}, 1, 24) || {digit} || substr({column}, 26)"
        if column == "document":
            return f"document + {number} * {step}"
        if column == "words":  # each begins with the end of its space's id
            ends = [f"' ' || substr({id}, -12)" for id in ("space_id", copied("space_id", number))]
            return f"replace(words, {ends[0]}, {ends[1]})"
        return column

    with contextlib.closing(sqlite3.connect(place / file, isolation_level=None)) as database:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -4000000"):
            database.execute(f"PRAGMA {setting}")
        database.execute("ATTACH ? AS one", (str(one / file),))
        (step,) = database.execute("SELECT max(document) FROM one.task_documents").fetchone()
        for table in ("projects", "project_members", "tasks", "task_labels", "task_documents"):
            columns = [row[1] for row in database.execute(f"PRAGMA one.table_info({table})")]
            for number in range(1, times):
                values = ", ".join(copied(column, number) for column in columns)
                database.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM one.{table}")
        database.execute(
            "INSERT INTO task_words (rowid, words) SELECT document, words FROM task_documents WHERE document > ?", (step,)
        )
        database.execute("UPDATE task_words_progress SET indexed_to = (SELECT max(document) FROM task_documents)")
        database.execute("PRAGMA journal_mode = WAL")


def _made_tasks(system: System) -> list:
    """(account, task) of every task."""
    query = "SELECT created_by, id FROM tasks"
    if system.postgres:
        return system.postgres.query(system.databases["task-service"], query)
    with contextlib.closing(sqlite3.connect(system.folder / "data" / "tasks.db")) as database:
        return database.execute(query).fetchall()


def _register(system: System, count: int) -> list:
    """People with a token and a project."""
    people: list = [None] * count
    numbers = iter(range(count))

    def register():
        users = RawConnection(system.program_for("/register").port, seconds=60)
        tasks = RawConnection(system.program_for("/projects").port, seconds=60)
        for n in numbers:
            email = f"person{n}@example.org"
            body = _ask(
                users,
                traffic.request("POST", "/register", body=json.dumps({"email": email, "password": PASSWORD}).encode()),
            )
            person = Account(body["user"]["id"], email, body["access_token"])
            person.project = _ask(tasks, traffic.request("POST", "/projects", person.token, b'{"name":"Home"}'))["id"]
            people[n] = person

    workers = [threading.Thread(target=register) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(people)
    return people


def _ask(connection: RawConnection, request: bytes) -> dict:
    """Again while the answer is "try again shortly"."""
    for _ in range(200):
        connection.send(request)
        answer = connection.read_answer()
        if answer.status == 201:
            return json.loads(answer.body)
        assert answer.status == 503, answer.body
        time.sleep(0.01)
    raise AssertionError(answer.body)


def _settle(system: System):
    """Until nothing is left of what the programs do after they have answered: events, the search index."""
    busy = True
    while busy:
        before = [processes.cpu_seconds([program.process.pid]) for program in system.programs.values()]
        time.sleep(7)
        after = [processes.cpu_seconds([program.process.pid]) for program in system.programs.values()]
        busy = sum(after) - sum(before) > 0.3
