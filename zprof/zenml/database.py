"""A SQLite file of another program, read without leaving a trace, and its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from zprof.documents.reading import MAX_BYTES
from zprof.errors import Busy, InvalidInput, ZprofError
from zprof.printable import in_shell
from zprof.sqlite.url import quoted
from zprof.system_errors import cause
from zprof.zenml.files import check_is_file, damaged, text

WAITING = 5.0
"""Seconds for which another program may keep the file locked."""
MAX_STEPS = 500_000_000
"""Of SQLite's virtual machine, for all statements together: some seconds."""
STEPS_AT_ONCE = 1_000_000


HEADER = b"SQLite format 3\0"


def is_database(path: str) -> bool:
    """Whether a file begins as a SQLite database does."""
    with suppress(OSError), open(path, "rb") as file:
        return file.read(len(HEADER)) == HEADER
    return False


def is_store_of_zenml(path: str) -> bool:
    """Whether a database has a table that only ZenML's have."""
    with suppress(ZprofError):
        check_header(path)
        with opened(path) as connection:
            return bool(Tables(path, connection).columns("zenstackcomponent"))
    return False


def check_header(path: str) -> None:
    """See that it is a SQLite file in rollback mode.

    In WAL mode even a reader makes files beside it and leaves them there. SQLite can't be asked without making them,
    so the file is opened here, against the rule for zprof's own databases: closing it drops no lock, since nothing in
    this process has it open.
    """
    check_is_file(path)
    try:
        with open(path, "rb") as file:
            header = file.read(100)
    except OSError as error:
        raise cause(error, path) or InvalidInput(
            f"{path} can't be read: {error.strerror}.", "Check its permissions."
        ) from None
    if len(header) < 100 or not header.startswith(HEADER):
        raise damaged(path, "is not a SQLite database")
    if header[18:20] != b"\1\1":
        hint = f"Run `sqlite3 {in_shell(path)} 'PRAGMA journal_mode = DELETE'` while no program uses it."
        raise damaged(path, "is in write-ahead mode, so it can't be read without being written to", hint)


@contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """One snapshot of a file that is found to be whole."""
    steps = 0

    def is_over() -> bool:
        nonlocal steps
        steps += STEPS_AT_ONCE
        return steps > MAX_STEPS

    try:
        uri = f"file:{quoted(path)}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=WAITING)) as connection:
            connection.set_progress_handler(is_over, STEPS_AT_ONCE)
            for setting in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {setting}")
            connection.execute("BEGIN")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise damaged(path, "is a damaged SQLite database")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * MAX_BYTES)
            yield connection
    except sqlite3.Error as error:
        raise _refusal(path, error) from None
    except UnicodeDecodeError:  # in SQLite's own message, about a name that isn't UTF-8
        raise damaged(path, "is a damaged SQLite database") from None


def _refusal(path: str, error: sqlite3.Error) -> ZprofError:
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Busy(f"Another program keeps {path} locked.", "Try again when it is done.")
        case sqlite3.SQLITE_READONLY:
            hint = "Run any ZenML command on that profile to roll it back, or restore it from a copy."
            return damaged(path, "was left in the middle of a change", hint)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_IOERR:
            return InvalidInput(f"{path} can't be opened.", "Check the permissions of the file and its directory.")
        case sqlite3.SQLITE_INTERRUPT | sqlite3.SQLITE_TOOBIG:
            return damaged(path, "is larger than any that ZenML writes")
        case _:
            return damaged(path, "is a damaged SQLite database")


class Tables:
    """The tables of a database by the names and columns that ZenML gave them."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        # A view could be written so that it never ends.
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'")
        self._names = {name for (name,) in found}

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns; none if there is no such table."""
        if table not in self._names:
            return set()
        return {name for _, name, *_ in self._connection.execute(f"PRAGMA table_info({table})")}

    def rows(self, table: str, *columns: str, is_optional: bool = False) -> list[tuple[Any, ...]]:
        """The columns of all rows, in the order of the first column."""
        if is_optional and table not in self._names:
            return []
        self._check(table, columns)
        query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(columns)}"  # noqa: S608  our own words
        return self._connection.execute(query).fetchall()

    def count(self, table: str) -> int:
        """The number of rows, none where there is no such table."""
        if table not in self._names:
            return 0
        count: int = self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  our own
        return count

    def text(self, value: object) -> str:
        """The value of a column, if it is text: in SQLite it may be anything."""
        return text(self.path, value, "an id or a name")

    def _check(self, table: str, columns: tuple[str, ...]) -> None:
        lacking = sorted(set(columns) - self.columns(table))
        if table not in self._names:
            raise damaged(self.path, f"is not a ZenML store: it has no table {table}")
        if lacking:
            raise damaged(self.path, f"is not a ZenML store: its table {table} has no column {lacking[0]}")
