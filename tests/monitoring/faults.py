"""The faults that are made in a Lab. Each is a generator: it makes the fault, yields what it is and the alerts that must fire, and
mends it. Those that take long to show come first and are left as they are (`yield` of SLOW) while the others go on."""

import asyncio
import json
import os
import pathlib
import resource
import signal
import socket
import threading
import time

import psycopg2
import requests
from harness.places import free_port


class Repeating:
    """Does something again and again until it is left."""

    def __init__(self, what, pause: float = 0.0):
        self._what, self._pause, self._stop = what, pause, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.is_set():
            try:
                self._what()
            except (OSError, requests.RequestException, psycopg2.Error):
                pass
            self._stop.wait(self._pause)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)


def connections(port: int, count: int) -> list:
    made = []
    for _ in range(count):
        try:
            made.append(socket.create_connection(("127.0.0.1", port), timeout=5))
        except OSError:
            break
    return made


def close(sockets):
    for each in sockets:
        each.close()


def token(lab) -> str:
    return lab.person.access_token


# The slow one: its threshold is a quarter of an hour.

def webhook_endpoint_gone(lab):
    lab.person.post("/webhooks", {"url": f"http://127.0.0.1:{free_port()}/"})
    lab.person.post("/notify", {"user_id": lab.person.id, "title": "x", "channels": ["webhook"]})
    made = lab.person.get("/webhooks").json()["items"][0]["id"]
    yield "neither a webhook's endpoint nor the mail server answers", ["CumuloDeliveryOld"]
    lab.mail()
    lab.person.delete(f"/webhooks/{made}")


# The services.

def user_service_killed(lab):
    yield from killed(lab, "user-service", "CumuloUserServiceGone")


def notification_service_killed(lab):
    lab.twin.kill()
    yield from killed(lab, "notification-service", "CumuloNotificationServiceGone")
    lab.twin.start()


def task_service_killed(lab):
    lab.odd.kill()
    yield from killed(lab, "task-service", "CumuloTaskServiceGone")
    lab.odd.start()


def killed(lab, name, alert):
    lab.programs[name].kill()
    yield f"every {name} killed", [alert, "CumuloTargetDown"]
    lab.programs[name].start()


def killed_again_and_again(lab):
    for _ in range(4):
        lab.odd.kill()
        lab.odd.start()
        time.sleep(2)
    yield "a task-service killed four times", ["CumuloCrashLoop"]


def revocations_unheard(lab):
    service = lab.programs["task-service"]

    def restart():
        service.stop()
        service.start()

    service.environment["CUMULO_REVOCATIONS_URL"] = f"http://127.0.0.1:{free_port()}/"
    restart()
    yield "the task-service is told a wrong revocations-url", ["CumuloRevocationsOld"]
    del service.environment["CUMULO_REVOCATIONS_URL"]
    restart()


def two_versions(lab):
    def start(binary):
        lab.twin.stop()
        lab.twin.binary = binary
        lab.twin.start()

    before = lab.twin.binary
    start(lab.another_build)
    yield "one of two notification-services is of another commit", ["CumuloVersionsDiffer"]
    start(before)


def starved(lab):
    process = lab.programs["task-service"].process

    def pulse():
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.4)
        process.send_signal(signal.SIGCONT)

    with Repeating(pulse, 0.1):
        yield "the task-service gets the processor a fifth of the time (SIGSTOP)", ["CumuloEventLoopLag"]


def too_many_connections(lab):
    open_ones = connections(lab.odd.port, 60)
    with Repeating(lambda: close(connections(lab.odd.port, 5)), 0.1):
        yield "more connections than --max-connections", ["CumuloTurningAway"]
    close(open_ones)


def file_descriptors(lab):
    pid = lab.odd.process.pid
    limit = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir())) + 40
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    open_ones = connections(lab.odd.port, 36)
    yield "connections up to the limit of open files (prlimit)", ["CumuloFileDescriptors"]
    close(open_ones)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def log_reader_stuck(lab):
    lab.log_is_read.clear()
    asked = b"GET /nowhere-" + b"x" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"

    def ask():
        with socket.create_connection(("127.0.0.1", lab.odd.port), timeout=20) as connection:
            reader = threading.Thread(target=lambda: [None for _ in iter(lambda: connection.recv(1 << 20), b"")], daemon=True)
            reader.start()
            for _ in range(200):
                connection.sendall(asked * 10)

    with Repeating(ask):
        yield "whoever reads the log (a pipe) stops reading", ["CumuloLogLinesDropped"]
    lab.log_is_read.set()


