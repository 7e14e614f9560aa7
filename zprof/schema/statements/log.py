"""The log of changes."""

from __future__ import annotations

from sqlalchemy import insert

from zprof.schema.models.store import Change
from zprof.schema.statements.parts import given, given_json

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
