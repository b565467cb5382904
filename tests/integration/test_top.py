"""`talaria top` and `talaria actors`, as somebody at a terminal sees them."""
import json
import os
import re
import signal

import pytest

from receiver import Receiver
from talaria import BINARY, KEY, Talaria, clean_environment, run
from terminal import Terminal

SUBSCRIPTIONS = 30


@pytest.fixture(name="talaria", scope="module")
def running_talaria(tmp_path_factory):
    """With subscriptions that are awake; the receiver of every third fails."""

    def choose(_number, headers):
        return 500 if headers["x-fails"] == "yes" else 204

    with Receiver(choose) as receiver, Talaria(tmp_path_factory.mktemp("top")) as talaria:
        for number in range(SUBSCRIPTIONS):
            talaria.subscribe(
                url=receiver.url,
                headers={"x-fails": "yes" if number % 3 == 0 else "no"},
                circuit_breaker={"min_calls": 3, "open_ms": 3_600_000},
                retry={"delays_ms": [20, 600_000]},
            )
        for _ in range(5):
            talaria.call("POST", "/api/v1/events", {"event_type": "a", "payload": 1})
        receiver.wait_for(lambda requests: len(requests) >= 5 * SUBSCRIPTIONS * 2 // 3)
        yield talaria


def address(talaria):
    return ["--url", f"http://127.0.0.1:{talaria.port}"]


def top(talaria, *options, **size):
    command = [BINARY, "top", *address(talaria), "--interval", "0.2", *options]
    return Terminal(command, {**clean_environment(), "TALARIA_KEY": KEY}, **size)


def actors(talaria, *options):
    return run("actors", *options, *address(talaria), TALARIA_KEY=KEY)


def wait_until_selected(terminal, path):
    """Until this line stands out in the table; one that is being drawn has none."""

    def stands_out(lines):
        return any(
            terminal.style_of(row)[1] == "cyan" and line.startswith(f"{path} ")
            for row, line in enumerate(lines)
        )

    terminal.wait_until(stands_out, f"{path}, selected")


def test_it_shows_every_actor_page_by_page(talaria):
    with top(talaria) as terminal:
        terminal.wait_for("talaria top", "PATH", "/dispatcher", f"{SUBSCRIPTIONS + 10} actors")
        terminal.press("page down")
        terminal.wait_for("page 2", "/ingest/subscription-")
        # Only what changed is sent: a few numbers, and never the whole screen.
        terminal.received_within(1)
        assert terminal.received_within(2) < 100 * 24
        terminal.press("Q")
        assert terminal.wait_for_end() == 0


def test_the_selection_moves_and_one_actor_is_shown_with_everything(talaria):
    with top(talaria) as terminal:
        wait_until_selected(terminal, "/announcer")
        terminal.press("down", "down")
        wait_until_selected(terminal, "/ingest")
        terminal.press("enter")
        terminal.wait_for("kind               ingest", "catalog_revision", "escape: back")
        terminal.press("escape")
        wait_until_selected(terminal, "/ingest")


def test_it_filters_sorts_and_goes_back_to_all(talaria):
    with top(talaria) as terminal:
        terminal.wait_for("/ingest ")
        terminal.press("/", "kind=dispatcher", "enter")
        terminal.wait_for("1 actors", "filter: kind=dispatcher")
        terminal.press("escape")
        terminal.wait_for(f"{SUBSCRIPTIONS + 10} actors")
        terminal.press("/", "subscription-1", "enter")
        terminal.wait_for("filter: subscription-1", "/ingest/subscription-1 ")
        terminal.press("escape", "s")
        terminal.wait_for("sort: mailbox")
        terminal.press("q")
        terminal.wait_for("state: quarantined", "0 actors")


def test_open_circuit_breakers_are_found_with_one_key(talaria):
    with top(talaria, columns=120, rows=30) as terminal:
        terminal.wait_for("/ingest ")
        terminal.press("b")
        terminal.wait_for(f"{SUBSCRIPTIONS // 3} actors", "breaker: open")
        terminal.wait_until(shows_only_open_breakers)


def test_the_busiest_actors_come_first_with_their_rates(talaria):
    with top(talaria, columns=110, rows=30) as terminal:
        terminal.wait_for("/ingest ")
        terminal.press(*"sssss")
        terminal.wait_for("sort: busy")

        def shows_rates(lines):
            # Rates are of the last moments: there is something to show only while events come.
            talaria.call("POST", "/api/v1/events", {"event_type": "a", "payload": 1})
            return re.match(r"rates +[1-9][0-9.]* messages/s", lines[3]) and re.match(
                r"[/~]\S+ +running +\S+ +\d+ +\S+ +\d+ +[1-9][0-9.]* ", lines[5]
            )

        terminal.wait_until(shows_rates)
        save_figure(terminal, "top.svg")


def test_an_actor_is_restarted_after_a_question_and_its_life_is_seen(talaria):
    with top(talaria) as terminal:
        terminal.wait_for("/ingest ")
        terminal.press("/", "announcer", "enter")
        terminal.wait_for("1 actors")
        terminal.press("enter")
        terminal.wait_for("kind               announcer")
        # Until the server sends the stream, there is nothing to tell it by.
        terminal.received_within(1)
        terminal.press("r")
        terminal.wait_for("restart /announcer?")
        terminal.press("n")
        terminal.wait_for("escape: back")
        terminal.press("r", "y")
        terminal.wait_for("restarted")
        terminal.wait_until(lambda lines: "restarts           1" in lines)
        save_figure(terminal, "top-actor.svg")


def test_the_size_of_the_terminal_may_change(talaria):
    with top(talaria) as terminal:
        terminal.wait_for("RESTARTS", "/ingest ")
        terminal.resize(60, 10)
        terminal.wait_until(lambda lines: lines[9].startswith("sort:") and "RESTARTS" not in lines[4])
        terminal.press("control-C")
        assert terminal.wait_for_end() == 0


def test_a_server_that_stands_still_is_told_and_the_keys_go_on(tmp_path):
    with Talaria(tmp_path) as own, top(own) as terminal:
        terminal.wait_for("/janitor")
        own.process.send_signal(signal.SIGSTOP)
        terminal.press("down", "h")
        terminal.wait_for("talaria top: keys")
        terminal.press("x")
        terminal.wait_for("/janitor")
        own.process.send_signal(signal.SIGCONT)
        own.kill()
        terminal.wait_for("no answer for", "trying on", "/janitor")
        own.environment["TALARIA_HTTP_LISTEN"] = f"127.0.0.1:{own.port}"
        own.start()
        terminal.wait_for("sort: path")


def test_the_list_is_printed_once_as_a_table_or_as_json(talaria):
    table = actors(talaria, "--kind", "subscription", "--limit", "2")
    assert table.returncode == 0
    assert table.stdout.startswith("PATH")
    assert len(table.stdout.splitlines()) == 3
    assert table.stderr == f"2 of {SUBSCRIPTIONS} actors\n"
    shown = json.loads(actors(talaria, "--kind", "subscription", "--json").stdout)
    assert shown["total"] == SUBSCRIPTIONS


def test_one_actor_is_printed_restarted_and_not_released_unless_quarantined(talaria):
    assert "kind               janitor" in actors(talaria, "/janitor").stdout
    assert actors(talaria, "restart", "/janitor").returncode == 0
    refused = actors(talaria, "release", "/janitor")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "(HTTP 409)" in refused.stderr


def test_what_is_wrong_is_said_with_an_exit_code(talaria):
    assert "(HTTP 404)" in actors(talaria, "/nobody").stderr
    refused = run("actors", *address(talaria), "--key", "another")
    assert (refused.returncode, "(HTTP 401)" in refused.stderr) == (1, True)
    assert run("actors", *address(talaria)).returncode == 2
    no_terminal = run("top", *address(talaria), TALARIA_KEY=KEY)
    assert no_terminal.returncode == 1
    assert "there is no terminal here" in no_terminal.stderr


def shows_only_open_breakers(lines):
    table = [line for line in lines if line.startswith("/ingest/subscription-")]
    return len(table) == SUBSCRIPTIONS // 3 and all(line.endswith(" open") for line in table)


def save_figure(terminal, name):
    """The figures of docs/ are made by the tests, where somebody wants new ones."""
    if directory := os.environ.get("TALARIA_FIGURES"):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(terminal.svg())
