"""How far work is that takes more than a second: a bar on the terminal, which is gone when the work is done."""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TYPE_CHECKING

import click

from zprof.printable import printable
from zprof.waiting import ANNOUNCED_AFTER

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

CLEARED = "\r\x1b[K"
"""What takes a line off a terminal."""
SHOWN_AGAIN = "\x1b[?25h"
"""What shows the cursor, which the bar hides."""


class Progress:
    """One bar at a time, on stderr. In a pipe there is none."""

    def __init__(self) -> None:
        self._what = ""
        self._begun = 0.0
        self._bar: ProgressBar[int] | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how much is done of some work; a bar appears once it has taken a second."""
        if what != self._what:
            self.end()
            self._what, self._begun = what, monotonic()
        if done >= total:
            self.end()
        elif self._bar is not None:
            self._bar.update(done - self._bar.pos)
        elif sys.stderr.isatty() and monotonic() - self._begun >= ANNOUNCED_AFTER:
            width = os.get_terminal_size(sys.stderr.fileno()).columns
            label = printable(what)[: width // 3]  # a bar that wraps could not be taken away
            self._bar = click.progressbar(length=total, label=label, show_pos=True, file=sys.stderr)
            self._bar.entered = True
            self._bar.update(done)

    def end(self) -> None:
        """Take the bar away, whether the work is done or not."""
        if self._bar is not None:
            sys.stderr.write(CLEARED + SHOWN_AGAIN)
            sys.stderr.flush()
        self._bar, self._what = None, ""
