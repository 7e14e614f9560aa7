"""Waiting for one's turn, in order: a lock on a file beside the database, taken by blocking.

Polling would keep no order and help nobody: only a blocking call queues in the kernel.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from zprof.errors import Busy
from zprof.signals import held
from zprof.waiting import ANNOUNCED_AFTER, Deadline, busy


@contextmanager
def turn(path: str, deadline: Deadline, *, is_exclusive: bool) -> Iterator[None]:
    """Wait for one's turn with a database, and have it until the block is left.

    SQLite's own waiting sleeps and tries again, so whoever has just written wins again: with a disk that takes 10 ms to
    sync, 16 writers wait up to 20 s without turns and 1.5 s with them. Correctness does not rest on it.

    Raises:
        Busy: the deadline passed first.
    """
    descriptor = None
    try:
        while True:
            with held():
                descriptor = _sidecar(path, is_exclusive)
            if descriptor is None:
                break
            take_turn(descriptor, deadline, is_exclusive=is_exclusive)
            if _is_there(descriptor, path):
                break
            os.close(descriptor)  # it went with the database while it was waited for
        yield
    finally:
        if descriptor is not None:
            with held():
                if is_exclusive:
                    _remove_if_vain(descriptor, path)
                os.close(descriptor)


def _remove_if_vain(descriptor: int, path: str) -> None:
    """Leave no sidecar where a database was to be made and was not, unless another process has its turn."""
    if not os.path.lexists(path):
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_there(descriptor, path) and not os.path.lexists(path):
                os.unlink(f"{path}.lock")


def _is_there(descriptor: int, path: str) -> bool:
    """Whether a sidecar still has its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(f"{path}.lock"))
    except OSError:
        return False


def _sidecar(path: str, is_exclusive: bool) -> int | None:
    """A descriptor of the sidecar, made by a writer, with the database's own mode; None where there can't be one."""
    sidecar = f"{path}.lock"
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | (os.O_RDWR if is_exclusive else os.O_RDONLY)
    try:
        descriptor = os.open(sidecar, flags | (os.O_CREAT if is_exclusive else 0), 0o600)
    except OSError:
        return None
    if is_exclusive:
        _let_in(descriptor, path)
    return _regular(descriptor)


def _let_in(descriptor: int, path: str) -> None:
    """Let whoever may use the database have turns with it."""
    with suppress(OSError):  # as where it is another user's, or the database is still to be made
        mode = stat.S_IMODE(os.stat(path).st_mode)
        found = os.fstat(descriptor)
        # In a directory of several, it may be another name of a file that is not theirs to read.
        is_ours = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size == 0
        if is_ours and stat.S_IMODE(found.st_mode) != mode:
            os.fchmod(descriptor, mode)


def _regular(descriptor: int) -> int | None:
    """The descriptor, unless it is of a pipe or another thing that locking could hang on."""
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def take_turn(descriptor: int, deadline: Deadline, *, is_exclusive: bool) -> None:
    """Take the lock, which closing the descriptor gives back.

    Raises:
        Busy: the deadline passed first.
    """
    operation = fcntl.LOCK_EX if is_exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        return
    except BlockingIOError:
        pass
    except OSError:
        return  # a file system without flock: SQLite's own waiting has to do
    _wait_in_line(descriptor, operation, deadline)


def _wait_in_line(descriptor: int, operation: int, deadline: Deadline) -> None:
    """Block in a thread, since neither flock nor Python gives a blocking lock a timeout.

    Should the deadline pass, the thread gives the lock back as soon as it is given.
    """
    import threading

    has_turn = threading.Event()
    # Its own: the caller may close the other one, and its number go to another file, before the thread gets to run.
    own = os.dup(descriptor)

    def block() -> None:
        try:
            fcntl.flock(own, operation)
        finally:
            has_turn.set()
            os.close(own)

    threading.Thread(target=block, daemon=True).start()
    if has_turn.wait(min(ANNOUNCED_AFTER, deadline.remaining())):
        return
    deadline.announce()
    if not has_turn.wait(deadline.remaining()):
        raise kept_locked(deadline.place)


def kept_locked(path: str) -> Busy:
    """The error of a file that stayed locked, by whom as far as can be known."""
    return busy(path, " and ".join(holders(path)) or "Another process")


def holders(path: str) -> list[str]:
    """Who holds a database or its turn, as `Process 4711 (zprof)`, where the kernel tells: on Linux.

    The name is the program's alone: the words of its command line may hold secrets.
    """
    files = set()
    for name in (path, f"{path}.lock"):
        with suppress(OSError):
            status = os.stat(name)
            device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
            files.add(f"{device}:{status.st_ino}")
    found = []
    with suppress(OSError), open("/proc/locks", encoding="ascii") as locks:
        # 1: POSIX  ADVISORY  WRITE 4711 fe:00:2154700 1073741825 1073741825; one that waits has an arrow before POSIX
        for _, kind, _, _, process, file, *_ in (line.split(maxsplit=6) for line in locks):
            if kind != "->" and file in files and process.isdecimal() and int(process) not in (0, os.getpid()):
                found.append(f"Process {process} ({_name_of(process)})")
    return list(dict.fromkeys(found))


def _name_of(process: str) -> str:
    try:
        with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "ended since"
