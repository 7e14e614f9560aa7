"""What the operating system refuses, as errors of ours: the real cause, and what to do about it."""

from __future__ import annotations

import errno
import os

from zprof.errors import ZprofError
from zprof.files import asked_for

TOO_MANY = (errno.EMFILE, errno.ENFILE)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def refusal(error: OSError) -> ZprofError:
    """An error of the operating system that nothing nearer to it has told of."""
    if error.errno in TOO_MANY:
        return too_many_files()
    if is_working_directory_gone():
        return working_directory_gone()
    if not isinstance(error.filename, str):
        return ZprofError(
            f"The operating system refused: {error.strerror or error}.", "Nothing more is known. Try again."
        )
    path = asked_for(error.filename)
    if error.errno in FULL:
        return ZprofError(f"The disk that holds {path} is full.", "Free some space and try again.")
    if error.errno == errno.ENOENT:
        return ZprofError(f"{path} does not exist any more: it was removed meanwhile.", "Try again.")
    return ZprofError(f"{path} can't be used: {error.strerror}.", "Check the permissions of it and of its directory.")


def too_many_files() -> ZprofError:
    """The error of a process that has as many files open as it may have."""
    return ZprofError("zprof may not open as many files as it needs.", "Raise the limit: `ulimit -n 1024`.")


def working_directory_gone() -> ZprofError:
    """The error of a process whose directory somebody removed."""
    return ZprofError("The working directory does not exist any more.", "Go to another one: `cd`.")


def is_working_directory_gone() -> bool:
    """Whether somebody removed it."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def has_free_descriptor() -> bool:
    """Whether this process may open one more file."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno not in TOO_MANY
    return True
