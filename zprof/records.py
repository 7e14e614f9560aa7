"""What reads return: frozen, typed, and the same whichever database they came from.

Timestamps are UTC in ISO 8601, to the second. Named tuples, since they cost a fraction of a dataclass to define and
every command defines them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, NamedTuple

from zprof.documents.shape import KEPT, document, without_telling
from zprof.documents.strict_json import parsed_json
from zprof.errors import DamagedFile, NoMember
from zprof.frozen import FrozenDict, frozen
from zprof.masking import MASK, guarded
from zprof.reference_grammar import is_reference

if TYPE_CHECKING:
    from zprof.flavors.catalog import Flavor


NOTHING: Mapping[Any, Any] = FrozenDict()


class Config(FrozenDict):
    """The attributes of a component: a dict that refuses changes, and that shows no secrets when it is looked at.

    Values are real; `dict(config)` is a plain dict of them.

    Args:
        secrets: the attributes that are secrets by the flavor's schema; None where it is not known, and all may be.
        resolved: those that are left empty in the store, each with what it then means on this machine.
    """

    __slots__ = ("_resolved", "_secrets")

    def __init__(
        self,
        values: Mapping[str, Any],
        secrets: frozenset[str] | None = None,
        resolved: Mapping[str, str] = NOTHING,
    ) -> None:
        super().__init__(values)
        for name, value in values.items():
            if isinstance(value, dict | list):
                dict.__setitem__(self, name, frozen(value))
        self.know(secrets)
        self.resolve(resolved)

    def know(self, secrets: frozenset[str] | None) -> None:
        """Take up which attributes are secrets, as for a new one: by who makes a record, before anybody has it."""
        self._secrets = secrets

    def resolve(self, resolved: Mapping[str, str]) -> None:
        """Take up what those mean that are left empty, likewise."""
        self._resolved = resolved
        if resolved:
            dict.update(self, resolved)

    def shown(self, mask: Any = MASK) -> dict[str, Any]:
        """The attributes with what holds a secret replaced, as a whole or within; references stay.

        Args:
            mask: what stands in place of a whole attribute.
        """
        return {name: mask if self._is_secret(name) else self._guarded(name) for name in self}

    @property
    def resolved(self) -> Mapping[str, str]:
        """The attributes that are left empty in the store, each with what it means on this machine."""
        return self._resolved

    def hiding(self) -> tuple[str, ...]:
        """The attributes that hold a secret, as a whole or within."""
        return tuple(name for name in self if self._is_secret(name) or self._guarded(name) != self[name])

    def document(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The fields `config` and `resolved` of a document, what is left empty being so.

        Args:
            show_secrets: whether secrets are in it, rather than `zprof.documents.shape.KEPT`.
        """
        hidden = () if show_secrets else self.hiding()
        given = {name: KEPT if name in hidden else self[name] for name in self if name not in self._resolved}
        return {"config": given, **({"resolved": dict(self._resolved)} if self._resolved else {})}

    def _is_secret(self, name: str) -> bool:
        return (self._secrets is None or name in self._secrets) and not is_reference(self[name])

    def _guarded(self, name: str) -> Any:
        return guarded(name, self[name], is_named_secretly=False)

    def __repr__(self) -> str:
        return repr(self.shown())

    def __reduce__(self) -> tuple[Any, ...]:
        return Config, (dict(self), self._secrets, self._resolved)


