"""The names that there are, in the registry and in the store that a command line means."""

from __future__ import annotations

from zprof.generated import glances
from zprof.keystrokes import glance
from zprof.keystrokes.completion.typed import Typed
from zprof.names import is_name

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from zprof.keystrokes.completion.attributes import Attribute
    from zprof.keystrokes.completion.candidates import Candidate

END = "\x7f"
"""Comes after each character that a name may have."""


class Names:
    """The names that a command line may mean."""

    def __init__(self, typed: Typed) -> None:
        self._typed = typed
        self._in_effect: glance.InEffect | None = None

    @property
    def in_effect(self) -> glance.InEffect:
        """The profile that a name is looked for in, and the stack in effect."""
        if self._in_effect is None:
            options = self._typed.options
            self._in_effect = glance.in_effect(
                profile=options.get("--from") or options.get("--profile"), stack=options.get("--stack")
            )
        return self._in_effect

    @property
    def type_name(self) -> str:
        """The type of component that the command is about, as it is stored."""
        return self._typed.of_type.replace("-", "_")

    def of_kind(self, kind: str, begun: str) -> Iterator[Candidate]:
        """The names of a kind, of which a thousand at most, with their descriptions.

        Args:
            begun: what they begin with.
        """
        if kind == "profile/stack":
            yield from self.of_kind("profile", begun) if "/" not in begun else self.stacks_of(begun)
        if begun and not is_name(begun):
            return
        kind, _, type_name = kind.partition(":")
        parameters = {"first": begun, "last": f"{begun}{END}"}
        if kind == "profile":
            yield from as_candidates(glance.of_registry(glances.PROFILES_BEGINNING, parameters), "stack ")
        elif kind == "stack":
            yield from as_candidates(self.rows("STACKS_BEGINNING", **parameters))
        elif kind == "component":
            of_type = type_name or self.type_name
            yield from as_candidates(self.rows("COMPONENTS_BEGINNING", type=of_type, **parameters))
        elif kind in ("flavor", "custom-flavor"):
            if kind == "flavor":
                yield from self.builtin_flavors()
            yield from as_candidates(self.rows("FLAVORS_BEGINNING", type=self.type_name, **parameters))
        elif kind == "attribute":
            yield from self.given_attributes()

    def stacks_of(self, begun: str) -> Iterator[Candidate]:
        """The stacks of the profile that is named before the slash, each with that."""
        profile, _, stack = begun.partition("/")
        self._in_effect = glance.in_effect(profile=profile)
        for name, description in self.of_kind("stack", stack):
            yield f"{profile}/{name}", description

    def builtin_flavors(self) -> Iterator[Candidate]:
        """The flavors of the catalog."""
        from zprof.flavors.entries import entries  # with json

        for name, entry in entries(self.type_name).items():
            yield name, entry["description"]

    def attributes(self) -> list[Attribute]:
        """The attributes of the flavor that the command line means; none where it means none."""
        from zprof.keystrokes.completion.attributes import attributes_of

        try:
            return attributes_of(self.flavor_schema())
        except Exception:  # options are offered all the same
            return []

    def flavor_schema(self) -> Any:
        """The schema of the flavor that is named, or of the component's; None where there is none."""
        import json

        from zprof.flavors.entries import entries

        flavor = self._typed.options.get("--flavor") or self.component()[0]
        builtin = entries(self.type_name)
        if flavor in builtin:
            return builtin[flavor]["schema"]
        found = self.rows("FLAVOR_SCHEMA", type=self.type_name, name=flavor)
        return json.loads(found[0][0]) if found else None

    def given_attributes(self) -> Iterator[Candidate]:
        """The attributes that a component has been given."""
        import json

        from zprof.keystrokes.completion.attributes import is_identifier

        for name in json.loads(self.component()[1]):
            if is_identifier(name) and name not in self._typed.arguments[1:]:
                yield name, ""

    def component(self) -> tuple[str, str]:
        """The flavor and the config of the component that is named, else of the one in effect; empty where none is."""
        named = [(name,) for name in self._typed.arguments[:1]] or self.components_in_effect()
        found = self.rows("CONFIG_OF_COMPONENT", type=self.type_name, name=named[0][0]) if named else []
        return found[0] if found else ("", "{}")

    def components_in_effect(self) -> list[tuple[str]]:
        """The component that the stack in effect has of the type, if it has one."""
        return self.rows("STACK_COMPONENT", type=self.type_name, stack=self.in_effect.stack or "")

    def rows(self, statement: str, **parameters: str) -> list[tuple[Any, ...]]:
        """The rows of a read of the store, by the statement's name; none where they can't be read."""
        try:
            url = self.in_effect.url
            if url.startswith("sqlite:"):
                from zprof.sqlite.url import sqlite_path

                return glance.rows(sqlite_path(url), "store", getattr(glances, statement), parameters)
            from zprof.keystrokes.completion.servers import rows  # with the driver, for those who have a server

            return rows(url, statement, parameters)
        except Exception:  # what is in no store is offered all the same
            return []


def as_candidates(rows: list[tuple[Any, ...]], before: str = "") -> Iterator[Candidate]:
    """The names in the first column of rows, as far as zprof could have given them.

    Args:
        before: how the description begins, which is the name in the second column.
    """
    for name, *others in rows:
        if glance.is_name(name):
            yield name, f"{before}{others[0]}" if others and glance.is_name(others[0]) else ""
