"""The log: a row for each operation, which also says where undo and redo stand, and its changes, one for each thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, delete, func, insert, literal_column, null, select, update
from sqlalchemy.orm import aliased

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

_KINDS_WITH_SECRETS = [literal_column(f"'{kind}'", Text) for kind in ("component", "profile")]
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
# It takes part in nothing: undo and redo stand where they stood.
ADD_PRUNE = _operation("prune", undo_next=_of_newest(Operation.undo_next), redo_next=_of_newest(Operation.redo_next))
ADD_FLOOR = _operation("floor", previous=null(), undo_next=_next)

_oldest = select(func.min(Operation.number)).scalar_subquery()
_first_change_of_oldest = (
    select(func.min(Change.id))
    .join(Operation, Operation.id == Change.operation)
    .where(Operation.number == _oldest)
    .scalar_subquery()
)
# An operation goes before its changes, so that none is there with a part of them. Their keys count up with its number.
TRIM_OPERATIONS = delete(Operation).where(
    Operation.number.in_(
        select(Operation.number)
        .where(Operation.number <= _newest - given_number("kept"))
        .order_by(Operation.number)
        .limit(given_number("most"))
        .offset(NO)
    )
)
TRIM_CHANGES = delete(Change).where(
    Change.id.in_(
        select(Change.id)
        .where(Change.id < _first_change_of_oldest)
        .order_by(Change.id)
        .limit(given_number("most"))
        .offset(NO)
    )
)
OPERATION_BEFORE = (
    select(Operation.number)
    .where(Operation.at < given("moment"))
    .order_by(Operation.number.desc())
    .limit(YES)
    .offset(NO)
)
"""The number of the last operation before a moment."""
NUMBER_OF_OPERATIONS = select(func.count()).select_from(Operation).where(Operation.number <= given_number("number"))
REMOVE_OPERATIONS = delete(Operation).where(Operation.number <= given_number("last"))
REMOVE_CHANGES = delete(Change).where(Change.operation.not_in(select(Operation.id)))
"""The changes of operations that are gone."""
LOGGED_STATES = (
    select(Change.id, Change.entity_kind, text_of(Change.before), text_of(Change.after))
    .where(Change.id > given_number("after"), Change.entity_kind.in_(_KINDS_WITH_SECRETS))
    .order_by(Change.id)
    .limit(MOST)
    .offset(NO)
)
SET_STATES = (
    update(Change).where(Change.id == given_number("key")).values(before=given_json("old"), after=given_json("new"))
)

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
NEWEST_OPERATION = operations.where(Operation.number == _newest)
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


STATES_OF_THING = (
    select(text_of(Change.before), text_of(Change.after))
    .where(Change.entity_kind == given("kind"), Change.entity_name == given("name"))
    .order_by(Change.id.desc())
    .limit(MOST)
    .offset(NO)
)
CHANGES_OF_THING = _changes_of_thing(Change.entity_name)
RENAMES_TO_THING = _changes_of_thing(Change.new_name)
OPERATION_UNTIL = (
    select(Operation.number)
    .where(Operation.at <= given("moment"))
    .order_by(Operation.number.desc())
    .limit(YES)
    .offset(NO)
)
"""The number of the last operation at a moment or before it."""

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