def large_bodies(lab):
    head = (f"POST /tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token(lab)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {90 << 20}\r\n\r\n").encode()
    sockets = connections(lab.odd.port, 20)
    block = b" " * (1 << 20)
    for each in sockets:
        each.settimeout(30)
        each.sendall(head)
        for _ in range(85):
            each.sendall(block)
    yield "20 bodies of 90 MB on their way at once (--max-body 96MiB)", ["CumuloMemoryHigh"]
    close(sockets)
    lab.odd.stop()  # the allocator need not give it back
    lab.odd.start()


def small_disk_full(lab):
    filler = lab.disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    body = {"title": "x", "description": "y" * 8000}
    headers = {"Authorization": f"Bearer {token(lab)}"}
    with Repeating(lambda: requests.post(lab.odd.url + "/tasks", json=body, headers=headers, timeout=10), 0.05):
        yield "the file system of SQLite is full", ["CumuloStorageFull"]
    filler.unlink()


# The database.

def postgres_stopped(lab):
    lab.postgres.stop("immediate")
    yield "PostgreSQL stopped at once, under load", [
        "PostgresDown", "CumuloDatabaseErrors", "CumuloAvailabilityBurnFast", "CumuloAvailabilityBurnSlow"]
    lab.postgres.start()


def postgres_slow(lab):
    for each in lab.proxies.values():
        each.delay = 0.3
    yield "every answer of PostgreSQL is 300 ms late (proxy)", ["CumuloLatencyBurnFast", "CumuloLatencyBurnSlow"]
    for each in lab.proxies.values():
        each.delay = 0.0


def postgres_hangs(lab):
    url, headers = lab.programs["task-service"].url + "/tasks", {"Authorization": f"Bearer {token(lab)}"}
    stop = threading.Event()

    def ask():
        session = requests.Session()
        while not stop.is_set():
            try:
                session.get(url, headers=headers, timeout=20)
            except requests.RequestException:
                time.sleep(0.05)

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(220)]
    lab.proxies["task-service"].hold()
    for each in askers:
        each.start()
    yield "PostgreSQL hangs while 220 clients ask (proxy holds)", ["CumuloDatabaseQueue"]
    stop.set()
    lab.proxies["task-service"].release()
    for each in askers:
        each.join(30)


def connections_taken(lab):
    used = lab.postgres.query(f"postgresql://postgres@127.0.0.1:{lab.postgres.port}/postgres", "SELECT count(*) FROM pg_stat_activity")[0][0]
    taken = [psycopg2.connect(host="127.0.0.1", port=lab.postgres.port, user="postgres", dbname="postgres") for _ in range(188 - used)]
    yield "somebody else takes PostgreSQL's connections", ["PostgresConnections"]
    for each in taken:
        each.close()


def deadlocks(lab):
    url = f"postgresql://postgres@127.0.0.1:{lab.postgres.port}/postgres"
    with psycopg2.connect(url) as made, made.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS knot (id int PRIMARY KEY); INSERT INTO knot VALUES (1), (2) ON CONFLICT DO NOTHING")

    def tie():
        met = threading.Barrier(2, timeout=10)

        def half(order):
            connection = psycopg2.connect(url)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET deadlock_timeout = '100ms'")
                    cursor.execute("SELECT * FROM knot WHERE id = %s FOR UPDATE", (order[0],))
                    met.wait()
                    cursor.execute("SELECT * FROM knot WHERE id = %s FOR UPDATE", (order[1],))
            except (psycopg2.Error, threading.BrokenBarrierError):
                pass
            finally:
                connection.close()

        halves = [threading.Thread(target=half, args=(order,), daemon=True) for order in ((1, 2), (2, 1))]
        for each in halves:
            each.start()
        for each in halves:
            each.join(15)

    with Repeating(tie):
        yield "transactions that take the same rows in turn", ["PostgresDeadlocks"]


