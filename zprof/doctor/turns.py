"""Examining the files beside databases by which processes queue: one without its database is of no use any more."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from time import time

from zprof import paths
from zprof.doctor.files import ABANDONED_AFTER, names_in
from zprof.doctor.finding import Finding, command
from zprof.profiles.profile import Profile
from zprof.url import is_sqlite, sqlite_path

LOCK = ".lock"


def turn_findings(directory: str, profiles: Sequence[Profile]) -> Iterator[Finding]:
    """What processes left that were ended while they made or removed a database in the config directory.

    Args:
        profiles: whose stores may be missing, which is told as such.
    """
    stores = {f"{sqlite_path(profile.url)}{LOCK}" for profile in profiles if is_sqlite(profile.url)}
    for place in (directory, paths.profiles_dir(directory), paths.backups_dir(directory)):
        for name in names_in(place):
            path = os.path.join(place, name)
            if name.endswith(f".db{LOCK}") and path not in stores and is_abandoned(path):
                yield Finding(
                    "turn",
                    "warning",
                    path,
                    "It is the lock file of a database that does not exist.",
                    command("rm", path),
                    partial(remove_if_free, path),
                )


def is_abandoned(path: str) -> bool:
    """Whether a file's database is gone, and nobody is just making one."""
    try:
        return not os.path.lexists(path.removesuffix(LOCK)) and time() - os.lstat(path).st_mtime > ABANDONED_AFTER
    except OSError:  # it went meanwhile
        return False


def remove_if_free(path: str) -> bool:
    """Remove a file unless a process has its turn; False where it stays, or was gone.

    Whoever waits for it meanwhile sees that it has lost its name, and makes another.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_abandoned(path):
                os.unlink(path)
                return True
        finally:
            os.close(descriptor)
    return False
