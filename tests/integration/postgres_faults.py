"""Ill-treats a PostgreSQL server under a steady load of submissions, heals it, waits until nothing is
pending, and checks what was promised: every acked event is delivered, nothing is recorded twice,
nothing is made up, every submission is answered in time, and Talaria recovers by itself."""
import asyncio
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from postgresql import query
from receiver import Receiver
from talaria import Client, Talaria

# Two seconds are promised; the rest is for machines that are busy with something else.
ANSWER_SECONDS_MAX = 2.5
GIVE_UP_SECONDS = 15
DRAIN_SECONDS_MAX = 90
ACCEPTED_AGAIN_SECONDS_MAX = 15
LOAD_BEFORE_SECONDS = 1.5
# Longer than the answers of submissions that came at the end of the fault.
LOAD_AFTER_SECONDS = 2
# A client that repeats a submission with its idempotency key pauses so long, then twice as long.
REPEAT_SECONDS_MIN = 0.25
REPEAT_SECONDS_MAX = 8
# How long after the end of the load they go on.
REPEAT_ALL_SECONDS_MAX = 60
SUBSCRIBERS = ("/a", "/b")
RETRY = {"delays_ms": [100] * 12}


@dataclass
class Answer:
    number: int
    asked_at: float
    answered_at: float
    # None: the connection was refused, or ended without an answer.
    status: int | None
    retry_after: str | None
    event: str | None

    def seconds(self):
        return self.answered_at - self.asked_at

    def as_promised(self):
        refused_well = self.status == 503 and self.retry_after is not None
        return self.status in (202, None) or refused_well


def has_key(number):
    return number % 2 == 1


class Load:
    """Submits `rate` events a second, whatever becomes of those before, and keeps every answer. Every
    other one has an idempotency key and is repeated until it is acked; the others are sent once.
    Readers look at Talaria's health and at lists meanwhile."""

    def __init__(self, talaria, rate):
        self.talaria = talaria
        self.rate = rate
        self.answers = []
        self.live_statuses = Counter()
        self.ready_statuses = Counter()
        self.list_statuses = Counter()
        self.acked = threading.Condition()
        self.stopping = threading.Event()
        self.given_up = False
        self.idle = []
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def stop(self):
        self.__exit__()
        if self.error:
            raise self.error

    def wait_for_ack_after(self, moment):
        """Seconds from the moment until a submission made after it was answered with 202; infinite if
        none is for long."""

        looked_at = 0

        def found():
            nonlocal looked_at
            new = self.answers[looked_at:]
            looked_at += len(new)
            good = (a.answered_at for a in new if a.status == 202 and a.asked_at >= moment)
            return min(good, default=None)

        with self.acked:
            answered_at = self.acked.wait_for(found, ACCEPTED_AGAIN_SECONDS_MAX)
        return answered_at - moment if answered_at else float("inf")

    def _run(self):
        try:
            asyncio.run(self._submit_steadily())
        except Exception as error:  # Raised by stop(), in the test's thread.
            self.error = error

    async def _submit_steadily(self):
        readers = [
            asyncio.create_task(self._look("/health/live", self.live_statuses)),
            asyncio.create_task(self._look("/health/ready", self.ready_statuses)),
            asyncio.create_task(self._look("/api/v1/deliveries?limit=10", self.list_statuses)),
        ]
        started, number, tasks = time.monotonic(), 0, set()
        while not self.stopping.is_set():
            while number < (time.monotonic() - started) * self.rate:
                task = asyncio.create_task(self._submit(number))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                number += 1
            await asyncio.sleep(0.005)
        _, left = await asyncio.wait([*tasks, *readers], timeout=REPEAT_ALL_SECONDS_MAX)
        self.given_up = True
        await asyncio.gather(*left)
        for client in self.idle:
            client.close()

    async def _submit(self, number):
        key = {"idempotency_key": f"number-{number}"} if has_key(number) else {}
        event = {"event_type": "fault.test", "payload": {"number": number}, **key}
        body = json.dumps(event).encode()
        pause = REPEAT_SECONDS_MIN
        while not await self._ask(number, body) and key and not self.given_up:
            await asyncio.sleep(pause)
            pause = min(2 * pause, REPEAT_SECONDS_MAX)

    async def _ask(self, number, body):
        client = self.idle.pop() if self.idle else Client(self.talaria.port)
        asked_at, status, retry_after, event = time.monotonic(), None, None, None
        try:
            request = client.request("POST", "/api/v1/events", body)
            status, text = await asyncio.wait_for(request, GIVE_UP_SECONDS)
            retry_after = client.header("retry-after")
            event = json.loads(text).get("id") if status == 202 else None
            self.idle.append(client)
        except (OSError, EOFError, asyncio.TimeoutError):
            client.close()
        with self.acked:
            answer = Answer(number, asked_at, time.monotonic(), status, retry_after, event)
            self.answers.append(answer)
            self.acked.notify_all()
        return status == 202

    async def _look(self, path, statuses):
        client = Client(self.talaria.port)
        while not self.stopping.is_set():
            try:
                status, _ = await asyncio.wait_for(client.request("GET", path), GIVE_UP_SECONDS)
                statuses[status] += 1
            except (OSError, EOFError, asyncio.TimeoutError):
                statuses[None] += 1
                client.close()
            await asyncio.sleep(0.1)
        client.close()


