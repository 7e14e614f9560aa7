"""Components: type and name are the key, so that no question needs an earlier answer."""

from __future__ import annotations

from sqlalchemy import delete, exists, insert, or_, select, update

from zprof.schema.models.store import Component, Stack, StackComponent
from zprof.schema.statements.parts import (
    MOST,
    NO,
    beginning,
    given,
    given_json,
    given_number,
    is_left_out,
    listed,
    matches,
    text_of,
)

COLUMNS = (
    Component.type,
    Component.name,
    Component.flavor,
    text_of(Component.config),
    Component.created_at,
    Component.updated_at,
    Component.revision,
    Component.place,
)
"""Those of the record, in its order."""

_is_of_type = Component.type == given("type")
_is_it = (_is_of_type, Component.name == given("name"))

COMPONENTS = select(*COLUMNS).where(_is_of_type).order_by(Component.name)
ALL_COMPONENTS = select(*COLUMNS).order_by(Component.type, Component.name)
LISTED_COMPONENTS = (
    select(*COLUMNS)
    .where(
        _is_of_type,
        matches(Component.name, "pattern"),
        or_(is_left_out("flavor"), Component.flavor == given("flavor")),
        or_(
            is_left_out("stacks"),
            exists(StackComponent).where(
                StackComponent.component_id == Component.id,
                StackComponent.stack_id == Stack.id,
                matches(Stack.name, "stacks"),
            ),
        ),
    )
    .order_by(Component.name)
    .limit(given_number("most"))
    .offset(NO)
)
"""Those that the parameters of `zprof.filters.component_parameters` let pass."""
COMPONENT = select(*COLUMNS).where(*_is_it)
COMPONENT_NAMES = select(Component.name).where(_is_of_type).order_by(Component.name)
COMPONENTS_BEGINNING = (
    select(Component.name, Component.flavor)
    .where(_is_of_type, *beginning(Component.name))
    .order_by(Component.name)
    .limit(MOST)
    .offset(NO)
)
CONFIG_OF_COMPONENT = select(Component.flavor, text_of(Component.config)).where(*_is_it)
COMPONENTS_NAMED = select(*COLUMNS).where(_is_of_type, Component.name.in_(listed("names")))
COMPONENT_NAMES_TAKEN = select(Component.name).where(_is_of_type, Component.name.in_(listed("names")))
COMPONENTS_WITH_FLAVOR = (
    select(*COLUMNS).where(_is_of_type, Component.flavor == given("flavor")).order_by(Component.name)
)
COMPONENT_NAMES_WITH_FLAVOR = (
    select(Component.name).where(_is_of_type, Component.flavor == given("flavor")).order_by(Component.name)
)
STACKS_WITH_COMPONENT = (
    select(Stack.name)
    .join_from(Component, StackComponent, StackComponent.component_id == Component.id)
    .join(Stack, Stack.id == StackComponent.stack_id)
    .where(*_is_it)
    .order_by(Stack.name)
)

ADD_COMPONENT = insert(Component).values(
    type=given("component_type"),
    name=given("component"),
    flavor=given("flavor_name"),
    config=given_json("settings"),
    created_at=given("made_at"),
    updated_at=given("now"),
    revision=given_number("number"),
    place=given("own_place"),
)
SET_COMPONENT = (
    update(Component)
    .where(Component.type == given("component_type"), Component.name == given("component"))
    .values(
        name=given("new_name"),
        flavor=given("flavor_name"),
        config=given_json("settings"),
        updated_at=given("now"),
        revision=given_number("number"),
    )
)
REMOVE_COMPONENT = delete(Component).where(
    Component.type == given("component_type"), Component.name == given("component")
)
