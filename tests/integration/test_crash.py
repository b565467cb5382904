import os

from crash_run import crash_run
from sanitized import once
from talaria import BUILD

EVENTS = int(os.environ.get("CRASH_EVENTS", "20000"))
SEED = int(os.environ.get("CRASH_SEED", "1"))


def test_nothing_acked_is_lost_when_the_process_is_killed(tmp_path, store_url):
    verdict = crash_run(tmp_path, EVENTS, crashes=3, seed=SEED, store_url=store_url)
    print(verdict)
    assert verdict.holds(), f"seed {SEED}: {verdict}"
    assert verdict.acked > EVENTS * 0.9


@once
def test_the_check_finds_the_loss_when_acks_come_before_commits(tmp_path, store_url):
    verdict = crash_run(
        tmp_path,
        2000,
        crashes=3,
        seed=SEED,
        binary=BUILD / "talaria_ack_before_commit",
        store_url=store_url,
    )
    print(verdict)
    assert verdict.lost, "a broken Talaria passed: the check is worth nothing"
    assert len(verdict.lost) < verdict.acked, "it lost everything: that is no test of the check"
