"""What an operation changed, told as differences: secrets are compared, and seen by nobody who did not ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from zprof.contents.comparing import (
    AttributeChange,
    ComponentChanges,
    Difference,
    Kind,
    Verb,
    flavor_changes,
    leaf_or_leaves,
    stack_changes,
)
from zprof.contents.record import Contents, Key
from zprof.errors import DamagedFile
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors, secret_attributes
from zprof.flavors.properties import properties
from zprof.generated import statements as sql
from zprof.history.log import State
from zprof.history.reading import EntityChange
from zprof.masking import looks_secret, without_credentials
from zprof.records import Component, Config, json_object
from zprof.transaction import Asked, Row

KINDS: Mapping[str, Kind] = {
    "flavor": "flavor",
    "component": "component",
    "stack": "stack",
    "association": "tie",
    "profile": "profile",
}
"""From what the log calls a thing to what people do."""


def differences_of(asked: Asked, changes: Sequence[EntityChange], *, show_secrets: bool = False) -> list[Difference]:
    """What an operation changed, in the order in which it was written.

    Args:
        asked: the database whose log has them.
        show_secrets: whether passwords in URLs are shown; secrets of components are marked, for the caller to hide.

    Raises:
        DamagedFile: a row of the log is not as zprof writes it.
    """
    with as_written():
        return _differences_of(asked, changes, show_secrets)


@contextmanager
def as_written() -> Iterator[None]:
    """Tell of a state that zprof did not write, as a hand that edits the log can bring about.

    Raises:
        DamagedFile: there is one.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError):
        raise DamagedFile(
            "The log has a row that zprof would not write.",
            "Another program must have changed it. Nothing was changed just now.",
        ) from None


def _differences_of(asked: Asked, changes: Sequence[EntityChange], show_secrets: bool) -> list[Difference]:
    of_components = LoggedComponents(known_secrets(asked, changes))

    def attributes(change: EntityChange) -> Iterator[AttributeChange]:
        old, new = change.before, change.after
        if old is not None and new is not None and change.new_name is not None:
            yield AttributeChange("name", old["name"], new["name"])
        if change.kind == "component":
            yield from of_components(component_of(old), component_of(new))
        elif change.kind == "flavor":
            yield from flavor_changes(flavor_of(old), flavor_of(new))
        elif change.kind == "stack":
            yield from stack_changes(*(None if state is None else state["components"] for state in (old, new)))
        elif change.kind == "profile":
            yield from profile_changes(old, new, show_secrets=show_secrets)

    return [
        Difference(verb_of(change), KINDS[change.kind], change.name, tuple(attributes(change))) for change in changes
    ]


def verb_of(change: EntityChange) -> Verb:
    """What became of a thing."""
    return "create" if change.before is None else "delete" if change.after is None else "change"


def component_of(state: State | None) -> Component | None:
    """A component as the log has it."""
    if state is None:
        return None
    return Component(state["type"], state["name"], state["flavor"], Config(state["config"]))


def flavor_of(state: State | None) -> Flavor | None:
    """A custom flavor as the log has it."""
    if state is None:
        return None
    return Flavor(state["type"], state["name"], state["schema"], CUSTOM, "", state.get("source"))


SHOWN_OF_PROFILE = {"url": "url", "active_stack": "active_stack", "is_active": "active", "is_protected": "protected"}
"""What is told of a profile, each by its name in the log and in documents."""


def profile_changes(old: State | None, new: State | None, *, show_secrets: bool) -> Iterator[AttributeChange]:
    """The fields of a profile that differ."""
    for key, name in SHOWN_OF_PROFILE.items():
        before, after = (None if state is None else _told(state.get(key), show_secrets) for state in (old, new))
        yield from leaf_or_leaves(name, before, after)


def _told(value: Any, show_secrets: bool) -> Any:
    return without_credentials(value) if isinstance(value, str) and not show_secrets else value


class LoggedComponents(ComponentChanges):
    """The attributes that differ between two components of the log.

    Args:
        secrets: the attributes of custom flavors that are secrets, or ever were; None where nothing is known of one,
            and all may be.
    """

    def __init__(self, secrets: Mapping[Key, frozenset[str] | None]) -> None:
        super().__init__(Contents(), Contents())
        self._logged = secrets

    def _secret_names(self, side: int, component: Component) -> frozenset[str]:
        return secrets_of(component, self._logged)


def secrets_of(component: Component, known: Mapping[Key, frozenset[str] | None]) -> frozenset[str]:
    """The attributes of a component of the log that are secrets, as far as anything says so.

    Args:
        known: as for `LoggedComponents`.
    """
    if component.flavor in builtin_flavors(component.type):
        attributes, secrets = _of_builtin(component.type, component.flavor)
        return secrets | frozenset(filter(looks_secret, component.config.keys() - attributes))
    names = known.get((component.type, component.flavor))
    return frozenset(component.config) if names is None else names | frozenset(filter(looks_secret, component.config))


@cache
def _of_builtin(type_name: str, flavor: str) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes of a built-in flavor, and its secrets: asked for once for each row of a log."""
    found = builtin_flavors(type_name)[flavor]
    return frozenset(properties(found.schema)), secret_attributes(found)


def known_secrets(asked: Asked, changes: Sequence[EntityChange]) -> dict[Key, frozenset[str] | None]:
    """The secrets of the custom flavors of logged components, by all the schemas that they have or had.

    A flavor keeps its name, so what the log has of it tells, also once it is gone, which schemas it had.
    """
    states = [state for change in changes if change.kind == "component" for state in (change.before, change.after)]
    keys = sorted({(state["type"], state["flavor"]) for state in states if state is not None})
    custom = [key for key in keys if key[1] not in builtin_flavors(key[0])]
    calls = [
        call
        for of_type, name in custom
        for call in (
            sql.FLAVOR_SCHEMA(type=of_type, name=name),
            sql.STATES_OF_THING(kind="flavor", name=f"{of_type}/{name}"),
        )
    ]
    answers = iter(asked.ask(*calls) if calls else ())
    return {key: _secrets_by(next(answers), next(answers)) for key in custom}


def _secrets_by(now: Sequence[Row], logged: Sequence[Row]) -> frozenset[str] | None:
    schemas = [json_object(text) for (text,) in now]
    schemas += [json_object(text)["schema"] for row in logged for text in row if text is not None]
    if not schemas:
        return None
    return frozenset().union(*(secret_attributes(Flavor("", "", schema, CUSTOM, "")) for schema in schemas))
