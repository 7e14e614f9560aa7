"""Files that are not databases, written so that nobody sees them half done."""

from __future__ import annotations

import os
from threading import get_ident

from zprof.errors import ZprofError


def written_whole(path: str, text: str, mode: int = 0o600) -> None:
    """Write a file: it has all of the text afterwards, or what it had before.

    Args:
        mode: its permissions, whatever the umask; at first for this user alone, since it may hold secrets.

    Raises:
        ZprofError: it can't be written.
    """
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path)):
        raise ZprofError(
            f"{path} can't be written: it is not a regular file.", "Nothing was changed. Name another one."
        )
    draft = f"{path}.{os.getpid()}.{get_ident()}.new"
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, mode)
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise ZprofError(
            f"{path} can't be written: {error.strerror}.", "Check its directory and your permissions there."
        ) from None
