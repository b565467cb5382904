"""Three nodes on one PostgreSQL: any takes any request, each subscription has one owner, and the work
moves when a node goes."""
import signal
import time
from collections import Counter

import pytest

from cluster import NAMES as NODES
from cluster import SHARDS, three_nodes, wait_until
from receiver import Receiver
from talaria import KEY, run

SUBSCRIPTIONS = 24
SUBMISSIONS_MAX = 10


@pytest.fixture(name="receiver")
def running_receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(name="cluster", params=[True, False], ids=["linked", "unlinked"])
def running_cluster(request, tmp_path):
    with three_nodes(tmp_path, linked=request.param) as cluster:
        yield cluster


@pytest.fixture(name="linked")
def linked_cluster(tmp_path):
    with three_nodes(tmp_path) as cluster:
        yield cluster


def submit(node, number, **fields):
    """Again after a 503, as clients do."""
    event = {"event_type": "a", "payload": number, "idempotency_key": f"key-{number}", **fields}
    for _ in range(SUBMISSIONS_MAX):
        status, answer = node.call("POST", "/api/v1/events", event)
        if status != 503:
            break
        time.sleep(1)
    assert status == 202, answer
    return answer["id"]


def subscribe_many(cluster, receiver, **fields):
    """At the nodes in turn, so that each event goes to subscriptions of every node."""
    return [
        cluster[NODES[number % 3]].subscribe(url=f"{receiver.url}/{number}", **fields)["id"]
        for number in range(SUBSCRIPTIONS)
    ]


def deliveries(requests):
    return Counter((request.path, request.headers["webhook-id"]) for request in requests)


def test_any_node_takes_any_request_and_each_delivery_is_made_once(cluster, receiver):
    subscribe_many(cluster, receiver)
    events = [submit(cluster[NODES[number % 3]], number) for number in range(30)]
    receiver.wait_for(lambda requests: len(requests) >= len(events) * SUBSCRIPTIONS)
    wait_until(lambda: cluster["east"].pending() == 0, "nothing pending")
    made = deliveries(receiver.requests)
    assert len(made) == len(events) * SUBSCRIPTIONS
    assert set(made.values()) == {1}
    nodes = {
        attempt["node"]
        for delivery in cluster["south"].pages(f"/api/v1/deliveries?event_id={events[0]}")
        for attempt in cluster["south"].pages(f"/api/v1/deliveries/{delivery['id']}/attempts")
    }
    assert nodes == set(NODES)


def test_an_ordered_subscription_keeps_its_order_wherever_events_come_in(cluster, receiver):
    cluster["north"].subscribe(url=receiver.url, ordering="fifo")
    events = [submit(cluster[NODES[number % 3]], number) for number in range(60)]
    receiver.wait_for(lambda requests: len(requests) >= len(events))
    assert [request.headers["webhook-id"] for request in receiver.requests] == events


def test_what_a_killed_node_owned_goes_on_elsewhere(cluster, receiver):
    subscribe_many(cluster, receiver)
    events = [submit(cluster[NODES[number % 3]], number) for number in range(6)]
    cluster["east"].kill()
    events += [submit(cluster[("north", "south")[number % 2]], number) for number in range(6, 12)]
    receiver.wait_for(
        lambda requests: len(deliveries(requests)) == len(events) * SUBSCRIPTIONS, seconds=60
    )
    cluster.wait_until_balanced("north", "south")


def test_a_node_that_stops_hands_over_without_a_repeat(cluster, receiver):
    subscribe_many(cluster, receiver)
    events = []
    for number in range(40):
        events.append(submit(cluster[("north", "south")[number % 2]], number))
        if number == 20:
            cluster["east"].process.send_signal(signal.SIGTERM)
    assert cluster["east"].process.wait(60) == 0
    receiver.wait_for(lambda requests: len(deliveries(requests)) == len(events) * SUBSCRIPTIONS)
    wait_until(lambda: cluster["north"].pending() == 0, "nothing pending")
    assert set(deliveries(receiver.requests).values()) == {1}
    cluster.wait_until_balanced("north", "south")