class Component(NamedTuple):
    """A component of a stack."""

    type: str
    name: str
    flavor: str
    config: Mapping[str, Any]
    created_at: str = ""
    updated_at: str = ""
    revision: int = 0
    """How often it was changed, its making included; 0, and no timestamps, where it comes from no store."""
    place: str = ""
    """The random name of the directory of what is its own on a machine; empty where it comes from no store."""

    def __repr__(self) -> str:
        return f"Component({shown_fields(self._replace(config=self.guarded_config()))})"

    def _repr_html_(self) -> str:
        fields = {"type": self.type, "name": self.name, "flavor": self.flavor, **self.guarded_config().shown()}
        return html_table(("property", "value"), fields.items())

    def to_dict(self, *, show_secrets: bool = False, active: bool | None = None) -> dict[str, Any]:
        """The component as a document, ready for JSON.

        Args:
            show_secrets: whether its secrets are in it.
            active: whether it is in the stack in effect, where that is told.
        """
        heading = {"type": self.type, "name": self.name, **told(active=active)}
        return document("Component", {**heading, **self.part(show_secrets=show_secrets), **marks(self)})

    def part(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The component as a part of a stack's document."""
        config = self.guarded_config().document(show_secrets=show_secrets)
        return {"name": self.name, "flavor": self.flavor, **config}

    def guarded_config(self) -> Config:
        """The config, which guards its secrets also where a program has put a plain dict in its place."""
        return self.config if isinstance(self.config, Config) else Config(self.config)


class Members(FrozenDict):
    """The components of a stack by type, in alphabetical order: a dict that refuses changes."""

    __slots__ = ()

    def __missing__(self, type_name: str) -> Component:
        raise NoMember(type_name, self)


class Member:
    """An attribute of a stack that is its component of a type: `stack.orchestrator`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._type = name

    def __get__(self, stack: StackFields | None, owner: type) -> Component:
        if stack is None:  # of the class, as help() asks for it
            return self  # type: ignore[return-value]
        return stack.components[self._type]


class StackFields(NamedTuple):
    """What a stack is made of."""

    name: str
    components: Mapping[str, Component]
    """By type, in alphabetical order."""
    created_at: str
    updated_at: str
    revision: int
    """How often it was changed, its making included."""
    flavors: Mapping[tuple[str, str], Flavor] = NOTHING
    """The custom flavors that its components have, by type and name."""


class Stack(StackFields):
    """A stack and all of its components, each of which is also an attribute by its type: `stack.orchestrator`."""

    __slots__ = ()

    alerter = Member()
    annotator = Member()
    artifact_store = Member()
    container_registry = Member()
    data_validator = Member()
    experiment_tracker = Member()
    feature_store = Member()
    metadata_store = Member()
    model_deployer = Member()
    orchestrator = Member()
    secrets_manager = Member()
    step_operator = Member()

    def get(self, type_name: str) -> Component | None:
        """The component of a type; None where there is none."""
        return self.components.get(type_name)

    def to_dict(
        self, *, show_secrets: bool = False, active: bool | None = None, profile: str | None = None
    ) -> dict[str, Any]:
        """The stack as a document, ready for JSON: all that it takes elsewhere.

        Args:
            show_secrets: whether the secrets of its components are in it.
            active: whether it is in effect, where that is told.
            profile: the one that it is in, where that is told.
        """
        parts = {type_name: member.part(show_secrets=show_secrets) for type_name, member in self.components.items()}
        flavors = [flavor.part() for _, flavor in sorted(self.flavors.items())]
        heading = {"name": self.name, **told(profile=profile, active=active)}
        return document("Stack", {**heading, "components": parts, "flavors": flavors, **marks(self)})

    def _repr_html_(self) -> str:
        members = [(each.type, each.name, each.flavor, each.guarded_config()) for each in self.components.values()]
        return html_table(("type", "name", "flavor", "config"), members, title=f"Stack {self.name}")


class StackSummary(NamedTuple):
    """A stack in a list: its components by name alone."""

    name: str
    component_names: Mapping[str, str]
    """From type to name, in alphabetical order, only the types that the stack has."""


class Bundle(NamedTuple):
    """A stack that can be put into any store."""

    name: str
    components: Mapping[str, Component]
    """By type, in alphabetical order."""
    flavors: Mapping[tuple[str, str], Flavor]
    """The custom flavors among theirs, by type and name."""
    omitted_secrets: Mapping[str, tuple[str, ...]] = {}
    """By type, the attributes whose values are not in the config."""

    def to_dict(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack as a document to be kept: as `Stack.to_dict`, without what only tells."""
        stack = Stack(self.name, self.components, "", "", 0, self.flavors)
        return without_telling(stack.to_dict(show_secrets=show_secrets))

    def with_secrets(self, given: Mapping[tuple[str, str], Any]) -> Bundle:
        """The bundle with values for omitted secrets, by type and attribute."""
        components = dict(self.components)
        omitted = {}
        for type_name, attributes in self.omitted_secrets.items():
            found = {
                attribute: given[type_name, attribute] for attribute in attributes if (type_name, attribute) in given
            }
            component = components[type_name]
            components[type_name] = component._replace(config={**component.config, **found})
            omitted[type_name] = tuple(attribute for attribute in attributes if attribute not in found)
        return self._replace(
            components=components, omitted_secrets={type_name: left for type_name, left in omitted.items() if left}
        )


def told(**fields: Any) -> dict[str, Any]:
    """Those fields of a document that there is something to tell in."""
    return {name: value for name, value in fields.items() if value is not None}


def marks(record: Component | Stack) -> dict[str, Any]:
    """The fields of a document that only tell."""
    return {"created_at": record.created_at, "updated_at": record.updated_at, "revision": record.revision}


def shown_fields(record: Any) -> str:
    """The fields of a named tuple as its repr has them."""
    return ", ".join(f"{name}={value!r}" for name, value in record._asdict().items())


def html_table(headers: Iterable[str], rows: Iterable[Iterable[object]], title: str = "") -> str:
    """A table for a notebook."""
    from html import escape  # for notebooks alone

    def line(cells: Iterable[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f"<table>{caption}{line(headers, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


def json_object(text: str | bytes) -> dict[str, Any]:
    """What a store has as JSON, all keys in alphabetical order: PostgreSQL keeps them in an order of its own.

    Raises:
        DamagedFile: it is not a JSON object, as only a hand that edits the store can bring about.
    """
    try:
        return {key: in_order(value) for key, value in sorted(parsed_json(text).items())}
    except (ValueError, TypeError, AttributeError):
        raise DamagedFile(
            "The store has a value that should be a JSON object but is not.",
            "`zprof db check` shows the row and how to fix it.",
        ) from None


def in_order(value: Any) -> Any:
    """A value with the keys of all objects in it in alphabetical order."""
    if isinstance(value, dict):
        return {key: in_order(inner) for key, inner in sorted(value.items())}
    return [in_order(inner) for inner in value] if isinstance(value, list) else value


def new_place() -> str:
    """The place of a new component. Nothing that is known of the component leads to it."""
    return os.urandom(16).hex()


def now() -> str:
    """The time, as timestamps are written."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
