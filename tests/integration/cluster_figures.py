"""How soon a cluster's work moves, and what it costs: for scripts/cluster-figures.

Every figure is of a steady load of events that each of many subscriptions wants, seen by a receiver
outside of the nodes."""
import argparse
import contextlib
import json
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from cluster import NAMES, Cluster, wait_until
from receiver import Receiver
from talaria import BINARY, KEY, clean_environment
import postgresql

SUBSCRIPTIONS = 60
PAUSE_SECONDS = 0.05
QUIET_SECONDS = 3
WANTED_SECONDS = 13
LIMITS = (90, 5, 1)


class Load:
    """Submits to the nodes that are up, in turn, and remembers what was acked."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.names = list(NAMES)
        self.acked = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _run(self):
        number = 0
        while not self.stopping.is_set():
            node = self.cluster[self.names[number % len(self.names)]]
            number += 1
            body = {"event_type": "a", "payload": number}
            try:
                status, answer = node.call("POST", "/api/v1/events", body)
            except (OSError, EOFError):
                continue
            if status == 202:
                self.acked.append(answer["id"])
            time.sleep(PAUSE_SECONDS)


class Watch:
    """When each subscription got something, from a moment on."""

    def __init__(self, receiver):
        self.receiver = receiver
        self.times = {}
        self.since = None
        receiver.choose_status = self._note

    def _note(self, _number, headers):
        now = time.monotonic()
        path = headers["x-number"]
        if self.since is not None and path not in self.times:
            self.times[path] = now - self.since
        return 204

    def start(self):
        self.times = {}
        self.since = time.monotonic()

    def all_resumed(self):
        """Seconds until the last subscription got something."""
        wait_until(lambda: len(self.times) == SUBSCRIPTIONS, "every subscription delivers", 180)
        return max(self.times.values())


def summary(seconds):
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return f"p50 {statistics.median(ordered):.2f} s, p99 {p99:.2f} s, max {ordered[-1]:.2f} s"


def settle(cluster):
    cluster.wait_until_balanced(*NAMES)
    cluster.wait_until_linked(*NAMES)
    time.sleep(QUIET_SECONDS)


def measure_ends(cluster, load, watch, repetitions, end):
    """Seconds until all work went on, after one of three nodes in turn ended."""
    took = []
    for repetition in range(repetitions):
        victim = NAMES[repetition % 3]
        load.names = [name for name in NAMES if name != victim]
        time.sleep(4 * PAUSE_SECONDS)
        watch.start()
        end(cluster[victim])
        took.append(watch.all_resumed())
        if took[-1] > WANTED_SECONDS:
            now = time.strftime("%H:%M:%S", time.gmtime())
            print(f"               {now} UTC: it took {took[-1]:.2f} s after {victim} ended", flush=True)
        cluster.start(victim)
        settle(cluster)
        load.names = list(NAMES)
    return took


def measure_joins(cluster, repetitions):
    """Seconds from a fourth node's start of serving until all have an equal part."""
    took = []
    for _ in range(repetitions):
        began = time.monotonic()
        cluster.start("west")
        wait_until(lambda: cluster.is_balanced("north", [*NAMES, "west"]), "four are balanced", 60)
        took.append(time.monotonic() - began)
        cluster["west"].stop()
        cluster.wait_until_balanced(*NAMES)
    return took


def check_all_arrived(cluster, load, receiver):
    """How many are missing, and how many came more than once."""
    wait_until(lambda: cluster["north"].pending() == 0, "nothing pending", 120)
    made = Counter((r.headers["x-number"], r.headers["webhook-id"]) for r in receiver.requests)
    missing = sum(
        (str(number), event) not in made for event in load.acked for number in range(SUBSCRIPTIONS)
    )
    repeated = sum(count - 1 for count in made.values())
    return missing, repeated


