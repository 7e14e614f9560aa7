"""What a profile held earlier: what it holds, with the rows of its log taken back one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from zprof.contents.record import Contents, Key
from zprof.errors import DamagedFile
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.records import Component, Config

State = Mapping[str, Any]
"""A thing as the log has it."""


class LogRow(NamedTuple):
    """One thing's part in an operation."""

    kind: str
    """`flavor`, `component`, `stack`, or `association` for a tie."""
    before: State | None
    after: State | None


def rewound(contents: Contents, rows: Iterable[LogRow]) -> Contents:
    """What was there before some rows of the log were written.

    A renamed component is followed into the stacks and the ties that name it, which have no rows of that.

    Args:
        rows: the newest first, without a gap.

    Raises:
        DamagedFile: a row is not as zprof writes it.
    """
    past = Past(contents)
    for row in rows:
        try:
            past.take_back(row)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise DamagedFile(
                f"The log has a {row.kind} row that zprof would not write.",
                "What came before it is unknown.",
            ) from None
    return past.contents()


class Past:
    """Contents on their way back."""

    def __init__(self, contents: Contents) -> None:
        self._flavors = dict(contents.flavors)
        self._components = dict(contents.components)
        self._stacks = {name: dict(parts) for name, parts in contents.stacks.items()}
        self._ties = set(contents.ties)

    def contents(self) -> Contents:
        """What there is by now."""
        return Contents(self._flavors, self._components, self._stacks, frozenset(self._ties))

    def take_back(self, row: LogRow) -> None:
        """Let a thing be what it was before a row."""
        match row.kind:
            case "flavor":
                self._take_back_flavor(row)
            case "component":
                self._take_back_component(row)
            case "stack":
                self._take_back_stack(row)
            case "association":
                self._take_back_tie(row)

    def _take_back_flavor(self, row: LogRow) -> None:
        if row.after is not None:
            self._flavors.pop(key_of(row.after), None)
        if row.before is not None:
            key = key_of(row.before)
            self._flavors[key] = Flavor(*key, dict(row.before["schema"]), CUSTOM, "", row.before.get("source"))

    def _take_back_component(self, row: LogRow) -> None:
        if row.after is not None:
            self._components.pop(key_of(row.after), None)
        if row.before is not None:
            key = key_of(row.before)
            self._components[key] = Component(*key, row.before["flavor"], Config(dict(row.before["config"])))
        if row.before is not None and row.after is not None and key_of(row.before) != key_of(row.after):
            self._rename(*key_of(row.after), row.before["name"])

    def _rename(self, type_name: str, name: str, former: str) -> None:
        for parts in self._stacks.values():
            if parts.get(type_name) == name:
                parts[type_name] = former
        if type_name == "artifact_store":
            self._ties = {(former if store == name else store, partner) for store, partner in self._ties}
        elif type_name == "metadata_store":
            self._ties = {(partner, former if store == name else store) for partner, store in self._ties}

    def _take_back_stack(self, row: LogRow) -> None:
        if row.after is not None:
            self._stacks.pop(row.after["name"], None)
        if row.before is not None:
            self._stacks[row.before["name"]] = dict(row.before["components"])

    def _take_back_tie(self, row: LogRow) -> None:
        if row.after is not None:
            self._ties.discard(tie_of(row.after))
        if row.before is not None:
            self._ties.add(tie_of(row.before))


def key_of(state: State) -> Key:
    """The type and the name of a component or a flavor."""
    return state["type"], state["name"]


def tie_of(state: State) -> tuple[str, str]:
    """The names of the two stores of a tie."""
    return state["artifact_store"], state["metadata_store"]
