"""What differs between the contents of two profiles, thing by thing and attribute by attribute.

The marker of a secret, `zprof.documents.shape.KEPT`, equals any value. What is renamed is seen as one thing that goes
and another that comes, since nothing tells a new name from another thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

from zprof.contents.record import Contents, Key
from zprof.documents.shape import KEPT, is_kept
from zprof.documents.strict_json import is_equal
from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.flavors.config import secret_names
from zprof.records import NOTHING, Component, Config, told
from zprof.reference_grammar import is_reference

Verb = Literal["create", "change", "delete"]
"""What makes the one profile like the other."""
Kind = Literal["flavor", "component", "stack", "tie", "profile"]
Thing = TypeVar("Thing")
Name = TypeVar("Name", str, Key)

SECRET = "(secret)"  # noqa: S105  it stands for one
OTHER_SECRET = "(another secret)"  # noqa: S105
"""What a secret becomes, where it was one before."""


class AttributeChange(NamedTuple):
    """One attribute of a thing, as it is and as it becomes. Its repr shows no secrets."""

    path: str
    """`flavor`, `config.path`, `components.orchestrator`, `schema`, `source`; within an object to its leaf."""
    old: Any
    """None where there is none: no attribute has the value null."""
    new: Any
    is_secret: bool = False
    """Whether either value is, or holds, a secret."""

    def shown(self, secret: Any = SECRET, another: Any = OTHER_SECRET) -> tuple[Any, Any]:
        """Both values with secrets replaced; a reference to one is none, and stays.

        Args:
            secret: what stands for one.
            another: what stands for one that takes the place of another.
        """
        if not self.is_secret:
            return self.old, self.new
        old, new = (value if value is None or is_reference(value) else secret for value in (self.old, self.new))
        return old, another if new is secret and old is secret else new

    def __repr__(self) -> str:
        old, new = self.shown()
        return f"AttributeChange(path={self.path!r}, old={old!r}, new={new!r}, is_secret={self.is_secret!r})"


class Difference(NamedTuple):
    """A thing that is not the same in two profiles."""

    verb: Verb
    kind: Kind
    name: str
    """As in the log: `prod`, `artifact_store/s3`, `ARTIFACT_STORE/METADATA_STORE` for a tie."""
    attributes: tuple[AttributeChange, ...] = ()
    """Those that differ; all of a thing that comes or goes."""


def differences(before: Contents, after: Contents) -> list[Difference]:
    """What would make a profile of some contents one of others: flavors, components, stacks and ties, each by name."""
    component_changes = ComponentChanges(before, after)
    return [
        *differences_of("flavor", before.flavors, after.flavors, flavor_changes),
        *differences_of("component", before.components, after.components, component_changes),
        *differences_of("stack", before.stacks, after.stacks, stack_changes),
        *differences_of("tie", dict.fromkeys(before.ties, ()), dict.fromkeys(after.ties, ()), no_changes),
    ]


def differences_of(
    kind: Kind,
    before: Mapping[Name, Thing],
    after: Mapping[Name, Thing],
    changes: Callable[[Thing | None, Thing | None], Iterator[AttributeChange]],
) -> Iterator[Difference]:
    """What differs among things of one kind.

    Args:
        changes: what differs between two of one name; between one and nothing, all of it.
    """
    for name in sorted({**before, **after}):
        old, new = before.get(name), after.get(name)
        attributes = tuple(changes(old, new))
        written = name if isinstance(name, str) else "/".join(name)
        if old is None or new is None:
            yield Difference("create" if old is None else "delete", kind, written, attributes)
        elif attributes:
            yield Difference("change", kind, written, attributes)


def flavor_changes(old: Flavor | None, new: Flavor | None) -> Iterator[AttributeChange]:
    """The attributes of a custom flavor that differ."""
    fields = [{} if each is None else told(source=each.source, schema=each.schema) for each in (old, new)]
    return leaves("", *fields)


def stack_changes(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[AttributeChange]:
    """The components of a stack that differ."""
    return leaves("components", old or NOTHING, new or NOTHING)


def no_changes(old: object, new: object) -> Iterator[AttributeChange]:
    """A tie has no attributes."""
    return iter(())


class ComponentChanges:
    """The attributes that differ between two components, of which the flavors tell what is a secret.

    What is asked of a flavor is kept, since many components have the same.
    """

    def __init__(self, before: Contents, after: Contents) -> None:
        self._flavors = before.flavors, after.flavors
        self._secrets: tuple[dict[Key, frozenset[str]], ...] = {}, {}

    def __call__(self, old: Component | None, new: Component | None) -> Iterator[AttributeChange]:
        """All attributes where one of the two is None."""
        before, after = (NOTHING if each is None else each.config for each in (old, new))
        before_flavor, after_flavor = (None if each is None else each.flavor for each in (old, new))
        if before_flavor != after_flavor:
            yield AttributeChange("flavor", before_flavor, after_flavor)
        if is_equal(before, after):
            return
        hidden = {name for side, each in enumerate((old, new)) if each is not None for name in self.hiding(side, each)}
        for name in sorted({**before, **after}):
            path, was, becomes = step("config", name), before.get(name), after.get(name)
            if name in hidden:
                if not is_same_secret(was, becomes):
                    yield AttributeChange(path, was, becomes, is_secret=True)
            else:
                yield from leaf_or_leaves(path, was, becomes)

    def hiding(self, side: int, component: Component) -> set[str]:
        """The attributes that hold a secret, or stand for one.

        Args:
            side: 0 for what is before, 1 for what is after.
        """
        given = component.config
        kept = {name for name, value in given.items() if is_kept(value)}
        known = {name: value for name, value in given.items() if name not in kept}
        return kept | set(Config(known, self._secret_names(side, component)).hiding())

    def _secret_names(self, side: int, component: Component) -> frozenset[str]:
        key = component.type, component.flavor
        if key not in self._secrets[side]:
            # A document may leave out what the other side has.
            flavor = (
                builtin_flavors(key[0]).get(key[1]) or self._flavors[side].get(key) or self._flavors[1 - side].get(key)
            )
            if flavor is None:
                return secret_names(None, component.config)
            self._secrets[side][key] = secret_attributes(flavor)
        return self._secrets[side][key]


def is_same_secret(old: Any, new: Any) -> bool:
    """Whether two values of an attribute are the same, the marker of a secret being any value."""
    return is_equal(old, new) or (None not in (old, new) and KEPT in (old, new))


def leaf_or_leaves(path: str, old: Any, new: Any) -> Iterator[AttributeChange]:
    """What differs between two values: within them where both are objects, else as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from leaves(path, old, new)
    elif not is_equal(old, new):
        yield AttributeChange(path, old, new)


