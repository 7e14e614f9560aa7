"""Reads of many things of a store: its lists, narrowed by filters, with or without the rows that are bad."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from zprof.component_types import component_type
from zprof.errors import DamagedFile
from zprof.filters import (
    ComponentFilters,
    NameFilters,
    StackFilters,
    component_parameters,
    is_match,
    name_parameters,
    stack_parameters,
)
from zprof.flavors.catalog import Flavor, builtin_flavors
from zprof.generated import statements as sql
from zprof.records import Component, Members, Stack, StackSummary
from zprof.refusals import no_component
from zprof.sqlite.database import Database
from zprof.store.handing import components_handed_out
from zprof.store.reading import names
from zprof.store.rows import component_of, flavor_of, flavors_by_key, stack_with, summary_of
from zprof.transaction import Row

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase

Record = TypeVar("Record")
LeftOut = list[DamagedFile] | None
"""Is given the errors of rows that zprof would not write, which are left out; without it, the first is raised."""


class Shown(NamedTuple):
    """Components of a type as a command shows them, from one snapshot."""

    components: list[Component]
    active: str | None
    """The one in the stack in effect, by name."""
    is_stack_there: bool


def stacks(database: StoreDatabase, left_out: LeftOut, filters: StackFilters) -> list[StackSummary]:
    """The stacks, by name.

    Raises:
        InvalidInput: a filter can't be meant.
        NotFound: `uses` names a type that does not exist.
    """
    asked = sql.LISTED_STACKS(**stack_parameters(**filters))
    return [summary_of(row) for row in database.ask(asked, left_out=left_out)[0]]


def whole_stacks(database: StoreDatabase, left_out: LeftOut, filters: StackFilters) -> list[Stack]:
    """The stacks with their components, by name. One of which a part is left out is left out as a whole.

    Raises:
        InvalidInput, NotFound: as for `stacks`.
    """
    errors: LeftOut = None if left_out is None else []
    found = _whole_stacks(database, errors, filters)
    limit = filters.get("limit")
    if errors and limit is not None:
        # Each statement leaves out the rows that it can't read, and so might count to the limit in another way.
        errors = []
        found = _whole_stacks(database, errors, {**filters, "limit": None})[:limit]
    if left_out is not None:
        left_out += errors or []
    return found


def _whole_stacks(database: StoreDatabase, left_out: LeftOut, filters: StackFilters) -> list[Stack]:
    parameters = stack_parameters(**filters)
    rows, types, parts, custom = database.ask(
        sql.WHOLE_STACKS(**parameters),
        sql.TYPES_OF_WHOLE_STACKS(**parameters),
        sql.MEMBERS_OF_WHOLE_STACKS(**parameters),
        sql.ALL_FLAVORS(),
        left_out=left_out,
    )
    own = {(found.component_type, found.name): found for found in _records(database, custom, flavor_of, left_out)}
    members: dict[str, dict[str, Component]] = {}
    for stack, component in _records(database, parts, lambda row: (row[0], component_of(row[1:])), left_out):
        members.setdefault(stack, {})[component.type] = component
    components_handed_out((each for parts_of in members.values() for each in parts_of.values()), own, left_out)
    wanted: dict[str, set[str]] = {}
    for name, of_type in types:
        wanted.setdefault(name, set()).add(of_type)
    found_stacks = []
    for row in rows:
        found = Members(sorted(members.get(row[0], {}).items()))
        if found.keys() == wanted.get(row[0], set()):
            used = {(member.type, member.flavor) for member in found.values()}
            found_stacks.append(stack_with(row, found, {key: flavor for key, flavor in own.items() if key in used}))
    return found_stacks


def components(database: StoreDatabase, type_name: str, filters: ComponentFilters) -> list[Component]:
    """The components of a type, by name.

    Raises:
        InvalidInput: a filter can't be meant.
        NotFound: there is no such type.
    """
    component_type(type_name)
    asked = sql.LISTED_COMPONENTS(type=type_name, **component_parameters(**filters))
    rows, custom = database.ask(asked, sql.FLAVORS(type=type_name))
    return components_handed_out(map(component_of, rows), flavors_by_key(custom))


def shown(
    database: StoreDatabase,
    type_name: str,
    stack: str | None,
    one: str | None,
    left_out: LeftOut,
    filters: ComponentFilters,
) -> Shown:
    """The components of a type, or the one of a name, as a command shows them.

    Args:
        stack: the one in effect; it may be gone.

    Raises:
        InvalidInput: as for `components`.
        NotFound: there is none of this type and name, or no such type.
    """
    component_type(type_name)
    if one is None:
        listed = sql.LISTED_COMPONENTS(type=type_name, **component_parameters(**filters))
        asked = listed, sql.FLAVORS(type=type_name)
    else:
        asked = sql.COMPONENT(type=type_name, name=one), sql.FLAVOR_OF_COMPONENT(type=type_name, name=one)
    in_effect = () if stack is None else (sql.STACK(stack=stack), sql.STACK_COMPONENT(stack=stack, type=type_name))
    rows, custom, *of_stack = database.ask(*asked, *in_effect, left_out=left_out)
    if one is not None and not rows:
        raise no_component(type_name, one, names(database, sql.COMPONENT_NAMES(type=type_name)))
    active = next((member for (member,) in of_stack[1]), None) if of_stack else None
    own = {(type_name, flavor.name): flavor for flavor in _records(database, custom, flavor_of, left_out)}
    found = components_handed_out(_records(database, rows, component_of, left_out), own, left_out)
    return Shown(found, active, bool(of_stack and of_stack[0]))


def flavors(database: StoreDatabase, type_name: str, left_out: LeftOut, filters: NameFilters) -> dict[str, Flavor]:
    """The flavors that components of a type can have, by name: the built-in ones, then the store's own.

    Raises:
        InvalidInput: a filter can't be meant.
    """
    name_parameters(**filters)
    custom = database.ask(sql.FLAVORS(type=type_name), left_out=left_out)[0]
    own = {flavor.name: flavor for flavor in _records(database, custom, flavor_of, left_out)}
    found = {**builtin_flavors(type_name), **own}
    # Most of them are in no database.
    passing = [name for name in found if is_match(name, filters.get("name"))]
    return {name: found[name] for name in passing[: filters.get("limit")]}


def _records(
    database: StoreDatabase, rows: list[Row], record_of: Callable[[Row], Record], left_out: LeftOut
) -> list[Record]:
    """The records of rows, without those whose JSON is none where these are noted."""
    if left_out is None:
        return [record_of(row) for row in rows]
    found, errors = [], []
    for row in rows:
        try:
            found.append(record_of(row))
        except DamagedFile as error:
            errors.append(error)
    if errors and isinstance(database, Database):
        from zprof.sqlite.faults import json_errors  # for those who meet one

        errors = json_errors(database)
    left_out += errors
    return found
