"""From a store as it was found to what zprof can take of it, with a sentence for all that changes or stays behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from zprof.component_types import ALPHABETICAL, component_type
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.properties import properties
from zprof.flavors.refusal import quoted
from zprof.zenml.adaptation import adapted_names, becomes
from zprof.zenml.records import ForeignComponent, ForeignFlavor, ForeignProfile
from zprof.zenml.stored import NOT_CONFIG, Remainder, StoredComponent, StoredStore

MAX_LISTED = 10
"""Names in a sentence."""


class Carried(NamedTuple):
    """A profile, and the sentences about it."""

    profile: ForeignProfile
    stack_names: Mapping[str, str]
    """From the name of each stack that comes over to the one that it has now."""
    adapted: tuple[str, ...]
    left_out: tuple[str, ...]


def carried(name: str, active_stack: str | None, store: StoredStore) -> Carried:
    """What zprof can take of a profile.

    Args:
        name: of the profile, as zprof will have it.
        active_stack: by its name in the store.
    """
    where = f" of the profile '{name}'"
    custom = {f"{each.type}/{each.name}": each for each in store.flavors}
    flavors = _Named("{type} flavor", {key: each.name for key, each in custom.items()}, builtin=True)
    known = {
        f"{each.type}/{each.key}": each
        for each in store.components
        if f"{each.type}/{each.flavor}" in flavors.chosen or each.flavor in builtin_flavors(each.type)
    }
    names = _Named("{type}", {key: each.name for key, each in known.items()})
    left_out = [*_unknown_flavors(store.components, known, where)]
    stacks, without = _stacks(store.stacks, known, where)
    left_out += without
    stack_names = adapted_names({stack: stack for stack in stacks})
    components = []
    for key, stored in known.items():
        flavor_key = f"{stored.type}/{stored.flavor}"
        flavor = flavors.chosen.get(flavor_key, stored.flavor)
        config, unknown = config_of(stored.type, None if flavor_key in flavors.chosen else flavor, stored.attributes)
        component = ForeignComponent(stored.type, names.chosen[key], flavor, config)
        components.append(component)
        left_out += unknown_attributes(component, unknown, where)
    associations, loose = _associations(store.associations, known, names.chosen, where)
    left_out += loose
    left_out += (sentence for remainder in store.remainders for sentence in _remaining(remainder, where))
    if active_stack is not None and active_stack not in stack_names:
        left_out.append(f"The active stack {quoted(active_stack)}{where} is not carried over: there is no such stack.")
    profile = ForeignProfile(
        name,
        None if active_stack is None else stack_names.get(active_stack),
        tuple(sorted(components, key=lambda component: (component.type, component.name))),
        {
            stack_names[stack]: {
                type_name: names.chosen[f"{type_name}/{stacks[stack][type_name]}"]
                for type_name in ALPHABETICAL
                if type_name in stacks[stack]
            }
            for stack in sorted(stacks, key=stack_names.__getitem__)
        },
        associations,
        tuple(sorted(ForeignFlavor(each.type, flavors.chosen[key], each.source) for key, each in custom.items())),
    )
    adapted = [*flavors.sentences(where), *names.sentences(where)]
    adapted += (becomes("stack", old, new, where) for old, new in stack_names.items() if old != new)
    return Carried(profile, stack_names, tuple(adapted), tuple(left_out))


def config_of(
    type_name: str, flavor: str | None, attributes: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A component's config, and the names of attributes with a value that the flavor doesn't know.

    Args:
        flavor: if it is a built-in one.
    """
    given = {key: value for key, value in attributes.items() if value is not None and key not in NOT_CONFIG}
    if flavor is None or flavor not in builtin_flavors(type_name):
        return given, ()
    known = properties(builtin_flavors(type_name)[flavor].schema)
    config = {key: value for key, value in given.items() if key in known}
    return config, tuple(key for key in given if key not in known)


def unknown_attributes(component: ForeignComponent, unknown: Sequence[str], where: str = "") -> Iterator[str]:
    """The sentence on attributes that a flavor doesn't know. Their values, which may be secrets, are not in it."""
    if unknown:
        several = len(unknown) > 1
        yield (
            f"The attribute{'s' if several else ''} {listed(unknown)} of the {component_type(component.type).noun} "
            f"'{component.name}'{where} {'are' if several else 'is'} not carried over: "
            f"the flavor '{component.flavor}' has no such attribute{'s' if several else ''}."
        )


