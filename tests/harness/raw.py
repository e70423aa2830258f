"""Bytes as no well-behaved client would send them."""

import socket

from .places import PATIENCE


class RawConnection:
    """One TCP connection."""

    def __init__(self, port: int, seconds: float = 10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds * PATIENCE)
        self._buffer = b""

    def send(self, data: bytes):
        self.socket.sendall(data)

    def read_answer(self, head_only: bool = False) -> "RawAnswer":
        """The next whole answer; raises ConnectionError when the server closes before it."""
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        length = 0 if head_only else int(fields.get("content-length", 0))
        while len(self._buffer) < length:
            self._fill()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return RawAnswer(int(lines[0].split()[1]), fields, body)

    def _fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError("closed by the server")
        self._buffer += more

    def is_closed_by_server(self) -> bool:
        """Waits (at most the connection's timeout) for the end of the stream."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RawAnswer:
    def __init__(self, status: int, fields: dict, body: bytes):
        self.status = status
        self.fields = fields
        self.body = body
