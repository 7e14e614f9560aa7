"""Stacks and the components that they are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, delete, exists, func, insert, literal_column, or_, select, update
from sqlalchemy.orm import aliased

from zprof.component_types import ALPHABETICAL
from zprof.schema.models.store import Component, Stack, StackComponent
from zprof.schema.statements.components import COLUMNS as COMPONENT_COLUMNS
from zprof.schema.statements.parts import MOST, NO, beginning, given, given_number, is_left_out, listed, matches

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


def _has_component(stack: Any, *conditions: Any) -> ColumnElement[bool]:
    """Whether a stack has a component of which conditions hold."""
    return (
        exists(_member)
        .where(_member.stack_id == stack.id, _member.component_id == _component.id, *conditions)
        .correlate(stack)
    )


def _narrowed(query: Any, stack: Any) -> Any:
    """A read of stacks, by name, only those that the parameters of `zprof.filters.stack_parameters` let pass."""
    is_used = or_(_component.name == given("used"), _component.flavor == given("used"))
    is_of_type = or_(is_left_out("used_type"), _component.type == given("used_type"))
    passes = and_(
        matches(stack.name, "pattern"),
        or_(is_left_out("flavor"), _has_component(stack, _component.flavor == given("flavor"))),
        or_(is_left_out("used"), _has_component(stack, is_used, is_of_type)),
    )
    return query.where(passes).order_by(stack.name).limit(given_number("most")).offset(NO)


_listed, _member, _component = aliased(Stack), aliased(StackComponent), aliased(Component)
_is_listed = Stack.id.in_(_narrowed(select(_listed.id), _listed))

LISTED_STACKS = _narrowed(select(Stack.name, *_member_of_type.values()), Stack)
WHOLE_STACKS = _narrowed(select(*STACK_COLUMNS), Stack)
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
ALL_MEMBERS = (
    select(Stack.name.label("stack"), StackComponent.component_type, Component.name)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(Component, Component.id == StackComponent.component_id)
    .order_by(Stack.name, StackComponent.component_type)
)
"""What all stacks are made of, by name alone."""
MEMBERS_OF_WHOLE_STACKS = _members.where(_is_listed)
TYPES_OF_WHOLE_STACKS = (
    select(Stack.name, StackComponent.component_type)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .where(_is_listed)
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

_stack_beside, _place_beside = aliased(Stack), aliased(StackComponent)
_of_each_type: dict[str, Any] = {"partition_by": StackComponent.component_type}
_beside = (
    select(
        StackComponent.component_type,
        _stack_beside.name,
        func.row_number().over(order_by=_stack_beside.name, **_of_each_type).label("position"),
        func.count(_stack_beside.id).over(**_of_each_type).label("total"),
    )
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(
        _place_beside,
        (_place_beside.component_id == StackComponent.component_id) & (_place_beside.stack_id != Stack.id),
    )
    .join(_stack_beside, _stack_beside.id == _place_beside.stack_id)
    .where(Stack.name == given("stack"))
    .subquery("beside")
)
STACKS_BESIDE = (
    select(_beside.c.component_type, _beside.c.name, _beside.c.total)
    .where(_beside.c.position <= given_number("most"))
    .order_by(_beside.c.component_type, _beside.c.name)
)
"""For each type, the first of the other stacks that have the stack's component, and how many they are."""

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
