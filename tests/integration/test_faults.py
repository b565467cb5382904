"""Faults that are injected through the API: the process ends where it hurts most, hangs, and heals."""
import asyncio
import contextlib
import json
import time

import pytest

from receiver import Receiver
from talaria import Client, Talaria

KILLED = 137
EVENTS_MAX = 2_000
POINTS = [
    "store.append.before",
    "store.append.after",
    "event.after_commit",
    "store.read.before",
    "attempt.before_request",
    "outbound.request",
    "attempt.after_response",
    "store.record.before",
    "store.record.after",
    "outcome.after_commit",
    "store.sweep.before",
]


def inject(talaria, **fault):
    status, answer = talaria.call("POST", "/api/v1/chaos/faults", fault)
    assert status == 201, answer
    return answer


def submit_until_it_ends(talaria):
    """Ids of the events that were acked."""

    async def submit():
        acked = []
        client = Client(talaria.port)
        body = json.dumps({"event_type": "fault.test", "payload": 1}).encode()
        try:
            for _ in range(EVENTS_MAX):
                status, answer = await client.request("POST", "/api/v1/events", body)
                assert status == 202
                acked.append(json.loads(answer)["id"])
        except (asyncio.IncompleteReadError, ConnectionError):
            return acked
        return acked

    return asyncio.run(submit())


@pytest.mark.parametrize("point", POINTS)
def test_nothing_acked_is_lost_when_the_process_ends_at_a_point(tmp_path, store_url, point):
    with Receiver() as receiver:
        talaria = Talaria(tmp_path, store_url=store_url, chaos_enabled="true")
        with talaria:
            talaria.subscribe(url=receiver.url)
            # Where it comes by often, some events are on their way by then.
            often = point not in ("store.read.before", "store.sweep.before")
            inject(talaria, point=point, action="exit", probability=0.2 if often else 1, seed=7)
            acked = submit_until_it_ends(talaria)
            assert talaria.process.wait(60) == KILLED
            talaria.start()
            wanted = set(acked)
            receiver.wait_for(lambda requests: wanted <= {r.headers["webhook-id"] for r in requests})
            assert talaria.stop() == 0


def test_a_node_that_ends_amid_its_claim_starts_the_next_time(tmp_path, store_url):
    settings = {"store_url": store_url, "chaos_enabled": "true"}
    ended = Talaria(tmp_path, chaos_exit_at_point="store.claim.middle", **settings)
    # It claims before it serves, or, as a node of a cluster, while it begins to.
    with contextlib.suppress(AssertionError):
        ended.start()
    assert ended.process.wait(60) == KILLED
    with Talaria(tmp_path, **settings) as talaria:
        assert talaria.call("GET", "/health/ready")[0] == 200
        assert talaria.stop() == 0


def test_a_store_that_is_lost_heals_when_its_fault_is_removed(tmp_path, store_url):
    with Receiver() as receiver, Talaria(tmp_path, store_url=store_url, chaos_enabled="true") as talaria:
        talaria.subscribe(url=receiver.url)
        inject(talaria, point="store.any.before", action="fail")
        event = {"event_type": "fault.test", "payload": 1}
        assert talaria.call("POST", "/api/v1/events", event)[0] == 503
        status, answer = talaria.call("GET", "/health/ready")
        assert (status, answer["code"]) == (503, "store_unavailable")
        assert talaria.call("DELETE", "/api/v1/chaos/faults")[0] == 204
        status, answer = talaria.call("GET", "/health/ready")
        assert (status, answer["chaos"]) == (200, {"enabled": True, "faults": 0})
        assert talaria.call("POST", "/api/v1/events", event)[0] == 202
        receiver.wait_for(lambda requests: len(requests) == 1)


def test_what_hangs_does_not_keep_the_process_from_stopping(tmp_path, store_url):
    with Receiver() as receiver, Talaria(tmp_path, store_url=store_url, chaos_enabled="true") as talaria:
        talaria.subscribe(url=receiver.url)
        for point in ("store.record.before", "attempt.before_request", "store.sweep.before"):
            inject(talaria, point=point, action="hang", expires_after_ms=3_600_000)
        talaria.call("POST", "/api/v1/events", {"event_type": "fault.test", "payload": 1})
        deadline = time.monotonic() + 30
        while sum(fault["fired"] for fault in talaria.call("GET", "/api/v1/chaos")[1]["faults"]) < 2:
            assert time.monotonic() < deadline, "nothing hangs"
        assert talaria.stop() == 0


def test_the_clock_of_the_process_is_shifted(tmp_path):
    with Talaria(tmp_path, chaos_enabled="true") as talaria:
        event = {"event_type": "fault.test", "payload": 1}
        before = talaria.call("POST", "/api/v1/events", event)[1]["received_at"]
        assert talaria.call("PUT", "/api/v1/chaos/clock", {"offset_ms": 366 * 86_400_000})[0] == 422
        year = {"offset_ms": 365 * 86_400_000}
        assert talaria.call("PUT", "/api/v1/chaos/clock", year) == (200, year)
        after = talaria.call("POST", "/api/v1/events", event)[1]["received_at"]
        assert int(after[:4]) == int(before[:4]) + 1


def test_all_of_it_is_loud(tmp_path):
    with Talaria(tmp_path, chaos_enabled="true") as talaria:
        fault = inject(talaria, point="outbound.request", action="fail", target={"host": "a:1"})
        assert talaria.call("DELETE", f"/api/v1/chaos/faults/{fault['id']}")[0] == 204
        log = talaria.log_path.read_text()
        assert "faults may be injected into this process" in log
        assert "chaos: added fault-1 (fail at outbound.request of a:1" in log
        assert "chaos: removed fault-1" in log
