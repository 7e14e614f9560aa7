"""What reads return: frozen, typed, and the same whichever database they came from.

Timestamps are UTC in ISO 8601, to the second. Named tuples, since they cost a fraction of a dataclass to define and
every command defines them.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import gmtime, strftime
from typing import Any, NamedTuple


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
    created_at: str
    updated_at: str


class Stack(NamedTuple):
    """A stack and all of its components."""

    name: str
    components: Mapping[str, Component]
    """By type, in alphabetical order."""
    created_at: str
    updated_at: str


class StackSummary(NamedTuple):
    """A stack in a list: its components by name alone."""

    name: str
    component_names: Mapping[str, str]
    """From type to name, in alphabetical order, only the types that the stack has."""


def now() -> str:
    """The time, as timestamps are written."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
