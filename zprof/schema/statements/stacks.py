"""Stacks and the components that they are made of."""

from __future__ import annotations

from sqlalchemy import Text, delete, exists, insert, literal_column, select, update
from sqlalchemy.orm import aliased

from zprof.component_types import ALPHABETICAL
from zprof.schema.models.store import Component, Stack, StackComponent
from zprof.schema.statements.components import COLUMNS as COMPONENT_COLUMNS
from zprof.schema.statements.parts import MOST, NO, beginning, given, given_number, listed

STACK_COLUMNS = (Stack.name, Stack.created_at, Stack.updated_at, Stack.revision)

_member_of_type = {
    of_type: select(Component.name)
    .join_from(StackComponent, Component, Component.id == StackComponent.component_id)
    .where(StackComponent.stack_id == Stack.id, StackComponent.component_type == literal_column(f"'{of_type}'", Text))
    .scalar_subquery()
    .label(of_type)
    for of_type in ALPHABETICAL
}
STACKS = select(Stack.name, *_member_of_type.values()).order_by(Stack.name)
ALL_STACKS = select(*STACK_COLUMNS).order_by(Stack.name)
STACK_NAMES = select(Stack.name).order_by(Stack.name)
STACK = select(*STACK_COLUMNS).where(Stack.name == given("stack"))
STACKS_NAMED = select(*STACK_COLUMNS).where(Stack.name.in_(listed("names")))
STACKS_BEGINNING = select(Stack.name).where(*beginning(Stack.name)).order_by(Stack.name).limit(MOST).offset(NO)
STACK_NAMES_TAKEN = select(Stack.name).where(Stack.name.in_(listed("names")))

_members = select(Stack.name.label("stack"), *COMPONENT_COLUMNS).join_from(
    Stack, StackComponent, StackComponent.stack_id == Stack.id
)
_members = _members.join(Component, Component.id == StackComponent.component_id)
STACK_COMPONENTS = (
    select(*COMPONENT_COLUMNS)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(Component, Component.id == StackComponent.component_id)
    .where(Stack.name == given("stack"))
    .order_by(Component.type)
)
STACK_COMPONENT = (
    select(Component.name)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(Component, Component.id == StackComponent.component_id)
    .where(Stack.name == given("stack"), StackComponent.component_type == given("type"))
)
MEMBERS_OF_ALL_STACKS = _members
TYPES_OF_ALL_STACKS = select(Stack.name, StackComponent.component_type).join_from(
    Stack, StackComponent, StackComponent.stack_id == Stack.id
)
"""The types of component that each stack has, be the components themselves there or not."""
MEMBERS_OF_STACKS = _members.where(Stack.name.in_(listed("names")))
"""The components of several stacks, each with the stack's name before it."""

_its_place = aliased(StackComponent)
_it = aliased(Component)
MEMBERS_BESIDE_COMPONENT = (
    _members.join(_its_place, _its_place.stack_id == Stack.id)
    .join(_it, _it.id == _its_place.component_id)
    .where(_it.type == given("type"), _it.name == given("name"))
    .order_by(Stack.name)
)
"""The components of all stacks that a component is in, each with the stack's name before it."""

_other_place = aliased(StackComponent)
MEMBERS_USED_ELSEWHERE = (
    select(Component.type, Component.name)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(Component, Component.id == StackComponent.component_id)
    .where(
        Stack.name == given("stack"),
        exists()
        .where(_other_place.component_id == Component.id, _other_place.stack_id != Stack.id)
        .correlate(Component, Stack),
    )
)
"""Those of a stack's components that other stacks are made of, too."""

_id_of_stack = select(Stack.id).where(Stack.name == given("stack")).scalar_subquery()
_id_of_component = (
    select(Component.id)
    .where(Component.type == given("of_type"), Component.name == given("component"))
    .scalar_subquery()
)

ADD_STACK = insert(Stack).values(
    name=given("stack"), created_at=given("made_at"), updated_at=given("now"), revision=given_number("number")
)
SET_STACK = (
    update(Stack)
    .where(Stack.name == given("stack"))
    .values(name=given("new_name"), updated_at=given("now"), revision=given_number("number"))
)
REMOVE_STACK = delete(Stack).where(Stack.name == given("stack"))
ADD_MEMBER = insert(StackComponent).values(
    stack_id=_id_of_stack, component_type=given("of_type"), component_id=_id_of_component
)
REMOVE_MEMBER = delete(StackComponent).where(
    StackComponent.stack_id == _id_of_stack, StackComponent.component_type == given("of_type")
)
