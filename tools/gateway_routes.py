#!/usr/bin/python3
"""contracts/openapi.yaml -> api-gateway/routes.conf: gateway_routes.py [FILE]. Which service answers which path.

A path belongs to the service that its operations name. The first segment decides where it belongs to one service alone;
otherwise each path has a location of its own. What every program answers comes from the user-service. Without a file:
standard output.
"""

import pathlib
import re
import sys

import yaml

CONTRACT = pathlib.Path(__file__).resolve().parents[1] / "contracts" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
#: Answered by the gateway itself, or in a location of their own (nginx.conf.template).
APART = {"/healthz", "/readyz", "/stream"}
EVERY_PROGRAM = "every-program"
LOCATION = """location ~ ^(?:/api/v1)?{paths}{end} {{
  set $service {upstream};
  if ($repeatable_post) {{ return 418; }}
  if ($closing) {{ return 419; }}
  proxy_next_upstream error timeout;
  include upstream.conf;
  proxy_pass http://$service;
}}
"""


def owners() -> dict:
    """path template -> service."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    found = {}
    for template, item in document["paths"].items():
        if template in APART:
            continue
        tags = {item[method]["tags"][0] for method in METHODS if method in item}
        if len(tags) != 1:
            raise SystemExit(f"{template} belongs to {tags}: one path, one service")
        tag = tags.pop()
        found[template] = "user-service" if tag == EVERY_PROGRAM else tag
    return found


def pattern(template: str) -> str:
    return re.sub(r"\\\{[^}]+\}", "[^/]+", re.escape(template))


def render() -> str:
    by_segment = {}
    for template, service in owners().items():
        by_segment.setdefault(template.split("/")[1], {})[template] = service
    exact, whole = {}, {}
    for segment, templates in by_segment.items():
        services = set(templates.values())
        if len(services) == 1:
            whole.setdefault(services.pop(), []).append(re.escape(segment))
        else:
            for template, service in templates.items():
                exact.setdefault(service, []).append(pattern(template))
    text = "# Written by `make docs` from contracts/openapi.yaml; a test compares.\n"
    for service in sorted(exact):
        text += LOCATION.format(paths=f"(?:{'|'.join(sorted(exact[service]))})", end="$", upstream=service.replace("-", "_"))
    for service in sorted(whole):
        text += LOCATION.format(paths=f"/(?:{'|'.join(sorted(whole[service]))})", end="(?:/|$)",
                                upstream=service.replace("-", "_"))
    return text


def main():
    text = render()
    if len(sys.argv) > 1:
        pathlib.Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
