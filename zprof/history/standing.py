"""Where undo and redo stand: what each takes back next, and where they stand after that.

The newest row of the log says both, so that neither looks through the log. An undo or a redo is an operation of its
own, whose changes are the reverse of those that it takes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from zprof.errors import NotFound, NothingToUndo, Refused
from zprof.generated import statements as sql
from zprof.history.heading import user_at_host
from zprof.history.log import as_json
from zprof.history.reading import EntityChange, OperationRecord, change_of, operation_of
from zprof.transaction import Asked


class Step(NamedTuple):
    """The row of an undo or a redo: what it takes back, and where undo and redo stand after it."""

    kind: Literal["undo", "redo"]
    number: int
    takes_back: int
    previous: int | None
    undo_next: int | None
    redo_next: int | None

    def row(self) -> dict[str, object]:
        """The parameters of ADD_STEP, besides the heading."""
        return {
            "its_number": self.number,
            "step": self.kind,
            "taken_back": self.takes_back,
            "one_before": self.previous,
            "to_undo": self.undo_next,
            "to_redo": self.redo_next,
        }


class Target(NamedTuple):
    """An operation that is to be taken back."""

    operation: OperationRecord
    changes: Sequence[EntityChange]
    step: Step
    is_newest: bool
    """Whether nothing that counts came after it, so that things are as it left them, but for a hand's changes."""
    subject: OperationRecord
    """The change that it is, takes back or does again, through all undos and redos: what a person thinks of."""


def to_undo(asked: Asked) -> Target:
    """The operation that undo takes back next.

    Raises:
        NothingToUndo: there is none, or it was removed from the log, or undo stops here.
    """
    newest_rows, rows, changes, first = asked.ask(
        sql.NEWEST_OPERATION(), sql.OPERATION_TO_UNDO(), sql.CHANGES_TO_UNDO(), sql.FIRST_TO_UNDO()
    )
    newest = operation_of(newest_rows[0]) if newest_rows else None
    if newest is None or newest.undo_next is None:
        raise NothingToUndo("There is nothing to undo.")
    if not rows:
        raise NothingToUndo("What came before was removed from the log, so it can't be undone.")
    found = operation_of(rows[0])
    if found.kind == "floor":
        raise at_floor(found)
    step = Step("undo", newest.number + 1, found.number, None, found.previous, newest.number + 1)
    return Target(found, [change_of(row) for row in changes], step, True, operation_of(first[0]))


def to_redo(asked: Asked) -> Target:
    """The undo that redo takes back next.

    Raises:
        NothingToUndo: there is none, or it was removed from the log.
    """
    newest_rows, rows, changes, first, before = asked.ask(
        sql.NEWEST_OPERATION(),
        sql.OPERATION_TO_REDO(),
        sql.CHANGES_TO_REDO(),
        sql.FIRST_TO_REDO(),
        sql.OPERATION_BEFORE_REDO(),
    )
    newest = operation_of(newest_rows[0]) if newest_rows else None
    if newest is None or newest.redo_next is None:
        came = f" The newest operation is '{newest.command}'." if newest is not None else ""
        raise NothingToUndo("There is nothing to redo.", f"Nothing was changed.{came}")
    if not rows:
        raise NothingToUndo("The undo was removed from the log, so it can't be redone.")
    found, number = operation_of(rows[0]), newest.number + 1
    then = operation_of(before[0]).redo_next if before else None
    step = Step("redo", number, found.number, newest.undo_next, number, then)
    return Target(found, [change_of(row) for row in changes], step, True, operation_of(first[0]))


def to_take_back(asked: Asked, operation_id: str) -> Target:
    """An operation that is to be undone, whatever came after it.

    Args:
        operation_id: the whole id.

    Raises:
        NotFound: the log has none of this id.
        NothingToUndo: it changed nothing that can be taken back, or undo stops after it.
    """
    newest_rows, rows, changes, first, floors = asked.ask(
        sql.NEWEST_OPERATION(),
        sql.OPERATION_OF_ID(operation_id=operation_id),
        sql.CHANGES_OF_OPERATION(operation_id=operation_id),
        sql.FIRST_OF_ID(operation_id=operation_id),
        sql.FLOOR_AFTER(operation_id=operation_id),
    )
    if not rows:
        raise NotFound("operation", operation_id, hint="Nothing was changed.")
    newest, found = operation_of(newest_rows[0]), operation_of(rows[0])
    if found.number == newest.undo_next and found.kind != "floor":
        step = Step("undo", newest.number + 1, found.number, None, found.previous, newest.number + 1)
        return Target(found, [change_of(row) for row in changes], step, True, operation_of(first[0]))
    if found.kind == "floor":
        raise at_floor(found)
    if found.kind == "prune":
        raise NothingToUndo(f"'{found.command}' removed operations from the log. That can't be undone.")
    if found.kind == "undo" and found.undo_next != found.number:
        raise NothingToUndo(
            f"'{found.command}' is itself an undo.", "To reverse undos, newest first, run `zprof redo`."
        )
    if floors:
        floor = operation_of(floors[0])
        raise NothingToUndo(f"'{found.command}' came before '{floor.command}', and undo stops there.", floor=floor)
    step = Step("undo", newest.number + 1, found.number, newest.undo_next, newest.number + 1, None)
    return Target(found, [change_of(row) for row in changes], step, False, operation_of(first[0]))


