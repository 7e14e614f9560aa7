"""Who asks for something: how long they wait, what they read meanwhile, and what the log says of them."""

from __future__ import annotations

import pwd
from collections.abc import Callable
from typing import NamedTuple


class Caller(NamedTuple):
    """The command line, or a program that uses the library."""

    command: tuple[str, ...] = ("python",)
    """The words of the command, for the log of changes, which masks the secrets among them."""
    say: Callable[[str], None] = lambda sentence: None
    """Called with each sentence of progress, and with what is waited for."""
    lock_timeout: float = 30.0
    """Seconds to wait for other processes, in one transaction, before `Busy` is raised."""
    confirmed_profile: str | None = None
    """The protected profile that is to be changed all the same."""
    progress: Callable[[str, int, int], None] = lambda what, done, total: None
    """Called as work goes on that may take long, with what it is, how much is done, and of how much: at its end both
    are the same."""


QUIET = Caller()
"""A library that says nothing."""


def user_name(number: int) -> str:
    """The name of a user; the number where the system knows none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
