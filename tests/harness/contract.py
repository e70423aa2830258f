"""contracts/openapi.yaml as an oracle: every answer that a test sees is held against it."""

import functools
import re

import jsonschema
import yaml

from .places import CONTRACT

METHODS = ("get", "put", "post", "delete", "patch")
#: What an answer carries of these, the contract must name.
FIELDS = ("ETag", "Location", "Link", "Idempotency-Replayed", "Set-Cookie", "Retry-After", "WWW-Authenticate")


class Contract:
    def __init__(self):
        self.document = yaml.safe_load(CONTRACT.read_text())
        self._resolver = jsonschema.RefResolver("", self.document)
        self._templates = sorted(self.document["paths"], key=lambda t: (t.count("{"), t))

    def operations(self) -> list:
        """(method, template, operation) of everything in the contract."""
        return [(m, t, o) for t, item in self.document["paths"].items() for m, o in item.items() if m in METHODS]

    def template_of(self, path: str) -> str | None:
        path = path.split("?")[0]
        if path.startswith("/api/v1/"):
            path = path[len("/api/v1"):]
        for template in self._templates:
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
                return template
        return None

    def service_of(self, path: str) -> str | None:
        """The service whose route table has this path."""
        template = self.template_of(path)
        if template is None:
            return None
        for method in METHODS:
            operation = self.document["paths"][template].get(method)
            if operation:
                return operation["tags"][0]
        return None

    def _resolve(self, node):
        while "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    @functools.lru_cache(maxsize=None)
    def _validator(self, reference: str):
        return jsonschema.Draft202012Validator(self._resolver.resolve(reference)[1], resolver=self._resolver,
                                               format_checker=jsonschema.FormatChecker())

    def check(self, method: str, path: str, answer) -> None:
        """Raises AssertionError where the answer breaks the contract."""
        is_json = "json" in answer.headers.get("content-type", "")
        if answer.status_code >= 400:
            assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
            if answer.content:
                self._validate({"$ref": "#/components/schemas/Problem"}, answer)
                assert answer.json()["status"] == answer.status_code
        template = self.template_of(path)
        operation = template and self.document["paths"][template].get(method.lower())
        if not operation or answer.status_code in (400, 405, 408, 413, 415, 429, 431, 503):
            return  # raised before any operation is known, and common to all
        responses = {str(k): v for k, v in operation["responses"].items()}
        described = responses.get(str(answer.status_code))
        if not described and answer.status_code >= 500:
            described = responses.get("default")
        assert described, f"{method} {template} answers {answer.status_code}, which the contract does not know"
        described = self._resolve(described)
        unnamed = [name for name in FIELDS if name in answer.headers and name not in described.get("headers", {})]
        assert not unnamed, f"{method} {template} {answer.status_code} carries {unnamed}, which the contract does not name"
        if answer.status_code in (204, 304):
            assert not answer.content
        elif is_json and answer.content:
            kind = answer.headers["content-type"].split(";")[0]
            content = described.get("content", {})
            assert kind in content, f"{method} {template} {answer.status_code}: {kind} is not in the contract"
            if "schema" in content[kind]:
                self._validate(content[kind]["schema"], answer)

    def _validate(self, schema, answer):
        validator = self._validator(schema["$ref"]) if "$ref" in schema else jsonschema.Draft202012Validator(
            schema, resolver=self._resolver, format_checker=jsonschema.FormatChecker())
        faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(answer.json())]
        assert not faults, f"{answer.request.method} {answer.url} {answer.status_code} breaks the contract: {faults}"


@functools.lru_cache(maxsize=1)
def contract() -> Contract:
    return Contract()
