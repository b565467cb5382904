"""GitHub's own webhook examples, and payloads that are hard to keep, through the whole product."""
import json
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from receiver import Receiver
from talaria import Talaria

EXAMPLES = (
    Path(__file__).parent / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
)

# As text: a parser between here and the wire would hide what it changes.
HARD_PAYLOADS = [
    "12345678901234567890123456789012345678901234567890",
    "0.1000000000000000055511151231257827021181583404541015625",
    "1.0e+3",
    "-0",
    "1E5",
    '{"b": 1, "a": 2, "b": 3}',
    '{ "spaces" :  [ 1 ,2,\t3 ] }',
    '"\\u00e9\\ud83d\\ude00\\/\\u0000"',
    '"é😀/"',
    "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
    "null",
    "true",
    '""',
    "{}",
]


def github_events():
    """(event type, payload text, sender's type) of every example."""
    for group in json.loads(EXAMPLES.read_text(encoding="utf-8")):
        for example in group["examples"]:
            action = example.get("action")
            name = f"github.{group['name']}"
            event_type = f"{name}.{action}" if isinstance(action, str) else name
            sender = example.get("sender", {}).get("type", "none")
            # Indented: the delivered bytes must equal these, not some normal form of theirs.
            yield event_type, json.dumps(example, indent=1, ensure_ascii=False), sender


@pytest.fixture
def talaria(tmp_path, store_url):
    with Talaria(tmp_path, store_url=store_url) as running:
        yield running


def submit(talaria, events):
    """As batches put together as text. Returns the ids in order."""
    ids = []
    for start in range(0, len(events), 50):
        members = ",".join(
            f'{{"event_type": "{event_type}", "payload": {payload}, "labels": {json.dumps(labels)}}}'
            for event_type, payload, labels in events[start : start + 50]
        )
        status, answer = post(talaria, "/api/v1/events/batch", f'{{"events": [{members}]}}')
        assert status == 202, answer
        ids += [event["id"] for event in answer["events"]]
    return ids


def post(talaria, path, text):
    import asyncio

    from talaria import Client

    async def send():
        client = Client(talaria.port)
        try:
            return await client.request("POST", path, text.encode())
        finally:
            client.close()

    status, answer = asyncio.run(send())
    return status, json.loads(answer)


def test_github_examples_reach_every_subscription_that_wants_them_once_and_unaltered(talaria):
    events = [(kind, payload, {"sender": sender}) for kind, payload, sender in github_events()]
    assert len(events) > 200
    filters = {
        "/all": ({}, lambda kind, labels: True),
        "/pull-requests": (
            {"event_types": ["github.pull_request.*", "github.ping"]},
            lambda kind, labels: kind.startswith("github.pull_request.") or kind == "github.ping",
        ),
        "/organizations": (
            {"label_filter": {"sender": "Organization"}},
            lambda kind, labels: labels["sender"] == "Organization",
        ),
        "/organizations-by-payload": (
            {"payload_filter": {"path": "/sender/type", "eq": "Organization"}},
            lambda kind, labels: labels["sender"] == "Organization",
        ),
    }
    with Receiver() as receiver:
        secrets = {}
        for path, (fields, _) in filters.items():
            subscription = talaria.subscribe(url=receiver.url + path, **fields)
            status, answer = talaria.call(
                "GET", f"/api/v1/subscriptions/{subscription['id']}/secret"
            )
            assert status == 200
            secrets[path] = answer["secret"]
        ids = submit(talaria, events)
        expected = {
            (path, event_id): payload.encode()
            for (kind, payload, labels), event_id in zip(events, ids)
            for path, (_, wants) in filters.items()
            if wants(kind, labels)
        }
        assert any(path == "/organizations" for path, _ in expected)
        receiver.wait_for(lambda requests: len(requests) >= len(expected))
        assert talaria.stop() == 0
        received = [(request.path, request.headers["webhook-id"]) for request in receiver.requests]
        assert len(received) == len(set(received)), "an event arrived twice"
        assert set(received) == set(expected)
        for request in receiver.requests:
            key = (request.path, request.headers["webhook-id"])
            assert request.body == expected[key]
            Webhook(secrets[request.path]).verify(request.body, dict(request.headers))
        print(f"{len(events)} events, {len(received)} deliveries, each once, verified, identical")


@pytest.mark.parametrize("payload", HARD_PAYLOADS)
def test_a_payload_is_delivered_byte_for_byte(talaria, payload):
    with Receiver() as receiver:
        talaria.subscribe(url=receiver.url)
        status, answer = post(
            talaria, "/api/v1/events", f'{{"event_type": "hard", "payload": {payload}}}'
        )
        assert status == 202, answer
        receiver.wait_for(lambda requests: requests)
        assert receiver.requests[0].body == payload.encode()
