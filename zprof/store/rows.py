"""Records by rows of the generated statements: all that a read needs."""

from __future__ import annotations

from collections.abc import Iterable

from zprof.component_types import ALPHABETICAL
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.records import Component, Stack, StackSummary, json_object
from zprof.transaction import Row


def component_of(row: Row) -> Component:
    """The record of a row of the component statements."""
    type_name, name, flavor, config, *marks = row
    return Component(type_name, name, flavor, json_object(config), *marks)


def members_of(rows: Iterable[Row]) -> dict[str, Component]:
    """The components in the rows of a stack's, by type."""
    return {member.type: member for member in map(component_of, rows)}


def stack_of(row: Row, members: Iterable[Row]) -> Stack:
    """The record of a row of STACK and the rows of its components."""
    name, created_at, updated_at, revision = row
    return Stack(name, members_of(members), created_at, updated_at, revision)


def summary_of(row: Row) -> StackSummary:
    """The record of a row of STACKS."""
    name, *found = row
    return StackSummary(name, {type_: member for type_, member in zip(ALPHABETICAL, found, strict=True) if member})


def flavor_of(row: Row) -> Flavor:
    """The record of a row of the flavor statements."""
    type_name, name, source, schema, *_ = row
    return Flavor(type_name, name, json_object(schema), CUSTOM, "", source)


def flavors_of(rows: Iterable[Row]) -> dict[str, Flavor]:
    """The records of rows of one type, by name."""
    return {flavor.name: flavor for flavor in map(flavor_of, rows)}
