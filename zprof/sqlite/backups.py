"""Copies that are kept of databases, and putting one back.

    backups/default.8f3a11c2.0007.format-1.20261125T231128Z.db

That is the seventh copy of the database whose path has that checksum, made before an upgrade from format 1. Clocks may
go back, so the number tells which copy is newer.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from typing import NamedTuple
from zlib import crc32

from zprof import paths
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
from zprof.files import is_same_file, make_private_directory, numbered
from zprof.hints import option_of
from zprof.names import VALID
from zprof.records import now
from zprof.sqlite.connection import APPLICATION_ID, SLICE, connect, milliseconds, patiently
from zprof.sqlite.copying import copy_as_it_is, copy_checked, copy_pages
from zprof.sqlite.database import Database
from zprof.sqlite.errors import is_busy, is_damaged, translated, translating
from zprof.sqlite.faults import Fault, faults, schema_faults
from zprof.sqlite.files import check_is_file, check_is_no_part
from zprof.sqlite.publishing import published, unwritable
from zprof.sqlite.sidecars import move
from zprof.waiting import Deadline

KEPT = 3
"""Of the copies of a database that were made unasked, how many are kept: the newest ones."""
BACKUP = "backup"
DAMAGED = "damaged"
DELETED = "deleted"
BEFORE_RESTORE = "before-restore"
AUTOMATIC = re.compile(rf"format-\d+|{BEFORE_RESTORE}")
REASON = rf"(?P<reason>{AUTOMATIC.pattern}|{BACKUP}|{DAMAGED}|{DELETED})(?:-(?P<profile>{VALID.pattern}))?"
"""Why there is a copy; with the name of the profile that was deleted, where its file had another."""


class DeletedProfile(NamedTuple):
    """A profile that was deleted, whose store is kept."""

    name: str
    deleted_at: str
    """As a UTC timestamp."""
    path: str


class Copy(NamedTuple):
    """A file in `backups/`."""

    number: int
    reason: str
    """`format-N` before an upgrade, `before-restore`, `backup` for one that was asked for, `damaged` or `deleted`."""
    path: str


def directory_of(database: str) -> str:
    """Where copies of a database are kept: in the config directory that it lies in, if it does, else in this user's."""
    above = os.path.dirname(database)
    for directory in (above, os.path.dirname(above)):
        if os.path.lexists(paths.registry_file(directory)):
            return paths.backups_dir(directory)
    return paths.backups_dir(paths.config_dir())


def stem(database: str) -> str:
    """What the names of a database's copies begin with. Two databases may have the same name in two directories."""
    name = os.path.basename(database).removesuffix(".db")
    return f"{name}.{crc32(os.fsencode(os.path.realpath(database))):08x}"


def copies(database: str) -> list[Copy]:
    """The copies that are kept of a database, the oldest first."""
    directory = directory_of(database)
    name = re.compile(rf"{re.escape(stem(database))}\.(\d+)\.{REASON}\.\w+\.db")
    try:
        matches = [name.fullmatch(found) for found in os.listdir(directory)]
    except OSError:
        return []
    return sorted(Copy(int(match[1]), match["reason"], os.path.join(directory, match[0])) for match in matches if match)


def newest(database: str) -> str | None:
    """The copy to put back, if there is one: where the database is gone, also what was retired."""
    is_there = os.path.lexists(database)
    unfit = (DAMAGED, DELETED) if is_there else (DAMAGED,)
    return next((copy.path for copy in reversed(copies(database)) if copy.reason not in unfit), None)


def kept(database: Database, reason: str, make: Callable[[str], None]) -> str:
    """Make another copy of a database, and forget the oldest of those that were made unasked; its path.

    Args:
        make: fills the empty file whose path it is given.
    """
    of, say = database.path, database.caller.say
    make_private_directory(directory_of(of))
    while True:
        path = free_name(of, reason)
        if published(path, make, say):
            break
    if AUTOMATIC.fullmatch(reason):
        of_a_kind = [copy for copy in copies(of) if AUTOMATIC.fullmatch(copy.reason)]
        for copy in of_a_kind[:-KEPT]:
            with suppress(OSError):
                os.unlink(copy.path)
    return path


def free_name(database: str, reason: str) -> str:
    """The path of the next copy."""
    number = max((copy.number for copy in copies(database)), default=0) + 1
    stamp = now().replace(":", "").replace("-", "")
    return os.path.join(directory_of(database), f"{stem(database)}.{number:04d}.{reason}.{stamp}.db")


