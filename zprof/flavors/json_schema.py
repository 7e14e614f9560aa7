"""What a JSON Schema asks of those who check by it: a draft, and how deep they have to call themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

DRAFTS = {
    "json-schema.org/draft-04/schema": "4",
    "json-schema.org/draft-06/schema": "6",
    "json-schema.org/draft-07/schema": "7",
    "json-schema.org/draft/2019-09/schema": "2019-09",
    "json-schema.org/draft/2020-12/schema": "2020-12",
}
"""The drafts that are known, by what `$schema` has for them between `https://` and `#`."""

_IN_ORDER = ("4", "6", "7", "2019-09", "2020-12")
_KNOWN_IN = {
    "dependencies": ("4", "6", "7"),
    "additionalItems": ("4", "6", "7", "2019-09"),
    "const": ("6", "7", "2019-09", "2020-12"),
    "contains": ("6", "7", "2019-09", "2020-12"),
    "propertyNames": ("6", "7", "2019-09", "2020-12"),
    **dict.fromkeys(("if", "then", "else"), ("7", "2019-09", "2020-12")),
    **dict.fromkeys(
        (
            "dependentRequired",
            "dependentSchemas",
            "maxContains",
            "minContains",
            "unevaluatedItems",
            "unevaluatedProperties",
        ),
        ("2019-09", "2020-12"),
    ),
    "prefixItems": ("2020-12",),
    "$dynamicRef": ("2020-12",),
    "$recursiveRef": ("2019-09",),
}
"""The rules that not each draft has, by the drafts that have them (https://json-schema.org/specification-links)."""
_SCHEMAS_BY_NAME = ("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties")
_NO_SCHEMAS = ("const", "default", "dependentRequired", "enum", "examples", "required", "type")
"""The keywords that hold schemas by names of one's own, and those in which nothing is a schema."""

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


def draft_of(schema: Mapping[str, Any]) -> str:
    """The draft that a schema is of, which must be one of ours; 2020-12 unless it names another."""
    named = schema.get("$schema")
    return DRAFTS[named.partition("://")[2].removesuffix("#")] if isinstance(named, str) else _IN_ORDER[-1]


def foreign_rule(schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """A rule in a schema that its draft has not, and so would not ask for, with the newest draft that has it."""
    draft = draft_of(schema)
    for part in _subschemas(schema):
        for keyword in part:
            drafts = _KNOWN_IN.get(keyword, (draft,))
            if draft not in drafts:
                return keyword, drafts[-1]
    return None


def _subschemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and all schemas within it, but not what only looks like one: values, and names of one's own."""
    to_visit = [schema]
    while to_visit:
        part = to_visit.pop()
        if isinstance(part, list):
            to_visit += part
        elif isinstance(part, dict):
            yield part
            for keyword, inner in part.items():
                if keyword in _SCHEMAS_BY_NAME and isinstance(inner, dict):
                    to_visit += inner.values()
                elif keyword not in _NO_SCHEMAS:
                    to_visit.append(inner)


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
