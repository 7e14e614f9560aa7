"""What taking over the profiles of ZenML would make: planned, and found to be possible, before anything is written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, count
from typing import Literal, NamedTuple

from zprof import repository
from zprof.component_types import component_type
from zprof.errors import Conflict, InvalidConfig, InvalidInput, NotFound
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.flavors.check import checked
from zprof.flavors.config import aware, worth_a_warning
from zprof.flavors.refusal import quoted
from zprof.flavors.stack_rules import violations
from zprof.generated import statements as sql
from zprof.history.log import as_json
from zprof.masking import looks_secret
from zprof.names import checked_name
from zprof.printable import in_shell
from zprof.profiles.holding import Contents, holds, is_untouched
from zprof.profiles.making import DEFAULT, default_path
from zprof.profiles.profile import Profile, profile_of
from zprof.records import Component
from zprof.sqlite.database import Database
from zprof.url import sqlite_url
from zprof.zenml import ForeignComponent, ForeignConfiguration, ForeignFlavor, ForeignProfile, ForeignRepository

MAX_PROBLEMS = 10
"""Components that one error tells of."""


Way = Literal["new", "in place", "as it is"]
"""How a profile comes about: under a free name, in place of the `default` that nobody has touched, or by being there
already with just these contents."""


class PlannedProfile(NamedTuple):
    """A profile as it will be: its configs checked and in the form that is stored."""

    profile: ForeignProfile
    source: str
    """Its name in the configuration that it comes from."""
    flavors: Mapping[tuple[str, str], Flavor]
    """The custom ones, by type and name."""
    store_of: str
    """The profile whose store it has, by the name that this gets: its own, or one before it that it shares with."""
    way: Way = "new"

    def contents(self) -> Contents:
        """What its store is to hold."""
        found = self.profile
        return Contents(
            {key: (flavor.source, as_json(flavor.schema)) for key, flavor in self.flavors.items()},
            {(each.type, each.name): (each.flavor, as_json(each.config)) for each in found.components},
            found.stacks,
            frozenset(found.associations),
        )


class Plan(NamedTuple):
    """All that an import makes, found to be possible."""

    profiles: tuple[PlannedProfile, ...]
    active_profile: str | None
    """ZenML's active one, by the name that it gets."""
    is_first: bool
    """Whether there was no profile before, so that one of these becomes active in any case."""
    repository: ForeignRepository | None
    """The project that is made a repository."""
    remarks: tuple[str, ...]
    """A sentence for each name that changes and each thing that stays behind."""
    warnings: tuple[str, ...]
    """A sentence for what deserves a second look; no secret is in it."""


def planned(registry: Database, found: ForeignConfiguration, prefix: str, names: Mapping[str, str]) -> Plan:
    """See `Registry.planned_import`."""
    new_names = chosen_names([profile.name for profile in found.profiles], prefix, names)
    problems: list[str] = []
    profiles = tuple(
        planned_profile(profile, new_names[profile.name], problems)._replace(
            store_of=new_names[found.shared.get(profile.name, profile.name)]
        )
        for profile in found.profiles
    )
    if problems:
        more = [f"{len(problems) - MAX_PROBLEMS} more."] if len(problems) > MAX_PROBLEMS else []
        raise InvalidConfig(
            "What ZenML stored can't be imported",
            [*problems[:MAX_PROBLEMS], *more],
            "Nothing was changed. Fix it with ZenML or in its files, or delete it there.",
        )
    existing = existing_profiles(registry)
    project, kept = planned_repository(found.repository, new_names)
    return Plan(
        with_ways(registry, profiles, existing),
        None if found.active_profile is None else new_names[found.active_profile],
        not existing,
        project,
        (*found.adapted, *sharing(profiles), *found.left_out, *kept),
        tuple(sentence for profile in profiles for sentence in warnings(profile)),
    )


def sharing(profiles: Iterable[PlannedProfile]) -> Iterator[str]:
    """A sentence for each profile that has the store of another."""
    for each in profiles:
        if each.store_of != each.profile.name:
            yield f"The profiles '{each.store_of}' and '{each.profile.name}' share a store, as they do in ZenML."


def existing_profiles(registry: Database) -> list[Profile]:
    """All profiles. Without a registry, the `default` that the next command would make of a store that is left."""
    if os.path.lexists(registry.path):
        with registry.read() as transaction:
            return [profile_of(row) for row in transaction.rows(sql.PROFILES())]
    path = default_path(registry)
    return [Profile(DEFAULT, sqlite_url(path), None, True, False, "", "")] if os.path.lexists(path) else []


def chosen_names(names: list[str], prefix: str, given: Mapping[str, str]) -> dict[str, str]:
    """What each profile is to be named: as given, or else with the prefix.

    Raises:
        NotFound: a name is given to a profile that is not among them.
        InvalidName: what comes out is no name.
        InvalidInput: two would have the same.
    """
    for name in given:
        if name not in names:
            hint = f"What is imported: {', '.join(names)}."
            raise NotFound("profile", name, where="in what is imported", among=names, hint=hint)
    chosen = {name: checked_name("profile", given.get(name, prefix + name)) for name in names}
    for name, times in Counter(name.lower() for name in chosen.values()).items():
        if times > 1:
            raise InvalidInput(f"{times} profiles would be named '{name}'.", "Give each its own name.")
    return chosen


