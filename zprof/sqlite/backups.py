"""Copies that are kept of databases.

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
    InvalidInput,
    SchemaError,
    ZprofError,
)
from zprof.files import is_same_file, make_private_directory, numbered
from zprof.hints import option_of
from zprof.names import PATTERN, is_name
from zprof.records import now
from zprof.sqlite.connection import APPLICATION_ID, SLICE, connect, milliseconds
from zprof.sqlite.copying import copy_checked
from zprof.sqlite.database import Database
from zprof.sqlite.errors import is_busy
from zprof.sqlite.faults import schema_faults
from zprof.sqlite.files import check_is_no_part
from zprof.sqlite.publishing import published, unwritable
from zprof.sqlite.sidecars import move

KEPT = 3
"""Of the copies of a database that were made unasked, how many are kept: the newest ones."""
BACKUP = "backup"
DAMAGED = "damaged"
DELETED = "deleted"
BEFORE_RESTORE = "before-restore"
AUTOMATIC = re.compile(rf"format-\d+|{BEFORE_RESTORE}")
REASON = rf"(?P<reason>{AUTOMATIC.pattern}|{BACKUP}|{DAMAGED}|{DELETED})(?:-(?P<profile>{PATTERN}))?"
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
            f"{database.path} has an older format, and no copy could be made before upgrading it ({why}).",
            f"Nothing was changed in it. Free some space, or make {directory_of(database.path)} writable.",
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
            say(f"The old file is kept as {before}")

    try:
        is_made = published(path, make, say)
    except OSError as error:
        raise unwritable(path, error) from None
    if not is_made:
        raise AlreadyExists("file", path, "Another process has just created it: look, and try again.")
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
            f"`zprof db check{option_of(database.kind)}` says what is wrong.",
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
            f"{path} is a database in use" if path == database else f"{path} is a link to a database in use, {database}"
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
        raise InvalidInput(f"{path} is not a copy of a zprof database, so it was not replaced.", hint)


NAMED = re.compile(rf"(?P<stem>(?P<name>.+)\.[0-9a-f]{{8}})\.(?P<number>\d+)\.{REASON}\.(?P<at>\w+)\.db")
"""The name of a copy that was kept."""


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
            # Damaged: kept with its journal, for whoever may fix it.
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
    return sorted((each for each in profiles if is_name(each.name)), key=lambda each: each.name)


def keeps_deleted(directory: str, profile: str) -> bool:
    """Whether the store of a deleted profile of this name is kept in a config directory."""
    return any(each.name == profile for each in deleted_in(directory))


def made_at(copy: Copy) -> str:
    """When a copy was made, as a timestamp; empty where its name does not tell."""
    match = NAMED.fullmatch(os.path.basename(copy.path))
    return timestamp(match["at"]) if match is not None else ""


def is_copy_of(database: str, path: str) -> bool:
    """Whether a file is a copy that was kept of a database, by its name."""
    match = NAMED.fullmatch(os.path.basename(path))
    return match is not None and match["stem"] == stem(database)


def timestamp(stamp: str) -> str:
    """A moment in the name of a copy as timestamps are written: `2026-11-25T23:11:28Z`."""
    return re.sub(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)", r"\1-\2-\3T\4:\5:\6", stamp)
