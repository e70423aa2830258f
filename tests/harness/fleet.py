"""Thousands of live streams from one process, and writers that give them something to hear."""

import asyncio
import datetime
import itertools
import json
import random
import re
import time

from .issuer import Issuer, new_id

CREATED_AT = re.compile(rb'"created_at":"([^"]+)"')
TITLE = re.compile(rb'"title":"([^"]+)"')


class Listener(asyncio.Protocol):
    """One client of GET /stream that connects again and resumes whenever its stream ends."""

    def __init__(self, fleet: "Fleet", number: int):
        self.fleet = fleet
        self.number = number
        self.last_event_id = b""
        self.heard: list = []       # titles, in order
        self.resets = 0
        self.hellos = 0
        self.refused = 0
        self.transport = None
        self._clear()

    def _clear(self):
        self._raw, self._text, self._head_read, self._ended = b"", b"", False, False

    async def connect(self):
        while not self.fleet.stopping:
            try:
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.fleet.port)
                return
            except OSError:
                self.refused += 1
                await asyncio.sleep(0.05)

    def connection_made(self, transport):
        self.transport = transport
        self._clear()
        resume = b"Last-Event-ID: " + self.last_event_id + b"\r\n" if self.last_event_id else b""
        transport.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + self.fleet.tokens[self.number].encode() + b"\r\n" + resume + b"\r\n")

    def connection_lost(self, _):
        self.transport = None
        if not self.fleet.stopping:
            self.fleet.reconnects += 1
            loop = asyncio.get_running_loop()
            loop.call_later(random.uniform(0.02, 0.3), lambda: loop.create_task(self.connect()))

    def data_received(self, data):
        now = time.time()
        self._raw += data
        if not self._head_read:
            if b"\r\n\r\n" not in self._raw:
                return
            head, self._raw = self._raw.split(b"\r\n\r\n", 1)
            self._head_read = True
            if not head.startswith(b"HTTP/1.1 200"):
                self.refused += 1
                self.transport.close()
                return
        while b"\r\n" in self._raw:
            size, rest = self._raw.split(b"\r\n", 1)
            length = int(size, 16)
            if len(rest) < length + 2:
                break
            if length == 0:
                self.transport.close()
                return
            self._text += rest[:length]
            self._raw = rest[length + 2:]
        while b"\n\n" in self._text:
            block, self._text = self._text.split(b"\n\n", 1)
            self._dispatch(block, now)

    def _dispatch(self, block, now):
        for line in block.split(b"\n"):
            if line.startswith(b"id: "):
                self.last_event_id = line[4:]
        if b"event: notification.created" in block:
            self.heard.append(TITLE.search(block)[1].decode())
            made = CREATED_AT.search(block)[1].decode()
            made = datetime.datetime.fromisoformat(made.replace("Z", "+00:00")).timestamp()
            self.fleet.delays.append(now - made)
        elif b"event: hello" in block:
            self.hellos += 1
            self.fleet.ready += 1
        elif b"event: reset" in block:
            self.resets += 1


class Fleet:
    def __init__(self, issuer: Issuer, port: int, count: int):
        self.port = port
        self.accounts = [new_id() for _ in range(count)]
        self.tokens = [issuer.token(a) for a in self.accounts]
        self.listeners = [Listener(self, n) for n in range(count)]
        self.delays: list = []
        self.sent: list = [[] for _ in range(count)]     # titles acknowledged with 202
        self.uncertain: list = [set() for _ in range(count)]  # asked for, but the answer never came
        self.failures: list = []
        self._titles = itertools.count()
        self.ready = 0
        self.reconnects = 0
        self.stopping = False

    async def connect(self, at_once: int = 100):
        gate = asyncio.Semaphore(at_once)

        async def one(listener):
            async with gate:
                await listener.connect()

        await asyncio.gather(*(one(each) for each in self.listeners))
        await self.until(lambda: self.ready >= len(self.listeners))

    async def until(self, condition, seconds: float = 120):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"the streams did not get there: {self.faults()[:5]}"
            await asyncio.sleep(0.02)

    async def write(self, per_second: float, seconds: float, connections: int = 8, ports: list | None = None):
        """Notifications at an even rate to one listener after the other, each to itself."""
        interval = connections / per_second
        end = time.monotonic() + seconds
        await asyncio.gather(*(self._write(n, connections, interval, end, (ports or [self.port])[n % len(ports or [1])])
                               for n in range(connections)))

    async def _write(self, first: int, step: int, interval: float, end: float, port: int):
        reader = writer = None
        number = first
        due = time.monotonic() + random.uniform(0, interval)
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += interval
            who = number % len(self.listeners)
            number += step
            title = f"{who}-{next(self._titles)}"
            body = json.dumps({"user_id": self.accounts[who], "title": title}).encode()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"POST /api/v1/notify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                             + self.tokens[who].encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
                await reader.readexactly(length)
                if head.startswith(b"HTTP/1.1 202"):
                    self.sent[who].append(title)
                else:
                    self.failures.append(head.split(b"\r\n", 1)[0].decode())
                    self.uncertain[who].add(title)
                if b"connection: close" in head.lower():
                    writer.close()
                    writer = None
            except (OSError, asyncio.IncompleteReadError):
                self.uncertain[who].add(title)
                if writer is not None:
                    writer.close()
                writer = None

    def all_heard(self) -> bool:
        return all(set(sent) <= set(each.heard) for sent, each in zip(self.sent, self.listeners))

    def faults(self) -> list:
        """What any listener missed, heard twice, or heard that was never sent."""
        found = []
        for n, (sent, each) in enumerate(zip(self.sent, self.listeners)):
            lost = set(sent) - set(each.heard)
            twice = len(each.heard) - len(set(each.heard))
            invented = set(each.heard) - set(sent) - self.uncertain[n]
            if lost or twice or invented:
                found.append((n, {"lost": sorted(lost), "twice": twice, "invented": sorted(invented)}))
        return found

    def percentile(self, part: float) -> float:
        """Of the time from a change's making to its reading by the client, in milliseconds."""
        ordered = sorted(self.delays)
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    def close(self):
        self.stopping = True
        for each in self.listeners:
            if each.transport is not None:
                each.transport.abort()
