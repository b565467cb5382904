import pytest

import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """An empty store of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'talaria.db'}"
        return
    with postgresql.fresh_database(postgresql.shared_server()) as url:
        yield url
