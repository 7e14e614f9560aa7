"""Signals that end a command: Ctrl-C, a polite kill, a terminal that goes away.

Each becomes an exception, so that whatever is half done is undone on the way out. Python drops an exception that meets
a destructor or a callback, so a signal is noted, too, and looked at before a change is made for good. While that is
done it is only noted: what is done was not interrupted.

Only the command listens (`zprof.__main__`). In a program that uses the library, nothing here has an effect.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from zprof.errors import INTERRUPTED

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TYPED = (signal.SIGINT, signal.SIGQUIT)
"""Those that a terminal sends to all who may read from it."""
IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)
"""Those that Python ignores, and with it each program that it becomes or starts."""
GRACE = 1.0
"""Seconds in which a second signal is dropped: the first one's clean-up must come to its end."""
AGAIN_AFTER = 0.005
"""Seconds after which a signal is heard again that met a destructor."""


class Ended(KeyboardInterrupt):
    """A signal has ended the command."""


class _Heard:
    """What was heard, and what is being done that is not to be divided."""

    def __init__(self) -> None:
        self.number: int | None = None
        """The first signal."""
        self.at = 0.0
        """When a signal was last noted or raised."""
        self.is_repeated = False
        """Whether there was a second one."""
        self.was_dropped = False
        """Whether its exception met a destructor."""
        self.is_held = False
        """Whether signals are only noted."""
        self.takes_two = False
        """Whether the first signal is only noted."""
        self.is_undivided = False
        """Whether what is committed next is the first part of something."""


_heard = _Heard()


def listen() -> None:
    """Have signals end this process by an exception, but for those that whoever started it has it ignore (`nohup`)."""
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _hear)
    signal.signal(signal.SIGALRM, _hear_again)
    sys.unraisablehook = _catch_dropped


def let_go() -> None:
    """Leave signals as a program expects them that this process becomes: Python ignores some."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_DFL)


def end_if_heard() -> None:
    """End here if a signal was heard and its exception dropped.

    Raises:
        Ended: it was.
    """
    if was_heard() and (_heard.is_repeated or not _heard.takes_two):
        _heard.was_dropped = False
        raise Ended


@contextmanager
def held(*, may_last: bool = False) -> Iterator[None]:
    """Only note signals until the block is left.

    Args:
        may_last: whether nobody knows how long it takes, so that a second signal ends it all the same.
    """
    before = _heard.is_held, _heard.takes_two
    _heard.is_held, _heard.takes_two = not may_last, may_last or _heard.takes_two
    try:
        yield
    finally:
        _heard.is_held, _heard.takes_two = before


@contextmanager
def committing(*, may_last: bool = False) -> Iterator[None]:
    """Hold signals while a change is made for good; one that was heard before ends the command here.

    Args:
        may_last: as for `held`.
    """
    end_if_heard()
    with held(may_last=may_last):
        yield
    _heard.takes_two = _heard.takes_two or _heard.is_undivided


@contextmanager
def undivided() -> Iterator[None]:
    """Only note signals between the first commit in the block and its end: a change of two databases is one change.

    A second signal ends it all the same, since the other database may be locked.
    """
    before = _heard.is_undivided, _heard.takes_two
    _heard.is_undivided = True
    try:
        yield
    finally:
        _heard.is_undivided, _heard.takes_two = before


@contextmanager
def left_to_another() -> Iterator[None]:
    """Leave what is typed to a program that has the terminal meanwhile: Ctrl-C ends no editor, and not its caller.

    The program starts with the usual effect of these signals, unless whoever started this one has it ignore them.
    """
    before = {number: signal.getsignal(number) for number in TYPED}
    for number in TYPED:
        if before[number] != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number in TYPED:
            signal.signal(number, before[number])


def exit_code() -> int:
    """The one that a shell gives for the signal that was heard."""
    return INTERRUPTED if _heard.number is None else 128 + _heard.number


def was_heard() -> bool:
    """Whether there was a signal."""
    return _heard.number is not None


def _hear(number: int, frame: FrameType | None) -> None:
    is_first, moment = not was_heard(), monotonic()
    if not is_first and moment - _heard.at < GRACE:
        return
    if is_first:
        _heard.number = number
    _heard.at, _heard.is_repeated = moment, not is_first
    if not _heard.is_held and not (is_first and _heard.takes_two):
        raise Ended


def _hear_again(number: int, frame: FrameType | None) -> None:
    if _heard.was_dropped and not _heard.is_held:
        end_if_heard()


def _catch_dropped(unraisable: sys.UnraisableHookArgs) -> None:
    """Instead of a traceback for a signal that met a destructor: hear it again, outside of it."""
    if isinstance(unraisable.exc_value, Ended):
        _heard.was_dropped = True
        signal.setitimer(signal.ITIMER_REAL, AGAIN_AFTER)
    else:
        sys.__unraisablehook__(unraisable)
