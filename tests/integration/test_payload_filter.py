"""What a payload filter lets through the whole product, and that it outlives the process."""
import pytest

from receiver import Receiver
from talaria import Talaria

LARGE = {"and": [{"path": "/data/amount", "gt": 100}, {"not": {"path": "/mode", "eq": "test"}}]}


@pytest.fixture
def talaria(tmp_path, store_url):
    with Talaria(tmp_path, store_url=store_url) as running:
        yield running


def submit(talaria, *payloads):
    """Submits events and returns their ids."""
    events = [{"event_type": "order.paid", "payload": payload} for payload in payloads]
    status, answer = talaria.call("POST", "/api/v1/events/batch", {"events": events})
    assert status == 202, answer
    return [event["id"] for event in answer["events"]]


def order(amount, **more):
    return {"data": {"amount": amount}, **more}


def received(receiver, path):
    return {r.headers["webhook-id"] for r in receiver.requests if r.path == path}


def test_only_payloads_that_the_filter_matches_arrive_also_after_a_restart_and_a_change(talaria):
    with Receiver() as receiver:
        talaria.subscribe(url=receiver.url + "/all")
        large = talaria.subscribe(url=receiver.url + "/large", payload_filter=LARGE)
        assert large["payload_filter"] == LARGE
        wanted = set()
        ids = submit(talaria, order(100), order(101), order(500, mode="test"), {"amount": 500})
        wanted.add(ids[1])

        assert talaria.stop() == 0
        talaria.start()
        ids = submit(talaria, order(100.5), order("500"), order(1e3, mode="live"), [])
        wanted.update((ids[0], ids[2]))

        path = f"/api/v1/subscriptions/{large['id']}"
        wrong = {"payload_filter": {"or": [{"path": "data", "gt": 1}]}}
        status, answer = talaria.call("PATCH", path, wrong)
        assert (status, answer["field"]) == (422, "/payload_filter/or/0/path")
        small = {"payload_filter": {"path": "/data/amount", "lt": 10}}
        status, answer = talaria.call("PATCH", path, small)
        assert status == 200, answer
        assert answer["payload_filter"] == small["payload_filter"]
        ids = submit(talaria, order(500), order(5))
        wanted.add(ids[1])

        receiver.wait_for(lambda requests: len(requests) >= 10 + len(wanted))
        assert talaria.stop() == 0
        assert len(received(receiver, "/all")) == 10
        assert received(receiver, "/large") == wanted
