"""Homes for what is shown in documentation and in screens: a text of any run reads as if it came from `SHOWN_HOME`."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

SHOWN_HOME = "/home/ann"
"""The home that is shown."""


@contextmanager
def new_home() -> Iterator[Path]:
    """A home whose path is as long as `SHOWN_HOME`, so that tables cut the paths in it as they would there."""
    while True:
        home = Path("/tmp", "".join(random.choices(string.ascii_lowercase, k=len(SHOWN_HOME) - len("/tmp/"))))
        try:
            home.mkdir(0o700)
            break
        except FileExistsError:
            continue
    try:
        yield home
    finally:
        rmtree(home)


def as_shown(text: str, home: Path) -> str:
    """A text with `SHOWN_HOME` for a home, and a piece of that as long for a piece of the home beside an ellipsis."""
    text = text.replace(str(home), SHOWN_HOME)
    for piece, shown in pieces(str(home)):
        text = text.replace(piece, shown)
    return text


def pieces(home: str) -> Iterator[tuple[str, str]]:
    """The beginnings and the ends of a home's path that a cut may leave, as they are and as they are shown."""
    for length in range(len(home) - 1, 1, -1):
        yield f"//{home[:length]}…", f"//{SHOWN_HOME[:length]}…"
    for length in range(len(home) - 1, 1, -1):
        yield f"…{home[-length:]}/", f"…{SHOWN_HOME[-length:]}/"
