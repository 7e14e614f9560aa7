"""What all changes to a store have in common: the session of one transaction, and the log that is written in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from zprof.caller import Caller
from zprof.orm.log import masked_command, user_at_host
from zprof.orm.models import store as models
from zprof.records import now

State = dict[str, Any]
"""A thing as the log has it, as JSON."""


class Change:
    """One operation of the log, in one transaction."""

    def __init__(self, session: Session, caller: Caller) -> None:
        self._session = session
        self._caller = caller
        self._operation = uuid4().hex
        self._now = now()

    def _mark_changed(self, entity: models.Component | models.Stack) -> None:
        """Count a change to a thing that was there."""
        entity.revision += 1
        entity.updated_at = self._now

    def _log(
        self, kind: str, name: str, before: State | None, after: State | None, secrets: Collection[str] = ()
    ) -> None:
        """Write a row of the log, unless nothing has changed.

        Args:
            secrets: the attributes whose values the command line must not show.
        """
        if before == after:
            return
        self._session.add(
            models.Change(
                operation=self._operation,
                at=self._now,
                who=user_at_host(),
                command=masked_command(self._caller.command, secrets),
                entity_kind=kind,
                entity_name=name,
                before=before,
                after=after,
            )
        )
