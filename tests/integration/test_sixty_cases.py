"""Bad input and what it is answered, over raw sockets against the whole product.

The numbers are those of the project's list of sixty cases. The rows that need a second organization's
keys (4, 6) or its quotas (54, 55) are tried where those are managed. Case 56, a database that is away,
is tried with every kind of failure in test_postgres_faults.py. Cases that depend on something that was
made before have a test of their own below the table; all others are rows of it."""
import json
import signal
import threading
import time
from collections import namedtuple

import pytest

from sanitized import SANITIZED
from talaria import KEY, Talaria
from wire import CREDENTIALS, Wire, message

NOBODY = "01890000-0000-7000-8000-000000000000"
EVENTS = "/api/v1/events"
SUBSCRIPTIONS = "/api/v1/subscriptions"
SLOWNESS = 10 if SANITIZED else 1


@pytest.fixture(scope="module")
def talaria(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sixty")
    # Without the excepted networks that other tests need: here addresses are to be refused.
    with Talaria(directory, delivery_allow_addresses="") as running:
        yield running


class Case(namedtuple("Case", "number name data status code field closes headers")):
    def __new__(cls, number, name, data, status, code, field=None, closes=False, headers=()):
        return super().__new__(cls, number, name, data, status, code, field, closes, headers)


def post(target, body, headers=b"", **options):
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return message("POST", target, headers, encoded, **options)


def event(**fields):
    return post(EVENTS, {"event_type": "order.paid", "payload": 1, **fields})


def raw_event(payload):
    return post(EVENTS, b'{"event_type": "order.paid", "payload": ' + payload + b"}")


def subscription(**fields):
    return post(SUBSCRIPTIONS, {"url": "https://example.com/", **fields})


def get(target, headers=b"", **options):
    return message("GET", target, headers, **options)


def framed(headers, body=b""):
    """A submission whose length is said by the headers given."""
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: test\r\n".encode() + CREDENTIALS
    return head + headers + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"


def chunked(body):
    return framed(CHUNKED, body)


def length(count):
    return b"Content-Length: %d\r\n" % count


def bare(first_line, headers=b"Host: test\r\n"):
    return first_line + b"\r\n" + headers + b"\r\n"


def nested(depth):
    return b"[" * depth + b"]" * depth


SMALL = b'{"event_type":"a","payload":1}'
BARE = dict(credentials=b"")
MALFORMED = (400, "malformed_request")
NO_JSON = (400, "invalid_json")
UNKNOWN = (401, "unauthorized")
MISSING = (404, "not_found")
TOO_LARGE = (413, "too_large")
UNSUPPORTED = (415, "unsupported_media_type")
INVALID = (422, "invalid_value")


def refused_and_closed(number, name, data, status=400, code="malformed_request", **more):
    return Case(number, name, data, status, code, closes=True, **more)


def authentication():
    return [
        Case(1, "no key", get(EVENTS, **BARE), *UNKNOWN, headers=("WWW-Authenticate",)),
        Case(2, "another scheme", get(EVENTS, b"Authorization: Basic YTpi\r\n", **BARE), *UNKNOWN),
        Case(3, "an unknown key", get(EVENTS, b"X-API-Key: whoever-has-this-key\r\n", **BARE), *UNKNOWN),
        Case(5, "an id of nobody's", get(f"{EVENTS}/{NOBODY}"), *MISSING),
        Case(7, "two keys", get(EVENTS, CREDENTIALS), *MALFORMED),
        Case(7, "two different keys", get(EVENTS, b"X-API-Key: another-key-than-that\r\n"), *MALFORMED),
    ]


def bodies():
    lone_surrogate = rb'"\ud800"'
    return [
        Case(8, "an empty body", post(EVENTS, b""), *NO_JSON),
        Case(9, "no JSON", post(EVENTS, b"{"), *NO_JSON),
        Case(10, "garbage behind it", post(EVENTS, SMALL + b"}"), *NO_JSON),
        Case(11, "the greatest depth", raw_event(nested(64)), 202, None),
        Case(11, "one deeper", raw_event(nested(65)), *NO_JSON),
        Case(12, "a name twice", post(EVENTS, SMALL[:-1] + b',"payload":2}'), *NO_JSON),
        Case(12, "a name twice, once escaped", post(EVENTS, SMALL[:-1] + rb',"p\u0061yload":2}'), *NO_JSON),
        Case(13, "no UTF-8", raw_event(b'"\xff"'), *NO_JSON),
        Case(13, "an overlong form", raw_event(b'"\xc0\xaf"'), *NO_JSON),
        Case(13, "a surrogate as UTF-8", raw_event(b'"\xed\xa0\x80"'), *NO_JSON),
        Case(13, "a lone surrogate", raw_event(lone_surrogate), *NO_JSON),
        Case(14, "NUL in an event type", event(event_type="a\0b"), *INVALID, "/event_type"),
        Case(14, "NUL in a label", event(labels={"a": "b\0c"}), *INVALID, "/labels/a"),
        Case(14, "NUL in a description", subscription(description="a\0b"), *INVALID, "/description"),
        Case(15, "a number beyond all", raw_event(b"1e400"), *NO_JSON),
        Case(15, "NaN", raw_event(b"NaN"), *NO_JSON),
        Case(17, "a list", post(EVENTS, b"[]"), 422, "wrong_type"),
        Case(17, "a list for a subscription", post(SUBSCRIPTIONS, b"[]"), 422, "wrong_type"),
        refused_and_closed(18, "a length beyond the limit", framed(length(1_000_000)), *TOO_LARGE),
        refused_and_closed(18, "a chunk beyond the limit", chunked(b"F0000\r\n"), *TOO_LARGE),
        Case(30, "text", post(EVENTS, SMALL).replace(b"application/json", b"text/plain"), *UNSUPPORTED),
        Case(31, "gzip", post(EVENTS, SMALL, b"Content-Encoding: gzip\r\n"), *UNSUPPORTED),
    ]


def framing():
    expect_junk = framed(b"Expect: junk\r\n" + length(30), SMALL)
    oversize = framed(b"Expect: 100-continue\r\n" + length(1_000_000))
    many_bytes = b"X: " + b"y" * 17_000 + b"\r\n"
    not_allowed = (405, "method_not_allowed")
    return [
        refused_and_closed(20, "length and coding", framed(length(5) + CHUNKED, b"0\r\n\r\n")),
        refused_and_closed(21, "two lengths", framed(length(30) + length(31), SMALL)),
        refused_and_closed(22, "no chunk size", chunked(b"zz\r\n")),
        refused_and_closed(23, "17 KiB of headers", get(EVENTS, many_bytes), 431, "headers_too_large"),
        refused_and_closed(23, "101 headers", get(EVENTS, b"X: y\r\n" * 99), 431, "headers_too_large"),
        refused_and_closed(24, "9 KiB of target", get("/" + "x" * 9_000), 414, "uri_too_long"),
        refused_and_closed(25, "bare line feeds", b"GET /health/live HTTP/1.1\nHost: test\n\n"),
        refused_and_closed(25, "a folded header", get(EVENTS, b"X: y\r\n z\r\n")),
        refused_and_closed(26, "a control character", get(EVENTS, b"X: y\x01\r\n")),
        refused_and_closed(27, "no Host", bare(b"GET /health/live HTTP/1.1", b"")),
        refused_and_closed(27, "two Hosts", get(EVENTS, b"Host: other\r\n")),
        refused_and_closed(28, "HTTP/0.9", b"GET /health/live\r\n\r\n"),
        refused_and_closed(28, "HTTP/3.0", bare(b"GET /health/live HTTP/3.0")),
        Case(29, "an unknown method", message("BREW", EVENTS), 501, "not_implemented"),
        Case(29, "a wrong method", message("DELETE", EVENTS), *not_allowed, headers=("Allow",)),
        refused_and_closed(32, "an unknown expectation", expect_junk, 417, "expectation_failed"),
        # No 100 comes first: the table's runner takes the first answer for the only one.
        refused_and_closed(33, "100-continue with too much", oversize, *TOO_LARGE),
        Case(34, "encoded dots", get("/%2e%2e/events"), *MALFORMED),
        Case(34, "two slashes", get("/api/v1//events"), *MISSING),
        Case(34, "no ASCII", get("/api/v1/\xe9vents"), *MALFORMED),
        Case(34, "encoded NUL", get("/api/v1/events%00"), *MALFORMED),
        Case(35, "no UUID", get(f"{EVENTS}/17"), *MISSING),
        Case(35, "no UUID but its length", get(f"{EVENTS}/{'x' * 36}"), *MISSING),
    ]


def fields():
    def delays(*milliseconds):
        return subscription(retry={"delays_ms": milliseconds})

    return [
        Case(36, "an unknown field", event(colour="red"), 422, "unknown_field", "/colour"),
        Case(36, "of a subscription", subscription(colour="red"), 422, "unknown_field", "/colour"),
        Case(37, "a type of 129 bytes", event(event_type="a" * 129), *INVALID, "/event_type"),
        Case(37, "a type with a space", event(event_type="a b"), *INVALID, "/event_type"),
        Case(37, "a type that begins with a stop", event(event_type=".a"), *INVALID, "/event_type"),
        Case(37, "a type that ends in a stop", event(event_type="a."), *INVALID, "/event_type"),
        # Ids are ours, never the client's: the signature's rule holds by construction.
        Case(38, "an id of the client's", event(id="a.b\r\nc"), 422, "unknown_field", "/id"),
        Case(39, "a key of 256 bytes", event(idempotency_key="k" * 256), *INVALID, "/idempotency_key"),
        *[
            Case(42, name, subscription(url=url), *INVALID, "/url")
            for name, url in {
                "ftp": "ftp://example.com/",
                "file": "file:///etc/passwd",
                "a user": "https://user@example.com/",
                "a fragment": "https://example.com/#a",
                "port 0": "https://example.com:0/",
                "port 70000": "https://example.com:70000/",
            }.items()
        ],
        *[
            Case(43, host, subscription(url=f"http://{host}/"), 422, "blocked_address", "/url")
            for host in (
                *("10.0.0.1", "100.64.0.1", "169.254.169.254", "127.0.0.1", "localhost", "a.localhost."),
                *("0x7f.1", "2130706433", "0177.0.0.1", "0", "[::1]", "[::]", "[fd00::1]"),
                *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
            )
        ],
        Case(44, "Host", subscription(headers={"Host": "a"}), *INVALID, "/headers/Host"),
        Case(44, "webhook-id", subscription(headers={"webhook-id": "a"}), *INVALID, "/headers/webhook-id"),
        Case(44, "CRLF", subscription(headers={"X-A": "b\r\nc: d"}), *INVALID, "/headers/X-A"),
        Case(45, "a negative delay", delays(-1), *INVALID, "/retry/delays_ms/0"),
        Case(45, "51 delays", delays(*[1] * 51), *INVALID, "/retry/delays_ms"),
        Case(45, "31 days", delays(31 * 86_400_000), *INVALID, "/retry/delays_ms/0"),
        Case(46, "no time", subscription(timeout_ms=0), *INVALID, "/timeout_ms"),
        Case(46, "61 seconds", subscription(timeout_ms=60_001), *INVALID, "/timeout_ms"),
        Case(47, "23 bytes", subscription(secret="whsec_" + "A" * 31 + "="), *INVALID, "/secret"),
        Case(47, "65 bytes", subscription(secret="whsec_" + "A" * 87 + "="), *INVALID, "/secret"),
        *[
            Case(48, f"limit {limit}", get(f"{EVENTS}?limit={limit}"), *INVALID, "/limit")
            for limit in ("0", "-1", "251", "1000000000", "a", "")
        ],
        Case(49, "no cursor of ours", get(f"{EVENTS}?cursor=AAAA"), 400, "invalid_cursor", "/cursor"),
    ]


def described(case):
    return f"{case.number}: {case.name}"


def check(case, answer):
    assert answer is not None, "the connection ended without an answer"
    assert answer.status == case.status, answer
    assert answer.header("x-request-id")
    if case.code is not None:
        problem = answer.json()
        assert answer.header("content-type") == "application/problem+json"
        assert (problem["code"], problem["status"]) == (case.code, case.status), problem
        assert problem["request_id"] == answer.header("x-request-id")
        assert problem.get("field") == case.field, problem
    for name in case.headers:
        assert answer.header(name), answer


ALIVE = message("GET", "/health/live", credentials=b"")


@pytest.mark.parametrize("case", authentication() + bodies() + framing() + fields(), ids=described)
def test_bad_input_is_answered_as_its_row_says(talaria, case):
    with Wire(talaria.port) as wire:
        wire.send(case.data)
        check(case, wire.answer())
        # What is pipelined behind a request whose end is in doubt must not be taken for one.
        wire.send(ALIVE)
        if case.closes:
            assert wire.ended()
        else:
            assert wire.answer().status == 200


CHUNKS = b"1e\r\n" + SMALL + b"\r\n0\r\n\r\n"
LENGTH = length(30)


def smuggling():
    """Each hides a second request from one of two readers that understand the first one differently."""
    codings = {
        "identity behind chunked": b"chunked, identity",
        "chunked behind identity": b"identity, chunked",
        "gzip before chunked": b"gzip, chunked",
        "chunked twice": b"chunked, chunked",
        "a parameter": b"chunked;q=1",
        "quoted": b'"chunked"',
        "a comma before": b", chunked",
        "a comma behind": b"chunked,",
        "no coding known": b"xchunked",
        "cut off": b"chunke",
        "empty": b"",
        "identity": b"identity",
        "a vertical tab before": b"\x0bchunked",
        "a NUL behind": b"chunked\0",
        "a bare carriage return behind": b"chunked\rX: y",
        "no-break space behind": b"chunked\xa0",
    }
    lengths = {
        "a sign": b"+30",
        "a negative one": b"-30",
        "hexadecimal": b"0x1e",
        "a fraction": b"30.0",
        "a power": b"3e1",
        "a list of equals": b"30, 30",
        "a list of others": b"30, 0",
        "a space inside": b"3 0",
        "an underscore": b"3_0",
        "a comma behind": b"30,",
        "letters behind": b"30a",
        "nothing": b"",
        "beyond 64 bits": b"18446744073709551646",
        "digits of another script": "３０".encode(),
        "a bare carriage return behind": b"30\r0",
    }
    heads = {
        "a length, then a coding": LENGTH + b"Transfer-Encoding: chunked\r\n",
        "a coding, then a length": b"Transfer-Encoding: chunked\r\n" + LENGTH,
        "a length and a coding unknown": LENGTH + b"Transfer-Encoding: cow\r\n",
        "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "two equal codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "two equal lengths": LENGTH + LENGTH,
        "a space before the colon of the coding": b"Transfer-Encoding : chunked\r\n",
        "a tab before the colon of the coding": b"Transfer-Encoding\t: chunked\r\n",
        "a space before the colon of the length": b"Content-Length : 30\r\n",
        "a coding that is folded": b"Transfer-Encoding:\r\n chunked\r\n",
        "a space before the coding's name": b" Transfer-Encoding: chunked\r\n",
        "a bare line feed before the coding": b"X: y\nTransfer-Encoding: chunked\r\n",
        "a bare carriage return before the coding": b"X: y\rTransfer-Encoding: chunked\r\n",
        "a NUL before the coding's name": b"\0Transfer-Encoding: chunked\r\n",
        "a NUL in the coding's name": b"Transfer\0-Encoding: chunked\r\n",
        "a header without a colon": b"Transfer-Encoding chunked\r\n",
        "a header without a name": b": chunked\r\n",
        "a name in quotes": b'"Transfer-Encoding": chunked\r\n',
        "a name that is no ASCII": "Transfer-Encodíng: chunked\r\n".encode(),
    }
    chunk_bodies = {
        "a size with a sign": b"+1e\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a size with 0x": b"0x1e\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a space before the size": b" 1e\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a size beyond 64 bits": b"1000000000000001e\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "no size": b"\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a size that ends in a bare line feed": b"1e\n" + SMALL + b"\r\n0\r\n\r\n",
        "a size that ends in a bare carriage return": b"1e\r" + SMALL + b"\r\n0\r\n\r\n",
        "a chunk that ends in a bare line feed": b"1e\r\n" + SMALL + b"\n0\r\n\r\n",
        "a chunk longer than its size": b"1d\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a chunk shorter than its size": b"1f\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a huge extension": b"1e;" + b"x" * 10_000 + b"\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "many extensions": b"1e" + b";a=b" * 2_000 + b"\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a bare line feed in an extension": b"1e;a\nb\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a bare carriage return in an extension": b"1e;a\rb\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a NUL in an extension": b"1e;a\0\r\n" + SMALL + b"\r\n0\r\n\r\n",
        "a length in the trailer": b"1e\r\n" + SMALL + b"\r\n0\r\nContent-Length: 5\r\n\r\n",
        "a coding in the trailer": b"1e\r\n" + SMALL + b"\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "a huge trailer": b"1e\r\n" + SMALL + b"\r\n0\r\nX: " + b"y" * 10_000 + b"\r\n\r\n",
        "many trailers": b"1e\r\n" + SMALL + b"\r\n0\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
        "a trailer that is folded": b"1e\r\n" + SMALL + b"\r\n0\r\nX: y\r\n z\r\n\r\n",
        "a bare line feed in the trailer": b"1e\r\n" + SMALL + b"\r\n0\r\nX: y\nZ: a\r\n\r\n",
        "a NUL in the trailer": b"1e\r\n" + SMALL + b"\r\n0\r\nX: y\0\r\n\r\n",
        "a trailer that ends in bare line feeds": b"1e\r\n" + SMALL + b"\r\n0\n\n",
    }
    lines = {
        "a tab for a space": b"GET\t/health/live HTTP/1.1",
        "two spaces": b"GET  /health/live HTTP/1.1",
        "a space behind": b"GET /health/live HTTP/1.1 ",
        "a space in the target": b"GET /health /live HTTP/1.1",
        "a space before": b" GET /health/live HTTP/1.1",
        "a NUL in the target": b"GET /health/live\0 HTTP/1.1",
        "a bare carriage return in the target": b"GET /health\r/live HTTP/1.1",
        "no version": b"GET /health/live",
        "a version in small letters": b"GET /health/live http/1.1",
        "a version without a dot": b"GET /health/live HTTP/11",
        "a version with more": b"GET /health/live HTTP/1.10",
        "a version of two": b"GET /health/live HTTP/2.0",
        "another minor version": b"GET /health/live HTTP/1.2",
        "another protocol": b"GET /health/live ICY/1.1",
        "no method": b"/health/live HTTP/1.1",
        "a method in brackets": b"(GET) /health/live HTTP/1.1",
        "a header for a line": b"Host: test",
        "an empty line": b"",
        "a control character in the target": b"GET /health\x7flive HTTP/1.1",
    }
    for name, value in codings.items():
        coding = b"Transfer-Encoding: " + value + b"\r\n"
        yield f"coding, {name}", framed(coding, CHUNKS)
        yield f"length and coding, {name}", framed(LENGTH + coding, CHUNKS)
    for name, value in lengths.items():
        yield f"length, {name}", framed(b"Content-Length: " + value + b"\r\n", SMALL)
    for name, headers in heads.items():
        yield f"headers, {name}", framed(headers, CHUNKS)
    for name, body in chunk_bodies.items():
        yield f"chunks, {name}", chunked(body)
    for name, line in lines.items():
        yield f"request line, {name}", bare(line)


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in smuggling()])
def test_a_request_whose_end_is_in_doubt_is_refused_and_nothing_behind_it_is_read(talaria, data):
    with Wire(talaria.port) as wire:
        wire.send(data + ALIVE)
        check(Case(20, "smuggling", data, 400, "malformed_request"), wire.answer())
        assert wire.ended()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(framed(b"cOnTeNt-LeNgTh:30\r\n", SMALL), id="any case, no space"),
        pytest.param(framed(b"Content-Length: \t 30 \t\r\n", SMALL), id="white space around a length"),
        pytest.param(framed(b"Content-Length: 0030\r\n", SMALL), id="zeros before a length"),
        pytest.param(framed(b"Transfer-Encoding: Chunked\r\n", CHUNKS), id="a coding in any case"),
        pytest.param(
            chunked(b'1E;a=b;c="d"\r\n' + SMALL + b"\r\n000;e\r\nX: y\r\n\r\n"),
            id="extensions and a trailer",
        ),
    ],
)
def test_what_every_reader_understands_alike_is_taken_and_so_is_what_follows(talaria, data):
    with Wire(talaria.port) as wire:
        wire.send(data + ALIVE)
        assert wire.answer().status == 202
        assert wire.answer().status == 200


