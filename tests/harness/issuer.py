"""Signs access tokens in the place of a user-service, so that a test needs no thousand registrations and can have tokens
that expire when it likes."""

import base64
import http.server
import json
import threading
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec


def new_id() -> str:
    """A UUIDv7."""
    value = (int(time.time() * 1000) << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    return str(uuid.UUID(int=(value & ~(0xF << 76) & ~(0x3 << 62)) | (0x7 << 76) | (0x2 << 62)))


def _coordinate(number: int) -> str:
    """All 32 bytes, as RFC 7518 (6.2.1.2) asks; PyJWT leaves leading zeros out, which one key in 128 has."""
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


class Issuer:
    """Publishes keys and revocations on a port of its own."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "x": _coordinate(point.x), "y": _coordinate(point.y)}
        self._jwks = {"keys": [{**jwk, "kid": "test", "use": "sig", "alg": "ES256"}]}
        self.revoked: list = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(outer._jwks if "jwks" in self.path else {"revoked": outer.revoked}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict:
        return {"CUMULO_JWKS_URL": f"http://127.0.0.1:{self._server.server_address[1]}/.well-known/jwks.json"}

    def token(self, account_id: str, seconds: float = 3600, session_id: str | None = None) -> str:
        now = int(time.time())
        claims = {"iss": "cumulo", "aud": "cumulo", "sub": account_id, "sid": session_id or new_id(), "jti": new_id(),
                  "iat": now, "exp": int(now + seconds), "role": "member"}
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": "test", "typ": "at+jwt"})

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
