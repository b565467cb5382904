"""What a Talaria keeps of its promises under faults, as `talaria chaos run` judges it; and that the judge
notices: each Talaria that breaks one promise on purpose is found out, by the check that looks after it.

CHAOS_SEED makes other runs."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from sanitized import once
from talaria import BINARY, BUILD, clean_environment

SCENARIOS = Path(__file__).resolve().parent / "chaos"
SEED = os.environ.get("CHAOS_SEED", "1")
SECONDS_MAX = 300
TRIES = 3


class Run:
    def __init__(self, directory, scenario, store, server=BINARY, next_server=None, seed=SEED):
        self.directory = directory / "evidence"
        command = [BINARY, "chaos", "run", SCENARIOS / f"{scenario}.toml", "--seed", seed]
        command += ["--store", store, "--server", server, "--keep", self.directory]
        command += ["--next-server", next_server] if next_server else []
        self.done = subprocess.run(
            [str(part) for part in command],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        print(self.done.stdout)
        assert self.done.returncode in (0, 1), self.done.stderr
        self.verdict = json.loads((self.directory / "verdict.json").read_text())

    def broken(self):
        return {each["promise"] for each in self.verdict["findings"] if not each["holds"]}

    def failovers(self):
        """As the servers have it: each begins a new history."""
        return (self.directory / "postgresql.log").read_text().count("selected new timeline ID")

    def lines(self, name):
        return [json.loads(line) for line in (self.directory / name).read_text().splitlines()]


def broken_by(directory, scenario, store, server, promise):
    """What is broken in the first run in which the promise is. What a fault meets depends on the moment as well as on
    the seed, so that it may take some."""
    for tries in range(TRIES):
        (place := directory / str(tries)).mkdir()
        run = Run(place, scenario, store, BUILD / server, seed=str(int(SEED) + tries))
        if promise in run.broken():
            assert run.done.returncode == 1
            return run.broken()
    return set()


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_every_promise_is_kept_when_the_process_is_killed(tmp_path, store):
    run = Run(tmp_path, "kills", store)
    assert run.done.returncode == 0, run.done.stdout
    assert len(run.lines("disturbances.jsonl")) > 2
    assert sum(each["acked_us"] is not None for each in run.lines("submissions.jsonl")) > 100


def test_what_a_kill_at_the_end_leaves_is_found_again(tmp_path):
    run = Run(tmp_path, "last_kill", "sqlite")
    assert run.done.returncode == 0, run.done.stdout


def test_every_promise_is_kept_when_a_successor_takes_over(tmp_path):
    run = Run(tmp_path, "takeovers", "postgresql")
    assert run.done.returncode == 0, run.done.stdout
    assert len({each["node"] for each in run.lines("attempts.jsonl")}) > 1


def test_every_promise_is_kept_by_three_nodes_that_are_killed_paused_and_stopped(tmp_path):
    run = Run(tmp_path, "cluster", "postgresql")
    assert run.done.returncode == 0, run.done.stdout
    nodes = {each["node"].partition(".")[0] for each in run.lines("attempts.jsonl")}
    assert nodes == {"n-1", "n-2", "n-3"}
    buried = [each for each in run.lines("process_ends.jsonl") if each["process"] == "n-1.1"]
    assert buried, "the node that stood still for longer than its lease went on as if nothing had been"


@once
def test_every_promise_is_kept_by_nodes_of_two_versions_there_and_back(tmp_path):
    run = Run(tmp_path, "rollback", "postgresql", next_server=BUILD / "talaria_next")
    assert run.done.returncode == 0, run.done.stdout
    for node in (1, 2, 3):
        log = (run.directory / f"talaria-n-{node}.log").read_text()
        versions = re.findall(r"talaria (\S+) serves", log)
        assert len(versions) == 3
        first, upgraded, back = versions
        assert upgraded == f"{first}-next"
        assert back == first
    repeats = next(each for each in run.verdict["findings"] if each["promise"] == "repeats_bounded")
    assert repeats["note"].startswith("0 repeats"), repeats


def test_every_promise_is_kept_when_the_database_fails_over(tmp_path):
    run = Run(tmp_path, "failovers", "postgresql")
    assert run.done.returncode == 0, run.done.stdout
    assert run.failovers() == 2
    ended = max(each["until_us"] for each in run.lines("disturbances.jsonl"))
    acked = [each["acked_us"] for each in run.lines("submissions.jsonl") if each["acked_us"] is not None]
    assert any(each > ended for each in acked), "nothing was acked after the last failover"


@once
def test_a_failover_that_loses_what_was_acked_is_found_out(tmp_path):
    run = Run(tmp_path, "asynchronous_failover", "postgresql")
    assert run.failovers() == 1
    assert run.done.returncode == 1
    assert "acked_is_kept" in run.broken()


@once
def test_acks_before_the_commit_are_found_out(tmp_path):
    assert broken_by(tmp_path, "kills", "sqlite", "talaria_ack_before_commit", "acked_is_kept")


@once
def test_a_talaria_without_a_sweep_is_found_out(tmp_path):
    assert broken_by(tmp_path, "last_kill", "sqlite", "talaria_no_sweep", "drained") == {"drained"}


@once
def test_outcomes_without_a_fence_are_found_out(tmp_path):
    assert broken_by(tmp_path, "takeovers", "postgresql", "talaria_unfenced", "one_owner")


@once
def test_a_cluster_without_a_fence_is_found_out(tmp_path):
    assert broken_by(tmp_path, "cluster_takeovers", "postgresql", "talaria_unfenced", "one_owner")


@once
def test_the_same_seed_gives_the_same_faults(tmp_path):
    runs = [tmp_path / "one", tmp_path / "two"]
    for directory in runs:
        directory.mkdir()
    first, second = (Run(directory, "last_kill", "sqlite") for directory in runs)
    assert first.lines("schedule.jsonl") == second.lines("schedule.jsonl")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.toml"],
        [str(SCENARIOS / "cluster_takeovers.toml"), "--store", "sqlite"],
        [str(SCENARIOS / "rollback.toml")],
    ],
)
def test_what_cannot_be_run_is_a_mistake_of_the_caller(arguments):
    done = subprocess.run(
        [str(BINARY), "chaos", "run", *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
