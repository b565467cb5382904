"""Which PostgreSQL servers Talaria starts on, and that it reads from replicas."""
import time

import pytest

from postgresql import Server, fresh_database, query, shared_server, with_database
from talaria import Talaria, run

SECONDS_MAX = 30


@pytest.fixture
def server():
    return shared_server()


def refusal(url, **variables):
    """Why it does not start."""
    ended = run("serve", TALARIA_STORE_URL=url, TALARIA_HTTP_LISTEN="127.0.0.1:0", **variables)
    assert ended.returncode == 1, ended.stderr
    return ended.stderr


def test_a_server_that_may_lose_commits_is_refused_unless_that_is_accepted(tmp_path):
    with Server("fsync = off") as careless:
        assert "PostgreSQL has fsync = off" in refusal(careless.url)
        assert "fsync" in refusal(careless.url, TALARIA_STORE_ACCEPT_DATA_LOSS="false")
        settings = {"store_url": careless.url, "store_accept_data_loss": "true"}
        with Talaria(tmp_path, **settings) as talaria:
            assert talaria.call("GET", "/health/ready")[0] == 200
            assert talaria.stop() == 0


def test_a_database_with_another_encoding_is_refused(server):
    options = "encoding 'LATIN1' locale 'C' template template0"
    with fresh_database(server, options) as url:
        assert "must have the encoding UTF8" in refusal(url)


def test_a_server_that_is_not_there_is_named_and_its_password_is_not(tmp_path):
    text = refusal(f"postgresql://somebody:not-for-the-log@/talaria?host={tmp_path}")
    assert str(tmp_path) in text
    assert "not-for-the-log" not in text


def test_a_database_that_is_not_there_is_named(server):
    assert '"nowhere"' in refusal(with_database(server, "nowhere"))


def test_a_replica_is_refused_as_the_store():
    with Server() as primary, primary.make_replica() as replica:
        assert "is a replica" in refusal(replica.url)


def wait_until(condition):
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def sessions_of_talaria(url):
    count = "select count(*) from pg_stat_activity where application_name = 'talaria'"
    return int(query(url, count)[0][0])


def submit(talaria):
    status, event = talaria.call("POST", "/api/v1/events", {"event_type": "a", "payload": 1})
    assert status == 202, event
    return event["id"]


def test_lists_are_read_from_a_replica_and_from_the_primary_when_that_is_gone(tmp_path):
    with Server() as primary, primary.make_replica() as replica:
        settings = {"store_url": primary.url, "store_read_urls": replica.url}
        with Talaria(tmp_path, **settings) as talaria:

            def listed():
                status, events = talaria.call("GET", "/api/v1/events")
                assert status == 200, events
                return [event["id"] for event in events["data"]]

            first = submit(talaria)
            wait_until(lambda: listed() == [first])
            assert sessions_of_talaria(replica.url) > 0
            replica.stop("immediate")
            second = submit(talaria)
            # From the primary, so there is nothing to wait for.
            assert listed() == [second, first]
            replica.start()
            wait_until(lambda: listed() and sessions_of_talaria(replica.url) > 0)
