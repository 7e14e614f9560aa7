"""Waiting for one's turn, in order: a lock on a file beside the database, taken by blocking.

Polling would keep no order and help nobody: only a blocking call queues in the kernel.
"""

from __future__ import annotations

import fcntl
import os

from zprof.waiting import ANNOUNCED_AFTER, Deadline


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
        raise deadline.missed()
