#!/usr/bin/env python3
"""A webhook receiver that verifies the signature before it believes a word. Standard library only.

    WEBHOOK_SECRET=whsec_... ./receiver.py [port]
"""
import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300


def verify(secret: str, headers, body: bytes) -> bool:
    """Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, compared in constant time."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected, candidate) for candidate in given)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        verified = verify(os.environ["WEBHOOK_SECRET"], self.headers, body)
        self.send_response(204 if verified else 401)
        self.send_header("content-length", "0")
        self.end_headers()
        print(
            json.dumps(
                {
                    "verified": verified,
                    "webhook_id": self.headers.get("webhook-id"),
                    "event_type": self.headers.get("webhook-event-type"),
                    "attempt": self.headers.get("webhook-attempt"),
                    "body": body.decode(errors="replace"),
                }
            ),
            flush=True,
        )

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    host = os.environ.get("WEBHOOK_HOST", "127.0.0.1")
    server = ThreadingHTTPServer((host, port), Receiver)
    print(f"listening on http://{host}:{server.server_port}", flush=True)
    server.serve_forever()