def leaves(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[AttributeChange]:
    """What differs between two objects, down to where one of them has no object."""
    for name in sorted({**old, **new}):
        yield from leaf_or_leaves(step(path, name), old.get(name), new.get(name))


def step(path: str, name: str) -> str:
    """The path of what is within an object; a name with other characters than those of names is in brackets."""
    if not name.isidentifier() and re.fullmatch(r"\w[\w-]*|\$\w+", name) is None:
        return f"{path}[{json.dumps(name, ensure_ascii=False)}]"
    return f"{path}.{name}" if path else name


class StackContents(NamedTuple):
    """A stack with all that it is made of."""

    components: Mapping[str, Component]
    """By type."""
    flavors: Mapping[Key, Flavor]
    """The custom ones among theirs."""


def stack_of(contents: Contents, name: str) -> StackContents:
    """A stack of some contents; a component that a document does not have is one of nothing but its name."""
    components = {
        of_type: contents.components.get((of_type, member), Component(of_type, member, "", NOTHING))
        for of_type, member in contents.stacks[name].items()
    }
    keys = {(each.type, each.flavor) for each in components.values()}
    return StackContents(components, {key: contents.flavors[key] for key in keys if key in contents.flavors})


def stack_differences(before: StackContents, after: StackContents) -> list[Difference]:
    """What would make a stack like another: its custom flavors, and its components by type, whatever they are named."""
    changes = ComponentChanges(Contents(before.flavors), Contents(after.flavors))

    def with_names(old: Component | None, new: Component | None) -> Iterator[AttributeChange]:
        names = (None if each is None else each.name for each in (old, new))
        yield from leaf_or_leaves("name", *names)
        yield from changes(old, new)

    return [
        *differences_of("flavor", before.flavors, after.flavors, flavor_changes),
        *differences_of("component", before.components, after.components, with_names),
    ]
