"""Fields of documents that mean nothing where they stand, since they may be written wrongly."""

from __future__ import annotations

from collections.abc import Iterable

from zprof.documents.shape import TELLING
from zprof.errors import closest_names

WORDS: dict[type, str] = {str: "text", bool: "true or false", dict: "a mapping", list: "a list"}
"""Types of JSON as they read in a sentence."""


def unknown_field(entry: Iterable[str], known: Iterable[str]) -> tuple[str, str] | None:
    """A field that is none of those that are known, and the end of a sentence on it; None where there is none."""
    for key in entry:
        if key not in known and key not in TELLING:
            closest = closest_names(str(key), known)
            meant = f" Did you mean {' or '.join(map(repr, closest))}?" if closest else ""
            return key, f"has an unknown field, {str(key)!r}.{meant}"
    return None
