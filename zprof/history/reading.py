"""Reading the log, of a store or of the registry: operations, newest first, and what each changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from zprof.errors import InvalidInput, NotFound
from zprof.generated import statements as sql
from zprof.history.log import State
from zprof.records import json_object
from zprof.transaction import Asked, Row

SHORTEST = 8
"""Digits of an id that are shown at least."""
LEAST = 4
"""Digits of an id that name an operation at least."""
DIGITS = frozenset("0123456789abcdef")
TOLD = 10
"""Operations that an error lists at most."""
PAGE = 100
"""Operations that are read together."""
LAST = 2**63 - 1


class OperationRecord(NamedTuple):
    """One operation of a log."""

    number: int
    id: str
    """32 hexadecimal digits; the same in both logs where it changed both a store and the registry."""
    at: str
    who: str
    """`user@host`."""
    command: str
    """The command line, its secrets masked."""
    kind: str
    """`change`, `undo`, `redo`, `floor` or `prune`."""
    takes_back: int | None
    """The number of the operation that an undo takes back, or of the undo that a redo takes back."""
    previous: int | None
    """The number of the operation that undo takes back once this one is undone."""
    undo_next: int | None
    """The number of the operation that undo takes back after this one."""
    redo_next: int | None
    """The number of the undo that redo takes back after this one."""
    short_id: str
    """As much of its id as names no other, at least 8 digits."""


class EntityChange(NamedTuple):
    """What an operation did to one thing."""

    kind: str
    """`component`, `flavor`, `stack`, `association` or, in the registry, `profile`."""
    name: str
    """What it was named before, or is where it was made: `prod`, `artifact_store/s3`."""
    new_name: str | None
    """What it is named after, where it was renamed."""
    before: State | None
    """What it was, secrets as they are: mask them wherever it is shown. None where it was made."""
    after: State | None
    """What it became. None where it was removed."""


def newest_operation(asked: Asked) -> OperationRecord | None:
    """The newest operation, which knows where undo and redo stand; None in an empty log."""
    return next(map(operation_of, asked.ask(sql.NEWEST_OPERATION())[0]), None)


def oldest_operation(asked: Asked) -> OperationRecord | None:
    """The oldest operation that the log still has; None in an empty log."""
    return next(map(operation_of, asked.ask(sql.OLDEST_OPERATION())[0]), None)


def numbered_operation(asked: Asked, number: int) -> OperationRecord | None:
    """The operation of a number; None where the log does not have it, as when it was pruned."""
    return next(map(operation_of, asked.ask(sql.OPERATION(number=number))[0]), None)


def operation_named(asked: Asked, digits: str) -> OperationRecord:
    """The operation whose id begins with some digits.

    Args:
        digits: at least 4, of either case.

    Raises:
        InvalidInput: they can't be the beginning of an id, or are that of several.
        NotFound: there is none.
    """
    first = digits.lower()
    if not LEAST <= len(first) <= 32 or not DIGITS.issuperset(first):
        raise InvalidInput(
            f"'{digits}' is not the id of an operation.",
            f"Give at least {LEAST} digits of the id that the log shows.",
        )
    found = [
        operation_of(row)
        for row in asked.ask(sql.OPERATIONS_BEGINNING(first=first, last=first + "g", most=TOLD + 1))[0]
    ]
    if not found:
        raise NotFound("operation", digits, where="in the log", hint="It may have been pruned, or it never existed.")
    if len(found) > 1:
        told = [f"{each.short_id} ({each.command})" for each in found[:TOLD]]
        more = " and more" if len(found) > TOLD else ""
        raise InvalidInput(
            f"Several operations' ids begin with '{digits}': {', '.join(told)}{more}.", "Give more digits."
        )
    return found[0]


def operations(
    asked: Asked, *, limit: int | None = None, since: str | None = None, below: int = LAST
) -> list[OperationRecord]:
    """The operations, newest first.

    Args:
        limit: how many at most.
        since: the time of the oldest, UTC in ISO 8601. Times are those of the machines that wrote them, so one whose
            clock is behind may be beside others: the search ends at a page of 100 that are all too old.
        below: a number that all are below.
    """
    return _limited(_pages(asked, limit, below), limit, since)


def operations_on(
    asked: Asked, kind: str, name: str, *, limit: int | None = None, since: str | None = None
) -> list[OperationRecord]:
    """The operations that changed the thing that has a name now, or that had it last, newest first.

    Before it was renamed, it is followed by the name that it had then.

    Args:
        kind, name: as in `EntityChange`.
        limit, since: as for `operations`.
    """
    return _limited(_pages_on(asked, kind, name, limit), limit, since)


def changes_of(asked: Asked, *found: OperationRecord) -> list[list[EntityChange]]:
    """What each of some operations changed, in the order in which it was written."""
    answers = asked.ask(*(sql.CHANGES_OF_OPERATION(operation_id=each.id) for each in found)) if found else []
    return [[change_of(row) for row in rows] for rows in answers]


def operation_of(row: Row) -> OperationRecord:
    """The record of a row of the operation statements."""
    *columns, id_before, id_after = row
    needed = _digits_needed(columns[1], id_before, id_after)
    return OperationRecord._make((*columns, columns[1][:needed]))


def change_of(row: Row) -> EntityChange:
    """The record of a row of CHANGES_OF_OPERATION."""
    kind, name, new_name, before, after = row
    return EntityChange(kind, name, new_name, _state(before), _state(after))


def _state(text: str | None) -> State | None:
    return None if text is None else json_object(text)


def _digits_needed(own: str, *others: str | None) -> int:
    """How many digits tell an id from its neighbors in their order, and so from all others."""
    needed = SHORTEST
    for other in filter(None, others):
        while needed < len(own) and own[:needed] == other[:needed]:
            needed += 1
    return needed


Pages = Iterator[list[OperationRecord]]


def _limited(pages: Pages, limit: int | None, since: str | None) -> list[OperationRecord]:
    return list(islice(_young_enough(pages, since), limit))


def _young_enough(pages: Pages, since: str | None) -> Iterator[OperationRecord]:
    for page in pages:
        found = [each for each in page if since is None or each.at >= since]
        if page and not found:
            return
        yield from found


def _pages(asked: Asked, limit: int | None, below: int) -> Pages:
    most = PAGE if limit is None else min(limit, PAGE)
    while found := [operation_of(row) for row in asked.ask(sql.OPERATIONS(below=below, most=most))[0]]:
        yield found
        below = found[-1].number


def _pages_on(asked: Asked, kind: str, name: str, limit: int | None) -> Pages:
    most = PAGE if limit is None else min(limit, PAGE)
    below, seen = LAST, None
    while True:
        key = {"kind": kind, "name": name, "below": below, "most": most}
        rows = [row for answer in asked.ask(sql.CHANGES_OF_THING(**key), sql.RENAMES_TO_THING(**key)) for row in answer]
        if not rows:
            return
        page = []
        for key_of_change, old_name, new_name, *operation in sorted(rows, reverse=True)[:most]:
            below = key_of_change
            if operation[0] != seen:
                page.append(operation_of(tuple(operation)))
                seen = operation[0]
            if new_name == name:
                name = old_name
                break
        yield page
