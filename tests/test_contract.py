"""The contract and the route tables of the programs say the same, in both directions."""

import subprocess

import pytest
from harness.contract import contract
from harness.places import BIN
from harness.program import Program

PROGRAMS = ["user-service", "task-service", "notification-service"]


def routes_of(program: Program) -> set:
    done = program.run("routes")
    assert done.returncode == 0, done.stderr
    return {tuple(line.split()[:2]) for line in done.stdout.splitlines()}


def promised(tag: str | None) -> set:
    return {(m.upper(), t) for m, t, o in contract().operations() if tag is None or tag in o["tags"]}


COMMON = promised("every-program")


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_service_has_the_routes_of_its_tag(name, tmp_path):
    assert routes_of(Program(name, tmp_path)) - COMMON == promised(name) - COMMON


def test_standalone_has_them_all(tmp_path):
    assert routes_of(Program("cumulo", tmp_path)) == promised(None)


def test_routes_let_those_in_whom_the_contract_names(tmp_path):
    done = Program("cumulo", tmp_path).run("routes")
    assert done.returncode == 0, done.stderr
    for method, path, who, limit in map(str.split, done.stdout.splitlines()):
        operation = contract().document["paths"][path][method.lower()]
        promised = "+".join(operation["x-scopes"]) or ("anyone" if {} in operation.get("security", []) else "caller")
        if operation.get("x-administrator"):
            promised += "+administrator"
        assert (path, who, limit) == (path, promised, operation["x-limit"])
        assert ({} in operation.get("security", [])) == (who == "anyone"), path


def test_answers_name_the_fields_that_come_with_them():
    of_the_key, faults = {"Idempotency-Replayed"}, []
    for method, path, operation in contract().operations():
        shared = contract().document["paths"][path].get("parameters", [])
        taken = {contract()._resolve(each)["name"] for each in [*operation.get("parameters", []), *shared]}
        for status, described in operation["responses"].items():
            if status[0] != "2":
                continue
            named = set(contract()._resolve(described).get("headers", {}))
            wanted = {"X-Request-Id"} | (of_the_key if "Idempotency-Key" in taken else set())
            wanted |= {"ETag"} if "If-None-Match" in taken else set()
            wanted |= {"RateLimit", "RateLimit-Policy"} if operation["x-limit"] != "none" else set()
            if not wanted <= named:
                faults.append((method, path, status, wanted - named))
        if "Idempotency-Key" in taken and not {"400", "422"} <= set(operation["responses"]):
            faults.append((method, path, "a bad key"))
    assert not faults


@pytest.mark.parametrize("name", [*PROGRAMS, "cumulo"])
def test_help_and_version(name):
    for flag, word in (("--help", "--database-url"), ("--version", name), ("--help-markdown", "CUMULO_DATABASE_URL")):
        done = subprocess.run([BIN / name, flag], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0 and word in done.stdout
