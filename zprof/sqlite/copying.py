"""Database files made new, or what others are: published when complete, copied by SQLite while others write.

A copy by other means may catch a file half changed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress

from zprof.errors import AlreadyExists, DamagedFile, ZprofError
from zprof.files import draft_of
from zprof.sqlite.connection import SLICE, connect, milliseconds, patiently
from zprof.sqlite.database import Database
from zprof.sqlite.errors import translating
from zprof.sqlite.turns import kept_locked
from zprof.waiting import Deadline

MARKS = ("PRAGMA application_id", "PRAGMA user_version")
CHECKS = ("PRAGMA integrity_check", "PRAGMA foreign_key_check")


def published(path: str, make: Callable[[str], None], *, may_replace: bool = False) -> bool:
    """Make a database under another name, and give it its own when it is complete.

    That is done with a hard link, which fails if another process was first; then the winner's stays, and the answer is
    False.

    Args:
        make: fills the empty file whose path it is given.
        may_replace: whether a file of that name, which no process may have open, is replaced.
    """
    draft = draft_of(path)
    try:
        make_empty(draft)
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        make(draft)
        try:
            (os.replace if may_replace else os.link)(draft, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise unwritable(path, error) from None
        sync_directory(os.path.dirname(path))
        return True
    finally:
        for left in (draft, f"{draft}-journal"):
            with suppress(FileNotFoundError):
                os.unlink(left)


def clone(source: Database, path: str) -> None:
    """Copy a database as it is at one moment, also while others write to it.

    Raises:
        AlreadyExists: there is something at the path.
    """
    source.ask()  # it is ours, and of this program's format
    if not published(path, lambda draft: copy_checked(source, draft)):
        raise AlreadyExists("store", path, "Choose another --url.")


def copy_checked(source: Database, path: str) -> None:
    """Copy a database into an empty file, and check what came out: it is whole, and of the same kind and format.

    Raises:
        Busy: others held the source for longer than the timeout.
        DamagedFile: the source is.
    """
    deadline = Deadline(source.path, source.caller)
    with translating(source.path, source.kind), closing(connect(source.path)) as live, closing(connect(path)) as copy:
        patiently(live, deadline, "BEGIN")
        marks = [patiently(live, deadline, question).fetchall() for question in MARKS]
        copy_pages(live, copy, deadline)
        is_whole = all(copy.execute(check).fetchall() in ([], [("ok",)]) for check in CHECKS)
        if not is_whole or [copy.execute(question).fetchall() for question in MARKS] != marks:
            raise DamagedFile(
                f"{source.path} is damaged, so it was not copied.", "`zprof db check` tells what is wrong."
            )


def copy_as_it_is(source: Database, path: str) -> None:
    """Copy a database into an empty file, page by page, whatever is wrong with it.

    Raises:
        SchemaError: SQLite finds no pages in it.
    """
    with translating(source.path, source.kind), closing(connect(source.path)) as live, closing(connect(path)) as copy:
        copy_pages(live, copy, Deadline(source.path, source.caller))


def copy_pages(source: sqlite3.Connection, target: sqlite3.Connection, deadline: Deadline) -> None:
    """Make one database what another is, in a transaction.

    All pages are copied at once: a copy in parts begins anew each time that another process writes. Python tries for
    ever where either is locked, so the deadline is looked at after each try.
    """

    def look(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and deadline.remaining() == 0.0:
            raise kept_locked(deadline.place)

    for connection in (source, target):
        connection.execute(f"PRAGMA busy_timeout = {milliseconds(min(SLICE, deadline.remaining()))}")
    target.execute("PRAGMA synchronous = EXTRA")
    source.backup(target, progress=look, sleep=SLICE)


def make_empty(path: str) -> None:
    """A new file of this user alone, whatever the umask."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    os.chmod(path, 0o600)


def sync_directory(path: str) -> None:
    """Make a new name in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: str, error: OSError) -> ZprofError:
    """The error of a place where no file can be made."""
    return ZprofError(
        f"{path} can't be made: {error.strerror}.",
        f"Check that {os.path.dirname(path)} is there and that you may write to it.",
    )
