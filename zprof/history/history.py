"""The history of one database: a store, or the registry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from zprof.caller import Caller
from zprof.component_types import BY_NAME, component_type
from zprof.errors import InvalidInput, NotFound
from zprof.generated import statements as sql
from zprof.history.reading import (
    OperationRecord,
    changes_of,
    newest_operation,
    operation_named,
    operation_of,
    operations,
    operations_on,
)
from zprof.transaction import Asked, Transaction

if TYPE_CHECKING:
    from zprof.contents.comparing import Difference
    from zprof.history.pruning import Prune


class AnyDatabase(Protocol):
    """A database of either kind."""

    @property
    def caller(self) -> Caller:
        """Who asks."""

    def read(self) -> AbstractContextManager[Asked]:
        """One snapshot."""

    def write(self) -> AbstractContextManager[Transaction]:
        """One transaction."""

    def wipe(self) -> None:
        """Give away the room of what was removed, so that it can't be read any more."""


class LogEntry(NamedTuple):
    """One operation as the log lists it."""

    operation: OperationRecord
    took_back: OperationRecord | None
    """Of an undo, what it took back; of a redo, the undo. None where that was pruned, too."""


class LoggedOperation(NamedTuple):
    """One operation with all that it changed."""

    operation: OperationRecord
    took_back: OperationRecord | None
    differences: list[Difference]


class History:
    """The operations of a database. Each method is one transaction."""

    def __init__(self, database: AnyDatabase, check: Callable[[], None] = lambda: None) -> None:
        """The one of a database; nothing is opened yet.

        Args:
            check: raises where it may not be changed.
        """
        self._database = database
        self._check = check

    def entries(
        self, *, limit: int | None = None, since: str | None = None, thing: tuple[str, str] | None = None
    ) -> list[LogEntry]:
        """The operations, newest first.

        Args:
            limit: how many at most.
            since: the time of the oldest, UTC in ISO 8601.
            thing: a kind and a name, as `thing_of` gives them; it is followed through renames.
        """
        with self._database.read() as asked:
            if thing is None:
                found = operations(asked, limit=limit, since=since)
            else:
                found = operations_on(asked, *thing, limit=limit, since=since)
            taken_back = _numbered(asked, found)
        return [LogEntry(each, taken_back.get(each.takes_back or 0)) for each in found]

    def operation(self, digits: str | None = None, *, show_secrets: bool = False) -> LoggedOperation:
        """One operation, and what it changed.

        Args:
            digits: how its id begins, at least 4; the newest when left out.
            show_secrets: as for `zprof.history.telling.differences_of`.

        Raises:
            InvalidInput: the digits are those of several, or of none that can be.
            NotFound: the log has no such operation.
        """
        from zprof.history.telling import differences_of  # of no use to a list

        with self._database.read() as asked:
            found = newest_operation(asked) if digits is None else operation_named(asked, digits)
            if found is None:
                raise NotFound("operation", "newest", where="in the log", hint="The log is empty.")
            (changes,) = changes_of(asked, found)
            told = differences_of(asked, changes, show_secrets=show_secrets)
            taken_back = _numbered(asked, [found])
        return LoggedOperation(found, taken_back.get(found.takes_back or 0), told)

    def named(self, digits: str) -> OperationRecord:
        """One operation, as `operation` finds it."""
        with self._database.read() as asked:
            return operation_named(asked, digits)

    def planned_prune(self, *, keep: int | None = None, before: str | None = None) -> Prune:
        """What `prune` would remove: all but the newest operations, or all from before a moment.

        Args:
            keep: how many stay.
            before: the time of the oldest that stays, UTC in ISO 8601.

        Raises:
            Refused: the profile is protected.
        """
        from zprof.history.pruning import planned_prune

        self._check()
        with self._database.read() as asked:
            return planned_prune(asked, keep=keep, before=before)

    def prune(self, planned: Prune) -> None:
        """Remove the oldest operations for good: they can't be undone any more, and a file is cleared of them.

        Raises:
            Refused: the profile is protected.
        """
        from zprof.history.pruning import prune

        self._check()
        with self._database.write() as transaction:
            transaction.erase()
            prune(transaction, self._database.caller, planned)
        self._database.wipe()

    def count_old_secrets(self) -> int:
        """In how many rows of the log there are plain secrets that are stored nowhere else any more.

        Raises:
            Refused: the profile is protected.
        """
        from zprof.history.pruning import scrubbed_rows

        self._check()
        with self._database.read() as asked:
            return sum(1 for _ in scrubbed_rows(asked))

    def remove_old_secrets(self) -> int:
        """Remove those secrets for good; from how many rows. What had them can't be undone any more.

        Raises:
            Refused: the profile is protected.
        """
        from zprof.history.pruning import scrub

        self._check()
        with self._database.write() as transaction:
            transaction.erase()
            found = scrub(transaction, self._database.caller)
        self._database.wipe()
        return found


def _numbered(asked: Asked, found: list[OperationRecord]) -> dict[int, OperationRecord]:
    known = {each.number: each for each in found}
    unknown = {each.takes_back for each in found if each.takes_back is not None} - known.keys()
    answers = asked.ask(*(sql.OPERATION(number=number) for number in sorted(unknown))) if unknown else []
    return known | {record.number: record for rows in answers for record in map(operation_of, rows)}


def thing_of(text: str) -> tuple[str, str]:
    """The kind and the name by which the log knows a thing.

    Args:
        text: `stack/prod`, `artifact-store/s3`, `flavor/orchestrator/mine`, `tie/ARTIFACT_STORE/METADATA_STORE`, or
            `profile/staging` in the registry.

    Raises:
        InvalidInput: it is none of them.
        NotFound: there is no such type of component.
    """
    kind, slash, name = text.partition("/")
    kind = kind.replace("-", "_")
    if not slash or not name:
        raise InvalidInput(
            f"'{text}' does not name anything in a log.",
            "Write it as stack/NAME, TYPE/NAME, flavor/TYPE/NAME, tie/ARTIFACT_STORE/METADATA_STORE or profile/NAME.",
        )
    if kind in ("stack", "profile"):
        return kind, name
    if kind == "tie":
        return "association", name
    if kind == "flavor":
        of_type, _, flavor = name.partition("/")
        return "flavor", f"{component_type(of_type.replace('-', '_')).name}/{flavor}"
    of_type = next((each.name for each in BY_NAME.values() if kind in (each.name, each.command)), kind)
    return "component", f"{component_type(of_type).name}/{name}"
