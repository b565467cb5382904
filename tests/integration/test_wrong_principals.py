"""Whoever may not do something cannot: every operation of the OpenAPI document with every wrong key.

The operations, what they need and their bodies come from the document, so that none is forgotten: a path
whose parameters are not known here fails the test.
"""
import json
import time

import pytest

from talaria import KEY, Talaria
from wire import Wire, message

SCOPES = ["ingest", "read", "manage", "admin"]
ALLOWED = {
    "ingest": {"ingest", "admin"},
    "read": {"read", "manage", "admin"},
    "manage": {"manage", "admin"},
    "admin": {"admin"},
}
UNKNOWN = "tal_0123456789abcdef_" + "A" * 43
LISTS_OF_IDS = {"events", "subscriptions", "deliveries", "applications", "api-keys", "event-types", "organizations"}


class World:
    """Two organizations; the first has one of everything, and a second application."""

    def __init__(self, talaria):
        self.talaria = talaria
        self.document = self.answer("GET", "/openapi.json", None)[1]
        self.acme = self.create("/api/v1/organizations", {"name": "acme"})["id"]
        self.other = self.create("/api/v1/organizations", {"name": "other"})["id"]
        self.keys = {scope: self.key(self.acme, [scope]) for scope in SCOPES}
        self.foreign = self.key(self.other, ["admin"])
        admin = self.keys["admin"]
        self.application = self.create("/api/v1/applications", {"name": "shop"}, admin)["id"]
        elsewhere = self.create("/api/v1/applications", {"name": "elsewhere"}, admin)["id"]
        self.bound = self.create(
            "/api/v1/api-keys",
            {"name": "bound", "scopes": ["admin"], "application_id": elsewhere},
            admin,
        )["key"]
        within = {"application_id": self.application}
        # Paused, so that its delivery stays as it is.
        url = "http://127.0.0.1:9/"
        subscription = self.create("/api/v1/subscriptions", {"url": url, **within}, admin)["id"]
        assert self.answer("POST", f"/api/v1/subscriptions/{subscription}/pause", admin)[0] == 200
        event = self.create("/api/v1/events", {"event_type": "a", "payload": 1, **within}, admin)["id"]
        deliveries = self.answer("GET", f"/api/v1/deliveries?event_id={event}", admin)[1]["data"]
        recover = f"/api/v1/subscriptions/{subscription}/recover"
        recovery = self.create(recover, {"since": "2026-01-01T00:00:00Z"}, admin)["id"]
        self.wait_for_end(f"/api/v1/subscriptions/{subscription}/recoveries/{recovery}", admin)
        event_type = self.create("/api/v1/event-types", {"name": "a.b", **within}, admin)["id"]
        key = self.create("/api/v1/api-keys", {"name": "k", "scopes": ["read"]}, admin)["id"]
        self.ids = {
            "events": event,
            "subscriptions": subscription,
            "deliveries": deliveries[0]["id"],
            "applications": self.application,
            "event-types": event_type,
            "api-keys": key,
            "organizations": self.acme,
            "recovery_id": recovery,
            "faults": "fault-1",
            "priority": "high",
            "path": "ingest",
            "name": "talaria-1",
        }

    def answer(self, method, path, key, body=None):
        presented = KEY if key is None else key
        credentials = f"Authorization: Bearer {presented}\r\n".encode() if presented else b""
        encoded = None if body is None else json.dumps(body).encode()
        wire = Wire(self.talaria.port)
        wire.send(message(method, path, body=encoded, credentials=credentials))
        answer = wire.answer()
        return answer.status, json.loads(answer.body) if answer.body.startswith(b"{") else None

    def create(self, path, body, key=None):
        status, made = self.answer("POST", path, key, body)
        assert status in (201, 202), made
        return made

    def wait_for_end(self, recovery, key):
        deadline = time.monotonic() + 60
        while self.answer("GET", recovery, key)[1]["status"] == "running":
            assert time.monotonic() < deadline, "the recovery does not end"
            time.sleep(0.05)

    def key(self, organization, scopes):
        wanted = {"name": "k", "scopes": scopes, "organization_id": organization}
        return self.create("/api/v1/api-keys", wanted)["key"]

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path, operation

    def concrete(self, path):
        """The path with the ids of the first organization's resources in it."""
        parts = path.split("/")
        for index, part in enumerate(parts):
            if part == "{id}":
                parts[index] = self.ids[parts[index - 1]]
            elif part.startswith("{"):
                parts[index] = self.ids[part.strip("{}")]
        return "/".join(parts)

    def resources(self):
        """Everything of the first organization, as its administrator sees it."""
        admin = self.keys["admin"]
        shown = {}
        for method, path, operation in self.operations():
            if method == "GET" and "{" in path and "x-talaria-operator" not in operation:
                status, shown[path] = self.answer("GET", self.concrete(path), admin)
                assert status == 200, path
        shown["/api/v1/api-keys/{id}"]["last_used_at"] = None
        return shown


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    directory = tmp_path_factory.mktemp("principals")
    with Talaria(directory, chaos_enabled="true") as talaria:
        yield World(talaria)


