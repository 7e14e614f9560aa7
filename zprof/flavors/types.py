"""Which types of JSON an attribute may have, however its schema says so, and what a text on the command line means.

The rule: a text stays text wherever the schema takes it as text. Where it doesn't, it is read as the first of these
that the schema takes: a number, true or false, an object or a list, null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zprof.documents.strict_json import LongNumber, parsed_json
from zprof.flavors.properties import is_secret, referred_to
from zprof.flavors.variables import entries

ALL = frozenset(("string", "integer", "number", "boolean", "object", "array", "null"))
"""An integer is a number, too, and of both types here."""

BOOLEANS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)
"""The usual words."""


def value_types(schema: Any, root: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The types that values by a schema may have: by `type`, `enum`, `const`, `$ref`, `anyOf`, `oneOf` and `allOf`.

    Args:
        schema: of an attribute, or a part of it.
        root: the document that its references are within.
        seen: the references that led here; one that leads back says nothing.
    """
    if schema is False:
        return frozenset()
    if not isinstance(schema, dict):
        return ALL
    found = ALL
    for types in _said(schema, root, seen):
        found &= types
    return found


def _said(schema: Mapping[str, Any], root: Mapping[str, Any], seen: frozenset[str]) -> Iterator[frozenset[str]]:
    """What each keyword of a schema says of the types."""
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        yield frozenset(names) | ({"integer"} if "number" in names else set())
    if isinstance(schema.get("enum"), list):
        yield frozenset().union(*(_types_of(value) for value in schema["enum"]))
    if "const" in schema:
        yield _types_of(schema["const"])
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        yield value_types(referred_to(reference, root), root, seen | {reference})
    for keyword in ("anyOf", "oneOf"):
        if isinstance(schema.get(keyword), list):
            yield frozenset().union(*(value_types(part, root, seen) for part in schema[keyword]))
    for part in schema["allOf"] if isinstance(schema.get("allOf"), list) else ():
        yield value_types(part, root, seen)


def _types_of(value: Any) -> frozenset[str]:
    """The types of a value of JSON; 3.0 is an integer by JSON Schema."""
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return frozenset({"integer", "number"})
    names = {float: "number", str: "string", dict: "object", list: "array", type(None): "null"}
    return frozenset(name for kind, name in names.items() if isinstance(value, kind))


def in_words(types: frozenset[str]) -> list[str]:
    """Types in the order in which they are told, an integer not beside the numbers that it is one of."""
    order = ("string", "integer", "number", "boolean", "object", "array", "null")
    return [name for name in order if name in types and not (name == "integer" and "number" in types)]


def attribute_fields(name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an attribute.

    Args:
        schema: of the attribute.
        root: of the config that it is part of.
    """
    types = value_types(schema, root)
    return {
        "attribute": name,
        "type": "any" if types == ALL else " or ".join(in_words(types)) or "none",
        "required": name in root.get("required", ()),
        "default": schema.get("default"),
        "secret": is_secret(schema),
        "environment": variables(schema),
        "description": schema.get("description", ""),
    }


def variables(schema: Mapping[str, Any]) -> list[str]:
    """The variables that an attribute sets for programs; none where what is said of them can't be understood."""
    try:
        return list(dict.fromkeys(entry.name for entry in entries(schema)))
    except ValueError:
        return []


def meant(text: str, types: frozenset[str], fits: Callable[[Any], bool]) -> Any:
    """The value that a text means.

    Args:
        types: of the attribute.
        fits: whether its schema takes a value; asked only where several types come into question.

    Raises:
        ValueError: it can't be read as any of the types.
    """
    try:
        readings = list(_readings(text, types))
    except LongNumber:
        if "string" not in types:
            raise
        readings = []
    if "string" in types:
        readings.insert(0, text)
    if not readings:
        raise ValueError(text)
    return readings[0] if len(readings) == 1 else next(filter(fits, readings), readings[0])


def _readings(text: str, types: frozenset[str]) -> Iterator[Any]:
    """What a text may mean besides itself, in the order of the rule."""
    value = _as_json(text)
    of_value = frozenset[str]() if value is None else _types_of(value) & types
    if "number" in of_value or "integer" in of_value:
        yield value
    if "boolean" in types and text.lower() in BOOLEANS:
        yield BOOLEANS[text.lower()]
    if "object" in of_value or "array" in of_value:
        yield value
    if "null" in types and text == "null":
        yield None


def _as_json(text: str) -> Any:
    """What a text says as JSON; None where it isn't JSON, or says null."""
    try:
        return parsed_json(text)
    except LongNumber:
        raise
    except (ValueError, RecursionError):
        return None
