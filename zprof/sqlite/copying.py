"""Database files copied by SQLite, while others write: a copy by other means may catch a file half changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from zprof.compatibility import Kind
from zprof.errors import AlreadyExists, DamagedFile
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.history.heading import heading
from zprof.sqlite.connection import SLICE, connect, milliseconds, patiently
from zprof.sqlite.database import Database
from zprof.sqlite.errors import is_unwritable, translated, translating
from zprof.sqlite.publishing import published
from zprof.sqlite.turns import kept_locked
from zprof.waiting import Deadline

MARKS = ("PRAGMA application_id", "PRAGMA user_version")
NEW_PLACES = "UPDATE component SET place = lower(hex(randomblob(16)))"
"""What makes the components of a clone others than those that they are copies of."""
PAGES_AT_ONCE = 500
"""How many are copied between two looks at how far it is."""
CHECKS = ("PRAGMA integrity_check", "PRAGMA foreign_key_check")


def clone(source: Database, path: str) -> None:
    """Make a new store of what a store is at one moment, also while others write to it.

    Raises:
        AlreadyExists: there is something at the path.
    """
    source.ask()  # it is ours, and of this program's format
    target = Database(path, source.kind, source.caller)
    with target.turn(is_write=True):
        is_made = published(target.file, lambda draft: clone_into(source, draft), source.caller.say)
    if not is_made:
        raise AlreadyExists("store", path, "Choose another --url.")


def clone_into(source: Database, path: str) -> None:
    """Copy a store into an empty file as `copy_checked` does, and give its components places of their own."""
    copy_checked(source, path)
    with translating(path, source.kind), closing(connect(path)) as copy:
        copy.execute(NEW_PLACES)
    add_floor(source, path)


def add_floor(database: Database, path: str) -> None:
    """Note in the log of a database that undo goes no further back; one of an older format gets that by its upgrade.

    Args:
        database: what it is of, or is to become.
        path: where it is, as a draft or as the database itself, in a turn of whoever calls.
    """
    deadline = Deadline(path, database.caller)
    with translating(path, database.kind), closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = EXTRA")
        patiently(connection, deadline, "BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == FORMATS[database.kind]:
            connection.execute(sql.ADD_FLOOR.sqlite, heading(database.caller))
        connection.execute("COMMIT")


def copy_checked(source: Database, path: str) -> None:
    """Copy a database into an empty file, and check what came out: it is whole, and of the same kind and format.

    Raises:
        Busy: others held the source for longer than the timeout.
        DamagedFile: the source is.
    """
    deadline = Deadline(source.path, source.caller)
    with translating(source.path, source.kind), closing(connect(source.path, source.kind)) as live:
        patiently(live, deadline, "BEGIN")
        marks = [patiently(live, deadline, question).fetchall() for question in MARKS]
        with copied(live, path, source.kind, deadline) as copy:
            is_whole = all(copy.execute(check).fetchall() in ([], [("ok",)]) for check in CHECKS)
            is_same = [copy.execute(question).fetchall() for question in MARKS] == marks
    if not (is_whole and is_same):
        from zprof.hints import option_of  # on the way to an error alone

        raise DamagedFile(
            f"{source.path} is damaged, so it was not copied.",
            f"`zprof db check{option_of(source.kind)}` says what is wrong.",
        )


def copy_as_it_is(source: Database, path: str) -> None:
    """Copy a database into an empty file, page by page, whatever is wrong with it.

    Raises:
        SchemaError: SQLite finds no pages in it.
    """
    deadline = Deadline(source.path, source.caller)
    with (
        translating(source.path, source.kind),
        closing(connect(source.path, source.kind)) as live,
        copied(live, path, source.kind, deadline),
    ):
        pass


@contextmanager
def copied(live: sqlite3.Connection, path: str, kind: Kind, deadline: Deadline) -> Iterator[sqlite3.Connection]:
    """A connection to an empty file, into which all pages were copied: what fails in it is told of it alone."""
    with translating(path, kind):
        copy = connect(path, kind)
    with closing(copy):
        try:
            copy_pages(live, copy, deadline)
        except sqlite3.Error as error:
            raise translated(error, path, kind) if is_unwritable(error) else error from None
        with translating(path, kind):
            yield copy


def copy_pages(source: sqlite3.Connection, target: sqlite3.Connection, deadline: Deadline) -> None:
    """Make one database what another is, in a transaction.

    They are copied in parts where the source is in a transaction, in which nobody else writes; else all at once, since
    the copy would begin anew each time that another process does. Python tries for ever where either is locked, so the
    deadline is looked at after each try.
    """
    pages = PAGES_AT_ONCE if source.in_transaction else -1

    def look(status: int, remaining: int, total: int) -> None:
        deadline.progress(f"Copying {os.path.basename(deadline.place)}", total - remaining, total)
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and deadline.remaining() == 0.0:
            raise kept_locked(deadline.place)

    for connection in (source, target):
        connection.execute(f"PRAGMA busy_timeout = {milliseconds(min(SLICE, deadline.remaining()))}")
    target.execute("PRAGMA synchronous = EXTRA")
    source.backup(target, pages=pages, progress=look, sleep=SLICE)
