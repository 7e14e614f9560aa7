"""Custom flavors. The built-in ones can't be changed, nor hidden by others of their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from zprof.component_types import component_type
from zprof.errors import AlreadyExists
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors, types_with_flavor
from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.names import checked_name
from zprof.refusals import flavor_in_use, no_flavor
from zprof.store.operation import Operation
from zprof.store.rows import flavor_of
from zprof.transaction import Call, Row

Key = tuple[str, str]
"""A component type and a flavor's name."""


def state_of(row: Row) -> State:
    """A custom flavor as the log has it, by its row."""
    flavor = flavor_of(row)
    return {**state(flavor), "created_at": row[4]}


def state(flavor: Flavor) -> State:
    """A custom flavor as the log has it."""
    return {
        "type": flavor.component_type,
        "name": flavor.name,
        "source": flavor.source,
        "schema": flavor.schema,
    }


def questions(keys: Collection[Key]) -> list[Call]:
    """What is asked about the custom ones among some flavors: one question for each type."""
    types: dict[str, list[str]] = {}
    for type_name, name in keys:
        if name not in builtin_flavors(type_name):
            types.setdefault(type_name, []).append(name)
    return [sql.FLAVORS_NAMED(type=type_name, names=as_json(sorted(set(names)))) for type_name, names in types.items()]


def found(operation: Operation, key: Key, custom: Mapping[Key, Flavor]) -> Flavor:
    """A flavor, built-in or custom.

    Args:
        custom: the custom ones that were asked for.

    Raises:
        NotFound: neither the catalog nor the store has it.
    """
    builtin = builtin_flavors(key[0])
    if key[1] in builtin:
        return builtin[key[1]]
    if key not in custom:
        names = [row[1] for row in operation.ask(sql.FLAVORS(type=key[0]))[0]]
        raise no_flavor(*key, [*builtin, *names], of_types=types_with_flavor(key[1]))
    return custom[key]


def register_flavor(
    operation: Operation, type_name: str, name: str, schema: Mapping[str, Any], source: str | None = None
) -> None:
    """Add a custom flavor.

    Args:
        schema: JSON Schema of a component's config, as `zprof.flavors.custom.checked_schema` gives it.
        source: the class that the schema comes from, `module.path:Class`.

    Raises:
        AlreadyExists: there is one of this type and name, built-in or not.
        InvalidName: the name is not one.
    """
    definition = component_type(type_name)
    checked_name(f"{definition.noun} flavor", name)
    is_taken = name in builtin_flavors(type_name) or any(operation.ask(*questions([(type_name, name)])))
    if is_taken:
        raise AlreadyExists(f"{definition.noun} flavor", name)
    operation.change("flavor", (None, state(Flavor(type_name, name, schema, CUSTOM, "", source))))


def delete_flavor(operation: Operation, type_name: str, name: str) -> None:
    """Remove a custom flavor that no component has.

    Raises:
        NotFound: there is no custom flavor of this name.
        InUse: components have it.
    """
    component_type(type_name)
    custom, used_by = operation.ask(
        sql.FLAVORS(type=type_name), sql.COMPONENT_NAMES_WITH_FLAVOR(type=type_name, flavor=name)
    )
    row = next((row for row in custom if row[1] == name), None)
    if row is None:
        raise no_flavor(type_name, name, [other for _, other, *_ in custom], is_custom=True)
    if used_by:
        raise flavor_in_use(type_name, name, [component for (component,) in used_by])
    operation.change("flavor", (state_of(row), None))
