"""Stores of the kind `sql` that are SQLite files."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from typing import Any

from zprof.component_types import component_type
from zprof.flavors.refusal import quoted
from zprof.zenml.database import Tables, check_header, opened
from zprof.zenml.files import damaged, document, mapping, optional_text
from zprof.zenml.stored import (
    Remainder,
    StoredComponent,
    StoredFlavor,
    StoredStore,
    check_stack,
    checked_type,
    plain_uuid,
)

PEOPLE = (("user", "usertable"), ("team", "teamtable"), ("role", "roletable"), ("ZenML project", "projecttable"))
COUNTED = (("role assignment", "roleassignmenttable"), ("pipeline run", "pipelineruntable"))


def read(path: str) -> StoredStore:
    """The store in a SQLite file, which is opened for reading and left without a trace.

    Raises:
        DamagedFile: it is not a whole database, lacks a table or a column, or its rows don't fit together.
        Busy: another program kept it locked.
    """
    check_header(path)
    with opened(path) as connection:
        tables = Tables(path, connection)
        components = tuple(_components(tables))
        return StoredStore(
            components,
            _stacks(tables, components),
            tuple(
                (plain_uuid(tables.text(artifact_store)), plain_uuid(tables.text(metadata_store)))
                for artifact_store, metadata_store in tables.rows(
                    "storeassociationtable", "artifact_store_uuid", "metadata_store_uuid", is_optional=True
                )
            ),
            tuple(_flavors(tables)),
            tuple(_remainders(tables)),
        )


def _is_early(tables: Tables) -> bool:
    """Whether components have no ids yet: in early versions, type and name told them apart."""
    return "component_type" in tables.columns("zenstackcomponent")


def _components(tables: Tables) -> Iterator[StoredComponent]:
    if _is_early(tables):
        columns = ("name", "component_type", "name", "component_flavor", "configuration")
    else:
        columns = ("id", "type", "name", "flavor", "configuration")
    for key, type_name, name, flavor, configuration in tables.rows("zenstackcomponent", *columns):
        checked_type(tables.path, tables.text(type_name))
        attributes = _attributes(
            tables.path, f"{component_type(type_name).noun} {quoted(tables.text(name))}", configuration
        )
        uuid = optional_text(tables.path, attributes.get("uuid"), "uuid") if _is_early(tables) else tables.text(key)
        yield StoredComponent(
            type_name, tables.text(key), name, tables.text(flavor), attributes, uuid and plain_uuid(uuid)
        )


def _attributes(path: str, component: str, configuration: object) -> dict[str, Any]:
    """What is in a component's configuration: YAML in base64."""
    source = f"The configuration of the {component} in {path}"
    try:
        if not isinstance(configuration, str | bytes):
            raise ValueError
        decoded = base64.b64decode(configuration, validate=True).decode()
    except ValueError:
        raise damaged(source, "is not one that ZenML writes") from None
    return mapping(source, document(source, decoded))


def _stacks(tables: Tables, components: tuple[StoredComponent, ...]) -> dict[str, dict[str, str]]:
    keys: dict[str, set[str]] = {}
    for component in components:
        keys.setdefault(component.type, set()).add(component.key)
    stacks: dict[str, dict[str, str]] = {tables.text(name): {} for (name,) in tables.rows("zenstack", "name")}
    for stack, type_name, key in _definitions(tables, components, stacks):
        if type_name in stacks[stack]:
            noun = component_type(type_name).noun
            raise damaged(tables.path, f"has a stack {quoted(stack)} with more than one {noun}")
        stacks[stack][type_name] = key
    for name, members in stacks.items():
        check_stack(tables.path, name, members, keys)
    return stacks


def _definitions(
    tables: Tables, components: tuple[StoredComponent, ...], stacks: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """For each component of a stack, the stack's name, the type and the key.

    Rows of other stacks were left behind by a deletion: nothing in the database keeps it from that.
    """
    if _is_early(tables):
        columns = ("stack_name", "component_type", "component_name")
        for stack, type_name, name in tables.rows("zenstackdefinition", *columns):
            if stack in stacks:
                yield stack, checked_type(tables.path, tables.text(type_name)), tables.text(name)
        return
    types = {component.key: component.type for component in components}
    for stack, key in tables.rows("zenstackdefinition", "stack_name", "component_id"):
        if stack in stacks:
            if key not in types:
                raise damaged(tables.path, f"has a stack {quoted(stack)} with a component that does not exist")
            yield stack, types[key], key


def _flavors(tables: Tables) -> Iterator[StoredFlavor]:
    for type_name, name, source, integration in tables.rows(
        "zenflavor", "type", "name", "source", "integration", is_optional=True
    ):
        if not integration:
            checked_type(tables.path, tables.text(type_name))
            yield StoredFlavor(type_name, tables.text(name), tables.text(source))


def _remainders(tables: Tables) -> Iterator[Remainder]:
    for noun, table in PEOPLE:
        names = [tables.text(name) for (name,) in tables.rows(table, "name", is_optional=True)]
        yield Remainder(noun, tuple(name for name in names if (noun, name) != ("user", "default")))
    for noun, table in COUNTED:
        yield Remainder(noun, number=tables.count(table))
