"""A system to break, watched by a real Prometheus and Alertmanager whose rules are the shipped ones in a hurry: every window
and wait is a sixtieth of what it is in production. Thresholds are as shipped."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import requests
from harness.gateway import Gateway
from harness.mail import MailServer
from harness.places import BIN, POSTGRES_BIN, ROOT, free_port
from harness.program import Program
from harness.proxy import Proxy
from harness.system import SERVICES, System
from live import MONITORING, Live

HURRY = 60
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def hurried(rules: str) -> str:
    def shrunk(least):
        return lambda match: f"{match[1]}{max(least, int(match[2]) * UNITS[match[3]] // HURRY)}s{match[4]}"

    # The relay pauses up to twelve seconds between two failures: a window must hold some of them.
    rules = re.sub(r"(cumulo_outbox_failures_total\S*\[)5m\]", r"\g<1>1800s]", rules)
    rules = re.sub(r"(\[)(\d+)([smhd])(\])", shrunk(5), rules)
    return re.sub(r"(\n\s+for: )(\d+)([smhd])()", shrunk(2), rules)


class History:
    """When each alert began and ceased to fire."""

    def __init__(self, live: Live):
        self.live = live
        self.began: dict = {}
        self.ended: dict = {}
        self.now: set = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        while not self._stop.is_set():
            try:
                firing = {each["metric"]["alertname"] for each in self.live.query('ALERTS{alertstate="firing"}')
                          if each["metric"].get("mountpoint", "disk-of-a-test").endswith("disk-of-a-test")}
            except (requests.RequestException, ValueError):
                time.sleep(0.5)
                continue
            moment = time.monotonic()
            for name in firing - self.now:
                self.began[name] = moment
            for name in self.now - firing:
                self.ended[name] = moment
            self.now = firing
            time.sleep(0.5)

    def close(self):
        self._stop.set()
        self._thread.join(10)


class Lab:
    """Three services with PostgreSQL (each over a proxy of its own, and a standby) and NATS behind nginx; beside them `odd`, a
    task-service with SQLite on a small disk, few connections and a log that somebody reads."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-lab-"))
        self.mail_port = free_port()
        self._mail: MailServer | None = None
        self.system = System("services-nats", {"CUMULO_OUTBOUND_ALLOW": "127.0.0.0/8", "CUMULO_TRUSTED_PROXIES": "127.0.0.0/8",
                                               "CUMULO_IO_THREADS": "1"})
        self.postgres, self.nats, self.programs = self.system.postgres, self.system.nats, self.system.programs
        self.programs["user-service"].environment["CUMULO_ACCESS_TOKEN_LIFETIME"] = "2h"
        mail = {"CUMULO_SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}", "CUMULO_SMTP_FROM": "cumulo@example.org",
                "CUMULO_SMTP_TLS": "optional", "CUMULO_DELIVERY_LONGEST_PAUSE": "5s"}
        self.programs["notification-service"].environment.update(mail)
        self.proxies = {}
        for name, program in self.programs.items():
            proxy = self.proxies[name] = Proxy(self.postgres.port)
            program.environment["CUMULO_DATABASE_URL"] = program.environment["CUMULO_DATABASE_URL"].replace(
                f":{self.postgres.port}/", f":{proxy.port}/")
        self.disk = self.folder / "small"
        self.log = self.folder / "log"
        self._mount_small_disk()
        os.mkfifo(self.log)
        self._reader = os.open(self.log, os.O_RDONLY | os.O_NONBLOCK)
        self.log_is_read = threading.Event()
        self.log_is_read.set()
        self.odd = Program("task-service", self.folder / "odd", {
            "CUMULO_JWKS_URL": self.programs["user-service"].url + "/.well-known/jwks.json", "CUMULO_IO_THREADS": "1",
            "CUMULO_DATABASE_URL": f"sqlite:{self.disk}/tasks.db", "CUMULO_MAX_CONNECTIONS": "60", "CUMULO_MAX_BODY": "96MiB",
            "CUMULO_LOG_FILE": str(self.log), "CUMULO_BODY_DEADLINE": "120s"})
        self.twin, self.another_build = self._twin()
        self.live: Live | None = None
        self.history: History | None = None
        self.gateway: Gateway | None = None
        self.standby_command = None
        self._stop = threading.Event()
        self._threads: list = []

    def start(self):
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._read_log, self._work, self._write)]
        self._threads[0].start()
        self.system.start()
        self.odd.start()
        self.twin.start()
        certificate = self.certificate(365)
        self.gateway = Gateway(self.folder / "gateway", {name: [f"127.0.0.1:{self.programs[name].port}"] for name in SERVICES}, {
            "CUMULO_GATEWAY_TLS": "files", "CUMULO_GATEWAY_TLS_CERTIFICATE": str(certificate[0]),
            "CUMULO_GATEWAY_TLS_KEY": str(certificate[1]), "CUMULO_GATEWAY_TLS_REDIRECT": "off",
            "CUMULO_GATEWAY_CONNECTIONS": "8192", "CUMULO_GATEWAY_CONNECTIONS_ADDRESS": "20000",
            "CUMULO_GATEWAY_HEADER_TIMEOUT": "120s"})
        self.gateway.start()
        self.person = self.system.register()
        for each in self._threads[1:]:
            each.start()
        self._start_standby()
        self._start_watching()
        return self

    # The parts.

    def _mount_small_disk(self):
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=777", "tmpfs", str(self.disk)], check=True)
        image, self.host_disk = self.folder / "image", self.folder / "disk-of-a-test"
        self.host_disk.mkdir()
        with open(image, "wb") as file:
            file.truncate(200 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(self.host_disk)], check=True)

    def _twin(self) -> tuple:
        """A second notification-service, and its program as if of another commit: with another stamp."""
        shown = subprocess.run([str(BIN / "notification-service"), "--version"], capture_output=True, text=True, check=True).stdout
        commit = re.search(r"\b([0-9a-f]{8})\b", shown)[1].encode()
        binary = self.folder / "another" / "notification-service"
        binary.parent.mkdir()
        binary.write_bytes((BIN / "notification-service").read_bytes().replace(commit, b"0ddc0ffe"))
        binary.chmod(0o755)
        program = Program("notification-service", self.folder / "twin", dict(self.programs["notification-service"].environment))
        program.environment["CUMULO_JWKS_URL"] = self.programs["user-service"].url + "/.well-known/jwks.json"
        return program, binary

    def certificate(self, days: int) -> tuple:
        files = self.folder / "tls.crt", self.folder / "tls.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(files[1]),
                        "-out", str(files[0])], check=True, capture_output=True)
        return files

    def _start_standby(self):
        self.standby = self.folder / "standby"
        self.standby_port = free_port()
        self.folder.chmod(0o755)
        self.standby.mkdir()
        shutil.chown(self.standby, "postgres", "postgres")
        self.standby.chmod(0o700)

        def run(program, *arguments):
            subprocess.run(["runuser", "-u", "postgres", "--", str(POSTGRES_BIN / program), *map(str, arguments)], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/tmp")

        run("pg_basebackup", "-h", "127.0.0.1", "-p", self.postgres.port, "-U", "postgres", "-D", self.standby, "-R", "-X", "stream", "-c", "fast")
        self.standby_command = run
        run("pg_ctl", "-D", self.standby, "-w", "-l", self.standby / "log", "-o",
            f"-p {self.standby_port} -k {self.postgres.folder} -c listen_addresses=127.0.0.1 -c max_connections=200", "start")

    def _start_watching(self):
        rules = self.folder / "rules"
        rules.mkdir()
        for each in (MONITORING / "rules").glob("*.yml"):
            (rules / each.name).write_text(hurried(each.read_text()))
        cumulo = [(f"127.0.0.1:{each.management_port}", each.name) for each in (*self.programs.values(), self.odd, self.twin)]
        live = self.live = Live({"cumulo": cumulo}, "1s", rules)
        live.exporter("nginx", ["prometheus-nginx-exporter", f"-nginx.scrape-uri={self.gateway.status_url}/stub_status",
                                "-web.listen-address=127.0.0.1:{port}"])
        primary = f"postgresql://postgres@127.0.0.1:{self.postgres.port}/postgres?sslmode=disable"
        command = ["prometheus-postgres-exporter", "--web.listen-address=127.0.0.1:{port}", *self._replication_for_old_exporters()]
        live.exporter("postgres", command, {"DATA_SOURCE_NAME": primary})
        first = live.targets["postgres"]
        live.exporter("postgres", command, {"DATA_SOURCE_NAME": primary.replace(str(self.postgres.port), str(self.standby_port))})
        live.targets["postgres"] += first
        live.slower["postgres"] = "5s"  # without its database it answers after more than one
        live.exporter("node", ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:{port}"])
        self._start_blackbox(live)
        self.start_alertmanager()
        live.start()
        self.history = History(live)

    def _replication_for_old_exporters(self) -> list:
        """What those since 0.13 measure by themselves, under the names that they use (Debian 12 has 0.11)."""
        shown = subprocess.run(["prometheus-postgres-exporter", "--help"], capture_output=True, text=True, check=False)
        if "collector.replication " in shown.stdout + shown.stderr:
            return []
        queries = self.folder / "queries.yaml"
        queries.write_text("""pg_replication:
  query: |
    SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS is_replica,
           CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                ELSE GREATEST(0, EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp())) END AS lag
  metrics:
    - is_replica: {usage: GAUGE, description: "Is it a standby?"}
    - lag: {usage: GAUGE, description: "Seconds behind."}
""")
        return [f"--extend.query-path={queries}"]

    def _start_blackbox(self, live):
        """Probes the gateway's TLS port, as an operator's does."""
        configuration = self.folder / "blackbox.yml"
        configuration.write_text("modules: {tls: {prober: tcp, timeout: 2s, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}}")
        port = free_port()
        live.run("blackbox", ["prometheus-blackbox-exporter", f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}"])
        live.scrapes.append({"job_name": "probe", "metrics_path": "/probe", "params": {"module": ["tls"],
                             "target": [f"127.0.0.1:{self.gateway.tls_port}"]},
                             "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]})

    def start_alertmanager(self):
        if not self.live.alertmanagers:
            self.live.alertmanagers.append(f"127.0.0.1:{free_port()}")
        self.live.run("alertmanager", ["prometheus-alertmanager", f"--config.file={MONITORING}/alertmanager.yml", "--cluster.listen-address=",
                                       f"--storage.path={self.folder}/alertmanager", f"--web.listen-address={self.live.alertmanagers[0]}"])

    def mail(self) -> MailServer:
        """The mail server, which is away until somebody asks for it."""
        if self._mail is None:
            self._mail = MailServer()
            self._mail.port = self._mail._controller.port = self.mail_port
            self._mail.start()
        return self._mail

    def reload_prometheus(self):
        self.live.processes["prometheus-server"].send_signal(1)

    # People at work, all the time.

    def _read_log(self):
        while not self._stop.is_set():
            try:
                taken = self.log_is_read.is_set() and os.read(self._reader, 1 << 20)
            except BlockingIOError:
                taken = b""
            if not taken:
                time.sleep(0.02)

    def _work(self):
        while not self._stop.is_set():
            for path in ("/tasks", "/notifications", "/profile"):
                try:
                    self.person.get(path, check=False)
                except (OSError, requests.RequestException):
                    pass
            time.sleep(0.03)

    def _write(self):
        while not self._stop.is_set():
            try:
                self.person.post("/tasks", {"title": "work"}, check=False)
            except (OSError, requests.RequestException):
                pass
            time.sleep(0.1)

    def close(self):
        self._stop.set()
        self.log_is_read.set()
        if self.history:
            self.history.close()
        if self.live:
            self.live.close()
        for each in (self.odd, self.twin):
            if each.process is not None:
                each.kill()
        if self.gateway:
            self.gateway.kill()
        for each in self._threads:
            if each.is_alive():
                each.join(40)
        for each in self.proxies.values():
            each.close()
        try:
            if self.standby_command:
                self.standby_command("pg_ctl", "-D", self.standby, "-w", "-m", "immediate", "stop")
        except subprocess.CalledProcessError:
            pass  # it never came up
        self.system.close()
        if self._mail:
            self._mail.stop()
        for each in (self.disk, self.host_disk):
            subprocess.run(["umount", str(each)], check=False)
        os.close(self._reader)
        shutil.rmtree(self.folder, ignore_errors=True)
