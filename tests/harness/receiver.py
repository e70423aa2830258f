"""An HTTP server that keeps what it was sent, and answers as a test says."""

import http.server
import threading
import time

from .places import PATIENCE


class Receiver:
    """`answer(request) -> status | (status, headers, body)`; a request is a dict of path, headers (lower case) and body."""

    def __init__(self, answer=lambda request: 204, tls=None):
        self.requests = []
        self.answer = answer
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body,
                           "at": time.monotonic()}
                receiver.requests.append(request)
                said = receiver.answer(request)
                if said is None:
                    self.close_connection = True
                    return
                status, headers, content = said if isinstance(said, tuple) else (said, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a client that goes away while it is answered
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if tls is not None:  # an ssl.SSLContext
            self.scheme = "https"
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str = "/hook") -> str:
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}{path}"

    def wait(self, count: int = 1, path: str | None = None, seconds: float = 15) -> list:
        """The requests (to that path), once there are so many."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            got = [r for r in self.requests if path in (None, r["path"])]
            if len(got) >= count:
                return got
            assert time.monotonic() < deadline, f"{len(got)} of {count} requests came"
            time.sleep(0.02)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
