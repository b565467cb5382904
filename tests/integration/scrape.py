"""A Talaria that has had something of everything to do, and what it says of itself to Prometheus."""
import asyncio
import contextlib
import re
import subprocess
from collections import namedtuple

from receiver import Receiver
from talaria import Client, Talaria

Metric = namedtuple("Metric", "type labels")

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*",?')
SUFFIXES = ("_bucket", "_sum", "_count")


@contextlib.contextmanager
def busy_talaria(directory, **settings):
    """Has delivered, failed, answered and refused."""
    with Receiver(lambda number, headers: (204, 500)[number % 2]) as receiver:
        with Talaria(directory, **settings) as talaria:
            talaria.subscribe(url=receiver.url)
            events = [{"event_type": "a", "payload": number} for number in range(4)]
            assert talaria.call("POST", "/api/v1/events/batch", {"events": events})[0] == 202
            assert talaria.call("POST", "/api/v1/events", events[0])[0] == 202
            receiver.wait_for(lambda requests: len(requests) >= 5)
            yield talaria


def scrape(talaria):
    """The text of /metrics."""

    async def ask():
        client = Client(talaria.port)
        try:
            return await client.request("GET", "/metrics")
        finally:
            client.close()

    status, text = asyncio.run(ask())
    assert status == 200
    return text.decode()


def base_name(name, types):
    """That of the metric to which a sample belongs."""
    for suffix in SUFFIXES:
        if types.get(name.removesuffix(suffix)) == "histogram":
            return name.removesuffix(suffix)
    return name


def metrics_in(text):
    """By name: the type and the names of all labels."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    labels = {name: set() for name in types}
    for line in text.splitlines():
        if found := SAMPLE.match(line):
            labels[base_name(found[1], types)] |= set(LABEL.findall(found[2] or "")) - {"le"}
    return {name: Metric(kind, labels[name]) for name, kind in types.items()}


def promtool(*arguments, **options):
    done = subprocess.run(
        ["promtool", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
