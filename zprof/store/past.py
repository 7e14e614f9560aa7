"""What a store held earlier, from one snapshot of it and of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zprof.contents.past import LogRow, rewound
from zprof.contents.record import Contents
from zprof.errors import NoSuchTime
from zprof.generated import statements as sql
from zprof.history.reading import operation_named
from zprof.records import json_object
from zprof.store.contents import contents_of

if TYPE_CHECKING:
    from zprof.contents.side import Moment
    from zprof.transaction import Asked


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
    number = last_number(asked, moment)
    rows = asked.ask(sql.CHANGES_SINCE(number=number))[0]
    return rewound(contents_of(asked), (LogRow(kind, state(before), state(after)) for kind, before, after in rows))


def last_number(asked: Asked, moment: Moment) -> int:
    """The number of the last operation that counts at a moment; the one before the oldest's if none does.

    Raises:
        NoSuchTime, NotFound, InvalidInput: as for `past_contents_of`.
    """
    if moment.operation:
        return operation_named(asked, moment.operation).number
    oldest, newest, until = asked.ask(
        sql.OLDEST_OPERATION(), sql.NEWEST_OPERATION(), sql.OPERATION_UNTIL(moment=moment.until)
    )
    if not oldest:
        raise NoSuchTime(f"The log is empty, so what held at @{moment.text} is unknown.", "Compare the current state.")
    (first, id_, at, *_), (last, *_) = oldest[0], newest[0]
    if moment.back and last - moment.back >= first - 1:  # what was before the oldest is known, too
        return int(last - moment.back)
    if until:
        return int(until[0][0])
    raise NoSuchTime(
        f"The log does not go back to @{moment.text}.",
        f"Its oldest operation is {id_[:8]} ({at}). Earlier ones were pruned, or happened before there was a log.",
    )


def state(text: str | None) -> dict[str, Any] | None:
    """A thing as the log has it."""
    return None if text is None else json_object(text)
