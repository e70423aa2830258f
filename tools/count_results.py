#!/usr/bin/python3
"""Sums JUnit files up: count_results.py CRASHED FILE... -> "N passed, N failed". CRASHED 1: a runner said that something
is wrong; if no file names a failure, that counts as one. Also fails when nothing passed. What failed in NAME.xml and passed
in NAME.again.xml is flaky: named, and counted as passed. With CI_SUMMARY set, appends "PASSED FAILED" to that file, and
the names of what failed or was flaky to CI_SUMMARY.names."""

import os
import sys
import xml.etree.ElementTree as ElementTree


def outcomes(path: str) -> dict | None:
    """What became of each test: "passed", "failed" or "skipped"; None if the file is no report."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    seen = {}
    for n, case in enumerate(root.iter("testcase")):
        kinds = {child.tag for child in case}
        name = f"{case.get('classname', '')} {case.get('name')}".strip()
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            seen[name] = "failed"
        elif "skipped" in kinds or case.get("status") in ("notrun", "disabled"):
            seen.setdefault(name, "skipped")
        else:
            seen.setdefault(name if name not in seen else f"{name} ({n})", "passed")
    return seen


def main():
    crashed = sys.argv[1] != "0"
    files = sys.argv[2:]
    second_looks = [f for f in files if f.endswith(".again.xml")]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    names = []
    for file in files:
        if file in second_looks:
            continue
        seen = outcomes(file)
        if seen is None:
            crashed = True
            continue
        again = file.removesuffix(".xml") + ".again.xml"
        second = (outcomes(again) or {}) if again in second_looks else {}
        for name, outcome in seen.items():
            if outcome == "failed" and second.get(name) == "passed":
                outcome = "passed"
                names.append(f"FLAKY {name}")
            elif outcome == "failed":
                names.append(f"FAILED {name}")
            counts[outcome] += 1
    if (crashed or counts["passed"] == 0) and counts["failed"] == 0:
        counts["failed"] = 1
        names.append("FAILED a runner that named no test")
    if "CI_SUMMARY" in os.environ:
        with open(os.environ["CI_SUMMARY"], "a", encoding="utf-8") as summary:
            summary.write(f"{counts['passed']} {counts['failed']}\n")
        with open(os.environ["CI_SUMMARY"] + ".names", "a", encoding="utf-8") as summary:
            summary.writelines(f"{name}\n" for name in names)
    for name in names:
        print(name)
    if counts["skipped"]:
        print(f"{counts['skipped']} skipped")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
