"""A client that sends exactly the bytes it is given, to the whole product."""
import json
import re
import socket
from collections import namedtuple

from talaria import KEY

ANSWER_SECONDS_MAX = 60
CREDENTIALS = f"Authorization: Bearer {KEY}\r\n".encode()


class Answer(namedtuple("Answer", "status head body")):
    def header(self, name):
        found = re.search(rf"(?im)^{re.escape(name)}: *(.*?)\r$", self.head)
        return found and found.group(1)

    def headers_beginning(self, prefix):
        return re.findall(rf"(?im)^({re.escape(prefix)}[^:]*):", self.head)

    def json(self):
        return json.loads(self.body)


def message(method, target, headers=b"", body=None, credentials=CREDENTIALS):
    """A well-formed request but for what is put into it."""
    content = b"Content-Type: application/json\r\nContent-Length: %d\r\n"
    length = b"" if body is None else content % len(body)
    line = f"{method} {target} HTTP/1.1\r\nHost: test\r\n".encode("latin-1")
    return line + credentials + length + headers + b"\r\n" + (body or b"")


class Wire:
    """One connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # the server has closed early; what it answered is what counts

    def _fill(self):
        try:
            received = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.input += received
        return bool(received)

    def answer(self):
        """The next response; None if the connection ends first."""
        while b"\r\n\r\n" not in self.input:
            if not self._fill():
                return None
        head, _, self.input = self.input.partition(b"\r\n\r\n")
        got = Answer(int(head.split(b" ", 2)[1]), head.decode("latin-1") + "\r\n", b"")
        length = 0 if got.status == 100 else int(got.header("content-length") or 0)
        while len(self.input) < length and self._fill():
            pass
        body, self.input = self.input[:length], self.input[length:]
        return got._replace(body=body)

    def ended(self):
        """Whether the server ends the connection, having sent nothing more. Waits for it."""
        return not self.input and not self._fill()
