"""What reads return: frozen, typed, and the same whichever database they came from.

Timestamps are UTC in ISO 8601, to the second. Named tuples, since they cost a fraction of a dataclass to define and
every command defines them.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import gmtime, strftime
from typing import Any, NamedTuple

from zprof.errors import DamagedFile
from zprof.strict_json import parsed_json


class Profile(NamedTuple):
    """A profile, as the registry has it."""

    name: str
    url: str
    active_stack: str | None
    """The stack that this user has active in it, by name; it may be gone from a shared store."""
    is_active: bool
    """Whether it is the globally active one."""
    is_protected: bool
    created_at: str
    updated_at: str

    @property
    def store_type(self) -> str:
        """The kind of database: `sqlite` or `postgresql`."""
        return self.url.partition(":")[0].partition("+")[0]


class Component(NamedTuple):
    """A component of a stack."""

    type: str
    name: str
    flavor: str
    config: Mapping[str, Any]
    created_at: str = ""
    updated_at: str = ""
    revision: int = 0
    """How often it was changed, its making included; 0, and no timestamps, where it comes from no store."""


class Stack(NamedTuple):
    """A stack and all of its components."""

    name: str
    components: Mapping[str, Component]
    """By type, in alphabetical order."""
    created_at: str
    updated_at: str
    revision: int
    """How often it was changed, its making included."""


class StackSummary(NamedTuple):
    """A stack in a list: its components by name alone."""

    name: str
    component_names: Mapping[str, str]
    """From type to name, in alphabetical order, only the types that the stack has."""


def json_object(text: str | bytes) -> dict[str, Any]:
    """What a store has as JSON, all keys in alphabetical order: PostgreSQL keeps them in an order of its own.

    Raises:
        DamagedFile: it is not a JSON object, as only a hand that edits the store can bring about.
    """
    try:
        return {key: in_order(value) for key, value in sorted(parsed_json(text).items())}
    except (ValueError, TypeError, AttributeError):
        raise DamagedFile(
            "The store holds something that should be a JSON object and is not.",
            "Put back a copy with `zprof db restore FILE`, or mend the row with sqlite3.",
        ) from None


def in_order(value: Any) -> Any:
    """A value with the keys of all objects in it in alphabetical order."""
    if isinstance(value, dict):
        return {key: in_order(inner) for key, inner in sorted(value.items())}
    return [in_order(inner) for inner in value] if isinstance(value, list) else value


def now() -> str:
    """The time, as timestamps are written."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
