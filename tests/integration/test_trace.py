"""A client's trace on its way through the whole product."""
import asyncio
import json

from receiver import Receiver
from talaria import Client, Talaria

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"


def submit(talaria, headers):
    """The id of an event."""

    async def ask():
        client = Client(talaria.port)
        body = json.dumps({"event_type": "a", "payload": 1}).encode()
        status, answer = await client.request("POST", "/api/v1/events", body, headers)
        client.close()
        assert status == 202, answer
        return json.loads(answer)["id"]

    return asyncio.run(ask())


def test_every_attempt_is_a_child_of_the_clients_span_also_after_a_restart(tmp_path, store_url):
    refusing = True
    settings = {"store_url": store_url, "log_level": "debug"}
    with Receiver(lambda *_: 500 if refusing else 204) as receiver:
        with Talaria(tmp_path, **settings) as talaria:
            talaria.subscribe(url=receiver.url, retry={"delays_ms": [100, 100, 3_600_000]})
            event = submit(talaria, [f"traceparent: 00-{TRACE}-{PARENT}-01", f"tracestate: {STATE}"])
            receiver.wait_for(lambda requests: len(requests) == 3)
            talaria.wait_for_log(f"attempt 3 of event {event} .* trace {TRACE}")
            _, shown = talaria.call("GET", f"/api/v1/events/{event}")
            assert shown["trace_id"] == TRACE
            assert talaria.stop() == 0
            refusing = False
            talaria.start()
            delivery = shown["deliveries"][0]["id"]
            assert talaria.call("POST", f"/api/v1/deliveries/{delivery}/retry")[0] == 200
            receiver.wait_for(lambda requests: len(requests) == 4)
    parents = set()
    for request in receiver.requests:
        version, trace, parent, flags = request.headers["traceparent"].split("-")
        assert (version, trace, flags) == ("00", TRACE, "01")
        assert request.headers["tracestate"] == STATE
        parents.add(parent)
    assert len(parents) == 4 and PARENT not in parents


def test_the_deliveries_of_an_event_without_a_trace_are_one_by_its_id(tmp_path):
    with Receiver() as receiver, Talaria(tmp_path) as talaria:
        talaria.subscribe(url=receiver.url)
        talaria.subscribe(url=receiver.url)
        event = submit(talaria, ["traceparent: nonsense", f"tracestate: {STATE}"])
        receiver.wait_for(lambda requests: len(requests) == 2)
    for request in receiver.requests:
        assert request.headers["traceparent"].split("-")[1] == event.replace("-", "")
        assert "tracestate" not in request.headers
