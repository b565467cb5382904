"""What becomes of submissions and deliveries when the PostgreSQL server fails.

Whether a commit succeeded is unknown when the server crashes or freezes in the middle of it: those two
faults test that as well.

FAULT_RATE, FAULT_SECONDS, FAULT_ROUNDS and FAULT_SEED make longer or harder runs."""
import contextlib
import functools
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cluster import wait_until
from postgres_faults import Verdict, fault_run
from postgresql import Server, fresh_database, locked, query, signal_all
from talaria import Talaria

RATE = int(os.environ.get("FAULT_RATE", "300"))
SECONDS = float(os.environ.get("FAULT_SECONDS", "3"))
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
FREEZE_SECONDS_MIN = 5
DISK_SIZE = "320m"


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture
def database(server):
    with fresh_database(server.url) as url:
        yield url


def restart(server):
    server.stop("fast")
    server.start()


def crash(server):
    server.stop("immediate")
    time.sleep(SECONDS)
    server.start()


def terminate_sessions(server):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        server.terminate_sessions()
        time.sleep(0.3)


def freeze(server):
    server.signal(signal.SIGSTOP)
    try:
        time.sleep(max(SECONDS, FREEZE_SECONDS_MIN))
    finally:
        server.signal(signal.SIGCONT)


def freeze_sessions(server):
    """Those of Talaria only, with the locks they hold; others work, and new ones are made."""
    sessions = server.sessions()
    signal_all(sessions, signal.SIGSTOP)
    try:
        time.sleep(max(SECONDS, FREEZE_SECONDS_MIN))
    finally:
        signal_all(sessions, signal.SIGCONT)


@contextlib.contextmanager
def read_only(server):
    """As when a replica has taken over the address."""
    query(server.url, "alter system set default_transaction_read_only = on")
    query(server.url, "select pg_reload_conf()")
    try:
        yield
    finally:
        query(server.url, "alter system reset default_transaction_read_only")
        query(server.url, "select pg_reload_conf()")


def turn_read_only(server):
    with read_only(server):
        time.sleep(SECONDS)


def repeat(cause):
    """Once; or as often as FAULT_ROUNDS says, with pauses of different lengths."""
    chance = random.Random(SEED)
    cause()
    for _ in range(ROUNDS - 1):
        time.sleep(chance.uniform(0.1, 3))
        cause()


def require_good(verdict):
    assert not verdict.problems, f"seed {SEED}: {verdict.problems}\n{Verdict.HEAD}\n{verdict}"


@pytest.mark.parametrize(
    "fault", [restart, crash, terminate_sessions, freeze, freeze_sessions, turn_read_only]
)
def test_nothing_acked_is_lost_and_every_submission_answered_in_time(
    tmp_path, server, database, fault
):
    cause = functools.partial(repeat, functools.partial(fault, server))
    verdict = fault_run(tmp_path, fault.__name__, database, cause, rate=RATE, seed=SEED)
    require_good(verdict)


@pytest.mark.parametrize("table", ["delivery_queue", "idempotency_keys"])
def test_a_locked_table_loses_nothing_and_every_submission_is_answered_in_time(tmp_path, database, table):
    """As maintenance by hand does."""

    def lock():
        with locked(database, table):
            time.sleep(SECONDS)

    cause = functools.partial(repeat, lock)
    verdict = fault_run(tmp_path, f"lock_{table}", database, cause, rate=RATE, seed=SEED)
    require_good(verdict)


COMMIT_SOMETHING = "select pg_logical_emit_message(true, 'test', 'one that waits')"
IT_WAITS = "select 1 from pg_stat_activity where wait_event = 'SyncRep' and query like '%one that waits%'"
# Ends the first session whose commit of rows of a table waits for a standby, as soon as it does: then the try is
# repeated.
END_WHO_WAITS = """
    do $$ begin
      for looks in 1..4000 loop
        perform pg_stat_clear_snapshot();
        perform pg_terminate_backend(pid) from pg_stat_activity
        where wait_event = 'SyncRep' and pid in (
          select pid from pg_locks where relation = '{}'::regclass and mode = 'RowExclusiveLock');
        exit when found;
        perform pg_sleep(0.001);
      end loop;
      if not found then raise 'nobody waited for a standby'; end if;
    end $$"""


@contextlib.contextmanager
def without_standbys(server):
    """Commits wait for a standby that is not there."""
    with ThreadPoolExecutor() as beside:
        query(server.url, "alter system set synchronous_standby_names = 'nobody'")
        query(server.url, "select pg_reload_conf()")
        try:
            # The server takes it up by and by.
            commit = beside.submit(query, server.url, COMMIT_SOMETHING)
            while not query(server.url, IT_WAITS):
                if commit.done():
                    commit = beside.submit(query, server.url, COMMIT_SOMETHING)
            yield beside
        finally:
            query(server.url, "alter system reset synchronous_standby_names")
            query(server.url, "select pg_reload_conf()")


