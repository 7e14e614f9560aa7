"""Files and directories as such, whatever is in them: written whole, made for one user, told apart."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Hashable
from contextlib import suppress

from zprof import paths
from zprof.drafts import draft_of
from zprof.errors import InvalidInput, ZprofError
from zprof.signals import held

READABLE = "Give the path of a file that you may read."


def written_whole(path: str, text: str, mode: int = 0o600) -> None:
    """Write a file: it has all of the text afterwards, or what it had before.

    Args:
        mode: its permissions, whatever the umask; at first for this user alone, since it may hold secrets.

    Raises:
        ZprofError: it can't be written.
    """
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path)):
        raise ZprofError(
            f"{path} can't be written: it is not a regular file.", "Nothing was changed. Choose another one."
        )
    draft = draft_of(path)
    try:
        try:
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
            with open(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, mode)
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            os.replace(draft, path)
        finally:
            with held(), suppress(FileNotFoundError):
                os.unlink(draft)
    except OSError as error:
        from zprof.system_errors import cause  # on the way to an error alone

        raise cause(error, path) or ZprofError(
            f"{path} can't be written: {error.strerror}.", "Check its directory and your permissions there."
        ) from None


def text_in_utf8(content: bytes) -> str:
    """The text of a file, without the byte order mark that some editors put before it.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    return content.decode("utf-8-sig")


def read(
    path: str,
    limit: int,
    role: str,
    *,
    hint: str = READABLE,
    is_stdin: bool = False,
) -> str:
    """A file's text.

    Args:
        limit: bytes.
        role: what the file is to the command, for errors.
        hint: what else could have been meant than a file that is not there.

    Raises:
        InvalidInput: it can't be read, is too large, or is not text.
    """
    if not path:
        raise InvalidInput(f"{role[0].upper()}{role[1:]} has no name.", hint)
    from zprof.system_errors import cause  # which most commands do without

    try:
        if is_stdin and sys.stdin is None:
            raise InvalidInput(f"stdin, {role}, is closed.", "Give the name of a file, or pipe something to stdin.")
        if is_stdin:
            content = sys.stdin.buffer.read(limit + 1)
        else:
            with open(os.path.expanduser(path), "rb") as file:
                content = file.read(limit + 1)
    except OSError as error:
        raise cause(error, path) or InvalidInput(f"{path}, {role}, can't be read: {error.strerror}.", hint) from None
    except ValueError as error:
        reason = str(error)
        raise InvalidInput(f"{path}, {role}, can't be read: {reason}.", hint) from None
    if len(content) > limit:
        raise InvalidInput(f"{path}, {role}, is larger than {limit // 1024} KiB.", "Give a smaller one.")
    try:
        return text_in_utf8(content)
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}, {role}, is not text in UTF-8.", "Give a text file.") from None


def numbered(path: str) -> str:
    """The name for a file that makes way for another, as GNU's cp gives it: `config.toml.~1~`."""
    number = 1
    while os.path.lexists(f"{path}.~{number}~"):
        number += 1
    return f"{path}.~{number}~"


def make_private_directory(path: str) -> None:
    """A directory of this user alone, made where there is none, whatever the umask."""
    try:
        if not os.path.isdir(path):
            above = os.path.dirname(path)
            if not os.path.lexists(above):
                make_private_directory(above)
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700)  # whatever the umask
        elif not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    except FileExistsError:
        if not os.path.isdir(path):  # else another process was first
            raise unmakeable(path, "a file with this name exists") from None
    except OSError as error:
        from zprof.system_errors import cause

        raise cause(error, path) or unmakeable(path, str(error.strerror)) from None


def unmakeable(path: str, why: str) -> ZprofError:
    """The error of a config directory that can't be used."""
    return ZprofError(
        f"The config directory {path} can't be created or written: {why}.",
        f"Make it writable, or set another one in ${paths.CONFIG_PATH}.",
    )


def is_same_file(path: str, other: str) -> bool:
    """Whether two paths lead to one file, be it through a link, or would if it were there."""
    return path == other or file_identity(path) == file_identity(other)


def file_identity(path: str) -> Hashable:
    """What is equal of two paths that lead to one file; of one that is not there, the path without links."""
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return status.st_dev, status.st_ino
