#!/usr/bin/python3
"""What the programs say of their options -> docs/configuration.md: configuration_page.py BIN_FOLDER [FILE].

Each program's --help-markdown is its option table; this sorts what all have from what one has. Without a file: standard
output.
"""

import pathlib
import re
import subprocess
import sys

PROGRAMS = ["cumulo", "user-service", "task-service", "notification-service"]
HEAD = "| flag | variable | type | default | meaning |\n|---|---|---|---|---|\n"
INTRO = """# Configuration

<!-- Written by `make docs` from the programs' own option tables; a test compares. -->

Every option is a flag, an environment variable and a key of a file, in this order of authority:

| from | example |
|---|---|
| flag | `--log-level debug` |
| environment | `CUMULO_LOG_LEVEL=debug` |
| environment, by file (for secrets) | `CUMULO_DATABASE_URL_FILE=/run/secrets/database_url` |
| file, named by `--config FILE` or `CUMULO_CONFIG` | `log-level = debug` |
| default | |

Unknown flags, unknown keys and unknown `CUMULO_…` variables are refused, all named at once. `PROGRAM --print-config` prints
what is in effect, secrets hidden; `PROGRAM --help` prints the tables below. Durations are written `250ms`, `30s`, `15m`, `24h`,
`30d`; sizes `16KiB`, `1MiB`; lists with commas.
"""


def options_of(program):
    """flag -> its five cells."""
    done = subprocess.run([program, "--help-markdown"], capture_output=True, text=True, check=True, timeout=60)
    rows = {}
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and cells[0].startswith("`--"):
            rows[cells[0]] = cells
    return rows


def render(folder):
    tables = {name: options_of(folder / name) for name in PROGRAMS}
    flags = list(dict.fromkeys(flag for name in PROGRAMS for flag in tables[name]))
    owners = {flag: [name for name in PROGRAMS if flag in tables[name]] for flag in flags}
    sections = {}
    for flag in flags:
        cells = list(tables[owners[flag][0]][flag])
        defaults = {}
        for name in owners[flag]:
            defaults.setdefault(tables[name][flag][3], []).append(name)
        if len(defaults) > 1:
            cells[3] = "<br>".join(f"{default or 'none'} ({', '.join(names)})" for default, names in defaults.items())
        if len(owners[flag]) == len(PROGRAMS):
            title = "Every program"
        else:
            title = " and ".join(["`cumulo`"] * ("cumulo" in owners[flag]) +
                                 [f"`{name}`" for name in owners[flag] if name != "cumulo"])
        sections.setdefault(title, []).append("| " + " | ".join(cells) + " |\n")
    text = INTRO
    for title in sorted(sections, key=lambda each: each != "Every program"):
        text += f"\n## {title}\n\n{HEAD}{''.join(sections[title])}"
    return text


def main():
    text = render(pathlib.Path(sys.argv[1]).resolve())
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
