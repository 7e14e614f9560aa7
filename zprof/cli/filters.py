"""The options that narrow a list, and what is said of a list that they have narrowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from zprof.cli.invocation import Invocation
from zprof.printable import in_shell

Record = TypeVar("Record")

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--name": {"metavar": "PATTERN", "help": "Show only names that match, such as 'train-*'."},
    "--flavor": {"metavar": "FLAVOR", "help": "Show only those of this flavor."},
    "--uses": {"metavar": "[TYPE:]NAME", "help": "Show only those that use this component or flavor."},
    "--used-by": {"metavar": "PATTERN", "help": "Show only those in a stack whose name matches."},
    "--limit": {"metavar": "N", "type": click.IntRange(min=1), "help": "Show at most N, in the order of their names."},
}


def filter_options(*names: str) -> Callable[[Any], Any]:
    """Options that narrow a list; the command gets them by their names, None where they are not given."""

    def decorate(function: Any) -> Any:
        for name in reversed(names):
            function = click.option(name, **OPTIONS[name])(function)
        return function

    return decorate


def is_narrowed(filters: Mapping[str, Any]) -> bool:
    """Whether a list may lack some of what there is."""
    return any(value is not None for value in filters.values())


def are_matched(filters: Mapping[str, Any]) -> bool:
    """Whether a list has those alone that match something."""
    return is_narrowed({**filters, "limit": None})


def one_more(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters with a limit that is one higher: what comes beyond tells that there is more."""
    limit = filters["limit"]
    return {**filters, "limit": None if limit is None else limit + 1}


def within_limit(invocation: Invocation, found: Sequence[Record], filters: Mapping[str, Any]) -> list[Record]:
    """What a list shows of what `one_more` has found; it is said where that is not all, or nothing."""
    limit = filters["limit"]
    shown = list(found[:limit])
    if len(found) > len(shown):
        invocation.say(f"There are more than the {limit} shown. Raise --limit to see them.")
    elif not found and are_matched(filters):
        invocation.say(f"Nothing matches {as_typed(filters)}.")
    return shown


def told_of_limit(found: Sequence[object], filters: Mapping[str, Any]) -> dict[str, bool]:
    """What a document tells of a list with a limit, since nothing is said beside it: whether `one_more` found more."""
    limit = filters["limit"]
    return {} if limit is None else {"more": len(found) > limit}


def as_typed(filters: Mapping[str, Any]) -> str:
    """The filters that are given, but for the limit, as words of a command line."""
    given = {name.replace("_", "-"): value for name, value in filters.items() if value is not None and name != "limit"}
    return " ".join(f"--{name} {in_shell(value)}" for name, value in given.items())
