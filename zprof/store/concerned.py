"""What a store has of the things that an operation changed: asked for together, for an undo of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, cast

from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.history.reading import EntityChange
from zprof.history.standing import Target
from zprof.history.states import HIGHEST
from zprof.records import json_object
from zprof.store import components, flavors, stacks, ties
from zprof.store.operation import COUNTED, Operation
from zprof.store.rows import component_of, stack_of
from zprof.transaction import Call, Row

Key = tuple[str, str]
"""The type and the name of a component or of a flavor."""
Tie = tuple[str, str]
STORES = ("artifact_store", "metadata_store")
"""The types of the two that a tie has, in its order."""


class Concerned:
    """What a store has of what an operation changed."""

    def __init__(self, operation: Operation, target: Target) -> None:
        self._target = target
        self._components: dict[Key, State] = {}
        self._stacks: dict[str, State] = {}
        self._flavors: dict[Key, State] = {}
        self._ties: set[Tie] = set()
        self._revisions: dict[tuple[str, str], int] = {}
        """The highest revision that the log knows of what had a name, by its kind and the name in the log: of names
        that are used again."""
        self._with_flavor: dict[Key, set[str]] = {}
        """The names of the components that have a flavor which goes."""
        self._look(operation)

    def _look(self, operation: Operation) -> None:
        """Ask for all of it together."""
        found = list(self._questions())
        for (_, take), rows in zip(found, operation.ask(*(call for call, _ in found)), strict=True):
            take(rows)

    def _questions(self) -> Iterator[tuple[Call, Callable[[list[Row]], None]]]:
        names = Names.of(self._target.changes)
        for type_name, of_type in names.components.items():
            yield sql.COMPONENTS_NAMED(type=type_name, names=listed(of_type)), self._take_components
        for question in flavors.questions(names.flavors):
            yield question, self._take_flavors
        for question in ties.questions(names.components):
            yield question, self._take_ties
        if names.stacks:
            yield sql.MEMBERS_OF_STACKS(names=listed(names.stacks)), self._take_members
            yield sql.STACKS_NAMED(names=listed(names.stacks)), self._take_stacks
        for type_name, of_type in self._in_stacks().items():
            yield sql.MEMBERS_BESIDE_COMPONENTS(type=type_name, names=listed(of_type)), self._take_members
        for type_name, name in self._changed_flavors():
            yield sql.COMPONENTS_WITH_FLAVOR(type=type_name, flavor=name), self._take_components
        for type_name, name in self._going_flavors():
            key = type_name, name
            yield sql.COMPONENT_NAMES_WITH_FLAVOR(type=type_name, flavor=name), partial(self._take_users, key)
        for kind in COUNTED:
            made = [change.name for change in self._target.changes if change.kind == kind and self._is_reused(change)]
            if made:
                yield sql.LATEST_CHANGES(kind=kind, names=listed(made)), partial(self._take_revisions, kind)

    def _is_reused(self, change: EntityChange) -> bool:
        """Whether a name comes back that another thing may have had meanwhile."""
        return change.after is None or (change.new_name is not None and not self._target.is_newest)

    def _in_stacks(self) -> dict[str, set[str]]:
        """The names, by type, of the components whose stacks are looked at: of those that go, above all."""
        found: dict[str, set[str]] = {}
        for change in self._target.changes:
            is_going = change.before is None
            if change.kind == "component" and change.after is not None and (is_going or not self._target.is_newest):
                found.setdefault(change.after["type"], set()).add(change.after["name"])
            if change.kind == "association" and is_going and not self._target.is_newest:
                found.setdefault("artifact_store", set()).add(cast("State", change.after)["artifact_store"])
        return found

    def _going_flavors(self) -> list[Key]:
        return [
            (change.after["type"], change.after["name"])
            for change in self._target.changes
            if change.kind == "flavor" and change.after is not None and change.before is None
        ]

    def _changed_flavors(self) -> list[Key]:
        """Those that get an earlier schema, by which later components must be as it says."""
        if self._target.is_newest:
            return []
        states = [change.before for change in self._target.changes if change.kind == "flavor" and change.after]
        return [(state["type"], state["name"]) for state in states if state is not None]

    def _take_components(self, rows: list[Row]) -> None:
        for component in map(component_of, rows):
            self._components[component.type, component.name] = components.state(component)

    def _take_flavors(self, rows: list[Row]) -> None:
        for row in rows:
            self._flavors[row[0], row[1]] = flavors.state_of(row)

    def _take_ties(self, rows: list[Row]) -> None:
        self._ties |= {(row[0], row[1]) for row in rows}

    def _take_members(self, rows: list[Row]) -> None:
        for stack, *row in rows:
            component = component_of(tuple(row))
            self._components[component.type, component.name] = components.state(component)
            state = self._stacks.setdefault(stack, {"name": stack, "components": {}})
            state["components"][component.type] = component.name

    def _take_stacks(self, rows: list[Row]) -> None:
        for row in rows:
            members = self._stacks.get(row[0], {"components": {}})["components"]
            self._stacks[row[0]] = {**stacks.state(stack_of(row, ())), "components": members}

    def _take_users(self, flavor: Key, rows: list[Row]) -> None:
        self._with_flavor[flavor] = {name for (name,) in rows}

    def _take_revisions(self, kind: str, rows: list[Row]) -> None:
        for name, _, *states in rows:
            counted = [json_object(text).get("revision") for text in states if text is not None]
            self._revisions[kind, name] = max(
                (number for number in counted if type(number) is int and number <= HIGHEST), default=0
            )


class Names(NamedTuple):
    """What the changes of an operation name."""

    components: dict[str, set[str]]
    """By type."""
    stacks: set[str]
    flavors: set[Key]

    @classmethod
    def of(cls, changes: Iterable[EntityChange]) -> Names:
        """Those in some changes, before them and after."""
        names = cls({}, set(), set())
        for change in changes:
            for state in (change.before, change.after):
                if state is not None:
                    names.add(change.kind, state)
        return names

    def add(self, kind: str, state: State) -> None:
        """Those in one state."""
        members: Iterable[Key] = ()
        if kind == "component":
            members = [(state["type"], state["name"])]
            self.flavors.add((state["type"], state["flavor"]))
        elif kind == "stack":
            members = state["components"].items()
            self.stacks.add(state["name"])
        elif kind == "flavor":
            self.flavors.add((state["type"], state["name"]))
        else:
            members = [(type_name, state[type_name]) for type_name in STORES]
        for type_name, name in members:
            self.components.setdefault(type_name, set()).add(name)


def listed(names: Iterable[str]) -> str:
    """Names as a statement takes them."""
    return as_json(sorted(set(names)))