def test_a_trailer_changes_nothing(talaria):
    with Wire(talaria.port) as wire:
        begun = framed(b"Trailer: X-API-Key\r\n" + CHUNKED, CHUNKS[:-2]).replace(CREDENTIALS, b"")
        wire.send(begun + b"X-API-Key: " + KEY.encode() + b"\r\n\r\n")
        assert wire.answer().status == 401


def test_16_a_number_keeps_every_digit(talaria):
    with Wire(talaria.port) as wire:
        wire.send(raw_event(b"9007199254740993"))
        made = wire.answer()
        assert made.status == 202
        wire.send(get(f"{EVENTS}/{made.json()['id']}"))
        assert b'"payload":9007199254740993' in wire.answer().body


def test_no_answer_invites_pages_of_other_origins(talaria):
    preflight = b"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n"
    with Wire(talaria.port) as wire:
        wire.send(message("OPTIONS", EVENTS, preflight))
        refused = wire.answer()
        check(Case(29, "", b"", 405, "method_not_allowed", headers=("Allow",)), refused)
        wire.send(get(EVENTS, b"Origin: https://evil.example\r\n"))
        listed = wire.answer()
        assert listed.status == 200
        for answer in (refused, listed):
            assert answer.headers_beginning("access-control-") == []


def test_40_an_idempotency_key_answers_with_the_first_event_and_conflicts_with_another_body(talaria):
    with Wire(talaria.port) as wire:
        answers = []
        for payload in (1, 1, 2):
            wire.send(event(idempotency_key="case-40", payload=payload))
            answers.append(wire.answer())
    first, again, other = answers
    assert (first.status, first.json()["duplicate"]) == (202, False)
    assert (again.status, again.json()["duplicate"]) == (202, True)
    assert again.json()["id"] == first.json()["id"]
    check(Case(40, "", b"", 409, "idempotency_conflict", "/idempotency_key"), other)


