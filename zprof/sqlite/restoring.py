"""Putting a copy back into a database: whether it may be one, whose it is, and what is kept of what was there."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from contextlib import closing

from zprof.errors import (
    AlreadyExists,
    DamagedFile,
    ForeignFile,
    InvalidInput,
    NewerSchema,
    NotFound,
    SchemaError,
    ZprofError,
)
from zprof.files import is_same_file, make_private_directory
from zprof.hints import option_of
from zprof.sqlite.backups import BEFORE_RESTORE, DAMAGED, NAMED, free_name, kept, stem
from zprof.sqlite.connection import APPLICATION_ID, connect, patiently
from zprof.sqlite.copying import add_floor, copy_as_it_is, copy_checked, copy_pages
from zprof.sqlite.database import Database
from zprof.sqlite.errors import is_damaged, translated, translating
from zprof.sqlite.faults import Fault, faults
from zprof.sqlite.files import check_is_file
from zprof.sqlite.publishing import published, unwritable
from zprof.sqlite.sidecars import move
from zprof.waiting import Deadline


def check_copy(copy: Database) -> list[Fault]:
    """Refuse to put back what this program can't use; what is odd about the copy, and does no harm.

    Raises:
        NotFound: it is not there.
        SchemaError: it is damaged, of another kind, or too new.
    """
    if not os.path.lexists(copy.path):
        hint = f"`zprof db backup{option_of(copy.kind)}` makes one and prints its path."
        raise NotFound("file", copy.path, hint=hint)
    try:
        with copy.read() as transaction:
            found = faults(transaction, copy.kind)
    except SchemaError as error:
        # What helps with a database that is in use, to put back a copy, is no help with the copy.
        if not isinstance(error, NewerSchema) and not error.line:
            error.hint = "Nothing was changed. Choose another copy."
        raise
    unusable = next((fault for fault in found if not fault.is_usable), None)
    if unusable is not None:
        raise DamagedFile(
            f"{copy.path} is not a usable copy: {unusable.sentence}", "Nothing was changed. Choose another copy."
        )
    return found


def is_of_another(database: Database, copy: Database, others: Collection[str]) -> str | bool:
    """Whether a copy is one of another database: its path where it is known, else by the first change in both.

    Args:
        copy: one that `check_copy` found good.
        others: the paths of the databases that are known.
    """
    name = NAMED.fullmatch(os.path.basename(copy.path))
    if name is not None:
        if name["stem"] == stem(database.path):
            return False
        known = next((other for other in others if name["stem"] == stem(other)), None)
        if known is not None:
            return known
    first, of_copy = first_change(database), first_change(copy)
    return first is not None and of_copy is not None and first != of_copy


def first_change(database: Database) -> tuple[object, ...] | None:
    """What the log of a store begins with, which no two stores share, unless one was made from the other."""
    return row_of_log(database, "SELECT operation, at, who FROM change ORDER BY id LIMIT 1")


def is_as_kept(store: Database, copy: Database) -> bool:
    """Whether a store was made of a copy, and has not changed since: their logs end alike."""
    last = row_of_log(copy, LAST_CHANGE)
    return last is not None and row_of_log(store, LAST_CHANGE) == last


LAST_CHANGE = "SELECT operation, at, who FROM change ORDER BY id DESC LIMIT 1"


def row_of_log(database: Database, query: str) -> tuple[object, ...] | None:
    """A row of the log of a store; None where there is none, whatever is wrong with the store."""
    if database.kind != "store":
        return None
    try:
        with database.read() as transaction:
            return next(iter(transaction.answers(query)), None)
    except ZprofError:
        return None


def restore(database: Database, path: str) -> str | None:
    """Make a database what a copy is, in place: other processes that have it open see the old state or the new one.

    What was there before is kept, and its path returned, if anything was. A file that SQLite can't write to any more is
    moved aside, and a new one takes its name, as where nothing is.

    Args:
        path: of a copy that `check_copy` found good.

    Raises:
        Busy: others held the database for longer than the timeout.
        ForeignFile: it is the database of another program.
    """
    if is_same_file(database.path, path):
        raise InvalidInput(f"{path} is the database itself.", "Name another file.")
    source = Database(path, database.kind, database.caller, has_turns=False)
    with database.turn(is_write=True) as deadline:
        if not os.path.lexists(database.file):
            return put_in_place(database, source)
        check_is_file(database.path, database.kind)
        refuse_others(database, deadline)
        try:
            before = keep_before_restore(database)
            with (
                translating(database.path, database.kind),
                closing(connect(path)) as copy,
                closing(connect(database.path, database.kind)) as live,
            ):
                copy_pages(copy, live, deadline)
            add_floor(database, database.path)
        except SchemaError:
            return put_in_place(database, source)
        return before


def refuse_others(database: Database, deadline: Deadline) -> None:
    """Refuse a database of another program. What is no database at all passes, and so does an empty file."""
    try:
        with closing(connect(database.path, database.kind)) as live:
            found = patiently(live, deadline, "PRAGMA application_id").fetchone()[0]
            is_empty = patiently(live, deadline, "PRAGMA page_count").fetchone()[0] == 0
    except sqlite3.Error as error:
        if is_damaged(error):
            return
        raise translated(error, database.path, database.kind) from error
    if found != APPLICATION_ID and not is_empty:
        raise ForeignFile(
            f"{database.path} belongs to another program.", "Nothing was changed in it. Move it away yourself."
        )


def keep_before_restore(database: Database) -> str | None:
    """Keep what is about to be overwritten, damaged or not; its path, or None for an empty file.

    Raises:
        SchemaError: it is so damaged that SQLite finds no pages in it.
    """
    if os.stat(database.path).st_size == 0:
        return None
    try:
        return kept(database, BEFORE_RESTORE, lambda draft: copy_checked(database, draft))
    except DamagedFile:
        return kept(database, DAMAGED, lambda draft: copy_as_it_is(database, draft))


def put_in_place(database: Database, source: Database) -> str | None:
    """Make a new file of a copy, under the name of a database that is not there, or is moved aside for it."""
    before: list[str] = []

    def make(draft: str) -> None:
        copy_checked(source, draft)
        add_floor(database, draft)
        if os.path.lexists(database.file):
            before.append(moved_aside(database.file))

    if not published(database.file, make, database.caller.say):
        raise AlreadyExists("file", database.path, "Another process has just created it: look, and try again.")
    return before[0] if before else None


def moved_aside(path: str) -> str:
    """Give a file that is no database any more a name among the copies; its path then.

    Raises:
        ZprofError: it can't be moved.
    """
    target = free_name(path, DAMAGED)
    make_private_directory(os.path.dirname(target))
    if os.stat(os.path.dirname(target)).st_dev != os.stat(os.path.dirname(path)).st_dev:
        target = os.path.join(os.path.dirname(path), os.path.basename(target))
    try:
        move(path, target)
    except OSError as error:
        raise unwritable(target, error) from None
    return target


def put_back(store: Database, copy: Database) -> None:
    """Make a new file of a copy, which stays where it is kept.

    Raises:
        AlreadyExists: another process made something of that name.
        SchemaError: the copy is damaged, or one that this program can't use.
    """

    def make(draft: str) -> None:
        copy_checked(copy, draft)
        add_floor(store, draft)

    check_copy(copy)
    with store.turn(is_write=True):
        is_made = published(store.file, make, store.caller.say)
    if not is_made:
        raise AlreadyExists("file", store.path, "Another process has just created it: look, and try again.")
