"""A service that does what the test says, and remembers what it was sent."""

import http.server
import threading
import time


class Stub:
    """`behaviour(handler, number)` answers the number-th request; without one, 200 with an empty object."""

    def __init__(self, behaviour=None):
        self.seen: list = []  # (method, path, header fields by lower-case name, body)
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fields = {name.lower(): value for name, value in self.headers.items()}
                stub.seen.append((self.command, self.path, fields, body))
                if behaviour:
                    behaviour(self, len(stub.seen))
                else:
                    self.reply(200, b"{}")

            def reply(self, status, body, kind="application/json"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def hang_up(self):
                """The process died with the request in its hands."""
                self.close_connection = True
                self.connection.close()

            def stream(self, pieces, pause):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                    time.sleep(pause)
                self.wfile.write(b"0\r\n\r\n")

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