def test_41_the_same_key_at_once_makes_one_event_and_equal_answers(talaria):
    wires = [Wire(talaria.port) for _ in range(20)]
    for wire in wires:
        wire.send(event(idempotency_key="case-41", event_type="case.41"))
    answers = [wire.answer() for wire in wires]
    for wire in wires:
        wire.socket.close()
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.json()["duplicate"] for answer in answers].count(False) == 1
    assert len(list(talaria.pages(f"{EVENTS}?event_type=case.41"))) == 1


def test_49_a_cursor_that_was_changed_is_refused(talaria):
    for _ in range(2):
        assert talaria.call("POST", EVENTS, {"event_type": "case.49", "payload": 1})[0] == 202
    _, page = talaria.call("GET", f"{EVENTS}?limit=1")
    cursor = page["next_cursor"]
    changed = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    assert talaria.call("GET", f"{EVENTS}?limit=1&cursor={cursor}")[0] == 200
    status, problem = talaria.call("GET", f"{EVENTS}?limit=1&cursor={changed}")
    assert (status, problem["code"]) == (400, "invalid_cursor")
    status, problem = talaria.call("GET", f"{SUBSCRIPTIONS}?cursor={cursor}")
    assert (status, problem["code"]) == (400, "invalid_cursor"), "a cursor belongs to its list"


