"""Records by rows of the generated statements: all that a read needs."""

from __future__ import annotations

from collections.abc import Iterable

from zprof.component_types import ALPHABETICAL
from zprof.errors import DamagedFile
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.records import Component, Stack, StackSummary, json_object
from zprof.transaction import Row


def component_of(row: Row) -> Component:
    """The record of a row of the component statements."""
    type_name, name, flavor, config, *marks = row
    try:
        settings = json_object(config)
    except DamagedFile:
        raise no_object("config", "component", type_name, name) from None
    return Component(type_name, name, flavor, settings, *marks)


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
    type_name, name, source, text, *_ = row
    try:
        schema = json_object(text)
    except DamagedFile:
        raise no_object("config_schema", "flavor", type_name, name) from None
    return Flavor(type_name, name, schema, CUSTOM, "", source)


def no_object(column: str, table: str, type_name: str, name: str) -> DamagedFile:
    """The error of a row whose JSON is none, as only a hand that edits the store can bring about."""
    return DamagedFile(
        f"The {column} of the {table} '{name}' of the type {type_name} is not a JSON object.",
        "`zprof db check` names the row, and what to type against it.",
    )


def flavors_of(rows: Iterable[Row]) -> dict[str, Flavor]:
    """The records of rows of one type, by name."""
    return {flavor.name: flavor for flavor in map(flavor_of, rows)}
