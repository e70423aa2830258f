"""The sum of a test run: what failed is named and counted, whatever else happened."""

import os
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/count_results.py"

PASS = '<testcase classname="c" name="{}"/>'
FAIL = '<testcase classname="c" name="{}"><failure/></testcase>'
SKIP = '<testcase classname="c" name="{}"><skipped/></testcase>'


def report(*cases: str) -> str:
    return "<testsuite>" + "".join(kind.format(name) for kind, name in cases) + "</testsuite>"


CASES = {
    "all passed": ("0", {"a.xml": report((PASS, "x"), (PASS, "y"))}, 0, "2 passed, 0 failed", []),
    "one failed": ("1", {"a.xml": report((PASS, "x"), (FAIL, "y"))}, 1, "1 passed, 1 failed", ["FAILED c y"]),
    "one failed, then passed": ("0", {"a.xml": report((PASS, "x"), (FAIL, "y")), "a.again.xml": report((PASS, "y"))},
                                0, "2 passed, 0 failed", ["FLAKY c y"]),
    "failed twice": ("1", {"a.xml": report((FAIL, "y")), "a.again.xml": report((FAIL, "y"))}, 1, "0 passed, 1 failed",
                     ["FAILED c y"]),
    "a second look at another file": ("1", {"a.xml": report((PASS, "x"), (FAIL, "y")), "b.xml": report((PASS, "z")),
                                            "b.again.xml": report((PASS, "y"))}, 1, "2 passed, 1 failed", ["FAILED c y"]),
    "same name twice": ("1", {"a.xml": report((FAIL, "x"), (PASS, "x"))}, 1, "1 passed, 1 failed", ["FAILED c x"]),
    "skipped only": ("0", {"a.xml": report((SKIP, "x"))}, 1, "0 passed, 1 failed", ["FAILED a runner that named no test"]),
    "no report": ("0", {"a.xml": "no XML"}, 1, "0 passed, 1 failed", ["FAILED a runner that named no test"]),
    "a crash without a name": ("1", {"a.xml": report((PASS, "x"))}, 1, "1 passed, 1 failed",
                               ["FAILED a runner that named no test"]),
}


@pytest.mark.parametrize("name", CASES)
def test_sum(tmp_path, name):
    crashed, files, status, last, names = CASES[name]
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    summary = tmp_path / "summary"
    paths = sorted(tmp_path / file for file in files)
    done = subprocess.run([sys.executable, SCRIPT, crashed, *paths], capture_output=True, text=True, check=False,
                          env={**os.environ, "CI_SUMMARY": str(summary)})
    assert (done.returncode, done.stdout.splitlines()[-1]) == (status, last), done.stdout + done.stderr
    assert summary.read_text() == last.replace(" passed, ", " ").replace(" failed", "\n")
    assert pathlib.Path(f"{summary}.names").read_text().splitlines() == names
