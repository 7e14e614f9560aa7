"""What a shell offers at a Tab."""

from __future__ import annotations


def lines(words: object) -> list[str]:
    """The candidates; none yet."""
    return []