def with_ways(
    registry: Database, profiles: Iterable[PlannedProfile], existing: list[Profile]
) -> tuple[PlannedProfile, ...]:
    """The profiles, each with how it comes about.

    Args:
        existing: all that the registry has.

    Raises:
        Conflict: profiles have such names, also where they differ in case alone, and must stay; all of them are named.
    """
    by_name = {profile.name.lower(): profile for profile in existing}
    found, clashes = [], {}
    for each in profiles:
        taken = by_name.get(each.profile.name.lower())
        way = "new" if taken is None else way_beside(registry, each, taken, existing)
        found.append(each._replace(way=way or "new"))
        if taken is not None and way is None:
            clashes[each.source] = taken.name
    if clashes:
        raise names_taken(clashes, [each.source for each in found], list(by_name))
    return tuple(found)


def way_beside(registry: Database, planned: PlannedProfile, taken: Profile, existing: list[Profile]) -> Way | None:
    """How a profile comes about whose name is taken; None where that one must stay, and is another."""
    if taken.name == planned.profile.name and holds(registry, taken, planned.contents()):
        return "as it is"
    return "in place" if is_untouched(registry, taken, existing) else None


def names_taken(clashes: Mapping[str, str], sources: Iterable[str], taken: Collection[str]) -> Conflict:
    """The error of names that other profiles have.

    Args:
        clashes: those other profiles, by what is named so in ZenML.
        sources: the names of all that is imported, in ZenML.
        taken: the names of all profiles, in small letters.
    """
    profiles, exist = ("profile", "exists") if len(clashes) == 1 else ("profiles", "exist")
    named = " and ".join(f"'{name}'" for name in clashes.values())
    prefixes = (f"zenml{number}-" for number in chain([""], count(2)))
    prefix = next(each for each in prefixes if not any(f"{each}{old}".lower() in taken for old in sources))
    old = next(iter(clashes))
    return Conflict(
        f"The {profiles} {named} already {exist}.",
        f"Nothing was changed. Rename all of them with --prefix {prefix}, or one with --rename {old}=NAME.",
    )


def planned_repository(
    found: ForeignRepository | None, new_names: Mapping[str, str]
) -> tuple[ForeignRepository | None, tuple[str, ...]]:
    """The project that is made a repository, by the new names; or a sentence on why not."""
    if found is None:
        return None, ()
    chosen = found._replace(active_profile=new_names[found.active_profile])
    path = os.path.join(found.root, repository.DIRECTORY)
    if not os.path.lexists(path):
        return chosen, ()
    stack = f" and `zprof stack set {in_shell(chosen.active_stack)}`" if chosen.active_stack else ""
    return None, (
        f"{path} already exists and is left unchanged. "
        f"To use ZenML's choice, run `zprof profile set {in_shell(chosen.active_profile)}`{stack} in it.",
    )


def planned_profile(profile: ForeignProfile, name: str, problems: list[str]) -> PlannedProfile:
    """A profile as it will be.

    Args:
        problems: gets a sentence for each component whose config its flavor does not take.
    """
    flavors = {
        (flavor.type, flavor.name): custom_flavor(flavor, profile.components) for flavor in profile.custom_flavors
    }
    components = []
    for component in profile.components:
        try:
            config = checked(flavor_of(component, flavors), component.config)
            components.append(component._replace(config=config))
        except InvalidConfig as error:
            problems.append(f"The {described(component)} of the profile '{profile.name}': {' '.join(error.problems)}")
    return PlannedProfile(profile._replace(name=name, components=tuple(components)), profile.name, flavors, name)


def custom_flavor(flavor: ForeignFlavor, components: Iterable[ForeignComponent]) -> Flavor:
    """A flavor of which no more is known than its class: it takes any attribute.

    Those of its components that look like secrets are marked as such, so that they are never shown.
    """
    secrets = {
        attribute: {"writeOnly": True}
        for component in components
        if (component.type, component.flavor) == (flavor.type, flavor.name)
        for attribute in filter(looks_secret, component.config)
    }
    schema = {"type": "object", "properties": secrets, "additionalProperties": True}
    return Flavor(flavor.type, flavor.name, schema, CUSTOM, "", flavor.source)


def flavor_of(component: ForeignComponent, custom: Mapping[tuple[str, str], Flavor]) -> Flavor:
    """A component's flavor: reading has seen to it that there is one."""
    return custom.get((component.type, component.flavor)) or builtin_flavors(component.type)[component.flavor]


def warnings(planned: PlannedProfile) -> Iterator[str]:
    """What deserves a second look in a profile."""
    profile, where = planned.profile, f" of the profile '{planned.profile.name}'"
    for type_name, name in planned.flavors:
        yield (
            f"The {component_type(type_name).noun} flavor '{name}'{where} is imported only by name: "
            "zprof doesn't know its attributes and doesn't check them."
        )
    for component in profile.components:
        hidden = aware(flavor_of(component, planned.flavors), component.config).hiding()
        secrets = worth_a_warning(component.config, hidden)
        if secrets:
            stored = " and ".join(map(quoted, secrets))
            yield f"The {described(component)}{where} stores {stored} in plain text."
    by_key = {(component.type, component.name): Component(*component) for component in profile.components}
    for stack, members in profile.stacks.items():
        if violations({type_name: by_key[type_name, name] for type_name, name in members.items()}):
            yield (
                f"The stack '{stack}'{where} doesn't fit together, which ZenML didn't check. "
                f"`zprof -p {in_shell(profile.name)} stack validate {in_shell(stack)}` shows why."
            )


def described(component: ForeignComponent) -> str:
    """A component as it reads in a sentence."""
    return f"{component_type(component.type).noun} '{component.name}'"