def test_50_a_change_of_a_version_that_is_not_the_newest_is_refused(talaria):
    made = talaria.subscribe(url="https://example.com/")
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    with Wire(talaria.port) as wire:
        wire.send(get(path))
        etag = wire.answer().header("etag").encode()
        change = b'{"description": "changed"}'
        wire.send(message("PATCH", path, b"If-Match: " + etag + b"\r\n", change))
        assert wire.answer().status == 200
        wire.send(message("PATCH", path, b"If-Match: " + etag + b"\r\n", change))
        check(Case(50, "", b"", 412, "precondition_failed"), wire.answer())


def test_51_52_what_is_deleted_is_gone_and_is_not_redelivered(talaria):
    made = talaria.subscribe(url="https://example.com/", event_types=["case.52"], enabled=False)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    assert talaria.call("DELETE", path)[0] == 204
    status, problem = talaria.call("DELETE", path)
    assert (status, problem["code"]) == MISSING
    # A deleted subscription is no resource any more, so what is asked of it is 404, not 409.
    status, problem = talaria.call("POST", f"{path}/recover", {"since": "2026-01-01T00:00:00Z"})
    assert (status, problem["code"]) == MISSING


def test_53_a_recovery_takes_any_range_but_an_empty_one(talaria):
    """The list of cases would refuse more than 31 days; the contract promises no ceiling."""
    path = f"{SUBSCRIPTIONS}/{talaria.subscribe(url='https://example.com/')['id']}/recover"
    backwards = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    status, problem = talaria.call("POST", path, backwards)
    assert (status, problem["code"], problem["field"]) == (*INVALID, "/until")
    assert talaria.call("POST", path, {"since": "2001-01-01T00:00:00Z"})[0] == 202


