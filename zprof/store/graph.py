"""What a stack hangs together with: the stores that are tied, and other stacks that have its components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from zprof.frozen import FrozenDict
from zprof.generated import statements as sql
from zprof.records import Stack
from zprof.refusals import no_stack
from zprof.store import reading
from zprof.store.handing import components_handed_out
from zprof.store.rows import flavors_by_key, stack_of
from zprof.transaction import Asked, Row

TOLD = 3
"""How many of the other stacks are told by name."""


class Others(NamedTuple):
    """Stacks that have a component, besides the one that is looked at."""

    names: tuple[str, ...]
    """The first of them."""
    number: int
    """How many there are."""


class Graph(NamedTuple):
    """A stack and what it hangs together with."""

    stack: Stack
    ties: frozenset[tuple[str, str]]
    """Those of its two stores, be it to each other or to others: artifact store and metadata store, by name."""
    others: Mapping[str, Others]
    """By the type of the component that they share."""


def graph(asked: Asked, name: str) -> Graph:
    """A stack and what it hangs together with, from one snapshot.

    Raises:
        NotFound: there is none of this name.
    """
    rows, members, custom, ties, beside = asked.ask(
        sql.STACK(stack=name),
        sql.STACK_COMPONENTS(stack=name),
        sql.FLAVORS_OF_STACK(stack=name),
        sql.TIES_OF_STACK(stack=name),
        sql.STACKS_BESIDE(stack=name, most=TOLD),
    )
    if not rows:
        raise no_stack(name, reading.names(asked, sql.STACK_NAMES()))
    found = stack_of(rows[0], members, flavors_by_key(custom))
    components_handed_out(found.components.values(), found.flavors)
    return Graph(found, frozenset((row[0], row[1]) for row in ties), FrozenDict(others_of(beside)))


def others_of(rows: Iterable[Row]) -> dict[str, Others]:
    """The other stacks in the rows of STACKS_BESIDE."""
    names: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    for of_type, name, number in rows:
        names.setdefault(of_type, []).append(name)
        numbers[of_type] = number
    return {of_type: Others(tuple(names[of_type]), numbers[of_type]) for of_type in names}
