"""Database files made under another name, and given their own when they are complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from zprof.drafts import draft_of
from zprof.errors import ZprofError
from zprof.masking import without_credentials
from zprof.signals import held
from zprof.sqlite.sidecars import move_aside
from zprof.system_errors import cause


def published(path: str, make: Callable[[str], None], say: Callable[[str], None]) -> bool:
    """Make a database under another name, and give it its own when it is complete.

    That is done with a hard link, which fails if another process was first; then the winner's stays, and the answer is
    False. Journals that lie there without a database are moved aside before. Where other processes may make the same
    database, have one's turn with it, so that no journal of theirs is taken for one of those.

    Args:
        make: fills the empty file whose path it is given.
        say: is told of journals that were moved aside.
    """
    draft = draft_of(path)
    try:
        try:
            make_empty(draft)
        except OSError as error:
            raise unwritable(path, error) from None
        make(draft)
        if os.path.lexists(path):
            return False
        try:
            move_aside(path, say)
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise unwritable(path, error) from None
        sync_directory(os.path.dirname(path))
        return True
    finally:
        with held():
            for left in (draft, f"{draft}-journal"):
                with suppress(OSError):  # what stays is found by doctor, and whatever was made is made
                    os.unlink(left)


def make_empty(path: str) -> None:
    """A new file of this user alone, whatever the umask."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    os.chmod(path, 0o600)


def sync_directory(path: str) -> None:
    """Make a new name in a directory survive a power cut."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # one that may be written and not read: SQLite leaves it at that, too
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: str, error: OSError) -> ZprofError:
    """The error of a place where no file can be made."""
    return cause(error, path) or ZprofError(
        f"{path} can't be created: {error.strerror}.",
        f"Check that {without_credentials(os.path.dirname(path))} exists and that you have permission to write to it.",
    )
