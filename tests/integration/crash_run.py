"""Submits events, kills Talaria in the middle, starts it again, drains, and checks what was promised:
every acked event is delivered or dead, repeats are few and carry the same id, nothing is made up."""
import asyncio
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from receiver import Receiver
from talaria import Client, Talaria

CONNECTIONS = 32
DRAIN_SECONDS_MAX = 300
# What one subscription may have under way or unrecorded: its window (actors/delivery_window.hpp).
WINDOW = 512
RETRY = {"delays_ms": [100] * 12}


@dataclass
class Submitted:
    acked: dict = field(default_factory=dict)
    unknown: set = field(default_factory=set)
    refused: int = 0


@dataclass
class Verdict:
    acked: int = 0
    lost: list = field(default_factory=list)
    phantoms: list = field(default_factory=list)
    repeats: int = 0
    repeats_max: int = 0
    dead: int = 0
    requests: int = 0

    def holds(self):
        return not self.lost and not self.phantoms and self.repeats <= self.repeats_max

    def __str__(self):
        return (
            f"acked {self.acked}, lost {len(self.lost)}, dead {self.dead}, "
            f"phantoms {len(self.phantoms)}, requests {self.requests}, "
            f"repeats after a 2xx {self.repeats} (bound {self.repeats_max})"
        )


async def submit_all(talaria, numbers, seen, kill_after):
    """Sends each number as an event's payload over several connections. Once `kill_after` are acked the
    process is killed with what is then under way, and the rest is left to the next start."""
    queue = list(reversed(numbers))
    killed = asyncio.Event()

    async def connection():
        client = Client(talaria.port)
        while queue and not killed.is_set():
            number = queue.pop()
            body = json.dumps({"event_type": "crash.test", "payload": {"number": number}}).encode()
            try:
                status, answer = await client.request("POST", "/api/v1/events", body)
            except (OSError, EOFError):
                # EOFError is that of readuntil: the connection ended without an answer.
                seen.unknown.add(number)
                break
            if status == 202:
                seen.acked[number] = json.loads(answer)["id"]
            else:
                seen.refused += 1
            if kill_after and len(seen.acked) >= kill_after and not killed.is_set():
                killed.set()
                talaria.kill()
        client.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return list(reversed(queue))


def drain(talaria):
    """Twice in a row nothing is pending: one that acks too early gets its chance to commit late."""
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    empty_looks = 0
    while empty_looks < 2:
        assert time.monotonic() < deadline, "the backlog did not drain"
        time.sleep(0.2)
        empty_looks = empty_looks + 1 if talaria.pending() == 0 else 0


def judge(talaria, receiver, seen, crashes):
    delivered = Counter()
    numbers = {}
    for request in receiver.requests:
        event_id = request.headers["webhook-id"]
        number = json.loads(request.body)["number"]
        assert numbers.setdefault(number, event_id) == event_id, "a repeat under another id"
        if request.status < 300:
            delivered[event_id] += 1
    dead = {row["event_id"] for row in talaria.pages("/api/v1/deliveries?status=dead")}
    known = set(seen.acked.values())
    return Verdict(
        acked=len(known),
        lost=[event for event in known if event not in delivered and event not in dead],
        phantoms=[n for n, event in numbers.items() if event not in known and n not in seen.unknown],
        repeats=sum(count - 1 for count in delivered.values()),
        repeats_max=crashes * WINDOW,
        dead=len(dead),
        requests=len(receiver.requests),
    )


def crash_run(directory, events, crashes, seed, **options):
    """Kills Talaria `crashes` times, spread over the submissions."""
    chance = random.Random(seed)
    lock = threading.Lock()

    def fail_half_the_time(_number, _headers):
        with lock:
            return 204 if chance.random() < 0.5 else 500

    seen = Submitted()
    with Receiver(fail_half_the_time) as receiver, Talaria(directory, **options) as talaria:
        # A receiver that fails half of the time is one to leave alone, which is not what is tried here.
        talaria.subscribe(
            url=receiver.url,
            retry=RETRY,
            max_in_flight=64,
            circuit_breaker={"enabled": False},
        )
        left = list(range(events))
        for crash in range(1, crashes + 1):
            left = asyncio.run(submit_all(talaria, left, seen, events * crash // (crashes + 1)))
            talaria.start()
        asyncio.run(submit_all(talaria, left, seen, None))
        drain(talaria)
        return judge(talaria, receiver, seen, crashes)
