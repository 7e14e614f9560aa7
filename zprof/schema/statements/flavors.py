"""Custom flavors; the built-in ones are in no store."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from zprof.schema.models.store import Component, Flavor, Stack, StackComponent
from zprof.schema.statements.parts import MOST, NO, beginning, given, given_json, listed, text_of

COLUMNS = (Flavor.component_type, Flavor.name, Flavor.source, text_of(Flavor.config_schema), Flavor.created_at)

_is_of_type = Flavor.component_type == given("type")

FLAVORS = select(*COLUMNS).where(_is_of_type).order_by(Flavor.name)
ALL_FLAVORS = select(*COLUMNS).order_by(Flavor.component_type, Flavor.name)
FLAVORS_BEGINNING = (
    select(Flavor.name).where(_is_of_type, *beginning(Flavor.name)).order_by(Flavor.name).limit(MOST).offset(NO)
)
FLAVOR_SCHEMA = select(text_of(Flavor.config_schema)).where(_is_of_type, Flavor.name == given("name"))
FLAVORS_NAMED = select(*COLUMNS).where(_is_of_type, Flavor.name.in_(listed("names")))
FLAVOR_OF_COMPONENT = (
    select(*COLUMNS)
    .join_from(Component, Flavor, (Flavor.component_type == Component.type) & (Flavor.name == Component.flavor))
    .where(Component.type == given("type"), Component.name == given("name"))
)
FLAVORS_OF_STACK = (
    select(*COLUMNS)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(Component, Component.id == StackComponent.component_id)
    .join(Flavor, (Flavor.component_type == Component.type) & (Flavor.name == Component.flavor))
    .where(Stack.name == given("stack"))
)

_is_it = (Flavor.component_type == given("of_type"), Flavor.name == given("flavor"))

ADD_FLAVOR = insert(Flavor).values(
    component_type=given("of_type"),
    name=given("flavor"),
    source=given("class_name"),
    config_schema=given_json("json_schema"),
    created_at=given("made_at"),
)
SET_FLAVOR = update(Flavor).where(*_is_it).values(source=given("class_name"), config_schema=given_json("json_schema"))
REMOVE_FLAVOR = delete(Flavor).where(*_is_it)