@dataclass
class Verdict:
    fault: str
    submissions: int = 0
    acked: int = 0
    refused: int = 0
    unanswered: int = 0
    slowest_ms: int = 0
    delivered: int = 0
    # Pairs of event and subscriber.
    lost: list = field(default_factory=list)
    phantoms: list = field(default_factory=list)
    repeats: int = 0
    accepted_again_seconds: float = 0
    problems: list = field(default_factory=list)

    HEAD = (
        f"{'fault':<24}{'submitted':>10}{'acked':>8}{'refused':>8}{'none':>6}{'slowest ms':>11}"
        f"{'delivered':>10}{'lost':>5}{'repeats':>8}{'again s':>8}"
    )

    def __str__(self):
        return (
            f"{self.fault:<24}{self.submissions:>10}{self.acked:>8}{self.refused:>8}"
            f"{self.unanswered:>6}{self.slowest_ms:>11}{self.delivered:>10}{len(self.lost):>5}"
            f"{self.repeats:>8}{self.accepted_again_seconds:>8.2f}"
        )


# What the runs found, for the summary at the end (conftest.py).
table = []


def drain(talaria):
    """Twice in a row nothing is pending."""
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    empty_looks = 0
    while empty_looks < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
        empty_looks = empty_looks + 1 if talaria.pending() == 0 else 0
    return empty_looks == 2


def judge_deliveries(verdict, load, receiver):
    """Compares what was acked with the receivers' ledger."""
    ids, taken = {}, Counter()
    for request in receiver.requests:
        event = request.headers["webhook-id"]
        number = json.loads(request.body)["number"]
        if ids.setdefault(number, event) != event:
            verdict.problems.append(f"number {number} came as two events, {ids[number]} and {event}")
        if request.status < 300:
            taken[event, request.path] += 1
    acked = {a.event for a in load.answers if a.status == 202}
    verdict.acked = len(acked)
    verdict.delivered = len(taken)
    verdict.repeats = sum(count - 1 for count in taken.values())
    verdict.lost = [(e, path) for e in acked for path in SUBSCRIBERS if (e, path) not in taken]
    submitted = {a.number for a in load.answers}
    verdict.phantoms = [number for number in ids if number not in submitted]
    numbers_acked = {a.number for a in load.answers if a.status == 202}
    if never := [n for n in submitted - numbers_acked if has_key(n)]:
        verdict.problems.append(f"repeated and never acked: {never[:5]}")
    if verdict.lost:
        verdict.problems.append(f"lost: {verdict.lost[:5]}")
    if verdict.phantoms:
        verdict.problems.append(f"never submitted: {verdict.phantoms[:5]}")


def judge_answers(verdict, load):
    verdict.submissions = len(load.answers)
    verdict.refused = sum(a.status not in (202, None) for a in load.answers)
    verdict.unanswered = sum(a.status is None for a in load.answers)
    slowest = max(load.answers, key=Answer.seconds)
    verdict.slowest_ms = round(slowest.seconds() * 1000)
    if slowest.seconds() > ANSWER_SECONDS_MAX:
        verdict.problems.append(f"answered too late: {slowest}")
    if broken := [a for a in load.answers if not a.as_promised()]:
        verdict.problems.append(f"{len(broken)} answered otherwise than promised: {broken[:3]}")
    if set(load.live_statuses) != {200}:
        verdict.problems.append(f"not alive at times: {dict(load.live_statuses)}")
    for statuses in (load.ready_statuses, load.list_statuses):
        if not set(statuses) <= {200, 503}:
            verdict.problems.append(f"health or lists: {dict(statuses)}")
    if verdict.accepted_again_seconds > ACCEPTED_AGAIN_SECONDS_MAX:
        verdict.problems.append("submissions were not accepted again")


def judge_records(verdict, url):
    """Each delivery has one attempt that ended it, and that is what its receiver saw."""
    several = (
        "select event_id, subscription from attempts where status <> 0 "
        "group by event_id, subscription having count(*) > 1"
    )
    if twice := query(url, several):
        verdict.problems.append(f"ended more than once: {twice[:5]}")
    ended = int(query(url, "select count(*) from attempts where status = 1")[0][0])
    if ended != verdict.delivered:
        verdict.problems.append(f"{ended} deliveries are recorded, {verdict.delivered} were made")


def judge_process(verdict, talaria, process_id):
    if talaria.process.poll() is not None or talaria.process.pid != process_id:
        verdict.problems.append("Talaria's process ended")
    _, actors = talaria.call("GET", "/api/v1/actors?limit=1000")
    if restarted := [a["path"] for a in actors["data"] if a["restarts"]]:
        verdict.problems.append(f"these actors failed: {restarted}")


def fault_run(directory, fault, url, cause, *, rate, seed, choose_status=None, **settings):
    """`cause` does the harm and heals it; the load goes on before, meanwhile and after."""
    chance = random.Random(seed)

    def fail_now_and_then(_number, _headers):
        return 500 if chance.random() < 0.05 else 204

    verdict = Verdict(fault)
    talaria = Talaria(directory, store_url=url, **settings)
    with Receiver(choose_status or fail_now_and_then) as receiver, talaria:
        process_id = talaria.process.pid
        for path in SUBSCRIBERS:
            talaria.subscribe(url=receiver.url + path, retry=RETRY)
        with Load(talaria, rate) as load:
            time.sleep(LOAD_BEFORE_SECONDS)
            cause()
            verdict.accepted_again_seconds = load.wait_for_ack_after(time.monotonic())
            time.sleep(LOAD_AFTER_SECONDS)
            load.stop()
        judge_answers(verdict, load)
        if not drain(talaria):
            verdict.problems.append(f"still pending: {talaria.pending()}")
        judge_deliveries(verdict, load, receiver)
        judge_records(verdict, url)
        judge_process(verdict, talaria, process_id)
    table.append(verdict)
    return verdict
