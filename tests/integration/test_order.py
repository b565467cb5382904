"""An ordered subscription sees each event after all before it, whatever is killed."""
import asyncio
import json
from collections import Counter

from receiver import Receiver
from talaria import Client, Talaria

EVENTS_PER_ROUND = 150
KILLS = 3
RETRY = {"delays_ms": [20] * 50}


async def submit(port, count):
    client = Client(port)
    for _ in range(count):
        status, _ = await client.request(
            "POST", "/api/v1/events", json.dumps({"event_type": "order.test", "payload": 1}).encode()
        )
        assert status == 202
    client.close()


def test_the_order_of_a_subscription_survives_failures_and_kills(tmp_path, store_url):
    with Receiver(lambda number, headers: 500 if number % 7 == 3 else 204) as receiver:
        talaria = Talaria(tmp_path, store_url=store_url).start()
        talaria.subscribe(
            url=receiver.url, ordering="fifo", retry=RETRY, circuit_breaker={"enabled": False}
        )
        for kill in range(KILLS):
            asyncio.run(submit(talaria.port, EVENTS_PER_ROUND))
            enough = (2 * kill + 1) * EVENTS_PER_ROUND // 2
            receiver.wait_for(lambda requests, enough=enough: len(requests) >= enough)
            talaria.kill()
            talaria.start()
        events = KILLS * EVENTS_PER_ROUND
        receiver.wait_for(
            lambda requests: len({r.headers["webhook-id"] for r in requests if r.status == 204})
            == events
        )
        talaria.stop()

    sequence_of = {}
    first_taken = []
    taken = Counter()
    for request in receiver.requests:
        event, sequence = request.headers["webhook-id"], int(request.headers["webhook-sequence"])
        assert sequence_of.setdefault(event, sequence) == sequence
        # A repeat of what was under way when the process died, or the next in turn.
        assert sequence <= len(first_taken) + 1
        if request.status != 204:
            continue
        if not taken[event]:
            first_taken.append(sequence)
        taken[event] += 1
    assert first_taken == list(range(1, events + 1))
    assert sum(taken.values()) - events <= KILLS