def listed(names: Sequence[str]) -> str:
    """Names as they read in a sentence: `'ann', 'bob' and 3 more`."""
    shown = [quoted(name) for name in names[:MAX_LISTED]]
    if len(names) > MAX_LISTED:
        shown.append(f"{len(names) - MAX_LISTED} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


class _Named:
    """Things with names that must differ within their type. Keys begin with the type and a slash."""

    def __init__(self, subject: str, names: Mapping[str, str], *, builtin: bool = False) -> None:
        self._subject = subject
        self._names = names
        self.chosen: dict[str, str] = {}
        for type_name in ALPHABETICAL:
            of_type = {key: name for key, name in names.items() if key.startswith(f"{type_name}/")}
            self.chosen |= adapted_names(of_type, taken=builtin_flavors(type_name) if builtin and of_type else ())

    def sentences(self, where: str) -> Iterator[str]:
        for key in self.chosen:
            if self.chosen[key] != self._names[key]:
                subject = self._subject.format(type=component_type(key.partition("/")[0]).noun)
                yield becomes(subject, self._names[key], self.chosen[key], where)


def _unknown_flavors(
    components: Iterable[StoredComponent], known: Mapping[str, StoredComponent], where: str
) -> Iterator[str]:
    for each in components:
        if f"{each.type}/{each.key}" not in known:
            yield (
                f"The {component_type(each.type).noun} {quoted(each.name)}{where} is not carried over: "
                f"its flavor {quoted(each.flavor)} is neither built in nor registered."
            )


def _stacks(
    stacks: Mapping[str, Mapping[str, str]], known: Mapping[str, StoredComponent], where: str
) -> tuple[dict[str, Mapping[str, str]], list[str]]:
    """The stacks whose components all come over, and a sentence for each of the others."""
    whole, sentences = {}, []
    for name, members in stacks.items():
        lacking = [type_name for type_name, key in members.items() if f"{type_name}/{key}" not in known]
        if not lacking:
            whole[name] = members
        else:
            noun = component_type(lacking[0]).noun
            sentences.append(f"The stack {quoted(name)}{where} is not carried over, since its {noun} is not.")
    return whole, sentences


def _associations(
    uuids: Iterable[tuple[str, str]], known: Mapping[str, StoredComponent], names: Mapping[str, str], where: str
) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """The pairs by name, each store in one at most."""
    by_uuid = {(each.type, each.uuid): names[key] for key, each in known.items()}
    pairs: dict[str, str] = {}
    metadata_stores: set[str] = set()
    gone, sentences = 0, []
    for artifact_uuid, metadata_uuid in uuids:
        artifact_store = by_uuid.get(("artifact_store", artifact_uuid))
        metadata_store = by_uuid.get(("metadata_store", metadata_uuid))
        if artifact_store is None or metadata_store is None:
            gone += 1
        elif pairs.get(artifact_store) == metadata_store:
            pass
        elif artifact_store in pairs or metadata_store in metadata_stores:
            sentences.append(
                f"The tie of the artifact store '{artifact_store}' to the metadata store "
                f"'{metadata_store}'{where} is not carried over: one of them is tied to another store."
            )
        else:
            pairs[artifact_store] = metadata_store
            metadata_stores.add(metadata_store)
    sentences += _number(gone, "tie", where, " to stores that do not exist")
    return tuple(sorted(pairs.items())), sentences


def _remaining(remainder: Remainder, where: str) -> Iterator[str]:
    if remainder.names:
        several = len(remainder.names) > 1
        yield (
            f"The {remainder.noun}{'s' if several else ''} {listed(remainder.names)}{where} "
            f"{'are' if several else 'is'} not carried over."
        )
    if remainder.number is None:
        yield f"The {remainder.noun}s{where}, which can't be counted, are not carried over."
    else:
        yield from _number(remainder.number, remainder.noun, where)


def _number(number: int, noun: str, where: str, which: str = "") -> Iterator[str]:
    if number:
        s, are = ("s", "are") if number > 1 else ("", "is")
        yield f"{number} {noun}{s}{where}{which} {are} not carried over."