def back_up_before_upgrade(database: Database, version: int) -> None:
    """Keep a copy of a database that an upgrade is about to change.

    Raises:
        ZprofError: no good copy could be made, so that the upgrade must not begin.
    """
    try:
        kept(database, f"format-{version}", lambda draft: copy_checked(database, draft))
    except SchemaError:
        raise
    except ZprofError as error:
        why = error.message.rstrip(".")
        raise ZprofError(
            f"{database.path} is of an older zprof, and no copy could be made before upgrading it ({why}).",
            f"Nothing was changed in it. Make room, or make {directory_of(database.path)} writable.",
        ) from error


def back_up(database: Database, path: str | None, *, may_replace: bool = False, in_use: Collection[str] = ()) -> str:
    """Keep a copy of a database, whole and checked, of this user alone; its path.

    Args:
        database: one that keeps its format.
        path: where it goes; among the other copies without one.
        may_replace: whether a copy that is there makes way for it: that one is kept under another name.
        in_use: the paths of databases that must stay what they are.

    Raises:
        AlreadyExists: there is a file.
        InvalidInput: it is a database in use, or no copy of a database of ours.
        SchemaError: the database is damaged, or not one of ours.
    """
    check_schema(database)
    say = database.caller.say
    if path is None:
        return kept(database, BACKUP, lambda draft: copy_checked(database, draft))
    check_may_hold_copy(path, (database.path, *in_use))
    if os.path.lexists(path) and not may_replace:
        raise AlreadyExists("file", path, "Choose another one, or add --yes to replace it.")

    def make(draft: str) -> None:
        copy_checked(database, draft)
        if os.path.lexists(path):
            before = numbered(path)
            move(path, before)
            say(f"What was there before is kept as {before}")

    try:
        is_made = published(path, make, say)
    except OSError as error:
        raise unwritable(path, error) from None
    if not is_made:
        raise AlreadyExists("file", path, "Another process made it meanwhile: look, and try again.")
    return path


def check_schema(database: Database) -> None:
    """Refuse to copy what `check_copy` would refuse to put back; copying finds whatever else that is.

    Raises:
        SchemaError: it is not one of ours, or this program can't use it.
    """
    with database.read() as transaction:
        unusable = next((found for found in schema_faults(transaction, database.kind) if not found.is_usable), None)
    if unusable is not None:
        raise DamagedFile(
            f"{database.path} is damaged, so it was not copied: {unusable.sentence}",
            f"`zprof db check{option_of(database.kind)}` tells what is wrong.",
        )


def check_may_hold_copy(path: str, in_use: Collection[str]) -> None:
    """Refuse a place for a copy where a database is in use, or where anything is that is no copy.

    Raises:
        InvalidInput: there is.
    """
    check_is_no_part(path)
    for database in in_use:
        check_is_another(database, path)
    if os.path.lexists(path):
        check_is_copy(path)


def check_is_another(database: str, path: str) -> None:
    """Refuse a copy that is a database in use."""
    if is_same_file(database, path):
        in_use = (
            f"{path} is a database in use" if path == database else f"{path} leads to a database in use, {database}"
        )
        raise InvalidInput(f"{in_use}.", "Nothing was changed. Name another file.")


def check_is_copy(path: str) -> None:
    """Refuse to replace what is no copy of a database of ours: nothing else is made way for."""
    hint = "Name another file."
    mode = os.lstat(path).st_mode
    if not stat.S_ISREG(mode):
        what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise InvalidInput(f"{path} is {what}.", hint)
    try:
        with closing(connect(path)) as connection:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
    except (sqlite3.Error, ZprofError):
        found = None
    if found != APPLICATION_ID:
        raise InvalidInput(f"{path} is no copy of a database of zprof, so it is not replaced.", hint)


def check_copy(copy: Database) -> list[Fault]:
    """Refuse to put back what this program can't use; what is odd about the copy, and does no harm.

    Raises:
        NotFound: it is not there.
        SchemaError: it is damaged, of another kind, or too new.
    """
    if not os.path.lexists(copy.path):
        hint = f"`zprof db backup{option_of(copy.kind)}` makes one and prints its name."
        raise NotFound("file", copy.path, hint=hint)
    try:
        with copy.read() as transaction:
            found = faults(transaction, copy.kind)
    except SchemaError as error:
        # What helps with a database that is in use, to put back a copy, is no help with the copy.
        if not isinstance(error, NewerSchema) and not error.line:
            error.hint = "Nothing was changed. Choose another one."
        raise
    unusable = next((fault for fault in found if not fault.is_usable), None)
    if unusable is not None:
        raise DamagedFile(
            f"{copy.path} is no good copy: {unusable.sentence}", "Nothing was changed. Choose another one."
        )
    return found