def example_body(operation):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else content["example"]


def ask(world, method, path, operation, key):
    return world.answer(method, world.concrete(path), key, example_body(operation))


def is_of_a_resource(path):
    return "{" in path


def test_the_document_says_what_each_operation_needs(world):
    for method, path, operation in world.operations():
        access = operation.get("x-talaria-access")
        assert access in {"open", *SCOPES}, (method, path)
        assert (access == "open") == (operation.get("security") == []), (method, path)


@pytest.mark.parametrize("key", ["", UNKNOWN], ids=["no key", "an unknown key"])
def test_nothing_but_what_is_open_answers_without_a_known_key(world, key):
    for method, path, operation in world.operations():
        status, _ = ask(world, method, path, operation, key)
        is_open = operation["x-talaria-access"] == "open"
        assert (status != 401) == is_open, (method, path, status)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_without_the_scope_is_refused_and_nothing_is_changed(world, scope):
    before = world.resources()
    tried = 0
    for method, path, operation in world.operations():
        access = operation["x-talaria-access"]
        wrong = "x-talaria-operator" in operation or scope not in ALLOWED.get(access, SCOPES)
        if access == "open" or not wrong:
            continue
        status, problem = ask(world, method, path, operation, world.keys[scope])
        assert (status, problem["code"]) == (403, "forbidden"), (method, path, problem)
        tried += 1
    assert tried > 0
    assert world.resources() == before


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_with_the_scope_is_let_in(world, scope):
    for method, path, operation in world.operations():
        access = operation["x-talaria-access"]
        if method != "GET" or access == "open" or "x-talaria-operator" in operation:
            continue
        if scope in ALLOWED[access]:
            assert ask(world, method, path, operation, world.keys[scope])[0] == 200, (path, scope)


def test_the_operator_is_let_in_where_others_are_not(world):
    for method, path, operation in world.operations():
        if method == "GET" and "x-talaria-operator" in operation:
            assert ask(world, method, path, operation, None)[0] == 200, path


def test_what_is_another_organizations_is_not_found_and_not_changed(world):
    before = world.resources()
    tried = 0
    for method, path, operation in world.operations():
        if not is_of_a_resource(path) or "x-talaria-operator" in operation:
            continue
        status, problem = ask(world, method, path, operation, world.foreign)
        assert (status, problem["code"]) == (404, "not_found"), (method, path, problem)
        tried += 1
    assert tried > 20
    assert world.resources() == before


def test_what_is_beyond_the_application_of_a_key_is_not_found_and_not_changed(world):
    before = world.resources()
    for method, path, operation in world.operations():
        own = path.startswith("/api/v1/organizations")
        if not is_of_a_resource(path) or "x-talaria-operator" in operation or own:
            continue
        status, problem = ask(world, method, path, operation, world.bound)
        refused = {(404, "not_found")}
        if (method, path) == ("DELETE", "/api/v1/applications/{id}"):
            refused = {(403, "forbidden")}
        assert (status, problem["code"]) in refused, (method, path, problem)
    assert world.resources() == before


@pytest.mark.parametrize("principal", ["foreign", "bound"])
def test_lists_show_only_what_is_the_callers(world, principal):
    key = getattr(world, principal)
    lists = 0
    for method, path, operation in world.operations():
        name = path.rsplit("/", 1)[-1]
        if method != "GET" or is_of_a_resource(path) or name not in LISTS_OF_IDS:
            continue
        status, answer = world.answer("GET", f"{path}?limit=250", key)
        assert status == 200, answer
        shown = {row["id"] for row in answer["data"]}
        hidden = set() if (principal, name) == ("bound", "organizations") else {world.ids[name]}
        assert not shown & hidden, path
        lists += 1
    assert lists == len(LISTS_OF_IDS)


def test_nobody_creates_or_submits_beyond_their_own(world):
    within = {"application_id": world.application}
    bodies = {
        "/api/v1/events": {"event_type": "a", "payload": 1, **within},
        "/api/v1/subscriptions": {"url": "https://example.com/", **within},
        "/api/v1/event-types": {"name": "b", **within},
        "/api/v1/api-keys": {"name": "k", "scopes": ["read"], **within},
    }
    for path, body in bodies.items():
        assert world.answer("POST", path, world.foreign, body)[0] == 422, path
        assert world.answer("POST", path, world.bound, body)[0] == 403, path
    batch = {"events": [bodies["/api/v1/events"]]}
    assert world.answer("POST", "/api/v1/events/batch", world.foreign, batch)[0] == 422