def run_moves(directory, url, repetitions):
    with Receiver() as receiver, Cluster(directory, url) as cluster:
        cluster.start(*NAMES)
        for number in range(SUBSCRIPTIONS):
            cluster["north"].subscribe(url=receiver.url, headers={"x-number": str(number)})
        settle(cluster)
        watch = Watch(receiver)
        with Load(cluster) as load:
            stops = measure_ends(
                cluster, load, watch, repetitions, lambda node: node.process.send_signal(signal.SIGTERM)
            )
        missing, repeated = check_all_arrived(cluster, load, receiver)
        print(f"graceful stop  {summary(stops)}; {missing} lost, {repeated} repeats", flush=True)
        print(f"join balanced  {summary(measure_joins(cluster, repetitions))}", flush=True)
        receiver.requests.clear()
        with Load(cluster) as load:
            kills = measure_ends(cluster, load, watch, repetitions, lambda node: node.kill())
        missing, repeated = check_all_arrived(cluster, load, receiver)
        print(f"kill -9        {summary(kills)}; {missing} lost, {repeated} repeats", flush=True)


def bench(ports, *arguments):
    """Runs one load for each port at once. Returns their reports."""
    running = [
        subprocess.Popen(
            [BINARY, "bench", "--url", f"http://127.0.0.1:{port}", "--json", *arguments],
            env={**clean_environment(), "TALARIA_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]
    return [json.loads(process.communicate()[0]) for process in running]


def throughput(directory, url, names, clients, seconds):
    with Cluster(directory, url) as cluster:
        cluster.start(*names)
        cluster.wait_until_balanced(*names)
        ports = [cluster[name].port for name in names]
        arguments = ["--clients", str(clients // len(names)), "--duration"]
        bench(ports, *arguments, "2")
        return sum(report["events_per_second"] for report in bench(ports, *arguments, str(seconds)))


def run_throughput(directory, seconds, rounds):
    ratios = []
    for round_number in range(rounds):
        rates = {}
        for names in (NAMES[:1], NAMES):
            with postgresql.fresh_database(postgresql.shared_server()) as url:
                place = directory / f"throughput-{round_number}-{len(names)}"
                place.mkdir()
                rates[len(names)] = throughput(place, url, names, 96, seconds)
        ratios.append(rates[3] / rates[1])
        print(
            f"throughput     three nodes {rates[3]:.0f} events/s, one {rates[1]:.0f}: {ratios[-1]:.2f}",
            flush=True,
        )


def admitted_of(limit, ports, shares, seconds):
    """Events a second that nodes admit together, offered twice the limit in these shares."""
    reports = []

    def offer(port, rate, duration):
        reports.extend(
            bench([port], "--clients", "8", "--rate", str(rate), "--duration", str(duration))
        )

    # The parts follow what was asked for; the first seconds are not counted.
    for duration in (3, seconds):
        reports.clear()
        running = [
            threading.Thread(target=offer, args=(port, 2 * limit * share / sum(shares), duration))
            for port, share in zip(ports, shares)
            if share > 0
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    return sum(report["events_accepted"] for report in reports) / seconds


def run_limits(directory, url, seconds):
    """An organization that may submit so many events a second asks for twice as many."""
    for limit in LIMITS:
        with Cluster(directory, url, limits_events_per_second=limit) as cluster:
            cluster.start(*NAMES)
            settle(cluster)
            ports = [cluster[name].port for name in NAMES]
            for shares in ((1, 1, 1), (4, 1, 1), (1, 0, 0)):
                # So many that one more or less says little.
                admitted = admitted_of(limit, ports, shares, max(seconds, 50 // limit))
                print(
                    f"limit {limit}/s".ljust(15) + f"offered {2 * limit}/s as {shares}: "
                    f"admitted {admitted:.2f}/s, {admitted / limit:.2f} of the limit",
                    flush=True,
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["moves", "throughput", "limits"])
    parser.add_argument("--keep", type=Path, help="a new directory, in which the nodes' logs stay")
    wanted = parser.parse_args()
    with contextlib.ExitStack() as to_remove:
        directory = wanted.keep or Path(to_remove.enter_context(tempfile.TemporaryDirectory()))
        directory.mkdir(exist_ok=True)
        for name in ("moves", "limits"):
            (directory / name).mkdir()
            if wanted.only not in (None, name):
                continue
            with postgresql.fresh_database(postgresql.shared_server()) as url:
                if name == "moves":
                    run_moves(directory / name, url, wanted.repetitions)
                else:
                    run_limits(directory / name, url, wanted.seconds)
        if wanted.only in (None, "throughput"):
            run_throughput(directory, wanted.seconds, wanted.rounds)


if __name__ == "__main__":
    main()