def test_57_a_node_that_drains_says_so_and_ends_the_connection(tmp_path):
    with Talaria(tmp_path) as talaria, Wire(talaria.port) as asking, Wire(talaria.port) as sending:
        asking.send(ALIVE + b"GET /health/ready HTTP/1.1\r\nHost: test\r\n")
        assert asking.answer().status == 200
        sending.send(ALIVE + event()[:-1])
        assert sending.answer().status == 200
        talaria.process.send_signal(signal.SIGTERM)
        talaria.wait_for_log("stopping")
        asking.send(b"\r\n")
        drained = asking.answer()
        check(Case(57, "", b"", 503, "draining", headers=("Retry-After",)), drained)
        assert drained.header("connection") == "close"
        assert asking.ended()
        # What had begun to arrive is taken, and is the last of its connection.
        sending.send(event()[-1:])
        taken = sending.answer()
        assert (taken.status, taken.header("connection")) == (202, "close")
        assert sending.ended()
        assert talaria.process.wait(60) == 0


def slow_clients():
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: test\r\n".encode() + CREDENTIALS
    return {
        "19: a length, then silence": [head + b"Content-Length: 1000\r\n\r\n"],
        "58: a head that pauses": [head],
        "58: a head of one byte a second": [head] + [b"X"] * 30,
        "58: a body of one byte a second": [head + b"Content-Length: 1000\r\n\r\n"] + [b"x"] * 30,
    }


