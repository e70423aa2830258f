#!/usr/bin/python3
"""What the hot paths cost in instructions of the program (user space, all threads), as callgrind counts them. Needs no
quiet machine.

    benchmarks/instructions.py profile [PATH…]   per request, by object file and by function (`make profile`)
    benchmarks/instructions.py check             exit 1 if one is over benchmarks/instructions.json by more than 5 %
    benchmarks/instructions.py record            writes that file anew; say in the commit why

One client with one connection asks the standalone program on SQLite (one I/O thread, logging, metrics and
authentication on; no rate limits) whose caller has 1,000 tasks. A write's count holds all that follows from it: its
commit, its event's delivery to the consumers, and theirs. The kernel's work, which is most of a cheap request, is not
counted. Run after run the counts of reads differ by less than 1 %, those of writes by less than 3 %; on a machine that
is very busy now and then by more, so what seems to have grown is counted again, up to twice, and the lowest count
stands.
"""

import argparse
import contextlib
import json
import pathlib
import random
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import limits  # noqa: E402
import traffic  # noqa: E402
from callgrind import ANY_PROCESSOR, Callgrind, Window, short  # noqa: E402
from harness.program import Program  # noqa: E402
from harness.raw import RawConnection  # noqa: E402
from harness.system import PASSWORD  # noqa: E402

RECORD = pathlib.Path(__file__).with_name("instructions.json")
TOLERANCE = 0.05
TASKS = 1000
WARM_UP, REQUESTS, WINDOWS = 20, 10, 8
#: Seconds after each write: its event is relayed and consumed alone, as often as there are writes.
QUIET = 0.06
PATHS = [
    "constant",
    "get",
    "list",
    "list by project",
    "list by due",
    "list by label",
    "search",
    "create",
    "update",
    "delete",
]


class Client:
    """One connection; every answer must be a 2xx."""

    def __init__(self, port: int):
        self._connection = RawConnection(port, seconds=60)

    def ask(self, request: bytes) -> bytes:
        self._connection.send(request)
        answer = self._connection.read_answer()
        assert 200 <= answer.status < 300, (request, answer.status, answer.body)
        return answer.body


def registered(client: Client) -> str:
    """The token of a new account."""
    body = json.dumps({"email": "ada@example.org", "password": PASSWORD}).encode()
    return json.loads(client.ask(traffic.request("POST", "/register", body=body)))["access_token"]


def filled(program: Program, chance: random.Random) -> tuple:
    """(token, project, task ids) of an account with tasks, half of them in a project; the program is stopped again."""
    program.start()
    client = Client(program.port)
    token = registered(client)
    project = json.loads(client.ask(traffic.request("POST", "/projects", token, b'{"name": "Work"}')))["id"]
    tasks = [
        json.loads(client.ask(traffic.create(token, chance, project if i % 2 == 0 else "")))["id"] for i in range(TASKS)
    ]
    time.sleep(6)  # new words come into the search index every 5 s
    program.stop()
    return token, project, tasks


def counted(callgrind: Callgrind, pid: int, port: int, paths: dict) -> dict:
    """Path → window. `paths`: name → what makes a request."""
    client = Client(port)

    def send(make):
        request = make()
        client.ask(request)
        if not request.startswith(b"GET"):
            time.sleep(QUIET)

    return {name: callgrind.count(pid, lambda: send(make), WARM_UP, REQUESTS, WINDOWS) for name, make in paths.items()}


def constant_answer(callgrind: Callgrind) -> dict:
    with limits.constant_server(callgrind.launcher, ANY_PROCESSOR) as server:
        return counted(
            callgrind, server.pids[0], server.port, {"constant": lambda: traffic.request("GET", "/constant")}
        )


def product(callgrind: Callgrind, wanted: list) -> dict:
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="cumulo-instructions-") as folder:
        program = Program(
            "cumulo",
            pathlib.Path(folder) / "data",
            {
                **ANY_PROCESSOR,
                "CUMULO_IO_THREADS": "1",
                "CUMULO_LOG_FILE": "/dev/null",
                "CUMULO_ACCESS_TOKEN_LIFETIME": "1h",
            },
        )
        token, project, tasks = filled(program, chance)
        chance.shuffle(tasks)
        doomed = iter(tasks)
        paths = {
            "get": lambda: traffic.get(token, chance.choice(tasks)),
            "list": lambda: traffic.page(token),
            "list by project": lambda: traffic.project_page(token, project),
            "list by due": lambda: traffic.page_by_due(token),
            "list by label": lambda: traffic.page_by_label(token),
            "search": lambda: traffic.page_by_word(token),
            "create": lambda: traffic.create(token, chance),
            "update": lambda: traffic.update(token, chance.choice(tasks), chance),
            "delete": lambda: traffic.delete(token, next(doomed)),
        }
        program.launcher = callgrind.launcher
        program.start()
        try:
            return counted(
                callgrind,
                program.process.pid,
                program.port,
                {name: make for name, make in paths.items() if name in wanted},
            )
        finally:
            program.stop()


def measure(wanted: list) -> dict:
    """Path → window, in the order of PATHS."""
    with contextlib.closing(Callgrind()) as callgrind:
        windows = constant_answer(callgrind) if "constant" in wanted else {}
    if set(wanted) - {"constant"}:
        with contextlib.closing(Callgrind()) as callgrind:
            windows |= product(callgrind, wanted)
    return windows


def per_request(window: Window) -> int:
    return round(window.total / REQUESTS)


def profile(options) -> int:
    for path, window in measure(options.paths or PATHS).items():
        print(f"\n{path}: {per_request(window):,} instructions per request")
        for name, count in window.by_object().most_common():
            if count > window.total / 200:
                print(f"  {count / REQUESTS:12,.0f} {100 * count / window.total:5.1f} %  {name}")
        for (file, name), count in window.functions.most_common(options.top):
            print(f"    {count / REQUESTS:10,.0f} {100 * count / window.total:5.1f} %  {short(name)[:100]} ({file})")
    return 0


def counted_anew(paths: list) -> dict:
    """Path → instructions per request."""
    return {path: per_request(window) for path, window in measure(paths).items()}


def check(_options) -> int:
    recorded = json.loads(RECORD.read_text())

    def grown(counts: dict) -> list:
        return [path for path, count in counts.items() if count > recorded[path] * (1 + TOLERANCE)]

    counts = counted_anew(PATHS)
    for _ in range(2):  # on a machine that is very busy, what the program does on its own may be in every window
        if grown(counts):
            counts |= {path: min(counts[path], count) for path, count in counted_anew(grown(counts)).items()}
    print(f"{'path':16} {'recorded':>12} {'now':>12} {'change':>8}")
    for path, now in counts.items():
        change = now / recorded[path] - 1
        verdict = "GREW" if change > TOLERANCE else "shrank: record it" if change < -TOLERANCE else ""
        print(f"{path:16} {recorded[path]:12,} {now:12,} {100 * change:+7.1f} % {verdict}")
    if grown(counts):
        print(
            "Make it cheaper again, or take the new counts and say why in the commit: benchmarks/instructions.py record"
        )
    return 1 if grown(counts) else 0


def record(_options) -> int:
    RECORD.write_text(json.dumps(counted_anew(PATHS), indent=2) + "\n")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for command in (profile, check, record):
        commands.add_parser(command.__name__).set_defaults(run=command)
    commands.choices["profile"].add_argument("paths", nargs="*", metavar="PATH", help="of: " + ", ".join(PATHS))
    commands.choices["profile"].add_argument("--top", type=int, default=25, help="how many functions")
    options = parser.parse_args()
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