@pytest.mark.parametrize("key", [None, "once"])
def test_what_no_standby_has_is_not_acked_when_it_is_tried_again(tmp_path, server, database, key):
    """Who is ended while his commit waits leaves it behind: all see it, and it is lost with this machine."""
    event = {"event_type": "order.paid", "payload": {}}
    with Talaria(tmp_path, store_url=database) as talaria:
        # Until then the day has no room for events.
        assert talaria.call("POST", "/api/v1/events", event)[0] == 202
        if key:
            event["idempotency_key"] = key
        with without_standbys(server) as beside:
            ended = beside.submit(query, database, END_WHO_WAITS.format("events"))
            status, answer = talaria.call("POST", "/api/v1/events", event)
            ended.result()
    assert status == 503, answer


def test_what_no_standby_has_is_not_shown_as_created_when_it_is_asked_for_again(tmp_path, server, database):
    headers = ["Idempotency-Key: once"]
    wanted = {"url": "http://127.0.0.1:9/", "event_types": ["order.paid"]}
    with Talaria(tmp_path, store_url=database) as talaria:
        with without_standbys(server) as beside:
            ended = beside.submit(query, database, END_WHO_WAITS.format("creations"))
            answers = [talaria.call("POST", "/api/v1/subscriptions", wanted, headers) for _ in range(2)]
            ended.result()
        assert [status for status, _ in answers] == [503, 503], answers
        # It looks at the store again by and by.
        wait_until(
            lambda: talaria.call("POST", "/api/v1/subscriptions", wanted, headers)[0] == 201, "shown at last"
        )
        assert len(list(talaria.pages("/api/v1/subscriptions"))) == 1


@pytest.fixture
def small_disk():
    """A short path, since the path of a socket in it is bounded."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk of its own for the server")
    directory = tempfile.mkdtemp(prefix="talaria-", dir="/tmp")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", directory]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    try:
        if mounted.returncode != 0:
            pytest.skip(f"no disk can be mounted: {mounted.stderr.strip()}")
        yield Path(directory)
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", directory], check=True)
        os.rmdir(directory)


@contextlib.contextmanager
def no_room_on(disk):
    ballast = disk / "ballast"
    try:
        with open(ballast, "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
        yield
    finally:
        ballast.unlink()


def full_disk(server, disk):
    """What needs room is refused; the file of the write-ahead log has some left."""
    with no_room_on(disk):
        time.sleep(SECONDS)


def full_disk_without_log(server, disk):
    """The write-ahead log needs a new file, which ends the server until somebody makes room."""
    with no_room_on(disk):
        with contextlib.suppress(AssertionError):
            query(server.url, "select pg_switch_wal()")
        time.sleep(SECONDS)
    if not server.runs():
        server.start()


@pytest.mark.parametrize("fault", [full_disk, full_disk_without_log])
def test_a_full_disk_of_the_server_loses_nothing_acked(tmp_path, small_disk, fault):
    data = small_disk / "server"
    with Server("max_wal_size = 64MB", directory=str(data)) as server:
        with fresh_database(server.url) as url:
            cause = functools.partial(repeat, functools.partial(fault, server, small_disk))
            verdict = fault_run(tmp_path, fault.__name__, url, cause, rate=RATE, seed=SEED)
    require_good(verdict)
    assert verdict.refused, "the disk was not full"


def test_the_check_finds_a_delivery_that_was_removed(tmp_path, server, database):
    """One event is refused until its rows are gone: what the check must notice."""
    refusing = threading.Event()
    refused = []

    def refuse_one(_number, headers):
        if refusing.is_set() and not refused:
            refused.append(headers["webhook-id"])
        return 500 if refusing.is_set() and headers["webhook-id"] in refused else 204

    def remove():
        refusing.set()
        time.sleep(0.3)
        with read_only(server):
            # Within it, no attempt can be recorded, so the event is not given up.
            time.sleep(1)
            removed = query(
                database,
                "begin read write; delete from delivery_queue "
                f"where event_id = '{refused[0].removeprefix('evt_')}' returning event_id; commit",
            )
            assert removed, "nothing was left to remove"
            refusing.clear()

    options = {"rate": RATE, "seed": SEED, "choose_status": refuse_one}
    verdict = fault_run(tmp_path, "(removed by hand)", database, remove, **options)
    assert verdict.lost, "what was removed was not missed: the check is worth nothing"
