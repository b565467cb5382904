"""Several Talarias on one PostgreSQL, as a cluster."""
import contextlib
import time

import postgresql
from talaria import START_SECONDS_MAX, Talaria

SHARDS = 4096
NAMES = ("north", "east", "south")


def wait_until(condition, what, seconds=START_SECONDS_MAX):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


class Cluster:
    """Nodes by name; each has its own directory, and a link to the others unless told otherwise."""

    def __init__(self, directory, store_url, linked=True, **settings):
        self.directory = directory
        self.store_url = store_url
        self.settings = settings
        if linked:
            self.settings = {
                "cluster_listen": "127.0.0.1:0",
                "cluster_secret": "between these nodes",
                **settings,
            }
        self.nodes = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.kill()

    def start(self, *names):
        for name in names:
            directory = self.directory / name
            directory.mkdir(exist_ok=True)
            self.nodes[name] = Talaria(
                directory,
                store_url=self.store_url,
                node_name=name,
                secrets_key_file=str(self.directory / "shared.key"),
                **self.settings,
            ).start()
        return [self.nodes[name] for name in names]

    def __getitem__(self, name):
        return self.nodes[name]

    def seen_by(self, name):
        status, answer = self.nodes[name].call("GET", "/api/v1/cluster")
        assert status == 200, answer
        return answer

    def shards(self, by):
        return {node["name"]: node["shards"] for node in self.seen_by(by)["nodes"]}

    def is_balanced(self, by, names):
        shards = self.shards(by)
        return (
            set(shards) == set(names)
            and sum(shards.values()) == SHARDS
            and max(shards.values()) - min(shards.values()) <= 1
        )

    def wait_until_balanced(self, *names, seconds=START_SECONDS_MAX):
        wait_until(
            lambda: self.is_balanced(names[0], names),
            f"balanced among {names}",
            seconds,
        )

    def wait_until_linked(self, *names):
        def linked():
            return all(
                node["name"] == name or (node["link"] or {}).get("state") == "up"
                for name in names
                for node in self.seen_by(name)["nodes"]
            )

        wait_until(linked, f"links between {names}")


@contextlib.contextmanager
def three_nodes(directory, **settings):
    with postgresql.fresh_database(postgresql.shared_server()) as url:
        with Cluster(directory, url, **settings) as cluster:
            cluster.start(*NAMES)
            cluster.wait_until_balanced(*NAMES)
            if "cluster_listen" in cluster.settings:
                cluster.wait_until_linked(*NAMES)
            yield cluster
