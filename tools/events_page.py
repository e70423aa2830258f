#!/usr/bin/python3
"""Writes docs/events.md from contracts/events: events_page.py [OUTPUT]. Without OUTPUT, to standard output."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "contracts" / "events"


def schemas(folder=FOLDER):
    """Event type → schema of its data, in order of name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("io.cumulo.*.json"))}


def kind_of(schema):
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "enum" in schema:
        return " \\| ".join(f"`{each}`" for each in schema["enum"])
    kind = schema.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{kind} of {kind_of(schema['items'])}" if "items" in schema else kind


def render():
    known = schemas()
    lines = [
        "# Events",
        "",
        "<!-- Written by tools/events_page.py from contracts/events; `make docs`. -->",
        "",
        "What the services tell each other and whoever listens, as CloudEvents 1.0 JSON"
        " ([envelope](../contracts/events/envelope.json)). Each is written in the transaction of the change it tells of,"
        " relayed at least once, and in order among those of one subject; consumers act once on each `id` and pass over"
        " members that they do not know. Over NATS an event is found under `cumulo.events.<lane>.<type>`"
        " ([how](adr/0013-events-over-nats.md)). Types such as Task are those of the"
        " [API's contract](../contracts/openapi.yaml).",
        "",
        "| type | when | from | subject |",
        "|---|---|---|---|",
    ]
    for name, schema in known.items():
        lines.append(f"| [`{name}`](#{name.replace('.', '')}) | {schema['description']} | `{schema['x-source']}` |"
                     f" {schema['x-subject']} |")
    for name, schema in known.items():
        lines += ["", f"## {name}", "", schema["description"] + f" [Schema](../contracts/events/{name}.json).", "",
                  "| member of `data` | type | always | meaning |", "|---|---|---|---|"]
        for member, described in schema["properties"].items():
            always = "yes" if member in schema["required"] else ""
            lines.append(f"| `{member}` | {kind_of(described)} | {always} | {described.get('description', '')} |")
        lines += ["", "```json", json.dumps(schema["examples"][0], ensure_ascii=False), "```"]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) > 1:
        pathlib.Path(sys.argv[1]).write_text(render(), encoding="utf-8")
    else:
        sys.stdout.write(render())


if __name__ == "__main__":
    main()
