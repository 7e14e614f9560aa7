"""What the operating system refuses, as errors of ours: the real cause, and what to do about it."""

from __future__ import annotations

import errno
import os

from zprof.drafts import asked_for
from zprof.errors import ZprofError

TOO_MANY = (errno.EMFILE, errno.ENFILE)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PER_TRANSACTION = 8
"""Files that a transaction has open at once, at most: two databases, their journals, directories and turns."""


def cause(error: OSError, path: str) -> ZprofError | None:
    """The real cause of an error, where that is not the file that was to be used; else None.

    Args:
        path: the file that was asked for.
    """
    if error.errno in TOO_MANY:
        return too_many_files()
    if error.errno in FULL:
        return ZprofError(
            f"{path} can't be written: {error.strerror}.",
            "Nothing was changed. Free some space on its disk and try again.",
        )
    if not os.path.isabs(path) and is_working_directory_gone():
        return ZprofError("The working directory no longer exists.", "Change to another one: `cd`.")
    return None


def refusal(error: OSError) -> ZprofError:
    """An error of the operating system that nothing nearer to it has told of."""
    path = asked_for(error.filename) if isinstance(error.filename, str) else ""
    found = cause(error, path)
    if found is not None:
        return found
    if not path:
        return ZprofError(f"The operating system refused: {error.strerror or error}.", "Try again.")
    if error.errno == errno.ENOENT:
        return ZprofError(f"{path} no longer exists: it was removed in the meantime.", "Try again.")
    return ZprofError(f"{path} can't be used: {error.strerror}.", "Check the permissions of it and of its directory.")


def too_many_files() -> ZprofError:
    """The error of a process that has as many files open as it may have."""
    return ZprofError("zprof can't open as many files as it needs.", "Raise the limit: `ulimit -n 1024`.")


def is_working_directory_gone() -> bool:
    """Whether somebody removed it."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def has_free_descriptors() -> bool:
    """Whether this process may open as many files as one transaction does."""
    opened: list[int] = []
    try:
        for _ in range(PER_TRANSACTION):
            opened.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno not in TOO_MANY
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return True
