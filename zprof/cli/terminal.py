"""What the answer's stream can show: how wide it is, which characters it has, whether it has colours."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from zprof import paths

ELLIPSIS, PLAIN_ELLIPSIS = "…", "~"
"""What ends a text that is cut, and what stands for it where the output's encoding is poor."""


def can_encode(text: str) -> bool:
    """Whether the answer's stream has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def terminal_width() -> int | None:
    """Columns of the terminal that the answer goes to; None for a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else os.get_terminal_size(sys.stdout.fileno()).columns


def has_colours(stream: TextIO) -> bool:
    """Whether what goes to a stream may be coloured."""
    return stream.isatty() and not paths.variable(paths.NO_COLOR) and os.environ.get("TERM") != "dumb"


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # which plain text does without

    return int(wcswidth(text))


def ellipsis() -> str:
    """What stands for what is cut."""
    return ELLIPSIS if can_encode(ELLIPSIS) else PLAIN_ELLIPSIS
