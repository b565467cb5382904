"""A receiver that keeps a ledger of everything it got, in the test's process: outside the blast radius
of what the test does to Talaria."""
import asyncio
import threading
from collections import namedtuple

Request = namedtuple("Request", "path headers body status")


async def read_request(reader):
    """Path, headers with names in lower case, and body."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(
        (name.lower(), value.strip())
        for name, _, value in (line.partition(":") for line in lines[1:] if line)
    )
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return lines[0].split(" ")[1], headers, body


class Receiver:
    """`choose_status(request_number, headers)` says what to answer; 204 by default."""

    def __init__(self, choose_status=lambda number, headers: 204):
        self.choose_status = choose_status
        self.requests = []
        self.arrived = threading.Condition()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self._stop)
        self.thread.join()

    def _stop(self):
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.call_soon(self.loop.stop)

    def wait_for(self, condition, seconds=60):
        """Waits until `condition(requests)` holds; it is asked after every request."""
        with self.arrived:
            met = self.arrived.wait_for(lambda: condition(self.requests), seconds)
        assert met, f"after {len(self.requests)} requests the condition does not hold"

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            while True:
                path, headers, body = await read_request(reader)
                status = self.choose_status(len(self.requests), headers)
                # In the ledger before the answer: what Talaria believes delivered is known here.
                with self.arrived:
                    self.requests.append(Request(path, headers, body, status))
                    self.arrived.notify_all()
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()
