"""Documents that are held to the programs: the README's tour, the table of options."""

import os
import re
import subprocess
import sys

from harness.contract import contract
from harness.places import BIN, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import configuration_page  # noqa: E402


def test_the_readme_tour_runs_as_it_stands(own_system):
    system = own_system()
    readme = (ROOT / "README.md").read_text()
    tour = readme.split("<!-- tour -->")[1].split("<!-- end of tour -->")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", tour, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    script = "\n".join(["set -euo pipefail", *blocks])
    done = subprocess.run(["bash", "-c", script], env={**os.environ, "CUMULO": system.programs["cumulo"].url},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for promised in re.findall(r"^#→ (.*)$", script, re.MULTILINE):
        assert promised in done.stdout, f"{promised!r} is not in what the tour printed:\n{done.stdout}"


def test_configuration_page_is_what_the_programs_say():
    assert (ROOT / "docs" / "configuration.md").read_text() == configuration_page.render(BIN)


def test_the_reference_needs_nothing_from_elsewhere(system):
    for place in ("/docs", "/api/v1/docs"):
        page = system.request("GET", place)
        assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"<script|<iframe|<img|\sstyle=|\son\w+=|@import", page.text)
        loaded = re.findall(r'<link[^>]*href="([^"]*)"', page.text)
        assert loaded == ["docs.css"]
        style = system.request("GET", place + ".css")
        assert style.status_code == 200 and "url(" not in style.text and "@import" not in style.text
    for operation in contract().operations():
        assert f'id="{operation[2]["operationId"]}"' in page.text
    anchors = set(re.findall(r'\bid="([^"]*)"', page.text))
    assert not set(re.findall(r'href="#([^"]*)"', page.text)) - anchors


def test_the_contract_is_served_as_it_is_written(system):
    served = system.request("GET", "/openapi.json")
    assert served.json() == contract().document
    again = system.request("GET", "/openapi.json", headers={"If-None-Match": served.headers["etag"]})
    assert again.status_code == 304
    zipped = system.request("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["etag"].endswith('-gzip"'), "compressed once, when built, and not for each request"


def test_the_page_is_served_whole_and_cached_by_what_it_is(systems):
    system = systems("standalone")
    page = system.request("GET", "/")
    assert page.status_code == 200 and page.headers["cache-control"] == "no-cache" and page.headers["etag"]
    assert system.request("GET", "/", headers={"If-None-Match": page.headers["etag"]}).status_code == 304
    assert system.request("GET", "/app/project/whatever").text == page.text
    # Scripts come from the page's own origin, and none stands in the page itself.
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r"<script(?![^>]* src=)", page.text) == []
    names = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
    assert any(name.endswith(".js") for name in names) and "/docs" in names
    for name in names:
        answer = system.request("GET", name)
        assert answer.status_code == 200, name
        assert ("immutable" in answer.headers.get("cache-control", "")) == name.startswith("/assets/"), name
    assert system.request("GET", "/assets/none-000000000000.js").status_code == 404
