"""The log of changes."""

from __future__ import annotations

from sqlalchemy import Integer, Text, insert, literal_column, select

from zprof.schema.models.store import Change
from zprof.schema.statements.parts import NO, given, given_json

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
