#!/usr/bin/python3
"""openapi.yaml -> openapi.json, as programs serve it: contract_json.py IN OUT."""

import json
import sys

import yaml


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """Dates stay text, and a member given twice is a mistake."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}


def mapping(loader, node):
    members = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in members:
            raise SystemExit(f"{key_node.start_mark}: member given twice: {key}")
        members[key] = loader.construct_object(value_node, deep=True)
    return members


Loader.add_constructor("tag:yaml.org,2002:map", mapping)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        contract = yaml.load(file, Loader)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(contract, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
