"""PostgreSQL for tests: databases on the shared server, and servers of a test's own."""
import contextlib
import os
import re
import subprocess
import tempfile
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


class Server:
    """One of the caller's own, which it may ill-treat."""

    def __init__(self, *settings, directory=None):
        self.directory = directory or tempfile.mkdtemp(prefix="talaria-", dir="/tmp")
        self.url = self._run("start", *settings).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run("remove")

    def start(self):
        self._run("start")

    def stop(self, mode="fast"):
        self._run("stop", mode)

    def runs(self):
        probe = ["psql", self.url, "-XAtqc", "select 1"]
        return subprocess.run(probe, capture_output=True, timeout=60, check=False).returncode == 0

    def make_replica(self):
        """A server that follows this one; the caller ends it."""
        directory = tempfile.mkdtemp(prefix="talaria-", dir="/tmp")
        run_script("replicate", directory, self.directory)
        return Server(directory=directory)

    def terminate_sessions(self):
        query(
            self.url,
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where backend_type = 'client backend' and pid <> pg_backend_pid()",
        )

    def signal(self, number):
        """To all its processes: the first one before those that it starts."""
        first = int(Path(self.directory, "data", "postmaster.pid").read_text().split()[0])
        os.kill(first, number)
        children = ["ps", "-o", "pid=", "--ppid", str(first)]
        listed = subprocess.run(children, capture_output=True, text=True, timeout=60, check=False)
        signal_all(map(int, listed.stdout.split()), number)

    def sessions(self):
        """The processes that serve Talaria's connections."""
        rows = query(
            self.url, "select pid from pg_stat_activity where application_name = 'talaria'"
        )
        return [int(row[0]) for row in rows]

    def _run(self, command, *arguments):
        return run_script(command, self.directory, *arguments)


def signal_all(processes, number):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


@contextlib.contextmanager
def locked(url, table):
    """Nobody else can use the table."""
    session = subprocess.Popen(
        ["psql", url, "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        print(f"begin; lock table {table}; select 'locked';", file=session.stdin, flush=True)
        assert session.stdout.readline() == "locked\n"
        yield
    finally:
        session.communicate("rollback;", timeout=60)


def run_script(command, *arguments):
    # Not through a pipe: the server would hold it open.
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(
            [SCRIPT, command, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            timeout=120,
            check=False,
        )
        errors.seek(0)
        assert done.returncode == 0, errors.read()
    return done.stdout
