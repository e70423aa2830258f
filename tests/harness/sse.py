"""A client of GET /stream: reads server-sent events as a browser would."""

import json
import queue
import socket
import threading
import time

from .places import PATIENCE


class Event:
    def __init__(self, name: str, data, id: str, wire_id: str | None):
        self.name = name
        self.data = data
        self.id = id             # the last event id after it, as a client would send it back
        self.wire_id = wire_id   # the id that it carried itself
        self.at = time.time()

    def __repr__(self):
        return f"{self.name}#{self.id} {self.data}"


class Stream:
    """One open stream. `status` is the answer's; events are read by a thread of their own, so that the server never
    finds this client slow (unless `paused`)."""

    def __init__(self, port: int, token: str, query: str = "", last_event_id: str | None = None, paused: bool = False,
                 receive_buffer: int | None = None, path: str = "/stream"):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60 * PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        fields = f"Host: x\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
        if last_event_id is not None:
            fields += f"Last-Event-ID: {last_event_id}\r\n"
        self.socket.sendall(f"GET {path}{query} HTTP/1.1\r\n{fields}\r\n".encode())
        self._raw = b""
        while b"\r\n\r\n" not in self._raw:
            more = self.socket.recv(65536)
            assert more, "closed before an answer"
            self._raw += more
        head, self._raw = self._raw.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.fields = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        self.events: queue.Queue = queue.Queue()
        self.comments = 0
        self.retry: int | None = None
        self.last_event_id = last_event_id or ""
        self.ended_whole: bool | None = None   # the end was marked, not cut off
        self._text = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        if self.status == 200 and not paused:
            self._thread.start()

    def resume_reading(self):
        self._thread.start()

    def _read(self):
        try:
            while True:
                while b"\r\n" not in self._raw:
                    self._fill()
                size, self._raw = self._raw.split(b"\r\n", 1)
                length = int(size, 16)
                while len(self._raw) < length + 2:
                    self._fill()
                if length == 0:
                    self.ended_whole = True
                    return
                self._text += self._raw[:length]
                self._raw = self._raw[length + 2:]
                self._dispatch()
        except (OSError, ValueError):
            self.ended_whole = False
        finally:
            self.events.put(None)

    def _fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError
        self._raw += more

    def _dispatch(self):
        while b"\n\n" in self._text:
            block, self._text = self._text.split(b"\n\n", 1)
            name, data, wire_id = "message", [], None
            for line in block.decode().split("\n"):
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if field == "":
                    self.comments += 1
                elif field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                elif field == "id":
                    wire_id = self.last_event_id = value
                elif field == "retry":
                    self.retry = int(value)
            if data:
                self.events.put(Event(name, json.loads("\n".join(data)), self.last_event_id, wire_id))

    def next(self, seconds: float = 15) -> Event:
        """The next event; AssertionError if none comes or the stream has ended."""
        try:
            event = self.events.get(timeout=seconds * PATIENCE)
        except queue.Empty:
            raise AssertionError("no event came") from None
        assert event is not None, "the stream has ended"
        return event

    def wait_for(self, name: str, seconds: float = 15) -> Event:
        """The next event of this name; others are passed over."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            event = self.next(max(0.01, (deadline - time.monotonic()) / PATIENCE))
            if event.name == name:
                return event

    def is_silent(self, seconds: float = 0.3) -> bool:
        try:
            return self.events.get(timeout=seconds) is None
        except queue.Empty:
            return True

    def rest(self, seconds: float = 15) -> list:
        """What comes until the stream ends."""
        found = []
        while True:
            event = self.events.get(timeout=seconds * PATIENCE)
            if event is None:
                return found
            found.append(event)

    def body(self) -> dict:
        """Of an answer that is no stream."""
        while len(self._raw) < int(self.fields["content-length"]):
            self._fill()
        return json.loads(self._raw)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.close()


def open_stream(person, query: str = "", **keywords) -> Stream:
    """`person`'s stream, past its hello."""
    stream = Stream(person.system.program_for("/stream").port, person.access_token, query, **keywords)
    assert stream.status == 200, stream.body()
    return stream
