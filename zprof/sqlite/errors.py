"""Errors of Python's driver for SQLite as ours: what went wrong with which file, and what to do about it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from zprof.caller import user_name
from zprof.compatibility import Kind
from zprof.drafts import asked_for
from zprof.errors import Conflict, DamagedFile, ForeignFile, InvalidInput, ZprofError
from zprof.refusals import not_text
from zprof.signals import end_if_heard
from zprof.sqlite.watch import MAX_LENGTH, Endless, reason_of_interrupt

MISSING = (
    *("no such table", "no such column", "no such index", "foreign key mismatch"),
    *("no such function", "unknown function", "no such collation sequence", "malformed database schema"),
)
"""What SQLite's words begin with where a database's schema is not ours."""
UNWRITABLE = (
    *(sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC),
    *(sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_DELETE, sqlite3.SQLITE_IOERR_DELETE_NOENT),
)
"""What SQLite says where a file or its journal could not be written, synced or removed."""
NOT_UTF_8 = "not UTF-8"
HOT = (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY)
"""What SQLite says of a file that must be written before it can be read."""


@contextmanager
def translating(path: str, kind: Kind) -> Iterator[None]:
    """Errors of Python's driver, as ours; a statement or a call that SQLite can't understand is a fault of zprof's."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as error:
        if _primary_code(error) == sqlite3.SQLITE_ERROR and not _is_missing(error):
            raise
        raise_if_interrupted(error)
        raise translated(error, path, kind) from error
    except OverflowError:
        raise DamagedFile(
            f"The database {path} contains the largest possible number and can't count further.", cure(kind)
        ) from None
    except UnicodeEncodeError:
        raise not_text() from None


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection's lock is the reason."""
    return _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether the file is not what SQLite wrote."""
    return _primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def was_moved(error: sqlite3.Error, path: str) -> bool:
    """Whether a file lost its name while it was open, as a store that is retired: SQLite writes no more to it."""
    moved = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_DBMOVED
    return moved or (_primary_code(error) == sqlite3.SQLITE_READONLY and not os.path.lexists(path))


def why_unreadable(error: sqlite3.Error) -> str | None:
    """What is wrong with a value that the driver can't give; None where something else went wrong."""
    code = _primary_code(error)
    if code == sqlite3.SQLITE_TOOBIG:
        return "too long"
    return NOT_UTF_8 if code is None else None


def too_long(error: sqlite3.Error) -> InvalidInput | None:
    """The error of a value that a change can't write; None where something else went wrong."""
    if _primary_code(error) != sqlite3.SQLITE_TOOBIG:
        return None
    return InvalidInput(
        f"A value is larger than {MAX_LENGTH // 1024 // 1024} MiB, the limit of a zprof database.",
        "Nothing was changed. Store it in a file, and set its path here.",
    )


def raise_if_interrupted(error: sqlite3.Error) -> None:
    """Raise what a signal's handler raised, and ended a statement with."""
    if _primary_code(error) == sqlite3.SQLITE_INTERRUPT:
        reason = reason_of_interrupt()
        if reason is not None and not isinstance(reason, Endless):
            raise reason
        end_if_heard()  # one that met another callback, which Python's driver drops


def is_unwritable(error: sqlite3.Error) -> bool:
    """Whether a file could not be written: a full disk, a limit, no permission."""
    code = getattr(error, "sqlite_errorcode", None)
    is_refused = _primary_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    return code in UNWRITABLE or (is_refused and code not in HOT)


def translated(error: sqlite3.Error, path: str, kind: Kind) -> ZprofError:
    """An error of Python's driver as one of ours.

    The SQL and its values are left out, and so is the driver's text where it quotes values: they may hold secrets.
    """
    code = _primary_code(error)
    opened, path = path, asked_for(path)
    if is_busy(error):
        from zprof.sqlite.turns import kept_locked  # which reads what the kernel says of locks

        return kept_locked(path)
    if code == sqlite3.SQLITE_NOTADB:
        return ForeignFile(f"{path} is not a SQLite database.", f"Nothing was changed in it. {cure(kind)}")
    if code is None:
        return DamagedFile(f"The database {path} contains text that is not UTF-8.", cure(kind))
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):  # ERROR: not the tables that a migration expects
        return DamagedFile(f"The database {path} is damaged ({error}).", f"Nothing was changed in it. {cure(kind)}")
    if code == sqlite3.SQLITE_CANTOPEN:
        from zprof.system_errors import has_free_descriptors, too_many_files  # on the way to an error alone

        if not has_free_descriptors():
            return too_many_files()
    if getattr(error, "sqlite_errorcode", None) in HOT:
        return half_changed(path)
    if was_moved(error, opened):
        return Conflict(f"Another process has moved or removed {path}.", "Nothing was changed. Look, and try again.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return ZprofError(
            f"{path} can't be {'written' if code == sqlite3.SQLITE_READONLY else 'opened'} ({error}).",
            "Check the permissions of the file and of its directory.",
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        message = f"The database {path} contains something that zprof would not write, so a change failed."
        return DamagedFile(message, f"Nothing was changed in it. {cure(kind)}")
    if code == sqlite3.SQLITE_TOOBIG:
        most = MAX_LENGTH // 1024 // 1024
        return DamagedFile(f"The database {path} contains a value that is larger than {most} MiB.", cure(kind))
    if code == sqlite3.SQLITE_INTERRUPT:
        return DamagedFile(f"The database {path} keeps SQLite busy endlessly.", cure(kind))
    if code == sqlite3.SQLITE_FULL:
        return ZprofError(f"The disk that holds {path} is full.", "Nothing was changed. Free some space and try again.")
    return ZprofError(
        f"SQLite failed on {path} ({getattr(error, 'sqlite_errorname', 'unknown')}: {error}).",
        "Nothing was changed.",
    )


@contextmanager
def telling_outcome(path: str) -> Iterator[None]:
    """A COMMIT: where it fails in a way that leaves open what is on the disk, the error says so."""
    try:
        yield
    except sqlite3.Error as error:
        if _primary_code(error) != sqlite3.SQLITE_IOERR:
            raise
        name = getattr(error, "sqlite_errorname", "unknown")
        raise ZprofError(
            f"SQLite failed on {asked_for(path)} while the change was being committed ({name}: {error}).",
            "It may or may not have taken effect: look before you repeat it.",
        ) from error


def half_changed(path: str) -> ZprofError:
    """The error of a file that a crash has left in the middle of a change, for who may not write to it."""
    owner = os.stat(path).st_uid
    return ZprofError(
        f"{path} was left in the middle of a change, and you have no permission to repair it.",
        "Check the permissions of the file and of its directory: you are the owner."
        if owner == os.geteuid()
        else f"Its owner, {user_name(owner)}, can repair it with any command that reads it, as `zprof stack list`.",
    )


def cure(kind: Kind) -> str:
    """What to do about a database that can't be used, as far as it goes without it."""
    if kind == "registry":
        return (
            "`zprof doctor` says more. Restore a copy with `zprof db restore FILE --registry`, or move it away: "
            "`zprof doctor --fix` then makes a new one, with a profile for each store in the config directory."
        )
    return (
        "`zprof doctor` says more. Restore a copy with `zprof db restore FILE`, choose another path, "
        "or switch away with `zprof profile set NAME`."
    )


def _is_missing(error: sqlite3.Error) -> bool:
    """Whether a table, a column or a key that each of our databases has is not there."""
    text = str(error)
    return text.startswith(MISSING) or " has no column named " in text


def _primary_code(error: sqlite3.Error) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
