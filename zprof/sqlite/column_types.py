"""What the columns of a read may hold: whoever writes a file can switch its checks off."""

from __future__ import annotations

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from typing import Any

TYPES: dict[str, set[type]] = {"T": {str}, "t": {str, type(None)}, "I": {int}, "i": {int, type(None)}}
"""By the letter that a statement has for the column."""


def has_types(rows: list[tuple[Any, ...]], letters: str) -> bool:
    """Whether all values are of the types of their columns. A hundred thousand rows take 20 ms."""
    kinds = {tuple(map(type, row)) for row in rows}
    return all(found in TYPES[letter] for kind in kinds for found, letter in zip(kind, letters, strict=True))
