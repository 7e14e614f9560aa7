"""Shortening the log: the oldest operations go, or the plain secrets in it that are not in use any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from zprof.caller import Caller
from zprof.documents.shape import PRUNED
from zprof.generated import statements as sql
from zprof.history.log import Log, State, as_json
from zprof.history.reading import EntityChange
from zprof.history.telling import as_written, component_of, known_secrets, secrets_of
from zprof.masking import without_credentials
from zprof.records import Config, json_object
from zprof.transaction import Asked, Row, Transaction


class Prune(NamedTuple):
    """What is to go from a log."""

    last: int
    """The number of the newest operation that goes; 0 where none does."""
    number_of_operations: int
    """How many operations go."""


class Scrubbed(NamedTuple):
    """A row of the log without the secrets that are not in use."""

    key: int
    before: State | None
    after: State | None


def planned_prune(asked: Asked, *, keep: int | None = None, before: str | None = None) -> Prune:
    """What goes of a log.

    Args:
        keep: how many operations stay.
        before: the time of the oldest that stays, UTC in ISO 8601.
    """
    if keep is not None:
        newest = asked.ask(sql.NEWEST_OPERATION())[0]
        last = max(0, newest[0][0] - keep) if newest else 0
    else:
        until = asked.ask(sql.OPERATION_BEFORE(moment=before))[0]
        last = until[0][0] if until else 0
    ((count,),) = asked.ask(sql.NUMBER_OF_OPERATIONS(number=last))[0]
    return Prune(last, count)


def prune(transaction: Transaction, caller: Caller, planned: Prune) -> None:
    """Remove operations with what they changed, and note it in the log; what of them is undone then, can't be."""
    Log(transaction, caller).finish_as_prune()
    transaction.run(sql.REMOVE_OPERATIONS(last=planned.last), is_exact=False)
    transaction.run(sql.REMOVE_CHANGES(), is_exact=False)


def scrub(transaction: Transaction, caller: Caller) -> int:
    """Replace the plain secrets that are in the log alone by a marker, and note it; in how many rows there were any.

    What is still stored stays in the log, too, so that it can be undone.
    """
    rows = list(scrubbed_rows(transaction))
    for row in rows:
        old, new = (None if state is None else as_json(state) for state in (row.before, row.after))
        transaction.run(sql.SET_STATES(key=row.key, old=old, new=new))
    if rows:
        Log(transaction, caller).finish_as_prune()
    return len(rows)


def scrubbed_rows(asked: Asked) -> Iterator[Scrubbed]:
    """The rows of the log that have secrets which are not in use, without them.

    Raises:
        DamagedFile: a row of the log is not as zprof writes it.
    """
    with as_written():
        yield from _scrubbed_rows(asked)


def _scrubbed_rows(asked: Asked) -> Iterator[Scrubbed]:
    after = 0
    while rows := asked.ask(sql.LOGGED_STATES(after=after))[0]:
        scrubbers = {"component": of_components(asked, rows), "profile": of_profiles(asked, rows)}
        for key, kind, *texts in rows:
            old, new = (None if text is None else json_object(text) for text in texts)
            kept = [None if state is None else scrubbers[kind](state) for state in (old, new)]
            if kept != [old, new]:
                yield Scrubbed(key, *kept)
        after = rows[-1][0]


Scrubber = Callable[[State], State]


def of_components(asked: Asked, rows: Sequence[Row]) -> Scrubber:
    """What takes the secrets out of components that no component of their type has any more."""
    changes = [
        EntityChange("component", "", None, *(None if text is None else json_object(text) for text in texts))
        for _, kind, *texts in rows
        if kind == "component"
    ]
    if not changes:
        return lambda state: state
    known = known_secrets(asked, changes)
    in_use = _in_use(asked, {state["type"] for each in changes for state in (each.before, each.after) if state})

    def scrubbed(state: State) -> State:
        component = component_of(state)
        assert component is not None
        hidden = Config(state["config"], secrets_of(component, known)).hiding()
        gone = {
            name: PRUNED
            for name in hidden
            if state["config"][name] != PRUNED and as_json(state["config"][name]) not in in_use
        }
        return {**state, "config": {**state["config"], **gone}} if gone else state

    return scrubbed


def _in_use(asked: Asked, types: set[str]) -> set[str]:
    """All values, as JSON, that attributes of components have now."""
    answers = asked.ask(*(sql.COMPONENTS(type=each) for each in sorted(types)))
    configs: Iterator[dict[str, Any]] = (json_object(row[3]) for rows in answers for row in rows)
    return {as_json(value) for config in configs for value in config.values()}


def of_profiles(asked: Asked, rows: Sequence[Row]) -> Scrubber:
    """What takes the password out of the URLs that no profile has any more."""
    if not any(kind == "profile" for _, kind, *_ in rows):
        return lambda state: state
    urls = {row[1] for row in asked.ask(sql.PROFILES())[0]}

    def scrubbed(state: State) -> State:
        return state if state["url"] in urls else {**state, "url": without_credentials(state["url"])}

    return scrubbed
