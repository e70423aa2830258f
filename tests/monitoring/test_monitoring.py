"""Rules, alerts and dashboards are what they say: checked by their own tools, and queried while real services work."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

import pytest
import yaml
from harness.nats import Nats
from harness.places import PATIENCE, ROOT

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from live import MONITORING, watch  # noqa: E402
from pictures import draw  # noqa: E402

pytestmark = [pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed (tools/setup.sh ops)"),
              pytest.mark.skipif(PATIENCE > 1, reason="says nothing more about instrumented programs")]
RULES = sorted((MONITORING / "rules").glob("*.yml"))
TESTS = sorted((MONITORING / "tests").glob("*.test.yml"))
ALERTS = [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"] if "alert" in rule]


def dashboards():
    spec = importlib.util.spec_from_file_location("dashboards", MONITORING / "grafana" / "dashboards.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build()


def run(*command):
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False, cwd=MONITORING)
    assert done.returncode == 0, done.stdout + done.stderr


class TestRules:
    def test_are_well_formed(self):
        run("promtool", "check", "rules", *RULES)

    def test_fire_and_stay_silent(self):
        run("promtool", "test", "rules", *TESTS)

    def test_each_alert_is_tested_both_ways(self):
        cases = {}
        for case in (case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]):
            for check in case["promql_expr_test"]:
                name = re.search(r'alertname="(\w+)"', check["expr"]).group(1)
                cases.setdefault(name, set()).add(bool(check["exp_samples"]))
        for rule in ALERTS:
            assert cases[rule["alert"]] == ({True} if rule["alert"] == "CumuloWatchdog" else {True, False}), rule["alert"]

    @pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
    def test_has_what_people_need(self, rule):
        assert rule["labels"]["severity"] in ("critical", "warning", "none")
        assert set(rule["annotations"]) >= {"summary", "description", "runbook_url"}
        page = ROOT / "docs" / "runbooks" / rule["annotations"]["runbook_url"].rsplit("/", 1)[1]
        text = page.read_text()
        for part in ("## What it means", "## Where to look", "## What to do"):
            assert part in text

    def test_no_page_without_an_alert(self):
        pages = {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")} - {"README"}
        assert pages == {rule["alert"] for rule in ALERTS}

    def test_pages_show_the_rules_as_they_are(self):
        for rule in ALERTS:
            page = (ROOT / "docs" / "runbooks" / (rule["alert"] + ".md")).read_text()
            assert " ".join(rule["expr"].split()) in page, rule["alert"]

    def test_pages_name_what_is_there(self):
        """Metrics of ours, options and commands."""
        sources = "\n".join(path.read_text() for folder in ("platform", "user-service", "task-service", "notification-service")
                            for path in (ROOT / folder).rglob("*.[ch]pp"))
        options = set(re.findall(r"`(--[a-z-]+)`", (ROOT / "docs" / "configuration.md").read_text())) | {"--healthcheck", "--all", "--index"}
        for page in (ROOT / "docs" / "runbooks").glob("*.md"):
            text = page.read_text()
            for metric in set(re.findall(r"\bcumulo_[a-z_]+(?:_total|_seconds|_bytes|_connections|_connected|_waiting)\b", text)):
                assert f'"{metric}"' in sources, f"{page.name}: {metric}"
            assert set(re.findall(r"`(--[a-z-]+)", text)) <= options, page.name
            for name in re.findall(r"`(events \w+|healthcheck)", text):
                assert f'{{"{name}"' in sources, f"{page.name}: {name}"

    def test_kubernetes_scrapes_what_the_rules_name(self, tmp_path):
        values = yaml.safe_load((MONITORING / "helm" / "prometheus.yaml").read_text())
        jobs = yaml.safe_load(values["extraScrapeConfigs"])
        assert {"cumulo", "cnpg", "node"} == {job["job_name"] for job in jobs}
        for job in jobs:  # Debian's promtool is built without these
            assert job.pop("kubernetes_sd_configs")[0]["role"] in ("pod", "endpoints")
        (tmp_path / "prometheus.yml").write_text(yaml.dump({"scrape_configs": jobs}))
        run("promtool", "check", "config", tmp_path / "prometheus.yml")

    def test_alertmanager(self):
        run("amtool", "check-config", MONITORING / "alertmanager.yml")

    @pytest.mark.parametrize("labels,receiver", [(["alertname=CumuloWatchdog", "severity=none"], "dead-mans-switch"),
                                                 (["alertname=X", "severity=critical"], "on-call"),
                                                 (["alertname=X", "severity=warning"], "team")])
    def test_routes(self, labels, receiver):
        done = subprocess.run(["amtool", "config", "routes", "test", "--config.file", MONITORING / "alertmanager.yml", *labels],
                              capture_output=True, text=True, check=True)
        assert done.stdout.strip() == receiver


class TestDashboards:
    def test_files_are_what_the_code_says(self):
        folder = MONITORING / "grafana" / "dashboards"
        assert {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")} == dashboards(), "run `make docs`"

    def test_panels(self):
        for uid, board in dashboards().items():
            assert board["uid"] == uid and len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
            for panel in board["panels"]:
                place = panel["gridPos"]
                assert place["x"] + place["w"] <= 24
                if panel["type"] != "row":
                    assert panel["targets"] and panel["fieldConfig"]["defaults"]["unit"]

    def test_links_lead_somewhere(self):
        boards = dashboards()
        for board in boards.values():
            for link in board["links"]:
                assert not link["url"].startswith("/d/") or link["url"][3:] in boards


@pytest.mark.slow
def test_every_panel_shows_something_while_people_work(own_system):
    """CUMULO_TEST_PICTURES=FOLDER: with NATS, goes on for two minutes more and draws the dashboards there."""
    pictures = os.environ.get("CUMULO_TEST_PICTURES")
    system, standalone = own_system("gateway", nats=Nats().start() if pictures else None), own_system("standalone")
    stop = threading.Event()

    def work(of):
        person = of.register()
        for _ in range(3):
            person.sign_in()
        while not stop.is_set():
            task = person.task("work", labels=["a"])
            person.get("/tasks")
            person.patch(f"/tasks/{task['id']}", {"status": "done"})
            person.post("/notify", {"user_id": person.id, "title": "hello"})
            person.get("/notifications")
            person.get("/nowhere", check=False)

    workers = [threading.Thread(target=work, args=(each,), daemon=True) for each in (system, standalone)]
    live = watch(system, standalone)
    empty = {}
    try:
        for each in workers:
            each.start()
        deadline = time.monotonic() + 90
        while True:
            empty = {}
            for uid, board in dashboards().items():
                for panel in board["panels"]:
                    for target in panel.get("targets", []):
                        expression = target["expr"].replace("$__rate_interval", "10s").replace("$service", ".+")
                        if not live.query(expression):
                            empty[f"{uid}: {panel['title']}"] = expression
            for annotation in dashboards()["cumulo-overview"]["annotations"]["list"]:
                live.query(annotation["expr"])  # well-formed
            if not empty or time.monotonic() > deadline:
                break
            time.sleep(2)
        assert not empty, json.dumps(empty, indent=1)
        assert live.query('sum(rate(cumulo_events_total{type="io.cumulo.task.completed.v1"}[30s]))')[0]["value"][1] != "0"
        broken = [each for each in live.query("up") if each["value"][1] != "1"]
        assert not broken, broken
        assert live.firing() <= {"CumuloWatchdog"}, "nothing is wrong, and nothing says so"
        if pictures:
            time.sleep(120)
            draw(live, dashboards(), pathlib.Path(pictures))
    finally:
        stop.set()
        for each in workers:
            each.join(30)
        live.close()
