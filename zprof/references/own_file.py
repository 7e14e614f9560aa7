"""Files of this user alone: read only where nobody else can have written them, and written by one process at a time."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from zprof.caller import Caller
from zprof.errors import Refused, ZprofError
from zprof.files import make_private_directory, text_in_utf8, written_whole
from zprof.printable import in_shell

MAX_BYTES = 1024 * 1024
"""More than what a person allows, or keeps as secrets, ever has."""


def own_text(path: str, *, is_secret: bool = False) -> str | None:
    """A file's text; None where there is no file.

    Args:
        is_secret: whether others may not even read it.

    Raises:
        Refused: it is a symbolic link, another user's, or others may write it.
        ZprofError: it can't be read, or is no text of a sensible size.
    """
    try:
        # A pipe of this name must not make anyone wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if os.path.islink(path):
            raise Refused(f"{path} is a symbolic link.", "Replace it with the file itself.") from None
        raise _unreadable(error, path) from None
    try:
        _check_is_own(path, os.fstat(descriptor), is_secret=is_secret)
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise ZprofError(
            f"{path} is larger than {MAX_BYTES // 1024} KiB.", "Look at it: zprof does not write such files."
        )
    try:
        return text_in_utf8(content)
    except UnicodeDecodeError:
        raise ZprofError(f"{path} is not text in UTF-8.", "Look at it: zprof does not write such files.") from None


@contextmanager
def turn_in(directory: str, caller: Caller) -> Iterator[None]:
    """Have a directory for oneself, which is made where there is none, until the block is left.

    The lock is on the directory itself: the files in it are replaced.

    Raises:
        Busy: another process kept it for too long.
        ZprofError: it can't be made or used.
    """
    from zprof.sqlite.turns import take_turn  # with fcntl, by who writes alone
    from zprof.waiting import Deadline

    make_private_directory(directory)
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(error, directory) from None
    try:
        take_turn(descriptor, Deadline(directory, caller), is_exclusive=True)
        yield
    finally:
        os.close(descriptor)


def write_own(path: str, text: str) -> None:
    """Put a text in a file's place, which was not more than could be read again.

    Raises:
        ZprofError: it is too long, or can't be written; nothing was changed then.
    """
    if len(text.encode()) > MAX_BYTES:
        raise ZprofError(
            f"{path} would be larger than {MAX_BYTES // 1024} KiB.", "Nothing was changed. Remove something from it."
        )
    written_whole(path, text)


def _check_is_own(path: str, status: os.stat_result, *, is_secret: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{path} is not a regular file.", "Remove it.")
    _check_owner(path, status)
    directory = os.path.dirname(path)
    _check_owner(directory, os.stat(directory))  # where others could put another file of this user's in its place
    mode = stat.S_IMODE(status.st_mode)
    if is_secret and mode & 0o077:
        raise _open_to_others(path, "read", mode)


def _check_owner(path: str, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to another user (uid {status.st_uid}).", "Remove it, or chown it to yourself.")
    if mode & 0o022:
        raise _open_to_others(path, "write", mode)


def _open_to_others(path: str, verb: str, mode: int) -> Refused:
    right = "700" if os.path.isdir(path) else "600"
    return Refused(
        f"Other users can {verb} {path}: its mode is {mode:04o}.",
        f"Check its contents, then run `chmod {right} {in_shell(path)}`.",
    )


def _unreadable(error: OSError, path: str) -> ZprofError:
    from zprof.system_errors import cause  # on the way to an error alone

    return cause(error, path) or ZprofError(f"{path} can't be read: {error.strerror}.", "Check its permissions.")
