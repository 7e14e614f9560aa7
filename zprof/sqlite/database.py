"""SQLite files: opening them, waiting for them, running the generated statements, and turning errors into ours.

Nothing in zprof reads or writes a database file but through SQLite. Python itself must never open one: closing any
descriptor of a file drops the locks that SQLite holds on it in this process
(https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from zprof.caller import QUIET, Caller
from zprof.compatibility import Kind, OlderFormat, checked_version
from zprof.errors import DamagedFile, ForeignFile, ZprofError
from zprof.generated import statements as sql
from zprof.sqlite.errors import cure, is_busy, not_text, translated
from zprof.sqlite.files import check_is_file, check_is_own
from zprof.url import quoted
from zprof.waiting import ANNOUNCED_AFTER, Deadline, not_within_its_own_change

if TYPE_CHECKING:
    from sqlalchemy import Connection as SQLAlchemyConnection

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

CODE = (
    "SELECT iif(type = 'table', 'virtual table', type), name FROM sqlite_master WHERE type = 'trigger' OR "
    "(type = 'table' AND rootpage = 0)"
)
"""What a file can hold that runs when it is read or written, and that ours don't."""

SLICE = 0.2
"""Seconds that SQLite waits at a time."""


class Database:
    """One SQLite file of ours. It is opened for each transaction and closed with it."""

    def __init__(
        self, path: str, kind: Kind, caller: Caller = QUIET, *, has_queue: bool = True, keeps_format: bool = False
    ) -> None:
        """One at a path; nothing is opened yet.

        Args:
            has_queue: whether others may want it, too, so that there is a queue to stand in.
            keeps_format: whether a read takes the file of an older zprof as it is, rather than upgrade it.
        """
        self.path = path
        self.kind: Kind = kind
        self.caller = caller
        self._has_queue = has_queue
        self._keeps_format = keeps_format

    @property
    def place(self) -> str:
        """The database as it reads in a sentence."""
        return self.path

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One snapshot. It holds no lock once the block is left, so leave it before printing.

        Raises:
            Busy: others held the file for longer than the timeout.
            SchemaError: it is not a database of this kind that this program can read.
        """
        with self._begun(is_write=False) as (connection, _):
            yield Transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction: committed, durably, when the block is left without an error, else rolled back.

        Raises:
            Busy, SchemaError: as in `read`.
        """
        with self._begun(is_write=True) as (connection, deadline):
            yield Transaction(connection)
            patiently(connection, deadline, "COMMIT")

    @contextmanager
    def _begun(self, *, is_write: bool) -> Iterator[tuple[sqlite3.Connection, Deadline]]:
        """A connection in a begun transaction, the file upgraded first where an older zprof made it."""
        try:
            with self.queued(is_write=is_write) as deadline, closing(self.opened(deadline)) as connection:
                self.begin(connection, deadline, is_write=is_write)
                yield connection, deadline
                return
        except OlderFormat:
            pass
        except sqlite3.Error as error:
            raise translated(error, self.path, self.kind) from error
        except UnicodeEncodeError:
            raise not_text() from None
        self.upgrade()
        with self._begun(is_write=is_write) as begun:
            yield begun

    @contextmanager
    def queued(self, *, is_write: bool) -> Iterator[Deadline]:
        """Wait for one's turn on the sidecar file.

        SQLite's own waiting sleeps and tries again, so whoever has just written wins again: with a disk that takes
        10 ms to sync, 16 writers wait up to 20 s without the queue and 1.5 s with it. Correctness does not rest on it.
        """
        if self.kind == "registry":
            check_is_own(self.path)
        with not_within_its_own_change(self.path, is_write=is_write):
            deadline = Deadline(self.path, self.caller)
            descriptor = self._lock_file(is_write) if self._has_queue else None
            try:
                if descriptor is not None:
                    from zprof.sqlite.turns import take_turn

                    take_turn(descriptor, deadline, is_exclusive=is_write)
                yield deadline
            finally:
                if descriptor is not None:
                    os.close(descriptor)

    def _lock_file(self, is_write: bool) -> int | None:
        """A descriptor of the sidecar, made by a writer with the database's own mode; None where there can't be one."""
        sidecar = f"{self.path}.lock"
        flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | (os.O_RDWR if is_write else os.O_RDONLY)
        try:
            return regular(os.open(sidecar, flags))
        except FileNotFoundError:
            if not is_write:
                return None
        except OSError:
            return None
        try:
            mode = stat.S_IMODE(os.stat(self.path).st_mode) if os.path.exists(self.path) else 0o600
            descriptor = os.open(sidecar, flags | os.O_CREAT, mode)
            os.fchmod(descriptor, mode)
        except OSError:
            return None
        return descriptor

    def opened(self, deadline: Deadline) -> sqlite3.Connection:
        """A connection to a file of ours, with our settings, outside of a transaction."""
        connection = connect(self.path)
        try:
            found = patiently(connection, deadline, "PRAGMA application_id").fetchone()[0]
            if os.stat(self.path).st_size == 0:
                option = " --registry" if self.kind == "registry" else ""
                raise ForeignFile(
                    f"{self.path} is an empty file.", f"Put a copy in its place: `zprof db restore FILE{option}`."
                )
            if found != APPLICATION_ID:
                raise ForeignFile(
                    f"{self.path} was not made by zprof.",
                    "Nothing was changed in it. Choose another path: zprof makes the file that is not there yet.",
                )
            for setting in SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self, connection: sqlite3.Connection, deadline: Deadline, *, is_write: bool) -> None:
        """Begin, and check within the transaction that this program can use what it sees.

        Raises:
            OlderFormat: upgrade first.
        """
        if is_write and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            # Another program's doing; SQLite before 3.51.3 can damage such a file when several write.
            patiently(connection, deadline, "PRAGMA journal_mode = DELETE")
        patiently(connection, deadline, "BEGIN IMMEDIATE" if is_write else "BEGIN")
        version = patiently(connection, deadline, "PRAGMA user_version").fetchone()[0]
        self._check_format(connection, version, is_write)
        if version < sql.FORMATS[self.kind] and (is_write or not self._keeps_format):
            raise OlderFormat
        # SQLite ignores the setting where it was built without foreign keys, so ask.
        if is_write and connection.execute("PRAGMA foreign_keys").fetchone()[0] != 1:
            raise ZprofError("This SQLite does not enforce foreign keys.", "Use a Python with another SQLite.")

    def _check_format(self, connection: sqlite3.Connection, version: int, is_write: bool) -> None:
        """Refuse the other kind of database, and one that a newer zprof made too different."""
        row = connection.execute(sql.FORMAT.text).fetchone()
        stated = checked_version(self.path, self.kind, row, is_write=is_write)
        hidden = connection.execute(CODE).fetchone()
        if hidden is not None:
            raise ForeignFile(
                f"{self.path} holds the {hidden[0]} '{hidden[1]}', which would run when it is used.",
                "Nothing was run or changed. zprof makes none; put back a copy from before somebody added it.",
            )
        if stated != version or version < 1:
            raise DamagedFile(
                f"{self.path} says of itself that it has format {version}, and {stated}.", cure(self.kind)
            )

    def is_there(self) -> bool:
        """Whether there is anything at the path."""
        return os.path.lexists(self.path)

    def create(self, fill: Callable[[SQLAlchemyConnection], None]) -> bool:
        """Make the file and its first rows; False if another process was first.

        Args:
            fill: inserts the first rows.
        """
        from zprof.schema import migration

        return migration.create(self.path, self.kind, fill)

    def upgrade(self) -> None:
        """Bring the file to the format of this program, after making a copy."""
        from zprof.schema import migration  # 450 ms, paid once per release

        migration.upgrade(self)

    def revisions_since(self, version: int) -> list[str]:
        """The names of the revisions that bring a file of an older format to the format of this program, in order."""
        from zprof.schema import migration

        return migration.revisions_since(self.kind, version)