def to_follow(asked: Asked, operation_id: str, kind: Literal["undo", "redo"]) -> Target | None:
    """What an operation did in this database, to be taken back after what it did in another; None where that is over.

    Args:
        operation_id: what was taken back there.
        kind: how.
    """
    newest_rows, rows, changes, first, before, floors = asked.ask(
        sql.NEWEST_OPERATION(),
        sql.OPERATION_OF_ID(operation_id=operation_id),
        sql.CHANGES_OF_OPERATION(operation_id=operation_id),
        sql.FIRST_OF_ID(operation_id=operation_id),
        sql.OPERATION_BEFORE_REDO(),
        sql.FLOOR_AFTER(operation_id=operation_id),
    )
    if not rows or floors:
        return None
    newest, found = operation_of(newest_rows[0]), operation_of(rows[0])
    number = newest.number + 1
    is_newest = found.number == (newest.undo_next if kind == "undo" else newest.redo_next)
    if not is_newest:
        step = Step(kind, number, found.number, newest.undo_next, number, None)
    elif kind == "undo":
        step = Step(kind, number, found.number, None, found.previous, number)
    else:
        then = operation_of(before[0]).redo_next if before else None
        step = Step(kind, number, found.number, newest.undo_next, number, then)
    return Target(found, [change_of(row) for row in changes], step, is_newest, operation_of(first[0]))


def check_is_own(operation: OperationRecord, *, others: bool) -> None:
    """Refuse to take back what somebody else did.

    Args:
        others: whether that is meant.

    Raises:
        Refused: it is somebody else's, and not meant.
    """
    if operation.who != user_at_host() and not others:
        raise Refused(
            f"'{operation.command}' was done by {operation.who} at {operation.at}.",
            "Nothing was changed. To undo it anyway, add --others.",
            in_python="Nothing was changed. To undo it anyway, pass others=True.",
        )


def at_floor(floor: OperationRecord) -> NothingToUndo:
    """The error of an undo that has come to a floor."""
    return NothingToUndo(f"There is nothing to undo: undo stops at '{floor.command}' ({floor.at}).", floor=floor)


def cant_be(target: Target, problem: str, cause: OperationRecord | None) -> str:
    """What the error of an operation says that can't be taken back, or done again: which one, why, and by which other.

    Args:
        problem: why, as a sentence.
        cause: the later operation that stands against it, if one is known.
    """
    subject, done = target.subject, "redone" if target.operation.kind == "undo" else "undone"
    by = f" See '{cause.command}' by {cause.who} at {cause.at}." if cause is not None else ""
    return f"'{subject.command}' by {subject.who} at {subject.at} can't be {done}: {problem}{by}"


def later_operation(asked: Asked, target: Target, things: Iterable[tuple[str, str]]) -> OperationRecord | None:
    """The newest operation after one that changed any of some things; none where only a hand can have done it.

    Args:
        things: the kind and the name of each, as in the log.
    """
    if target.is_newest:
        return None
    by_kind: dict[str, set[str]] = {}
    for kind, name in things:
        by_kind.setdefault(kind, set()).add(name)
    calls = [
        statement(kind=kind, names=as_json(sorted(names)))
        for kind, names in by_kind.items()
        for statement in (sql.LATEST_CHANGES, sql.LATEST_RENAMES)
    ]
    ids = {row[1] for rows in (asked.ask(*calls) if calls else []) for row in rows}
    answers = asked.ask(*(sql.OPERATION_OF_ID(operation_id=each) for each in sorted(ids))) if ids else []
    later = [logged for rows in answers for logged in map(operation_of, rows)]
    return max((logged for logged in later if logged.number > target.operation.number), default=None)
