"""Forged and broken access tokens, made by an independent JOSE library: 401 for each, and one and the same answer."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from harness.system import System

pytestmark = pytest.mark.sanitizers

OWN_KEY = ec.generate_private_key(ec.SECP256R1())
P384_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)


def b64(data) -> str:
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture(scope="module")
def parts(systems):
    """A good token taken apart, and the published key that it was signed with."""
    system: System = systems("services-postgres")
    system.administrator  # noqa: B018
    person = system.register()
    header, payload, signature = person.access_token.split(".")
    keys = system.request("GET", "/.well-known/jwks.json").json()["keys"]
    header = json.loads(unb64(header))
    return {"system": system, "token": person.access_token, "header": header, "claims": json.loads(unb64(payload)), "signature": signature,
            "jwk": next(k for k in keys if k["kid"] == header["kid"])}


def forged(parts, header=None, claims=None, key=OWN_KEY, algorithm="ES256") -> str:
    """Signed with a key that is not ours, but otherwise perfect unless told."""
    changed = {k: v for k, v in {**parts["claims"], **(claims or {})}.items() if v is not ...}
    fields = {k: v for k, v in {**parts["header"], **(header or {})}.items() if k != "alg" and v is not ...}
    return jwt.encode(changed, key, algorithm=algorithm, headers=fields)


def with_signature(parts, header=None, payload=None, signature=None) -> str:
    """The good token's signature under other parts."""
    original = parts["token"].split(".")
    return ".".join([original[0] if header is None else b64(header), original[1] if payload is None else b64(payload),
                     original[2] if signature is None else signature])


def hs256_with_public_key(parts) -> str:
    public = jwt.PyJWK(parts["jwk"]).key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = b64({**parts["header"], "alg": "HS256"}) + "." + b64(parts["claims"])
    return text + "." + b64(hmac.new(public, text.encode(), hashlib.sha256).digest())


def hs256_with_jwk_text(parts) -> str:
    text = b64({**parts["header"], "alg": "HS256"}) + "." + b64(parts["claims"])
    return text + "." + b64(hmac.new(json.dumps(parts["jwk"]).encode(), text.encode(), hashlib.sha256).digest())


NOW = int(time.time())

