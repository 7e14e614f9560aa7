"""Waiting for other processes: how long, said once, and never for oneself."""

from __future__ import annotations

import os
from _thread import get_ident  # threading's own, without its classes
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from zprof.caller import Caller
from zprof.errors import Busy, ZprofError

ANNOUNCED_AFTER = 1.0
"""Seconds of waiting after which a person is told what is waited for."""

_BEING_CHANGED: set[tuple[int, int, str]] = set()
"""Processes, threads and the databases that they change: one that opens what it is changing would wait for itself."""


class Deadline:
    """The time that one transaction may spend waiting, all its waits together."""

    def __init__(self, place: str, caller: Caller) -> None:
        self.place = place
        self.progress = caller.progress
        self._say = caller.say
        self._end = monotonic() + caller.lock_timeout
        self._is_announced = False

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._end - monotonic())

    def announce(self, holder: str = "another process") -> None:
        """Say, once, what is waited for."""
        if not self._is_announced:
            self._is_announced = True
            self._say(f"Waiting for {holder} to finish with {self.place} …")


def busy(place: str, holder: str = "Another process") -> Busy:
    """The error of a database that stayed locked."""
    return Busy(
        f"{holder} kept {place} locked, so nothing was changed.",
        "Try again, or wait longer with --lock-timeout SECONDS.",
    )


@contextmanager
def not_within_its_own_change(place: str, *, is_write: bool) -> Iterator[None]:
    """Refuse what would wait for a change that this very thread is making."""
    held = (os.getpid(), get_ident(), place)
    if held in _BEING_CHANGED:
        raise ZprofError(f"{place} is being changed by this thread.", "Leave the block of `change()` before reading.")
    if is_write:
        _BEING_CHANGED.add(held)
    try:
        yield
    finally:
        if is_write:
            _BEING_CHANGED.discard(held)
