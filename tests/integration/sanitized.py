"""Whether the Talaria that is tested was built with the sanitizers, and what is left out then."""
import os

import pytest

SANITIZED = bool(os.environ.get("SANITIZED"))


def in_release(reason):
    return pytest.mark.skipif(SANITIZED, reason=reason)


# For what tries a judge or another build, and not this Talaria: those builds are made in release only.
once = in_release("once is enough")
