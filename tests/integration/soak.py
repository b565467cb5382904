"""Runs everything at once for as long as it is told: events at a steady pace to receivers of every kind,
while somebody pauses, resumes, changes, rotates, replays and looks. At the end nothing is lost, the order
was kept, and memory and descriptors have stayed where they were.

    soak.py --minutes 30 [--events-per-second 40] [--store URL]
"""
import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from soak_receiver import SoakReceiver
from talaria import Client, Talaria

SAMPLE_SECONDS = 2
DRAIN_SECONDS_MAX = 120
# What an allocator keeps and a page cache takes is not flat to the byte.
GROWTH_MAX = 1.15
GROWTH_MIB_MAX = 8
DESCRIPTORS_GROWTH_MAX = 64

RETRY = {"delays_ms": [300, 300, 500, 1000, 2000, 3000]}
PATIENT_RETRY = {"delays_ms": [200] * 50}
# What is in order waits for each retry: it must be able to keep up.
QUICK_RETRY = {"delays_ms": [20] * 50}
BREAKER = {"min_calls": 10, "window_ms": 10000, "open_ms": 2000}
KINDS = {
    # In a queue of its own, and left alone: its latency is looked at.
    "healthy": {"headers": {"X-Soak": "1"}, "priority": "high"},
    "ordered": {"ordering": "fifo", "retry": QUICK_RETRY},
    "flaky": {"retry": PATIENT_RETRY, "circuit_breaker": {"enabled": False}},
    "failing": {"retry": RETRY, "circuit_breaker": BREAKER},
    "hanging": {"retry": RETRY, "timeout_ms": 1000, "circuit_breaker": BREAKER},
    "dripping": {"retry": RETRY, "timeout_ms": 2000, "circuit_breaker": {"enabled": False}},
    "flooding": {"retry": RETRY},
    "resetting": {"retry": RETRY, "circuit_breaker": BREAKER, "priority": "low"},
    "lying": {"retry": RETRY, "circuit_breaker": BREAKER},
    "limited": {"rate_limit_per_second": 1000, "signature": "standard-v1a"},
    "filtered": {"payload_filter": {"path": "/number", "gt": 0}, "signature": "hook0"},
    "leaving": {"retry": PATIENT_RETRY, "max_in_flight": 2},
}
# Whoever gets there in the end, however often it fails on the way.
COMPLETE = ("healthy", "ordered", "limited", "filtered")


@dataclass
class Sample:
    seconds: float
    resident_mib: float
    descriptors: int
    threads: int


