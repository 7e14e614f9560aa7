"""Connections to SQLite files: how they are opened, what they are set to, and how they wait.

Nothing in zprof reads or writes a database file but through SQLite. Python itself must never open one: closing any
descriptor of a file drops the locks that SQLite holds on it in this process
(https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

import sqlite3
from time import monotonic

from zprof.compatibility import Kind
from zprof.signals import end_if_heard
from zprof.sqlite.driver import Connection, defend
from zprof.sqlite.errors import is_busy
from zprof.sqlite.files import check_is_file
from zprof.sqlite.url import quoted
from zprof.sqlite.watch import watch
from zprof.waiting import ANNOUNCED_AFTER, Deadline

APPLICATION_ID = 0x7A70726F
"""`zpro`: what marks a SQLite file as one of ours, so that a foreign one is refused before anything is written."""

SETTINGS = (
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    # EXTRA syncs the directory after the journal's removal, which is the commit; FULL doesn't.
    "PRAGMA synchronous = EXTRA",
    "PRAGMA foreign_keys = ON",
)
"""What each connection is set to, besides the rollback journal, SQLite's default."""

SLICE = 0.2
"""Seconds that SQLite waits at a time."""


def connect(path: str, kind: Kind = "store") -> sqlite3.Connection:
    """A connection that begins no transaction by itself and runs nothing that a hostile file may hold.

    Never creates a file: one that is gone is an error, not an empty database.

    Args:
        kind: what it is to be, for the error of a file that is gone.
    """
    check_is_file(path, kind)
    connection = sqlite3.connect(f"file://{quoted(path)}?mode=rw", uri=True, isolation_level=None, factory=Connection)
    watch(connection)
    defend(connection)
    return connection


def leave_open(*things: object) -> None:
    """Keep connections, or what holds them, until this process is gone, without closing them even at its end.

    They are a fork's copies: SQLite would roll back in the file, under the parent that goes on with its transaction
    (https://www.sqlite.org/howtocorrupt.html, section 2.6).
    """
    from ctypes import py_object, pythonapi  # the one way to keep what an ending interpreter would let go

    for thing in things:
        pythonapi.Py_IncRef(py_object(thing))


def patiently(connection: sqlite3.Connection, deadline: Deadline, statement: str) -> sqlite3.Cursor:
    """Run a statement that may meet other connections' locks: wait, say so after a second, and wait on.

    SQLite's own waiting hears no signal, so it is done in slices, between which an interrupt is heard.
    """
    begun = monotonic()
    try:
        while True:
            remaining = deadline.remaining()
            connection.execute(f"PRAGMA busy_timeout = {milliseconds(min(SLICE, remaining))}")
            try:
                return connection.execute(statement)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or remaining == 0.0:
                    raise
            end_if_heard()
            if monotonic() - begun >= ANNOUNCED_AFTER:
                deadline.announce()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {milliseconds(deadline.remaining())}")


def milliseconds(seconds: float) -> int:
    """As SQLite counts."""
    return int(seconds * 1000)
