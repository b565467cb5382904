"""Starts, stops and talks to a Talaria as a user would: as a process, over HTTP."""
import asyncio
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TALARIA_BUILD", ROOT / "build" / "release"))
BINARY = BUILD / "talaria"
KEY = "integration-test-key"
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 60


def clean_environment():
    """Without the caller's own TALARIA_ variables, which would change the test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TALARIA_")}


def run(*arguments, **variables):
    """A command of Talaria's that ends by itself."""
    return subprocess.run(
        [str(BINARY), *arguments],
        env={**clean_environment(), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Talaria:
    """One process at a time, on one store."""

    def __init__(self, directory, binary=BINARY, prefix=(), **settings):
        self.directory = Path(directory)
        self.command = [*prefix, binary, "serve"]
        self.log_path = self.directory / "talaria.log"
        self.environment = {
            "TALARIA_AUTH_BOOTSTRAP_KEY": KEY,
            "TALARIA_STORE_URL": f"sqlite:{self.directory / 'talaria.db'}",
            "TALARIA_HTTP_LISTEN": "127.0.0.1:0",
            "TALARIA_LIMITS_REQUESTS_PER_MINUTE": "0",
            "TALARIA_DELIVERY_ALLOW_ADDRESSES": "127.0.0.0/8",
            "TALARIA_SECRETS_KEY_FILE": str(self.directory / "talaria.key"),
            **{f"TALARIA_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.process = None
        self.port = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    def start(self):
        with open(self.log_path, "a", encoding="utf-8") as log:
            offset = log.tell()
            self.process = subprocess.Popen(
                [str(part) for part in self.command],
                env={**clean_environment(), **self.environment},
                stdout=log,
                stderr=log,
            )
        self.port = int(self.wait_for_log(r"serves https?://127\.0\.0\.1:(\d+)", offset).group(1))
        return self

    def wait_for_log(self, pattern, offset=0):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            text = self.log_path.read_bytes()[offset:].decode(errors="replace")
            if found := re.search(pattern, text):
                return found
            assert self.process.poll() is None, f"talaria ended: {text}"
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in the log: {text}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS_MAX)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def call(self, method, path, body=None, headers=()):
        """One request on a connection of its own. Returns status and decoded body."""
        return asyncio.run(self._call(method, path, body, headers))

    async def _call(self, method, path, body, headers):
        client = Client(self.port)
        try:
            encoded = b"" if body is None else json.dumps(body).encode()
            status, answer = await client.request(method, path, encoded, headers)
            return status, json.loads(answer) if answer else None
        finally:
            client.close()

    def subscribe(self, **fields):
        status, answer = self.call("POST", "/api/v1/subscriptions", fields)
        assert status == 201, answer
        return answer

    def pages(self, path):
        """Every row of a list."""
        cursor = ""
        while cursor is not None:
            joint = "&" if "?" in path else "?"
            suffix = f"&cursor={cursor}" if cursor else ""
            status, answer = self.call("GET", f"{path}{joint}limit=250{suffix}")
            assert status == 200, answer
            yield from answer["data"]
            cursor = answer["next_cursor"]

    def wait_until_in_flight(self, attempts):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            _, answer = self.call("GET", "/api/v1/actors?kind=dispatcher")
            if answer["data"][0]["details"]["in_flight"] == attempts:
                return
        raise AssertionError(f"there are not {attempts} attempts in flight")

    def pending(self):
        status, answer = self.call("GET", "/api/v1/queues")
        assert status == 200, answer
        return sum(queue["pending"] for queue in answer["data"])


class Client:
    """A keep-alive connection, opened when it is first needed."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None
        self.head = ""

    async def request(self, method, path, body=b"", headers=()):
        """Status and body of the answer; its head stays in `head`."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {KEY}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        answer = await self.reader.readexactly(int(self.header("content-length") or 0))
        return int(self.head.split(" ", 2)[1]), answer

    def header(self, name):
        """Of the last answer; None if it has none of this name."""
        found = re.search(rf"(?im)^{re.escape(name)}: *(.*?)\r$", self.head)
        return found and found.group(1)

    def close(self):
        if self.writer is not None:
            self.writer.close()
            self.reader = self.writer = None
