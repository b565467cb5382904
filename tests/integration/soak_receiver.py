"""A receiver with a path for each kind of receiver there is: good, flaky, hanging, dripping, flooding,
lying, gone. Checks while it goes what every one of them was promised."""
import asyncio
import random
import re
import time
from collections import Counter, defaultdict

from receiver import Receiver, read_request

OK = b"HTTP/1.1 204 X\r\ncontent-length: 0\r\n\r\n"


def status_line(status, *headers):
    lines = [f"HTTP/1.1 {status} X", *headers, "content-length: 0", "", ""]
    return "\r\n".join(lines).encode()


class SoakReceiver(Receiver):
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counted = Counter()
        # By path: how often each event was taken with a 2xx.
        self.taken = defaultdict(Counter)
        self.latencies_ms = []
        self.faults = []
        self.last_sequence = 0
        self.in_order_under_way = 0
        self.gone = False
        super().__init__()

    def url_of(self, kind):
        return f"{self.url}/{kind}"

    async def _serve(self, reader, writer):
        try:
            while True:
                path, headers, body = await read_request(reader)
                kind = path.removeprefix("/")
                self.counted[kind] += 1
                await getattr(self, f"_be_{kind}")(headers, body, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    def _take(self, kind, headers, writer):
        self.taken[kind][headers["webhook-id"]] += 1
        writer.write(OK)

    async def _be_healthy(self, headers, body, writer):
        sent_at = re.search(rb'"sent_at":(\d+)', body)
        self.latencies_ms.append(time.time() * 1000 - int(sent_at.group(1)) / 1000)
        self._take("healthy", headers, writer)

    async def _be_ordered(self, headers, _, writer):
        self.in_order_under_way += 1
        if self.in_order_under_way > 1:
            self.faults.append("two requests of an ordered subscription at once")
        await asyncio.sleep(0.001)
        self.in_order_under_way -= 1
        sequence = int(headers["webhook-sequence"])
        if sequence < self.last_sequence and not self.taken["ordered"][headers["webhook-id"]]:
            self.faults.append(f"{sequence} came first after {self.last_sequence}")
        if self.random.random() < 0.03:
            writer.write(status_line(500))
            return
        self.last_sequence = max(self.last_sequence, sequence)
        self._take("ordered", headers, writer)

    async def _be_flaky(self, headers, _, writer):
        chosen = self.random.choice([200, 500, 503, 429])
        if chosen == 200:
            self._take("flaky", headers, writer)
        else:
            writer.write(status_line(chosen, "retry-after: 1000000000000"))

    async def _be_failing(self, *unused):
        unused[-1].write(status_line(500))

    async def _be_hanging(self, *_):
        await asyncio.sleep(10)

    async def _be_dripping(self, *unused):
        for byte in b"HTTP/1.1 200 X\r\n":
            unused[-1].write(bytes([byte]))
            await unused[-1].drain()
            await asyncio.sleep(1)

    async def _be_flooding(self, *unused):
        writer = unused[-1]
        writer.write(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(64):
            writer.write(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
            await writer.drain()
        raise ConnectionError

    async def _be_resetting(self, *unused):
        unused[-1].write(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\nhalf")
        await unused[-1].drain()
        raise ConnectionError

    async def _be_lying(self, *unused):
        unused[-1].write(b"220 smtp.example ready\r\n\r\n")
        await unused[-1].drain()
        raise ConnectionError

    async def _be_limited(self, headers, _, writer):
        self._take("limited", headers, writer)

    async def _be_filtered(self, headers, body, writer):
        if b'"number":0,' in body:
            self.faults.append("an event came that the filter does not let through")
        self._take("filtered", headers, writer)

    async def _be_leaving(self, headers, _, writer):
        if self.gone:
            writer.write(status_line(410))
        else:
            self._take("leaving", headers, writer)

    async def _be_operations(self, headers, _, writer):
        self._take(headers["webhook-event-type"], headers, writer)
