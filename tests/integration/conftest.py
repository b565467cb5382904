import pytest

import postgres_faults
import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """An empty store of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'talaria.db'}"
        return
    with postgresql.fresh_database(postgresql.shared_server()) as url:
        yield url


def pytest_terminal_summary(terminalreporter):
    if postgres_faults.table:
        terminalreporter.section("PostgreSQL's failures")
        terminalreporter.line(postgres_faults.Verdict.HEAD)
        for verdict in postgres_faults.table:
            terminalreporter.line(str(verdict))