def regular(descriptor: int) -> int | None:
    """The descriptor, unless it is of a pipe or another thing that locking could hang on."""
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


class Transaction:
    """A begun transaction: what statements run on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: sql.Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """All rows of a read."""
        return self._connection.execute(statement.text, parameters).fetchall()

    def row(self, statement: sql.Statement, **parameters: object) -> tuple[Any, ...] | None:
        """The one row of a read by a unique key, if there is one."""
        rows = self.rows(statement, **parameters)
        return rows[0] if rows else None

    def answers(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a question to SQLite itself: a PRAGMA, or a look at its schema."""
        return self._connection.execute(query).fetchall()

    def run(self, statement: sql.Statement, **parameters: object) -> int:
        """Run a change; the number of rows that it touched."""
        return self._connection.execute(statement.text, parameters).rowcount


def connect(path: str) -> sqlite3.Connection:
    """A connection that begins no transaction by itself and runs nothing that a hostile file may hold.

    Never creates a file: one that is gone is an error, not an empty database.
    """
    check_is_file(path)
    connection = sqlite3.connect(f"file://{quoted(path)}?mode=rw", uri=True, isolation_level=None)
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


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
            if monotonic() - begun >= ANNOUNCED_AFTER:
                deadline.announce()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {milliseconds(deadline.remaining())}")


def milliseconds(seconds: float) -> int:
    """As SQLite counts."""
    return int(seconds * 1000)
