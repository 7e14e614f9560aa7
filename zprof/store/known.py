"""What a store has under the names that something from elsewhere may take: asked for together, and remembered."""

from __future__ import annotations

from collections.abc import Iterable

from zprof.flavors.catalog import Flavor
from zprof.generated import statements as sql
from zprof.history.log import as_json
from zprof.records import Component, Stack
from zprof.store import flavors, ties
from zprof.store.flavors import Key
from zprof.store.operation import Operation
from zprof.store.rows import component_of, flavor_of, stack_of
from zprof.store.ties import Ties

CANDIDATES = 10
"""Names that are looked at together where one has to be free."""


class Known:
    """What a store has under the names that a bundle may take."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._flavors: dict[Key, tuple[Flavor, str] | None] = {}
        self._components: dict[tuple[str, str], Component | None] = {}
        self._stacks: dict[str, Stack | None] = {}
        self.ties = Ties(())

    def look(
        self, flavor_keys: Iterable[Key], component_keys: Iterable[tuple[str, str]], stacks: Iterable[str]
    ) -> None:
        """Ask for things by their names, all in one."""
        keys, names, stack_names = list(flavor_keys), list(component_keys), sorted(set(stacks))
        wanted = flavors.questions(keys)
        by_type: dict[str, list[str]] = {}
        for type_name, name in names:
            by_type.setdefault(type_name, []).append(name)
        found = [sql.COMPONENTS_NAMED(type=type_, names=as_json(sorted(set(of)))) for type_, of in by_type.items()]
        of_stacks = [sql.STACKS_NAMED(names=as_json(stack_names)), sql.MEMBERS_OF_STACKS(names=as_json(stack_names))]
        answers = self._operation.ask(*wanted, *found, *of_stacks, *ties.questions(by_type))
        self._flavors |= dict.fromkeys(keys)
        for rows in answers[: len(wanted)]:
            self._flavors |= {(row[0], row[1]): (flavor_of(row), row[4]) for row in rows}
        self._components |= dict.fromkeys(names)
        for rows in answers[len(wanted) : len(wanted) + len(found)]:
            self._components |= {(component.type, component.name): component for component in map(component_of, rows)}
        stack_rows, members = answers[len(wanted) + len(found) :][:2]
        self._stacks |= dict.fromkeys(stack_names)
        for row in stack_rows:
            self._stacks[row[0]] = stack_of(row, [member[1:] for member in members if member[0] == row[0]])
        self.ties.add(Ties.of(answers[len(wanted) + len(found) + 2 :]))

    def flavor(self, key: Key) -> Flavor | None:
        """A custom flavor, if there is one of the name."""
        if key not in self._flavors:
            self.look(candidates(key), (), ())
        found = self._flavors[key]
        return None if found is None else found[0]

    def made_at(self, key: Key) -> str:
        """When a custom flavor was made."""
        found = self._flavors[key]
        assert found is not None
        return found[1]

    def component(self, type_name: str, name: str) -> Component | None:
        """A component, if there is one of the name."""
        if (type_name, name) not in self._components:
            self.look((), candidates((type_name, name)), ())
        return self._components[type_name, name]

    def stack(self, name: str) -> Stack | None:
        """A stack, if there is one of the name."""
        if name not in self._stacks:
            self.look((), (), [other for _, other in candidates(("", name))])
        return self._stacks[name]


def candidates(key: Key) -> list[Key]:
    """A name and those that it may get instead, `NAME-2` and on."""
    return [key, *((key[0], numbered(key[1], number)) for number in range(2, CANDIDATES))]


def numbered(name: str, number: int) -> str:
    """A name with a number, no longer than names may be."""
    suffix = f"-{number}"
    return name[: 64 - len(suffix)] + suffix
