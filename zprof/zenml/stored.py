"""A store as it was found, whichever way it was kept, names and all; and the rule that each stack in it must keep."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from zprof import component_types
from zprof.flavors.refusal import quoted
from zprof.zenml.files import damaged

NOT_CONFIG = ("name", "uuid")
"""What is written among a component's attributes and is none."""


class StoredComponent(NamedTuple):
    """A component."""

    type: str
    key: str
    """Tells it from others of its type, where the name may not."""
    name: str
    flavor: str
    attributes: Mapping[str, Any]
    """As written, with nulls, name and uuid."""
    uuid: str | None
    """32 hexadecimal digits, if it is one."""


class StoredFlavor(NamedTuple):
    """A custom flavor."""

    type: str
    name: str
    source: str


class Remainder(NamedTuple):
    """What zprof has no place for: either named things or a number of them."""

    noun: str
    names: tuple[str, ...] = ()
    number: int | None = 0
    """None if it isn't known."""


class StoredStore(NamedTuple):
    """All of a store."""

    components: tuple[StoredComponent, ...]
    stacks: Mapping[str, Mapping[str, str]]
    """From name to the keys of its components by type."""
    associations: tuple[tuple[str, str], ...]
    """The uuids of an artifact store and a metadata store."""
    flavors: tuple[StoredFlavor, ...]
    remainders: tuple[Remainder, ...]


def checked_type(path: str, name: str) -> str:
    """The name of a component type, if it is one."""
    if name not in component_types.BY_NAME:
        raise damaged(path, f"names the component type {quoted(name)}, which does not exist")
    return name


def check_stack(path: str, stack: str, members: Mapping[str, str], keys: Mapping[str, Collection[str]]) -> None:
    """See that a stack is whole.

    Args:
        members: from type to the key of a component.
        keys: those of the components that there are, by type.

    Raises:
        DamagedFile: it lacks a mandatory component, or refers to one that isn't there.
    """
    for type_name, key in members.items():
        if key not in keys.get(type_name, ()):
            noun = component_types.component_type(type_name).noun
            raise damaged(
                path, f"has the {noun} {quoted(key)} in its stack {quoted(stack)}, but this {noun} does not exist"
            )
    missing = [type_name for type_name in component_types.MANDATORY if type_name not in members]
    if missing:
        lacking = component_types.component_type(missing[0]).with_article
        raise damaged(path, f"has a stack {quoted(stack)} without {lacking}")


def plain_uuid(uuid: str) -> str:
    """A uuid without its dashes, as databases have it."""
    return uuid.replace("-", "").lower()