NAMED = re.compile(rf"(?P<stem>(?P<name>.+)\.[0-9a-f]{{8}})\.(?P<number>\d+)\.{REASON}\.(?P<at>\w+)\.db")
"""The name of a copy that was kept."""


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
            f"{database.path} is the database of another program.", "Nothing was changed in it. Move it away yourself."
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
        if os.path.lexists(database.file):
            before.append(moved_aside(database.file))

    if not published(database.file, make, database.caller.say):
        raise AlreadyExists("file", database.path, "Another process made it meanwhile: look, and try again.")
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


def retire(path: str, profile: str) -> str:
    """Move a store that no profile has any more to the copies, unless others use it; the path where it is then.

    Its name there tells that of the profile, which may have been renamed since its file was made.

    SQLite holds it exclusively meanwhile, having played back the journal that a crash, or another program's choice of
    journal, may have left: a journal finds its database by name.
    """
    is_of_its_name = os.path.basename(path) == f"{profile}.db"
    target = free_name(path, DELETED if is_of_its_name else f"{DELETED}-{profile}")
    try:
        make_private_directory(os.path.dirname(target))
        try:
            with closing(connect(path)) as connection:
                connection.execute(f"PRAGMA busy_timeout = {milliseconds(SLICE)}")
                connection.execute("PRAGMA journal_mode = DELETE")  # refused while another has it open in WAL mode
                connection.execute("BEGIN EXCLUSIVE")
                os.rename(path, target)
        except (sqlite3.Error, SchemaError) as error:
            if isinstance(error, sqlite3.Error) and is_busy(error):
                # In use: moved away in the middle of a transaction it would lose its journal.
                return path
            # Damaged: kept with its journal, for whoever may mend it.
            move(path, target)
    except (OSError, ZprofError):
        return path  # there is no place to move it to
    with suppress(FileNotFoundError):
        os.unlink(f"{path}.lock")
    return target


def bring_back(path: str, retired: str) -> None:
    """Undo `retire`, as far as nothing took the store's place."""
    if retired != path and not os.path.lexists(path):
        with suppress(OSError):
            move(retired, path)


def deleted_in(directory: str) -> list[DeletedProfile]:
    """The stores of deleted profiles in a config directory, by name and the newest of each first."""
    place = paths.backups_dir(directory)
    try:
        matches = [NAMED.fullmatch(name) for name in os.listdir(place)]
    except OSError:
        return []
    found = [match for match in matches if match is not None and match["reason"] == DELETED]
    found.sort(key=lambda match: (match["at"], int(match["number"])), reverse=True)
    profiles = [
        DeletedProfile(match["profile"] or match["name"], timestamp(match["at"]), os.path.join(place, match[0]))
        for match in found
    ]
    return sorted((each for each in profiles if VALID.fullmatch(each.name)), key=lambda each: each.name)


def keeps_deleted(directory: str, profile: str) -> bool:
    """Whether the store of a deleted profile of this name is kept in a config directory."""
    return any(each.name == profile for each in deleted_in(directory))


def is_copy_of(database: str, path: str) -> bool:
    """Whether a file is a copy that was kept of a database, by its name."""
    match = NAMED.fullmatch(os.path.basename(path))
    return match is not None and match["stem"] == stem(database)


def timestamp(stamp: str) -> str:
    """A moment in the name of a copy as timestamps are written: `2026-11-25T23:11:28Z`."""
    return re.sub(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)", r"\1-\2-\3T\4:\5:\6", stamp)


def put_back(store: Database, copy: Database) -> None:
    """Make a new file of a copy, which stays where it is kept.

    Raises:
        AlreadyExists: another process made something of that name.
        SchemaError: the copy is damaged, or one that this program can't use.
    """
    check_copy(copy)
    with store.turn(is_write=True):
        is_made = published(store.file, lambda draft: copy_checked(copy, draft), store.caller.say)
    if not is_made:
        raise AlreadyExists("file", store.path, "Another process made it meanwhile: look, and try again.")
