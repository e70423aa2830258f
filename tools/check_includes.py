#!/usr/bin/python3
"""Holds the tree to the rules of docs/architecture.md: check_includes.py [ROOT]. Prints every break, one a line.

  * platform/ includes no service; a service includes platform/ and itself; only standalone/ sees all three.
  * Only platform/http includes Beast; only platform/sql includes libpq and SQLite; only platform/outbound libcurl.
  * domain/ holds rules only: no I/O, no JSON, no HTTP, no SQL.
  * The SQL of a service lives in its storage/ and migrations/.
  * platform/testing is for tests; the environment is read in platform/core only.
"""

import pathlib
import re
import sys

SERVICES = ["user-service", "task-service", "notification-service"]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
SQL = re.compile(r"\b(SELECT\s[^;\"]*\bFROM\b|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b|CREATE\s+(UNIQUE\s+)?(TABLE|INDEX)\b)")
LITERAL = re.compile(r'R"(\w*)\((.*?)\)\1"|"((?:[^"\\\n]|\\.)*)"', re.DOTALL)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
NOT_IN_DOMAIN = re.compile(
    r"^(platform/(http|json|sql|bus|service|observe|testing)/|platform/core/(async|io_threads|config)\.hpp$"
    r"|boost/(asio|beast|json)|libpq|sqlite3|fstream$|iostream$|filesystem$|sys/socket\.h$|curl/)"
)


def room_of(name):
    """The top room that an include leads to, when it is one of ours."""
    room = name.split("/", 1)[0]
    return room if room in SERVICES + ["platform", "standalone"] else None


def breaks(path, text):
    parts = path.parts
    room = parts[0]
    is_test = "tests" in parts or room in ("tests", "benchmarks") or parts[:2] == ("platform", "testing")
    for name in INCLUDE.findall(text):
        target = room_of(name)
        if room == "platform" and target not in (None, "platform"):
            yield f"platform knows no service, but includes {name}"
        if room in SERVICES and target not in (None, "platform", room):
            yield f"{room} includes {name}"
        if name.startswith("boost/beast") and parts[:2] != ("platform", "http"):
            yield f"only platform/http includes Beast: {name}"
        if re.match(r"(postgresql/)?libpq|sqlite3", name) and parts[:2] != ("platform", "sql"):
            yield f"only platform/sql includes libpq and SQLite: {name}"
        if name.startswith("curl/") and parts[:2] != ("platform", "outbound"):
            yield f"only platform/outbound includes libcurl: {name}"
        if room in SERVICES and "domain" in parts and not is_test and NOT_IN_DOMAIN.match(name):
            yield f"domain/ holds rules only, but includes {name}"
        if name.startswith("platform/testing/") and not is_test:
            yield f"platform/testing is for tests: {name}"
    code = COMMENT.sub("", text)
    if room in SERVICES and not is_test and "storage" not in parts and "migrations" not in parts:
        literals = " ".join(raw or plain for _, raw, plain in LITERAL.findall(text))
        found = SQL.search(literals)
        if found:
            yield f"SQL lives in storage/: {' '.join(found.group(0).split())[:60]}"
    if re.search(r"\b(std::)?getenv\s*\(", code) and parts[:2] != ("platform", "core") and not is_test:
        yield "the environment is read in platform/core only"


def check(root):
    found = []
    for room in ["platform", "standalone", "contracts", "web", *SERVICES]:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".cpp", ".hpp") and "node_modules" not in path.parts:
                place = path.relative_to(root)
                found += [f"{place}: {what}" for what in breaks(place, path.read_text(encoding="utf-8"))]
    return found


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    found = check(root)
    print("\n".join(found) if found else "include rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
