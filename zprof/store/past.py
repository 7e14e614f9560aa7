"""What a store held earlier, from one snapshot of it and of its log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from zprof.contents.past import LogRow, rewound
from zprof.contents.record import Contents
from zprof.errors import InvalidInput, NoSuchTime, NotFound
from zprof.generated import statements as sql
from zprof.records import json_object
from zprof.store.contents import contents_of

if TYPE_CHECKING:
    from zprof.contents.side import Moment
    from zprof.store.reading import Asked
    from zprof.transaction import Row

BEYOND = 2**63 - 1
"""More than the key of any row."""


class Done(NamedTuple):
    """An operation of the log, with its rows, the newest first."""

    id: str
    at: str
    rows: list[LogRow]


def past_contents_of(asked: Asked, moment: Moment) -> Contents:
    """All that a store held at a moment.

    Args:
        asked: a transaction, so that what is there and the log are from one snapshot.

    Raises:
        NoSuchTime: the log does not go back that far.
        NotFound: it has no such operation.
        InvalidInput: several operations have ids that begin so.
        DamagedFile: a row of the log is not as zprof writes it.
    """
    contents = contents_of(asked)
    operation = whole_id(asked, moment.operation) if moment.operation else ""
    rows: list[LogRow] = []
    oldest: Done | None = None
    for number, done in enumerate(operations(asked)):
        if is_reached(moment, operation, done, number):
            return rewound(contents, rows)
        rows += done.rows
        oldest = done
        if number + 1 == moment.back:
            return rewound(contents, rows)
    raise too_far(oldest)


def is_reached(moment: Moment, operation: str, done: Done, number: int) -> bool:
    """Whether an operation is not to be taken back, nor what is older.

    Args:
        operation: the id of the last one that counts, if that is what the moment says.
        number: how many are newer.
    """
    if moment.back:
        return number == moment.back
    return done.id == operation if operation else done.at <= moment.until


def operations(asked: Asked) -> Iterator[Done]:
    """The operations in the log of a store, the newest first, read as far as they are asked for.

    The rows of one have no others between them, since writers take turns.
    """
    found: Done | None = None
    for operation, at, kind, before, after in change_rows(asked):
        if found is None or found.id != operation:
            if found is not None:
                yield found
            found = Done(operation, at, [])
        found.rows.append(LogRow(kind, state(before), state(after)))
    if found is not None:
        yield found


def change_rows(asked: Asked) -> Iterator[Row]:
    """The rows of the log, the newest first, page by page."""
    key = BEYOND
    while page := asked.ask(sql.CHANGES_BEFORE(change_id=key))[0]:
        yield from (row[1:] for row in page)
        key = page[-1][0]


def state(text: str | None) -> dict[str, Any] | None:
    """A thing as the log has it."""
    return None if text is None else json_object(text)


def whole_id(asked: Asked, beginning: str) -> str:
    """The id of the operation that begins so.

    Raises:
        NotFound: there is none in the log.
        InvalidInput: there are several.
    """
    found = [id_ for (id_,) in asked.ask(sql.OPERATIONS_BEGINNING(first=beginning, last=f"{beginning}g"))[0]]
    if not found:
        raise NotFound("operation", beginning, where="in the log", hint="It may never have been, or be pruned.")
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} operations have ids that begin with {beginning}.", "Give more of the id.")
    return str(found[0])


def too_far(oldest: Done | None) -> NoSuchTime:
    """The error of a moment that lies before what the log has."""
    if oldest is None:
        return NoSuchTime("The log is empty.", "Nothing is known of what was.")
    return NoSuchTime(
        "The log does not go back that far.",
        f"Its oldest operation is {oldest.id[:8]}, of {oldest.at}; what lies before it was pruned, or never was.",
    )
