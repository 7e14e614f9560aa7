"""What reads return: frozen, typed, and the same whichever database they came from.

Timestamps are UTC in ISO 8601, to the second. Named tuples, since they cost a fraction of a dataclass to define and
every command defines them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any, NamedTuple

from zprof.documents.strict_json import parsed_json
from zprof.errors import DamagedFile, NoMember
from zprof.frozen import FrozenDict, frozen
from zprof.masking import MASK, guarded, is_reference

if TYPE_CHECKING:
    from zprof.flavors.catalog import Flavor


API_VERSION = "zprof/v1"
KEPT = {"$secret": "kept"}
"""What stands for a secret in a document."""
NOTHING: Mapping[str, str] = FrozenDict()


class Profile(NamedTuple):
    """A profile, as the registry has it."""

    name: str
    url: str
    active_stack: str | None
    """The stack that this user has active in it, by name; it may be gone from a shared store."""
    is_active: bool
    """Whether it is the globally active one."""
    is_protected: bool
    created_at: str
    updated_at: str

    @property
    def store_type(self) -> str:
        """The kind of database: `sqlite` or `postgresql`."""
        return self.url.partition(":")[0].partition("+")[0]


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
        self.know(secrets, resolved)

    def know(self, secrets: frozenset[str] | None, resolved: Mapping[str, str]) -> None:
        """Take up what is known of the attributes, as for a new one: by who makes a record, before anybody has it."""
        self._secrets = secrets
        self._resolved = resolved
        if resolved:
            dict.update(self, resolved)

    def shown(self, mask: Any = MASK) -> dict[str, Any]:
        """The attributes with what holds a secret replaced, as a whole or within; references stay.

        Args:
            mask: what stands in place of a whole attribute.
        """
        return {name: mask if self._is_secret(name) else self._guarded(name) for name in self}

    def document(self) -> dict[str, Any]:
        """The fields `config` and `resolved` of a document: what is left empty is so, and no secret is in it."""
        config = {
            name: KEPT if self._is_secret(name) or self._guarded(name) != value else value
            for name, value in self.items()
            if name not in self._resolved
        }
        return {"config": config, **({"resolved": dict(self._resolved)} if self._resolved else {})}

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

    def to_dict(self) -> dict[str, Any]:
        """The component as a document, ready for JSON: its secrets are left out, and so is what is this machine's."""
        return {"apiVersion": API_VERSION, "kind": "Component", "type": self.type, **self.part(), **marks(self)}

    def part(self) -> dict[str, Any]:
        """The component as a part of a stack's document."""
        return {"name": self.name, "flavor": self.flavor, **self.guarded_config().document()}

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

    def to_dict(self) -> dict[str, Any]:
        """The stack as a document, as `stack export` writes it: its secrets are left out."""
        components = {type_name: member.part() for type_name, member in self.components.items()}
        heading = {"apiVersion": API_VERSION, "kind": "Stack", "name": self.name}
        return {**heading, "components": components, **marks(self)}

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

    def with_secrets(self, given: Mapping[tuple[str, str], str]) -> Bundle:
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
            "The store holds something that should be a JSON object and is not.",
            "`zprof db check` names the row, and what to type against it.",
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
