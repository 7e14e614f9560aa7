"""What reads return: frozen, typed, and the same whichever database they came from.

Timestamps are UTC in ISO 8601, to the second. Named tuples, since they cost a fraction of a dataclass to define and
every command defines them.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, NamedTuple

from zprof.documents.strict_json import parsed_json
from zprof.errors import DamagedFile

if TYPE_CHECKING:
    from zprof.flavors.catalog import Flavor


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


class Bundle(NamedTuple):
    """A stack that can be put into any store."""

    name: str
    components: Mapping[str, Component]
    """By type, in alphabetical order."""
    flavors: Mapping[tuple[str, str], Flavor]
    """The custom flavors among theirs, by type and name."""
    omitted_secrets: Mapping[str, tuple[str, ...]] = {}
    """By type, the attributes whose values are not in the config."""

    def with_secrets(self, given: Mapping[tuple[str, str], str]) -> Bundle:
        """The bundle with values for omitted secrets, by type and attribute."""
        components = dict(self.components)
        omitted = {}
        for type_name, attributes in self.omitted_secrets.items():
            found = {
                attribute: given[type_name, attribute] for attribute in attributes if (type_name, attribute) in given
            }
            component = components[type_name]
            components[type_name] = component._replace(config={**component.config, **found})
            omitted[type_name] = tuple(attribute for attribute in attributes if attribute not in found)
        return self._replace(
            components=components, omitted_secrets={type_name: left for type_name, left in omitted.items() if left}
        )


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
            "`zprof db check` names the row, and what to type against it.",
        ) from None


def in_order(value: Any) -> Any:
    """A value with the keys of all objects in it in alphabetical order."""
    if isinstance(value, dict):
        return {key: in_order(inner) for key, inner in sorted(value.items())}
    return [in_order(inner) for inner in value] if isinstance(value, list) else value


def now() -> str:
    """The time, as timestamps are written."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