HOSTILE = {
    "one dot": lambda p: ".",
    "two dots": lambda p: "..",
    "four parts": lambda p: p["token"] + ".x",
    "five parts (JWE)": lambda p: "a.b.c.d.e",
    "no signature": lambda p: p["token"].rsplit(".", 1)[0] + ".",
    "signature cut short": lambda p: p["token"][:-4],
    "signature of zeros": lambda p: with_signature(p, signature=b64(bytes(64))),
    "signature of ones": lambda p: with_signature(p, signature=b64(b"\xff" * 64)),
    "r zero": lambda p: with_signature(p, signature=b64(bytes(32) + unb64(p["signature"])[32:])),
    "s zero": lambda p: with_signature(p, signature=b64(unb64(p["signature"])[:32] + bytes(32))),
    "signature flipped": lambda p: with_signature(p, signature=b64(bytes([unb64(p["signature"])[0] ^ 1]) + unb64(p["signature"])[1:])),
    "signature as DER": lambda p: with_signature(p, signature=b64(OWN_KEY.sign(b"x", ec.ECDSA(hashes.SHA256())))),
    "signature too long": lambda p: p["token"] + b64(bytes(64)),
    "padded": lambda p: p["token"] + "==",
    "standard base64": lambda p: p["token"].replace("-", "+").replace("_", "/") + "+",
    "space inside": lambda p: p["token"][:20] + " " + p["token"][20:],
    "alg none": lambda p: b64({**p["header"], "alg": "none"}) + "." + b64(p["claims"]) + ".",
    "alg None": lambda p: b64({**p["header"], "alg": "None"}) + "." + b64(p["claims"]) + ".",
    "alg nOnE with signature": lambda p: with_signature(p, header={**p["header"], "alg": "nOnE"}),
    "alg left out": lambda p: with_signature(p, header={k: v for k, v in p["header"].items() if k != "alg"}),
    "alg a list": lambda p: with_signature(p, header={**p["header"], "alg": ["ES256"]}),
    "alg es256": lambda p: with_signature(p, header={**p["header"], "alg": "es256"}),
    "HS256 with the public key": hs256_with_public_key,
    "HS256 with the JWK": hs256_with_jwk_text,
    "HS256 with an empty key": lambda p: forged(p, key="", algorithm="HS256"),
    "RS256": lambda p: forged(p, key=RSA_KEY, algorithm="RS256"),
    "ES384": lambda p: forged(p, key=P384_KEY, algorithm="ES384"),
    "another key, our kid": lambda p: forged(p),
    "another key, no kid": lambda p: forged(p, header={"kid": ...}),
    "unknown kid": lambda p: forged(p, header={"kid": "nobody"}),
    "kid a path": lambda p: forged(p, header={"kid": "../../../../etc/passwd"}),
    "kid SQL": lambda p: forged(p, header={"kid": "' OR 1=1 --"}),
    "kid of 7,000 bytes": lambda p: forged(p, header={"kid": "k" * 7000}),
    "embedded jwk": lambda p: forged(p, header={"jwk": json.loads(jwt.algorithms.ECAlgorithm.to_jwk(OWN_KEY.public_key())) if hasattr(jwt.algorithms.ECAlgorithm, "to_jwk") else {"kty": "EC"}}),
    "jku": lambda p: forged(p, header={"jku": "http://127.0.0.1:9/jwks.json"}),
    "x5u": lambda p: forged(p, header={"x5u": "http://127.0.0.1:9/x"}),
    "crit": lambda p: with_signature(p, header={**p["header"], "crit": ["exp"]}),
    "typ JWT": lambda p: with_signature(p, header={**p["header"], "typ": "JWT"}),
    "typ left out": lambda p: with_signature(p, header={k: v for k, v in p["header"].items() if k != "typ"}),
    "b64 false": lambda p: with_signature(p, header={**p["header"], "b64": False}),
    "header not an object": lambda p: with_signature(p, header=[p["header"]]),
    "header not json": lambda p: with_signature(p, header=b"{"),
    "header not UTF-8": lambda p: with_signature(p, header=b'{"alg":"\xff"}'),
    "header twice alg": lambda p: with_signature(p, header=b'{"alg":"none","alg":"ES256","typ":"at+jwt"}'),
    "another's sub": lambda p: with_signature(p, payload={**p["claims"], "sub": "0190a0a0-0000-7000-8000-000000000000"}),
    "administrator": lambda p: with_signature(p, payload={**p["claims"], "role": "administrator"}),
    "expiry moved": lambda p: with_signature(p, payload={**p["claims"], "exp": NOW + 10**6}),
    "payload not an object": lambda p: with_signature(p, payload=[]),
    "payload deep": lambda p: with_signature(p, payload=b"[" * 3000 + b"]" * 3000),
    "exp 1e400": lambda p: with_signature(p, payload=b'{"exp":1e400}'),
    "8 KiB and a little": lambda p: p["token"] + "A" * 8192,
    "quotes": lambda p: f'"{p["token"]}"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_token(parts, name):
    token = HOSTILE[name](parts)
    answer = parts["system"].request("GET", "/tasks", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.text
    reference = parts["system"].request("GET", "/tasks", headers={"Authorization": "Bearer x"})
    volatile = ("request_id",)
    assert {k: v for k, v in answer.json().items() if k not in volatile} == {k: v for k, v in reference.json().items() if k not in volatile}


def test_one_megabyte_token(parts):
    answer = parts["system"].request("GET", "/tasks", headers={"Authorization": "Bearer " + "A" * 1_000_000})
    assert answer.status_code == 431


def test_the_good_one_still_works(parts):
    assert parts["system"].request("GET", "/tasks", token=parts["token"]).status_code == 200


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "bearer ", "Token x", "Bearer a b", "Bearer\tx"])
def test_other_credentials(parts, value):
    assert parts["system"].request("GET", "/tasks", headers={"Authorization": value}).status_code == 401


def test_the_scheme_is_case_insensitive(parts):
    answer = parts["system"].request("GET", "/tasks", headers={"Authorization": "bEaReR " + parts["token"]})
    assert answer.status_code == 200


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 40
