"""The log: a row for each operation, which also says where undo and redo stand, and its changes, one for each thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, func, insert, literal_column, null, select

from zprof.schema.models.store import Change, Operation
from zprof.schema.statements.parts import MOST, NO, YES, beginning, given, given_json, given_number, text_of

ADD_CHANGE = insert(Change).values(
    operation=given("operation_id"),
    at=given("now"),
    who=given("by"),
    command=given("line"),
    entity_kind=given("kind"),
    entity_name=given("name"),
    before=given_json("old"),
    after=given_json("new"),
    new_name=given("new_name"),
)

_newest = select(func.max(Operation.number)).scalar_subquery()
_next = func.coalesce(_newest, NO) + YES


def _of_newest(column: Any) -> ColumnElement[Any]:
    return select(column).where(Operation.number == _newest).scalar_subquery()


def _operation(kind: str, **columns: Any) -> Any:
    return insert(Operation).values(
        number=_next,
        id=given("operation_id"),
        at=given("now"),
        who=given("by"),
        command=given("line"),
        kind=literal_column(f"'{kind}'", Text),
        **columns,
    )


ADD_OPERATION = _operation("change", previous=_of_newest(Operation.undo_next), undo_next=_next)
ADD_FLOOR = _operation("floor", previous=null(), undo_next=_next)

_operations = select(
    Operation.number,
    Operation.id,
    Operation.at,
    Operation.who,
    Operation.command,
    Operation.kind,
    Operation.takes_back,
    Operation.previous,
    Operation.undo_next,
    Operation.redo_next,
)
OPERATION = _operations.where(Operation.number == given_number("number"))
NEWEST_OPERATION = _operations.where(Operation.number == _newest)
CHANGES_OF_OPERATION = (
    select(Change.entity_kind, Change.entity_name, Change.new_name, text_of(Change.before), text_of(Change.after))
    .where(Change.operation == given("operation_id"))
    .order_by(Change.id)
)

OLDEST_OPERATION = _operations.order_by(Operation.number).limit(YES).offset(NO)
OPERATION_UNTIL = (
    select(Operation.number)
    .where(Operation.at <= given("moment"))
    .order_by(Operation.number.desc())
    .limit(YES)
    .offset(NO)
)
"""The number of the last operation at a moment or before it."""
OPERATIONS_BEGINNING = (
    select(Operation.number, Operation.id)
    .where(*beginning(Operation.id))
    .order_by(Operation.number)
    .limit(MOST)
    .offset(NO)
)

# The newest first.
CHANGES_SINCE = (
    select(Change.entity_kind, text_of(Change.before), text_of(Change.after))
    .join_from(Operation, Change, Change.operation == Operation.id)
    .where(Operation.number > given_number("number"))
    .order_by(Change.id.desc())
)
"""What was changed after an operation."""
STACKS_REGISTERED = (
    select(Change.entity_name, Change.at, Change.command)
    .where(
        Change.who == given("by"),
        Change.entity_kind == literal_column("'stack'", Text),
        Change.before.is_(None),
        Change.command.like(given("words")),
    )
    .order_by(Change.id.desc())
    .limit(literal_column("20", Integer))
    .offset(NO)
)
