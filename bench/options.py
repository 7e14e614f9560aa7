"""How much is measured."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """What every part is given."""

    rounds: int
    """How often each command is run, after one run that doesn't count."""
    is_quick: bool
    """Whether large stores are left out."""
    match: str
    """What the name of a command must have in it."""
