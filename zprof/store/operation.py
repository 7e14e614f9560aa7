"""What all changes to a store have in common: the session of one transaction, and the log that is written in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from zprof.caller import Caller
from zprof.records import now
from zprof.schema.models import store as models
from zprof.store.log import masked_command, user_at_host
from zprof.store.rows import Rows

State = dict[str, Any]
"""A thing as the log has it, as JSON."""


class Change:
    """One operation of the log, in one transaction."""

    def __init__(self, session: Session, caller: Caller) -> None:
        self._session = session
        self._caller = caller
        self._operation = uuid4().hex
        self._now = now()
        self.dropped_ties: list[tuple[str, str]] = []
        """The artifact store and the metadata store of each tie that made way for another."""
        self._who = user_at_host()
        self._log_rows: list[dict[str, Any]] = []
        event.listen(session, "before_commit", self._write_log)
        self._components = Rows(session, models.Component, models.Component.type, models.Component.name)
        self._stacks = Rows(session, models.Stack, models.Stack.name)
        self._flavors = Rows(session, models.Flavor, models.Flavor.component_type, models.Flavor.name)
        self._ties_by_artifact_store = Rows(session, models.StoreAssociation, models.StoreAssociation.artifact_store_id)
        self._ties_by_metadata_store = Rows(session, models.StoreAssociation, models.StoreAssociation.metadata_store_id)

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
        self._log_rows.append(
            {
                "operation": self._operation,
                "at": self._now,
                "who": self._who,
                "command": masked_command(self._caller.command, secrets),
                "entity_kind": kind,
                "entity_name": name,
                "before": before,
                "after": after,
            }
        )

    def _write_log(self, session: Session) -> None:
        """Write all rows of the log together: as objects of the session they would cost half of a large change."""
        if self._log_rows:
            session.execute(insert(models.Change), self._log_rows)
            self._log_rows.clear()
