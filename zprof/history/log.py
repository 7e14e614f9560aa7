"""Writing the log: an operation and its changes, in the transaction that makes them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from zprof.caller import Caller
from zprof.generated import statements as sql
from zprof.history.heading import heading, masked_command
from zprof.transaction import Call, Statement, Transaction

if TYPE_CHECKING:
    from zprof.history.standing import Step

State = dict[str, Any]
"""A thing as the log has it, as JSON."""

KEPT = 10_000
"""How many operations the log keeps."""
TRIMMED_OPERATIONS, TRIMMED_CHANGES = 20, 100
"""How many older ones, and how many of their changes, go with each operation, and twice as many changes as it has."""


REDO_IS_OVER = "What was undone before can no longer be redone."
"""Said of a change that `Log.finish` finds to end the line of redo."""


class Log:
    """What one transaction writes into the log of its database, all of it at its end.

    Args:
        operation_id: that of the same operation on another database; its own unless given.
    """

    def __init__(self, transaction: Transaction, caller: Caller, operation_id: str | None = None) -> None:
        self._transaction = transaction
        self._caller = caller
        self._heading = heading(caller, (), operation_id)
        self._rows: list[Call] = []
        self._secrets: set[str] = set()
        self._commands: dict[frozenset[str], str] = {}

    @property
    def id(self) -> str:
        """32 random hexadecimal digits."""
        return self._heading["operation_id"]

    @property
    def now(self) -> str:
        """When it was."""
        return self._heading["now"]

    def add(
        self,
        kind: str,
        name: str,
        before: State | None,
        after: State | None,
        *,
        new_name: str | None = None,
        secrets: Collection[str] = (),
    ) -> None:
        """Note what a thing was and is; None where it is not there.

        Args:
            name: what it was named before, or is where it is made.
            new_name: what it is named after, where it is renamed.
            secrets: the attributes whose values the command line must not show.
        """
        self._secrets.update(secrets)
        self._rows.append(
            sql.ADD_CHANGE(
                **self._heading_with(frozenset(secrets)),
                kind=kind,
                name=name,
                old=None if before is None else as_json(before),
                new=None if after is None else as_json(after),
                new_name=None if new_name == name else new_name,
            )
        )

    def finish(self) -> bool:
        """Write the operation and its changes, all together: row by row they would cost half of a large change.

        Returns:
            Whether something was undone before that can't be redone any more.
        """
        if not self._rows:
            return False
        self._write(sql.ADD_OPERATION)
        return any(redo is not None for (redo,) in self._transaction.ask(sql.REDO_BEFORE_NEWEST())[0])

    def finish_as_floor(self) -> None:
        """The same for what undo does not go below, such as the making of a store; it may have no changes."""
        self._write(sql.ADD_FLOOR)

    def finish_as_prune(self) -> None:
        """The same for what shortens the log itself."""
        self._write(sql.ADD_PRUNE)

    def finish_as_step(self, step: Step) -> None:
        """The same for an undo or a redo, which says what it takes back."""
        self._write(sql.ADD_STEP, step.row())

    def _write(self, statement: Statement, more: Mapping[str, object] = {}) -> None:
        self._transaction.run(statement(**self._heading_with(frozenset(self._secrets)), **more))
        for row in self._rows:
            self._transaction.run(row)
        trimmed = TRIMMED_CHANGES + 2 * len(self._rows)
        self._transaction.run(sql.TRIM_OPERATIONS(kept=KEPT, most=TRIMMED_OPERATIONS), is_exact=False)
        self._transaction.run(sql.TRIM_CHANGES(most=trimmed), is_exact=False)
        self._rows.clear()

    def _heading_with(self, secrets: frozenset[str]) -> dict[str, str]:
        if secrets not in self._commands:
            self._commands[secrets] = masked_command(self._caller.command, secrets)
        return {**self._heading, "line": self._commands[secrets]}


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False)
# json.dumps would make one for each value.


def as_json(value: Any) -> str:
    """JSON as a database has it: sorted keys, readable in any language."""
    return _ENCODER.encode(value)