def test_19_58_whoever_is_too_slow_is_answered_408(talaria):
    """All at once, since the deadlines are the real ones of ten seconds."""
    seen = {}

    def be_slow(name, parts):
        with Wire(talaria.port) as wire:
            began = time.monotonic()
            for part in parts:
                wire.send(part)
                wire.socket.settimeout(1 if len(parts) > 1 else 60)
                try:
                    if not wire._fill() or wire.input:
                        break
                except TimeoutError:
                    pass
            wire.socket.settimeout(60)
            answer = wire.answer()
            seen[name] = (answer and answer.status, time.monotonic() - began, wire.ended())

    threads = [threading.Thread(target=be_slow, args=each) for each in slow_clients().items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.keys() == slow_clients().keys()
    for name, (status, seconds, ended) in seen.items():
        assert (status, ended) == (408, True), (name, seconds)
        # A tick of the deadlines' watch, and a busy machine, on top of ten seconds.
        assert 9.9 < seconds < 10 + 5 * SLOWNESS, name


def test_59_tls_at_the_plain_port_is_closed_without_a_word(talaria):
    with Wire(talaria.port) as wire:
        wire.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 32)
        assert wire.ended()


def deep_rule(depth):
    rule = {"path": "/a", "eq": 1}
    for _ in range(depth):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"or": [{"path": "/a", "in": ["x" * 200] * 64}] * 5}, id="oversized"),
        pytest.param(deep_rule(20), id="deep"),
        pytest.param({"and": [{"or": [{"path": "/a", "eq": 1}] * 16}] * 16}, id="many comparisons"),
        pytest.param({"path": "/" + "a/" * 200, "eq": 1}, id="a long path"),
        pytest.param({"path": "/a", "eq": 1, "ne": 2}, id="two comparisons in one"),
        pytest.param({"path": "/a", "regex": "(a+)+$"}, id="a pattern"),
    ],
)
def test_60_a_filter_that_would_cost_too_much_is_refused_at_once(talaria, rule):
    took = []
    with Wire(talaria.port) as wire:
        for _ in range(5):
            began = time.monotonic()
            wire.send(subscription(payload_filter=rule))
            answer = wire.answer()
            took.append(time.monotonic() - began)
            assert answer.status == 422
            assert answer.json()["field"].startswith("/payload_filter"), answer.body
    assert min(took) < 0.010 * SLOWNESS
