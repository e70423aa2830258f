"""Bodies that mean harm: a precise 4xx, nothing changed, the next request served."""

import json

import pytest

pytestmark = pytest.mark.sanitizers

DEEP = 10_000
JSON = {"Content-Type": "application/json"}

MALFORMED = {
    "empty": b"", "not json": b"{", "trailing bytes": b'{"title":"x"} x', "two values": b'{"title":"x"}{"title":"y"}',
    "single quotes": b"{'title':'x'}", "trailing comma": b'{"title":"x",}', "comment": b'{"title":"x"/**/}',
    "NaN": b'{"title":NaN}', "depth 10,000 arrays": b"[" * DEEP + b"]" * DEEP,
    "depth 10,000 objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP, "unclosed depth": b"[" * 500_000,
    "invalid UTF-8": b'{"title":"\xff\xfe"}', "overlong UTF-8": b'{"title":"\xc0\x80"}', "surrogate bytes": b'{"title":"\xed\xa0\x80"}',
    "lone surrogate escape": b'{"title":"\\ud800"}', "UTF-16": '{"title":"x"}'.encode("utf-16"),
    "BOM": b'\xef\xbb\xbf{"title":"x"}', "raw newline in a string": b'{"title":"a\nb"}', "bare NUL": b"\x00",
    "control character": b'{"title":"a\x01b"}',
}

UNFIT = {
    "NUL in a string": {"title": "a\u0000b"}, "2^63": {"title": 2**63}, "an array": ["title"], "a string": "title", "null": None,
    "a number": 1e308, "title an object": {"title": {}}, "labels nested": {"title": "x", "labels": [["y"]]},
    "empty title": {"title": ""}, "over-long title": {"title": "x" * 100_000}, "unknown members": {"title": "x", "a": 1, "b": 2},
    "prototype": {"title": "x", "__proto__": {"admin": True}}, "date that does not exist": {"title": "x", "due": "2026-02-30"},
    "unknown time zone": {"title": "x", "due": "2026-02-01", "timezone": "Mars/Base"},
    "10,001 labels": {"title": "x", "labels": ["l"] * 10_001},
}


def send(person, data: bytes):
    return person.request("POST", "/tasks", data=data, headers=JSON)


def nothing_changed(person):
    assert person.get("/tasks").json()["items"] == []


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(person, name):
    answer = send(person, MALFORMED[name])
    assert answer.status_code in (400, 422), answer.text
    if name != "BOM":
        assert answer.status_code == 400, answer.text
    nothing_changed(person)


@pytest.mark.parametrize("name", UNFIT)
def test_unfit(person, name):
    answer = send(person, json.dumps(UNFIT[name]).encode())
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    nothing_changed(person)


def test_members_given_twice(person):
    assert send(person, b'{"title":"a","title":"b"}').status_code in (400, 422)
    nothing_changed(person)


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 422), (1024 * 1024 + 1, 413), (20 * 1024 * 1024, 413)])
def test_size(person, size, status):
    frame = len(b'{"title":""}')
    answer = send(person, b'{"title":"' + b"x" * (size - frame) + b'"}')
    assert answer.status_code == status
    nothing_changed(person)


def test_size_in_chunks(person):
    def chunks():
        yield b'{"title":"'
        for _ in range(1100):
            yield b"x" * 1000
        yield b'"}'

    assert send(person, chunks()).status_code == 413
    nothing_changed(person)


def test_every_unknown_member_is_named(person):
    answer = send(person, b'{"title":"x","one":1,"two":{"three":3}}')
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/one", "/two"}


def test_pointers_are_escaped(person):
    answer = send(person, b'{"title":"x","a/b~c":1}')
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/a~1b~0c"]