def replica_behind(lab):
    def say(what):
        connection = psycopg2.connect(host="127.0.0.1", port=lab.standby_port, user="postgres", dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(what)
        connection.close()

    say("SELECT pg_wal_replay_pause()")
    yield "a standby no longer replays", ["PostgresReplicationLag"]
    say("SELECT pg_wal_replay_resume()")


# Events.

def nats_killed(lab):
    lab.nats.kill()
    asyncio.run(many_tasks(lab, 11_000))
    yield "NATS killed while 11,000 tasks are made", ["CumuloBusDown", "CumuloRelayFailing", "CumuloEventsBurnFast", "CumuloEventsBurnSlow",
                                                       "CumuloOutboxGrowing", "CumuloOutboxOld"]
    lab.nats.start()


async def many_tasks(lab, count):
    body = json.dumps({"title": "x"}).encode()
    asked = (f"POST /tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token(lab)}\r\nContent-Type: application/json\r\n"
             f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    async def one(times):
        reader, writer = await asyncio.open_connection("127.0.0.1", lab.programs["task-service"].port)
        for _ in range(times):
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(size)
        writer.close()

    await asyncio.gather(*(one(count // 50) for _ in range(50)))


def poison(lab):
    url = lab.system.databases["user-service"]
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        for n in range(200):
            cursor.execute("INSERT INTO outbox (id, type, source, subject, time, data, traceparent) "
                           "VALUES (%s, 'io.cumulo.user.registered.v1', '/user-service', %s, %s, '{\"not\": \"it\"}', '')",
                           (f"0198f0a2-1b2c-7d3e-8f40-{n:012x}", f"0198f0a2-1b2c-7d3e-8f41-{n:012x}", int(time.time() * 1000)))
    yield "200 events whose data is not what their type says", ["CumuloEventsFailing", "CumuloEventsParked"]


def reminder_row_held(lab):
    task = lab.person.task("x")
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    made = lab.person.post(f"/tasks/{task['id']}/reminders", {"at": at}).json()
    connection = psycopg2.connect(lab.system.databases["task-service"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM reminders WHERE id = %s FOR UPDATE", (made["id"],))
    yield "somebody else's transaction holds a reminder", ["CumuloRemindersLate"]
    connection.close()


def mail_refused(lab):
    server = lab.mail()
    people = [server.verify(lab.system.register()) for _ in range(30)]
    for each in people:
        server.refuse[each.email] = "550 nobody here"
    for each in people:
        each.post("/notify", {"user_id": each.id, "title": "x", "channels": ["email"]})
    yield "the mail server refuses 30 letters for good", ["CumuloDeliveriesGivenUp"]


# The gateway.

def gateway_killed(lab):
    lab.gateway.kill()
    yield "nginx ended", ["CumuloGatewayDown"]
    lab.gateway.start()


def gateway_full(lab):
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, max(20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    sockets = connections(lab.gateway.port, 6_300)
    yield "6,300 connections to the gateway that say nothing", ["CumuloGatewayConnections"]
    close(sockets)


def certificate_runs_out(lab):
    lab.certificate(5)
    lab.gateway.stop()
    lab.gateway.start()
    yield "a certificate of five days", ["CumuloCertificateExpires"]
    lab.certificate(365)
    lab.gateway.stop()
    lab.gateway.start()


# The host.

def host_disk_fills(lab):
    filler = lab.host_disk / "filler"
    with open(filler, "wb") as file:
        def grow():
            file.write(b"x" * (1 << 20))
            file.flush()
            os.fsync(file.fileno())

        with Repeating(grow, 0.45):
            yield "2 MB a second are written to a disk of 200 MB", ["HostDiskFillsUp", "HostDiskFull"]
    filler.unlink()


# The monitoring itself.

def bad_rule(lab):
    rule = lab.folder / "rules" / "zz-bad.yml"
    rule.write_text('groups: [{name: bad, rules: [{record: bad, expr: "up * on (job) up"}]}]')
    lab.reload_prometheus()
    yield "a rule that cannot be evaluated", ["PrometheusRulesFail"]
    rule.unlink()
    lab.reload_prometheus()


def alertmanager_gone(lab):
    process = lab.live.processes.pop("alertmanager")
    process.kill()
    process.wait()
    yield "Alertmanager killed", ["AlertsNotDelivered"]
    lab.start_alertmanager()


SLOW = [webhook_endpoint_gone]
OTHERS = [postgres_stopped, postgres_slow, nats_killed, task_service_killed, user_service_killed, notification_service_killed,
          killed_again_and_again, revocations_unheard, two_versions, starved, too_many_connections, file_descriptors, log_reader_stuck, large_bodies,
          small_disk_full, postgres_hangs, connections_taken, deadlocks, replica_behind, poison, reminder_row_held, mail_refused, gateway_killed, gateway_full,
          certificate_runs_out, host_disk_fills, bad_rule, alertmanager_gone]
#: Why nothing is made to happen for these.
NOT_MADE = {"HostMemoryLow": "would take the memory of a machine that others use",
            "CumuloWatchdog": "fires always; its absence is the alarm, outside"}
