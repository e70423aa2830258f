"""Prometheus and exporters of the test's own, scraping real services."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import requests
from harness.places import PATIENCE, ROOT, free_port

MONITORING = ROOT / "monitoring"


class Live:
    """`targets`: job → [(address, service or "")]. Every process is ended by its id."""

    def __init__(self, targets: dict, interval: str = "1s", rules: pathlib.Path = MONITORING / "rules"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-prometheus-"))
        self.port = free_port()
        self.processes: dict = {}
        self.targets = dict(targets)
        self.interval = interval
        self.rules = rules
        self.alertmanagers: list = []
        self.scrapes: list = []  # beside the targets, as Prometheus takes them
        self.slower: dict = {}   # job → its own interval, which is also how long an answer may take

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def exporter(self, job: str, command: list, environment: dict | None = None) -> None:
        """Starts an exporter (`{port}` in the command is its port) and makes it a target."""
        port = free_port()
        self.run(f"{job}-{port}", [each.replace("{port}", str(port)) for each in command], environment)
        self.targets[job] = [(f"127.0.0.1:{port}", "")]

    def run(self, name: str, command: list, environment: dict | None = None) -> None:
        assert name not in self.processes, f"{name} runs already"
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                                    env={**os.environ, **(environment or {})})

    def start(self) -> "Live":
        self.targets["prometheus"] = [(f"127.0.0.1:{self.port}", "")]
        configuration = {
            "global": {"scrape_interval": self.interval, "evaluation_interval": self.interval},
            "rule_files": [str(self.rules / "*.yml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": self.alertmanagers}]}]},
            "scrape_configs": [{"job_name": job, "scrape_interval": self.slower.get(job, self.interval), "static_configs": [
                {"targets": [address], **({"labels": {"service": service}} if service else {})} for address, service in addresses]}
                for job, addresses in self.targets.items()] + self.scrapes}
        path = self.folder / "prometheus.json.yml"
        path.write_text(json.dumps(configuration))  # JSON is YAML
        self.run("prometheus-server", ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder}/data",
                                       f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn",
                                       "--rules.alert.resend-delay=1s"])
        deadline = time.monotonic() + 30 * PATIENCE
        while True:
            try:
                if requests.get(self.url + "/-/ready", timeout=2).status_code == 200:
                    return self
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, (self.folder / "prometheus-server.log").read_text()[-2000:]
            time.sleep(0.1)

    def query(self, expression: str) -> list:
        answer = requests.get(self.url + "/api/v1/query", params={"query": expression}, timeout=30).json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        return answer["data"]["result"]

    def firing(self) -> set:
        return {each["metric"]["alertname"] for each in self.query('ALERTS{alertstate="firing"}')}

    def close(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def watch(system, standalone=None, interval: str = "1s") -> Live:
    """Everything of a system in the shape `gateway`, and one all-in-one program beside it."""
    programs = [(f"127.0.0.1:{p.management_port}", p.name) for p in system.programs.values()]
    if standalone:
        programs.append((f"127.0.0.1:{standalone.programs['cumulo'].management_port}", "cumulo"))
    live = Live({"cumulo": programs}, interval)
    live.exporter("nginx", ["prometheus-nginx-exporter", f"-nginx.scrape-uri={system.gateway.status_url}/stub_status",
                            "-web.listen-address=127.0.0.1:{port}"])
    source = next(iter(system.databases.values())).replace("postgres://", "postgresql://") + "?sslmode=disable"
    live.exporter("postgres", ["prometheus-postgres-exporter", "--web.listen-address=127.0.0.1:{port}"], {"DATA_SOURCE_NAME": source})
    live.exporter("node", ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:{port}"])
    return live.start()