def test_a_node_that_was_frozen_for_longer_than_its_lease_ends_and_writes_nothing(
    linked, receiver
):
    subscribe_many(linked, receiver)
    frozen = linked["south"]
    frozen.process.send_signal(signal.SIGSTOP)
    events = [submit(linked["north"], number) for number in range(6)]
    receiver.wait_for(lambda requests: len(deliveries(requests)) == len(events) * SUBSCRIPTIONS)
    frozen.process.send_signal(signal.SIGCONT)
    assert frozen.process.wait(30) == 1
    assert b"has buried this node" in frozen.log_path.read_bytes()
    linked.start("south")
    linked.wait_until_balanced(*NODES)
    wait_until(lambda: linked["north"].pending() == 0, "nothing pending")


def test_a_later_process_of_a_name_replaces_the_former(linked):
    former = linked["south"]
    linked.start("south")
    assert former.process.wait(30) == 1
    linked.wait_until_balanced(*NODES)


def test_a_node_is_drained_and_comes_back(linked, receiver):
    subscribe_many(linked, receiver)
    address = ["--url", f"http://127.0.0.1:{linked['north'].port}"]
    drained = run("drain", "east", *address, TALARIA_KEY=KEY)
    assert (drained.returncode, drained.stdout) == (0, "east has given all of its shards away\n")
    assert linked.shards("north")["east"] == 0
    # It takes requests all the same.
    events = [submit(linked["east"], number) for number in range(6)]
    receiver.wait_for(lambda requests: len(requests) >= len(events) * SUBSCRIPTIONS)
    assert run("drain", "east", "--undo", *address, TALARIA_KEY=KEY).returncode == 0
    linked.wait_until_balanced(*NODES)
    unknown = run("drain", "west", *address, TALARIA_KEY=KEY)
    assert unknown.returncode == 1
    assert "no node of this name" in unknown.stderr


def test_the_nodes_are_shown(linked):
    seen = linked.seen_by("east")
    assert (seen["node"], seen["shards"], seen["free_shards"]) == ("east", SHARDS, 0)
    assert [node["name"] for node in seen["nodes"]] == ["east", "north", "south"]
    for node in seen["nodes"]:
        assert node["status"] == "up"
        assert node["self"] == (node["name"] == "east")
        assert (node["link"] is None) == node["self"]
    shown = run("nodes", "--url", f"http://127.0.0.1:{linked['east'].port}", TALARIA_KEY=KEY)
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["NODE", "STATUS", "SHARDS", "LAG", "LINK", "VERSION", "ADDRESS"]
    assert [line.split()[0] for line in lines[1:]] == ["east", "north", "south"]


def test_actors_are_found_from_any_node(linked, receiver):
    subscribe_many(linked, receiver)
    submit(linked["north"], 1)
    receiver.wait_for(lambda requests: len(requests) >= SUBSCRIPTIONS)
    found = {}
    for name in NODES:
        status, page = linked["north"].call(
            "GET", f"/api/v1/actors?kind=subscription&node={name}&limit=100"
        )
        assert (status, page["node"]) == (200, name)
        found[name] = [actor["path"] for actor in page["data"]]
    assert sum(len(paths) for paths in found.values()) == SUBSCRIPTIONS
    for path in found["south"][:1] + found["east"][:1]:
        status, actor = linked["north"].call("GET", f"/api/v1/actors{path}")
        assert (status, actor["path"]) == (200, path)
    assert linked["north"].call("GET", "/api/v1/actors/nowhere")[0] == 404
    status, problem = linked["north"].call("GET", "/api/v1/actors?node=west")
    assert (status, problem["field"]) == (422, "/node")


def test_an_actor_is_restarted_through_another_node(linked, receiver):
    subscribe_many(linked, receiver)
    submit(linked["north"], 1)
    receiver.wait_for(lambda requests: len(requests) >= SUBSCRIPTIONS)
    north = linked["north"]
    _, page = north.call("GET", "/api/v1/actors?kind=subscription&node=south&limit=1")
    path = page["data"][0]["path"]

    def restarts():
        return north.call("GET", f"/api/v1/actors{path}")[1]["restarts"]

    status, actor = north.call("POST", f"/api/v1/actors{path}/restart")
    assert (status, actor["path"]) == (202, path)
    wait_until(lambda: restarts() == 1, "the subscription has been restarted")
    status, problem = north.call("POST", f"/api/v1/actors{path}/release")
    assert (status, problem["code"]) == (409, "conflict")
    assert problem["request_id"]
    status, problem = north.call("POST", "/api/v1/actors/nowhere/restart")
    assert (status, problem["code"]) == (404, "not_found")


