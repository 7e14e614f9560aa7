"""The attributes of a flavor, as far as they can be offered."""

from __future__ import annotations

from zprof.flavors.properties import properties, referred_to

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Attribute:
    """An attribute, and the words that may be its value."""

    def __init__(self, name: str, description: str, values: tuple[str, ...]) -> None:
        self.name = name
        self.description = description
        self.values = values
        """Those of an enum, or true and false; nothing where it may be anything."""


def attributes_of(schema: Any) -> list[Attribute]:
    """The attributes in the JSON Schema of a flavor, which a stranger may have written."""
    if not isinstance(schema, dict):
        return []
    return [
        Attribute(name, text(part.get("description")), tuple(values_of(part, schema)))
        for name, part in properties(schema).items()
        if is_identifier(name)
    ]


def is_identifier(name: str) -> bool:
    """Whether a name can stand in a shell's line as it is."""
    return name.isascii() and name.isidentifier() and not name.startswith("_")


def text(value: Any) -> str:
    """A description, if it is one."""
    return value if isinstance(value, str) else ""


def values_of(part: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """The values that the schema of an attribute lists, also in the part that it refers to, or is a choice of."""
    referred = referred_to(part["$ref"], root) if isinstance(part.get("$ref"), str) else None
    choices = part.get("anyOf")
    for each in (part, referred, *(choices if isinstance(choices, list) else ())):
        if isinstance(each, dict):
            enum = each.get("enum")
            yield from (value for value in (enum if isinstance(enum, list) else ()) if isinstance(value, str))
            if each.get("type") == "boolean":
                yield from ("true", "false")
