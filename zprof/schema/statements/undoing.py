"""Taking operations back: what undo and redo take back next, and what else the log says of the things in it.

Each is found by an index, so that it costs the same however long the log is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, func, insert, literal_column, select
from sqlalchemy.orm import aliased

from zprof.schema.models.store import Change, Component, Operation, Stack, StackComponent
from zprof.schema.statements.components import COLUMNS as COMPONENT_COLUMNS
from zprof.schema.statements.log import changes, operations
from zprof.schema.statements.parts import NO, YES, given, given_number, listed, text_of


def _id_of(number: ColumnElement[Any]) -> ColumnElement[Any]:
    named = aliased(Operation)
    return select(named.id).where(named.number == number).scalar_subquery()


def _next(column: str) -> ColumnElement[Any]:
    newest = aliased(Operation)
    return select(getattr(newest, column)).order_by(newest.number.desc()).limit(YES).offset(NO).scalar_subquery()


OPERATION_TO_UNDO = operations.where(Operation.number == _next("undo_next"))
CHANGES_TO_UNDO = changes.where(Change.operation == _id_of(_next("undo_next")))
OPERATION_TO_REDO = operations.where(Operation.number == _next("redo_next"))
CHANGES_TO_REDO = changes.where(Change.operation == _id_of(_next("redo_next")))
OPERATION_BEFORE_REDO = (
    operations.where(Operation.number < _next("redo_next")).order_by(Operation.number.desc()).limit(YES).offset(NO)
)
"""The one before the undo that redo takes back: it says what redo takes back after that."""
REDO_BEFORE_NEWEST = select(Operation.redo_next).where(
    Operation.number == select(func.max(aliased(Operation).number) - YES).scalar_subquery()
)
"""What redo would have taken back before the newest operation."""
OPERATION_OF_ID = operations.where(Operation.id == given("operation_id"))
_given = aliased(Operation)
_number_given = select(_given.number).where(_given.id == given("operation_id")).scalar_subquery()
FLOOR_AFTER = (
    operations.where(Operation.number > _number_given, Operation.kind == literal_column("'floor'", Text))
    .order_by(Operation.number)
    .limit(YES)
    .offset(NO)
)
"""The first one after an operation at which undo stops: those between the two are looked at."""


def _first_of(number: ColumnElement[Any]) -> Any:
    """The change that an operation is, takes back or does again, through all undos and redos between the two."""
    last, before = aliased(Operation), aliased(Operation)
    chain = select(last.number, last.takes_back).where(last.number == number).cte("chain", recursive=True)
    chain = chain.union_all(
        select(before.number, before.takes_back).where(
            before.number == chain.c.takes_back, before.number < chain.c.number
        )
    )
    return operations.where(Operation.number == select(func.min(chain.c.number)).scalar_subquery())


FIRST_TO_UNDO, FIRST_TO_REDO = _first_of(_next("undo_next")), _first_of(_next("redo_next"))
FIRST_OF_ID = _first_of(_number_given)

ADD_STEP = insert(Operation).values(
    number=given_number("its_number"),
    id=given("operation_id"),
    at=given("now"),
    who=given("by"),
    command=given("line"),
    kind=given("step"),
    takes_back=given_number("taken_back"),
    previous=given_number("one_before"),
    undo_next=given_number("to_undo"),
    redo_next=given_number("to_redo"),
)
"""An undo or a redo: where they stand after it is worked out by who has seen the newest operation."""

_wanted = listed("names").subquery("wanted")
_later = aliased(Change)


def _latest(name: Any) -> ColumnElement[Any]:
    """The newest change of each name that is asked for: one step in an index for each."""
    newest = (
        select(func.max(_later.id))
        .where(_later.entity_kind == given("kind"), name == _wanted.c.value)
        .correlate(_wanted)
        .scalar_subquery()
    )
    return Change.id.in_(select(newest).select_from(_wanted))


_of_change = select(Change.entity_name, Change.operation, text_of(Change.before), text_of(Change.after))
LATEST_CHANGES = _of_change.where(_latest(_later.entity_name))
LATEST_RENAMES = _of_change.where(_latest(_later.new_name))
"""The same by the name that a thing was given."""

_place, _used = aliased(StackComponent), aliased(Component)
_users = (
    select(_place.stack_id)
    .join_from(_place, _used, _used.id == _place.component_id)
    .where(_used.type == given("type"), _used.name.in_(listed("names")))
)
MEMBERS_BESIDE_COMPONENTS = (
    select(Stack.name.label("stack"), *COMPONENT_COLUMNS)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .join(Component, Component.id == StackComponent.component_id)
    .where(Stack.id.in_(_users))
)
"""The components of all stacks that some components are in, each with the stack's name before it."""
