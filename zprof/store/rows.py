"""Records by rows of the generated statements: all that a read needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zprof.component_types import ALPHABETICAL
from zprof.errors import DamagedFile
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.frozen import FrozenDict, frozen
from zprof.records import NOTHING, Component, Config, Members, Stack, StackSummary, json_object
from zprof.transaction import Row


def component_of(row: Row) -> Component:
    """The record of a row of the component statements."""
    type_name, name, flavor, config, *marks = row
    try:
        settings = Config(json_object(config))
    except DamagedFile:
        raise no_object("config", "component", type_name, name) from None
    return Component(type_name, name, flavor, settings, *marks)


def members_of(rows: Iterable[Row]) -> Members:
    """The components in the rows of a stack's, by type."""
    return Members({member.type: member for member in map(component_of, rows)})


def stack_of(row: Row, members: Iterable[Row], custom: Mapping[tuple[str, str], Flavor] = NOTHING) -> Stack:
    """The record of a row of STACK and the rows of its components.

    Args:
        custom: the custom flavors that they have, by type and name.
    """
    return stack_with(row, members_of(members), custom)


def stack_with(row: Row, members: Members, custom: Mapping[tuple[str, str], Flavor]) -> Stack:
    """The record of a row of STACK and the records of its components, as for `stack_of`."""
    name, created_at, updated_at, revision = row
    return Stack(name, members, created_at, updated_at, revision, FrozenDict(custom))


def summary_of(row: Row) -> StackSummary:
    """The record of a row of STACKS."""
    name, *found = row
    members = {type_: member for type_, member in zip(ALPHABETICAL, found, strict=True) if member}
    return StackSummary(name, FrozenDict(members))


def flavor_of(row: Row) -> Flavor:
    """The record of a row of the flavor statements."""
    type_name, name, source, text, *_ = row
    try:
        schema = frozen(json_object(text))
    except DamagedFile:
        raise no_object("config_schema", "flavor", type_name, name) from None
    return Flavor(type_name, name, schema, CUSTOM, "", source)


def flavors_by_key(rows: Iterable[Row]) -> dict[tuple[str, str], Flavor]:
    """The records of rows of any types, by type and name."""
    return {(flavor.component_type, flavor.name): flavor for flavor in map(flavor_of, rows)}


def no_object(column: str, table: str, type_name: str, name: str) -> DamagedFile:
    """The error of a row whose JSON is none, as only a hand that edits the store can bring about."""
    return DamagedFile(
        f"The {column} of the {table} '{name}' of the type {type_name} is not a JSON object.",
        "To see the row and how to fix it, run `zprof db check`.",
    )


def flavors_of(rows: Iterable[Row]) -> dict[str, Flavor]:
    """The records of rows of one type, by name."""
    return {flavor.name: flavor for flavor in map(flavor_of, rows)}
