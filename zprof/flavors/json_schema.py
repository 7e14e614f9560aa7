"""What a JSON Schema asks of those who check by it: a draft, and how deep they have to call themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DRAFTS = {
    "json-schema.org/draft-04/schema": "4",
    "json-schema.org/draft-06/schema": "6",
    "json-schema.org/draft-07/schema": "7",
    "json-schema.org/draft/2019-09/schema": "2019-09",
    "json-schema.org/draft/2020-12/schema": "2020-12",
}
"""The drafts that are known, by what `$schema` has for them between `https://` and `#`."""

MAX_LEVELS = 3000
"""Of subschemas within each other, for all levels of a config together.

The checks recurse in native code, which has no recursion limit: it overflows the stack and takes the process with it.
On a stack of 8 MiB that has been seen at 5,700 levels.
"""

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def has_unknown_draft(schema: Mapping[str, Any]) -> bool:
    """Whether the schema names a draft that is none of ours. One that names none is of 2020-12."""
    named = schema.get("$schema")
    if not isinstance(named, str):
        return "$schema" in schema
    scheme, _, rest = named.partition("://")
    return scheme not in ("http", "https") or rest.removesuffix("#") not in DRAFTS


def levels(schema: Mapping[str, Any]) -> int:
    """At most how many subschemas are within each other where they check one value, by references; 0 without any.

    A bound, not a count: each thing that is referred to may lead to any other, but to none twice for the same value.
    """
    objects = deepest = 0
    targets = set()
    to_visit: list[tuple[Any, int]] = [(schema, 1)]
    while to_visit:
        part, level = to_visit.pop()
        if isinstance(part, dict):
            objects += 1
            targets |= {part[word] for word in _REFERENCES if isinstance(part.get(word), str)}
        if isinstance(part, dict | list):
            deepest = max(deepest, level)
            to_visit += [(inner, level + 1) for inner in _parts(part)]
    return min(objects, (len(targets) + 1) * deepest) if targets else 0


def depth(value: Any) -> int:
    """How many objects and lists are within each other."""
    deepest = 0
    to_visit = [(value, 1)]
    while to_visit:
        part, level = to_visit.pop()
        if isinstance(part, dict | list):
            deepest = max(deepest, level)
            to_visit += [(inner, level + 1) for inner in _parts(part)]
    return deepest


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