@dataclass
class Soak:
    talaria: Talaria
    receiver: SoakReceiver
    seed: int
    subscriptions: dict = field(default_factory=dict)
    acked: dict = field(default_factory=dict)
    samples: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)
    # Not where freed memory is kept for a while to catch who uses it.
    memory_is_flat: bool = True

    def subscribe_all(self):
        for kind, fields in KINDS.items():
            made = self.talaria.subscribe(url=self.receiver.url_of(kind), **fields)
            self.subscriptions[kind] = made["id"]
        _, applications = self.talaria.call("GET", "/api/v1/applications")
        system = next(each["id"] for each in applications["data"] if each["system"])
        self.talaria.subscribe(url=self.receiver.url_of("operations"), application_id=system)

    def sample(self, started):
        process = Path(f"/proc/{self.talaria.process.pid}")
        status = dict(
            line.split(":", 1) for line in (process / "status").read_text().splitlines()
        )
        self.samples.append(
            Sample(
                time.monotonic() - started,
                int(status["VmRSS"].split()[0]) / 1024,
                len(list((process / "fd").iterdir())),
                int(status["Threads"]),
            )
        )

    async def submit(self, until, per_second):
        client = Client(self.talaria.port)
        due = time.monotonic()
        number = 0
        while (now := time.monotonic()) < until:
            if now < due:
                await asyncio.sleep(due - now)
            due += 1 / per_second
            number += 1
            body = {
                "event_type": f"soak.step{number % 5}",
                "priority": ("high", "normal", "low")[number % 3],
                "labels": {"number": number},
                "payload": {"number": number % 10, "sent_at": int(time.time() * 1e6), "x": "y" * 500},
            }
            text = json.dumps(body, separators=(",", ":")).encode()
            status, answer = await client.request("POST", "/api/v1/events", text)
            self.answers[status] = self.answers.get(status, 0) + 1
            if status == 202:
                self.acked[json.loads(answer)["id"]] = number % 10
        client.close()

    async def call(self, client, method, path, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        status, answer = await client.request(method, path, text)
        self.answers[status] = self.answers.get(status, 0) + 1
        return json.loads(answer) if answer else {}

    async def meddle(self, until):
        """What operators and clients do, one thing after the other, in random order."""
        chooser = random.Random(self.seed)
        client = Client(self.talaria.port)
        while time.monotonic() < until:
            await asyncio.sleep(0.5)
            kind, one = chooser.choice(
                [each for each in self.subscriptions.items() if each[0] != "healthy"]
            )
            path = f"/api/v1/subscriptions/{one}"
            what = chooser.randrange(9)
            if what == 0:
                await self.call(client, "POST", path + "/pause")
                await asyncio.sleep(chooser.random())
                await self.call(client, "POST", path + "/resume")
            elif what == 1:
                await self.call(client, "PATCH", path, {"description": f"meddled with {kind}"})
            elif what == 2:
                await self.call(client, "POST", path + "/secret/rotate", {"overlap_hours": 0})
            elif what == 3 and self.acked:
                event = chooser.choice(list(self.acked)[-200:])
                await self.call(client, "POST", f"/api/v1/events/{event}/replay")
            elif what == 4:
                dead = await self.call(client, "GET", "/api/v1/deliveries?status=dead&limit=5")
                for delivery in dead["data"]:
                    await self.call(client, "POST", f"/api/v1/deliveries/{delivery['id']}/retry")
            elif what == 5:
                await self.call(client, "POST", "/api/v1/queues/low/pause")
                await asyncio.sleep(chooser.random())
                await self.call(client, "POST", "/api/v1/queues/low/resume")
            elif what == 6:
                self.receiver.gone = not self.receiver.gone
                leaving = f"/api/v1/subscriptions/{self.subscriptions['leaving']}"
                await self.call(client, "PATCH", leaving, {"enabled": True})
            elif what == 7:
                await self.call(client, "PATCH", path, {"timeout_ms": -1})
            else:
                for seen in ("events?limit=50", "deliveries?limit=50", "actors", "queues"):
                    await self.call(client, "GET", f"/api/v1/{seen}")
        client.close()

    async def watch(self, until, started):
        while time.monotonic() < until:
            self.sample(started)
            await asyncio.sleep(SAMPLE_SECONDS)

    async def run(self, seconds, per_second):
        started = time.monotonic()
        until = started + seconds
        await asyncio.gather(
            self.submit(until, per_second), self.meddle(until), self.watch(until, started)
        )

    def missing(self):
        """Events that a receiver should have by now and has not, by kind."""
        lacking = {}
        for kind in COMPLETE:
            taken = self.receiver.taken[kind]
            wanted = [
                event for event, number in self.acked.items() if kind != "filtered" or number > 0
            ]
            lacking[kind] = sum(1 for event in wanted if event not in taken)
        return lacking

    def waiting(self, kind):
        rows = self.talaria.pages(
            f"/api/v1/deliveries?status=pending&subscription_id={self.subscriptions[kind]}"
        )
        return sum(1 for _ in rows)

    def drain(self):
        deadline = time.monotonic() + DRAIN_SECONDS_MAX
        while any(self.missing().values()) and time.monotonic() < deadline:
            time.sleep(0.2)

    def faults(self):
        found = list(dict.fromkeys(self.receiver.faults))[:5]
        for kind, count in self.missing().items():
            waiting = self.waiting(kind) if count else 0
            if waiting:
                found.append(f"{kind} has not kept up: {waiting} still wait")
            if count > waiting:
                found.append(f"{count - waiting} lost by {kind}")
        found += [f"{count} answers {status}" for status, count in self.answers.items() if status >= 500]
        return found + self.growth()

    def growth(self):
        """The last quarter beside the second: the first is for warming up."""
        quarter = len(self.samples) // 4
        before = self.samples[quarter : 2 * quarter]
        after = self.samples[-quarter:]
        found = []
        mib_before = statistics.median(sample.resident_mib for sample in before)
        mib_after = statistics.median(sample.resident_mib for sample in after)
        grew = mib_after > mib_before * GROWTH_MAX and mib_after > mib_before + GROWTH_MIB_MAX
        if self.memory_is_flat and grew:
            found.append(f"memory grew from {mib_before:.1f} to {mib_after:.1f} MiB")
        descriptors_before = statistics.median(sample.descriptors for sample in before)
        descriptors_after = statistics.median(sample.descriptors for sample in after)
        if descriptors_after > descriptors_before + DESCRIPTORS_GROWTH_MAX:
            found.append(f"descriptors grew from {descriptors_before} to {descriptors_after}")
        if after[-1].threads > before[0].threads:
            found.append(f"threads grew from {before[0].threads} to {after[-1].threads}")
        return found

    def report(self):
        latencies = sorted(self.receiver.latencies_ms)
        step = max(1, len(self.samples) // 10)
        lines = [f"{len(self.acked)} events acked, {sum(self.receiver.counted.values())} requests"]
        lines += ["  minute  resident MiB  descriptors  threads"]
        lines += [
            f"  {each.seconds / 60:6.1f}  {each.resident_mib:12.1f}  {each.descriptors:11}  {each.threads:7}"
            for each in self.samples[::step]
        ]
        lines += ["  requests  " + ", ".join(f"{k} {n}" for k, n in self.receiver.counted.items())]
        told = {kind: sum(n.values()) for kind, n in self.receiver.taken.items() if "." in kind}
        lines += ["  told      " + ", ".join(f"{kind} {count}" for kind, count in told.items())]
        lines += ["  answers   " + ", ".join(f"{s}: {n}" for s, n in sorted(self.answers.items()))]
        if latencies:
            p50, p99 = (latencies[int(len(latencies) * part)] for part in (0.5, 0.99))
            lines += [f"  healthy   p50 {p50:.1f} ms, p99 {p99:.1f} ms from submit to receipt"]
        return "\n".join(lines)


def soak(directory, seconds, per_second, seed, memory_is_flat=True, **settings):
    receiver = SoakReceiver(seed)
    with Talaria(directory, **settings) as talaria:
        run = Soak(talaria, receiver, seed, memory_is_flat=memory_is_flat)
        run.subscribe_all()
        asyncio.run(run.run(seconds, per_second))
        run.drain()
        faults = run.faults()
        stopped = talaria.stop()
        if stopped != 0:
            faults.append(f"talaria ended with {stopped}")
        return run.report(), faults


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--events-per-second", type=float, default=40)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    arguments.add_argument("--store")
    chosen = arguments.parse_args()
    settings = {"store_url": chosen.store} if chosen.store else {}
    with tempfile.TemporaryDirectory() as directory:
        print(f"seed {chosen.seed}", flush=True)
        report, faults = soak(
            directory, chosen.minutes * 60, chosen.events_per_second, chosen.seed, **settings
        )
    print(report)
    for fault in faults:
        print(f"FAULT: {fault}")
    print("the soak holds" if not faults else "the soak does not hold")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
