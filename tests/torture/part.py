"""What each part of the campaign gets, and what it gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple


class Size(NamedTuple):
    """How much of everything."""

    processes: int
    """That write at once, in the parts `writers` and `upgrade`."""
    changes: int
    """Of each of those."""
    kills: int
    """On SQLite, by SIGKILL."""
    signals: int
    """On SQLite, by the signals that a command may answer."""
    on_server: int
    """Both of these, on PostgreSQL."""
    backups: int
    commands: int
    """Of each of the 16 mixed processes."""
    races: int
    """Rounds of each race."""
    stores: int
    """Hostile databases."""
    restores: int
    """Seeds."""


FULL = Size(
    32, 50, kills=300, signals=300, on_server=150, backups=100, commands=60, races=120, stores=10**6, restores=100
)
QUICK = Size(4, 5, kills=5, signals=5, on_server=3, backups=5, commands=2, races=2, stores=3, restores=9)


class Options(NamedTuple):
    """What was asked for."""

    size: Size
    seed: int
    """Of all that is left to chance, but for what the system's scheduler decides."""
    url: str | None = None
    """Of a new store for the part `writers`, instead of a SQLite file of its own."""

    def chance(self) -> random.Random:
        """The numbers of this run, from the first one on."""
        return random.Random(self.seed)


class Finding(NamedTuple):
    """What was done and what came out."""

    what: str
    found: str
    is_good: bool
    """Whether that is as promised."""
    counted: Mapping[str, int] = {}
    """What a soak adds up over its rounds."""


Part = Callable[[Path, Options], Iterator[Finding]]
"""Works in a new, empty home, which is the working directory, too."""


def percentiles(seconds: list[float]) -> str:
    """`p50 1, p99 20, max 30`, in milliseconds."""
    if not seconds:
        return "none"
    p99 = quantiles(seconds, n=100)[-1] if len(seconds) > 1 else seconds[0]
    return f"p50 {median(seconds) * 1000:.0f}, p99 {min(p99, max(seconds)) * 1000:.0f}, max {max(seconds) * 1000:.0f}"


def listed(problems: list[str], most: int = 20) -> Iterator[Finding]:
    """The first of what is wrong, each as a finding of its own."""
    for problem in problems[:most]:
        yield Finding("broken", problem, is_good=False)