def test_what_every_node_has_is_restarted_at_the_node_that_is_named(linked):
    address = ["--url", f"http://127.0.0.1:{linked['north'].port}"]

    def restarts(name):
        return linked[name].call("GET", "/api/v1/actors/janitor")[1]["restarts"]

    done = run("actors", "restart", "/janitor", "--node", "east", *address, TALARIA_KEY=KEY)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: restarts("east") == 1, "the janitor has been restarted")
    assert restarts("north") == 0
    shown = run("actors", "/janitor", "--node", "east", *address, TALARIA_KEY=KEY)
    assert "restarts           1" in shown.stdout
    status, problem = linked["north"].call("POST", "/api/v1/actors/janitor/restart?node=west")
    assert (status, problem["field"]) == (422, "/node")


def test_a_gateway_is_restarted_by_the_link_that_it_keeps_and_the_links_come_back(linked):
    north = linked["north"]
    path = "/api/v1/actors/cluster_gateway"

    def gateway():
        status, actor = north.call("GET", f"{path}?node=east")
        return actor if status == 200 else None

    assert gateway()["details"]["links"] == 2
    assert north.call("POST", f"{path}/restart?node=east")[0] == 202
    wait_until(
        lambda: (gateway() or {}).get("restarts") == 1 and gateway()["details"]["up"] == 2,
        "east is linked again",
    )
    # What is on its way to a node that goes is answered, too.
    linked["south"].process.send_signal(signal.SIGSTOP)
    try:
        status, problem = north.call("POST", f"{path}/restart?node=south")
        assert (status, problem["field"]) == (503, "/node")
    finally:
        linked["south"].process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("point", ["actor.now", "actor.message"])
def test_links_whose_gateways_are_killed_come_back_and_nothing_is_lost(tmp_path, receiver, point):
    with three_nodes(tmp_path, chaos_enabled="true") as cluster:
        subscribe_many(cluster, receiver)
        target = {"kind": "cluster_gateway"}
        fault = {"point": point, "action": "kill", "target": target, "count": 1}
        for name in NODES:
            assert cluster[name].call("POST", "/api/v1/chaos/faults", fault)[0] == 201
        events = [submit(cluster[NODES[number % 3]], number) for number in range(12)]

        def gateway(name):
            return cluster[name].call("GET", "/api/v1/actors/cluster_gateway")[1]

        wait_until(lambda: all(gateway(name)["restarts"] == 1 for name in NODES), "all restarted")
        assert gateway("east")["last_failure"] == "exit_reason(kill)"
        cluster.wait_until_linked(*NODES)
        receiver.wait_for(
            lambda requests: len(deliveries(requests)) == len(events) * SUBSCRIPTIONS
        )


def test_a_key_is_revoked_and_a_subscription_deleted_everywhere(linked, receiver):
    subscription = linked["north"].subscribe(url=receiver.url)
    status, key = linked["north"].call(
        "POST", "/api/v1/api-keys", {"name": "short", "scopes": ["ingest"]}
    )
    assert status == 201, key

    def submit_with_key(name):
        return run(
            "bench",
            "--url",
            f"http://127.0.0.1:{linked[name].port}",
            "--clients",
            "1",
            "--duration",
            "0.2",
            TALARIA_KEY=key["key"],
        )

    assert linked["north"].call("DELETE", f"/api/v1/subscriptions/{subscription['id']}")[0] == 204
    submit(linked["east"], 1)
    wait_until(lambda: linked["east"].pending() == 0, "nothing pending")
    assert not receiver.requests
    assert submit_with_key("south").returncode == 0
    assert linked["north"].call("DELETE", f"/api/v1/api-keys/{key['id']}")[0] == 204
    time.sleep(5)
    assert submit_with_key("south").returncode != 0
