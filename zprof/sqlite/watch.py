"""Ending a statement from within: SQLite itself hears no signal, and would run an endless one for ever."""

from __future__ import annotations

import sqlite3
from _thread import get_ident  # threading's own, without its classes
from collections.abc import Iterator

MAX_STEPS = 5_000_000_000
"""Of SQLite's virtual machine on one connection: about 40 seconds of work, thousands of times what a change takes."""
STEPS_AT_ONCE = 1_000_000
"""About 10 milliseconds, after which a signal is heard."""
MAX_LENGTH = 16 * 1024 * 1024
"""Bytes of a value, in a row or in a statement's parameters; SQLite's own limit is a billion."""

_reasons: dict[int, BaseException] = {}
"""Why the last statement of a thread was ended, by the thread's number."""


class Endless(Exception):
    """A statement that goes on and on."""


def watch(connection: sqlite3.Connection) -> None:
    """Have each statement end when a signal arrives or its work is beyond measure, and refuse values that are."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_LENGTH)
    verdicts = _verdicts()
    next(verdicts)  # on into its `try`: what a signal raises at its very beginning would be dropped
    connection.set_progress_handler(verdicts.__next__, STEPS_AT_ONCE)


def reason_of_interrupt() -> BaseException | None:
    """Why a statement of this thread was ended: the exception of a signal's handler, or Endless."""
    return _reasons.pop(get_ident(), None)


def _verdicts() -> Iterator[int]:
    """Whether to end a statement, each time that SQLite asks: 0 is no.

    A generator, since the driver drops exceptions: those of a signal's handler are raised where a Python function
    goes on, which is within the `try` here, and before it in a function that is called.
    """
    try:
        for _ in range(MAX_STEPS // STEPS_AT_ONCE):
            yield 0
        _reasons[get_ident()] = Endless()
    except GeneratorExit:
        raise
    except BaseException as error:
        _reasons[get_ident()] = error
    while True:
        yield 1
