"""The log: a row for each operation, which also says where undo and redo stand, and its changes, one for each thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, func, insert, literal_column, null, select
from sqlalchemy.orm import aliased

from zprof.schema.models.store import Change, Operation
from zprof.schema.statements.parts import NO, YES, beginning, given, given_json, given_number, text_of

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
    return select(column).order_by(Operation.number.desc()).limit(YES).offset(NO).scalar_subquery()


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

_another = aliased(Operation)
operations = select(
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
    # Its neighbors in the order of ids, which tell how many digits name it alone.
    select(func.max(_another.id)).where(_another.id < Operation.id).scalar_subquery().label("id_before"),
    select(func.min(_another.id)).where(_another.id > Operation.id).scalar_subquery().label("id_after"),
)
OPERATION = operations.where(Operation.number == given_number("number"))
NEWEST_OPERATION = operations.order_by(Operation.number.desc()).limit(YES).offset(NO)
OLDEST_OPERATION = operations.order_by(Operation.number).limit(YES).offset(NO)
OPERATIONS = (
    operations.where(Operation.number < given_number("below"))
    .order_by(Operation.number.desc())
    .limit(given_number("most"))
    .offset(NO)
)
OPERATIONS_BEGINNING = (
    operations.where(*beginning(Operation.id)).order_by(Operation.id).limit(given_number("most")).offset(NO)
)
changes = select(
    Change.entity_kind, Change.entity_name, Change.new_name, text_of(Change.before), text_of(Change.after)
).order_by(Change.id)
CHANGES_OF_OPERATION = changes.where(Change.operation == given("operation_id"))


def _changes_of_thing(column: Any) -> Any:
    """The newest first: each row's key, what it was renamed from and to, and its operation."""
    return (
        select(Change.id, Change.entity_name, Change.new_name, *operations.selected_columns)
        .join(Operation, Operation.id == Change.operation)
        .where(Change.entity_kind == given("kind"), column == given("name"), Change.id < given_number("below"))
        .order_by(Change.id.desc())
        .limit(given_number("most"))
        .offset(NO)
    )


CHANGES_OF_THING = _changes_of_thing(Change.entity_name)
RENAMES_TO_THING = _changes_of_thing(Change.new_name)

# The newest first.
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
