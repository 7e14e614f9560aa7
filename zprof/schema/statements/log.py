"""The log of changes."""

from __future__ import annotations

from sqlalchemy import Integer, Text, insert, literal_column, select

from zprof.schema.models.store import Change
from zprof.schema.statements.parts import MOST, NO, beginning, given, given_json, given_number, text_of

ADD_CHANGE = insert(Change).values(
    operation=given("operation_id"),
    at=given("now"),
    who=given("by"),
    command=given("line"),
    entity_kind=given("kind"),
    entity_name=given("name"),
    before=given_json("old"),
    after=given_json("new"),
)

# The newest first.
CHANGES_BEFORE = (
    select(Change.id, Change.operation, Change.at, Change.entity_kind, text_of(Change.before), text_of(Change.after))
    .where(Change.id < given_number("change_id"))
    .order_by(Change.id.desc())
    .limit(literal_column("1000", Integer))
    .offset(NO)
)
"""A page of the log, the next one before what has the key `change_id`."""
OPERATIONS_BEGINNING = (
    select(Change.operation)
    .where(*beginning(Change.operation))
    .distinct()
    .order_by(Change.operation)
    .limit(MOST)
    .offset(NO)
)
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
