"""A short version of the soak (scripts/soak), long enough for each kind of receiver to do its worst."""
import os

import soak
from sanitized import SANITIZED

SECONDS = float(os.environ.get("SOAK_SECONDS", 30))


def test_receivers_of_every_kind_at_once_harm_nobody(tmp_path, store_url):
    report, faults = soak.soak(
        tmp_path,
        SECONDS,
        per_second=20,
        seed=7,
        memory_is_flat=not SANITIZED,
        store_url=store_url,
    )
    print(report)
    assert not faults, f"{faults}\n{report}"
