#!/usr/bin/python3
"""Sums JUnit files up: count_results.py CRASHED FILE... -> "N passed, N failed". CRASHED 1: a runner said that something
is wrong; if no file names a failure, that counts as one. Also fails when nothing passed. With CI_SUMMARY set, appends
"PASSED FAILED" to that file."""

import os
import sys
import xml.etree.ElementTree as ElementTree


def main():
    crashed = sys.argv[1] != "0"
    passed = failed = skipped = 0
    for name in sys.argv[2:]:
        try:
            root = ElementTree.parse(name).getroot()
        except (OSError, ElementTree.ParseError):
            crashed = True
            continue
        for case in root.iter("testcase"):
            kinds = {child.tag for child in case}
            if kinds & {"failure", "error"} or case.get("status") == "fail":
                failed += 1
                print(f"FAILED {case.get('classname', '')} {case.get('name')}")
            elif "skipped" in kinds or case.get("status") in ("notrun", "disabled"):
                skipped += 1
            else:
                passed += 1
    if (crashed or passed == 0) and failed == 0:
        failed = 1
    if "CI_SUMMARY" in os.environ:
        with open(os.environ["CI_SUMMARY"], "a", encoding="utf-8") as summary:
            summary.write(f"{passed} {failed}\n")
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
