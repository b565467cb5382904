"""PostgreSQL for tests: databases on the shared server, and servers of a test's own."""
import contextlib
import os
import re
import subprocess
import uuid
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "postgres"
VARIABLE = "TALARIA_TEST_POSTGRESQL"


def shared_server():
    """The URL of the server that scripts/test starts."""
    url = os.environ.get(VARIABLE)
    assert url, (
        f"set {VARIABLE} to the URL that `scripts/postgres start <directory>` prints, "
        "or leave these tests out by -k 'not postgres'"
    )
    return url


def query(url, sql):
    """The rows, each a list of texts."""
    done = subprocess.run(
        ["psql", url, "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def with_database(url, name):
    return re.sub(r"^(\w+://[^/?]*/)[^?]*", rf"\g<1>{name}", url)


@contextlib.contextmanager
def fresh_database(server, options=""):
    """The URL of a database of the caller's own."""
    name = f"test_{uuid.uuid4().hex}"
    query(server, f"create database {name} {options}")
    try:
        yield with_database(server, name)
    finally:
        query(server, f"drop database {name} with (force)")
