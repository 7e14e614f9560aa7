"""What taking over the profiles of ZenML would make: planned, and found to be possible, before anything is written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count
from typing import NamedTuple

from zprof import repository
from zprof.component_types import component_type
from zprof.errors import Conflict, InvalidConfig, InvalidInput, NotFound
from zprof.flavors.catalog import CUSTOM, Flavor, builtin_flavors
from zprof.flavors.check import checked
from zprof.flavors.config import hiding_secrets, worth_a_warning
from zprof.flavors.refusal import quoted
from zprof.flavors.stack_rules import violations
from zprof.generated import statements as sql
from zprof.masking import looks_secret
from zprof.names import checked_name
from zprof.printable import in_shell
from zprof.records import Component
from zprof.sqlite.database import Database
from zprof.zenml import ForeignComponent, ForeignConfiguration, ForeignFlavor, ForeignProfile, ForeignRepository

MAX_PROBLEMS = 10
"""Components that one error tells of."""


class PlannedProfile(NamedTuple):
    """A profile as it will be: its name free, its configs checked and in the form that is stored."""

    profile: ForeignProfile
    source: str
    """Its name in the configuration that it comes from."""
    flavors: Mapping[tuple[str, str], Flavor]
    """The custom ones, by type and name."""


class Plan(NamedTuple):
    """All that an import makes, found to be possible."""

    profiles: tuple[PlannedProfile, ...]
    active_profile: str | None
    """ZenML's active one, by the name that it gets."""
    repository: ForeignRepository | None
    """The project that is made a repository."""
    remarks: tuple[str, ...]
    """A sentence for each name that changes and each thing that stays behind."""
    warnings: tuple[str, ...]
    """A sentence for what deserves a second look; no secret is in it."""


def planned(registry: Database, found: ForeignConfiguration, prefix: str, names: Mapping[str, str]) -> Plan:
    """See `Registry.planned_import`."""
    new_names = chosen_names([profile.name for profile in found.profiles], prefix, names)
    with registry.read() as transaction:
        check_names_are_free(new_names, [row[0] for row in transaction.rows(sql.PROFILES())])
    problems: list[str] = []
    profiles = tuple(planned_profile(profile, new_names[profile.name], problems) for profile in found.profiles)
    if problems:
        more = [f"{len(problems) - MAX_PROBLEMS} more of them."] if len(problems) > MAX_PROBLEMS else []
        raise InvalidConfig(
            "What ZenML stored can't be taken over",
            [*problems[:MAX_PROBLEMS], *more],
            "Nothing was changed. Mend it with ZenML, or in its files, or delete it there.",
        )
    project, kept = planned_repository(found.repository, new_names)
    return Plan(
        profiles,
        None if found.active_profile is None else new_names[found.active_profile],
        project,
        (*found.adapted, *found.left_out, *kept),
        tuple(sentence for profile in profiles for sentence in warnings(profile)),
    )


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
            raise InvalidInput(f"{times} profiles would be named '{name}'.", "Give each a name of its own.")
    return chosen


def check_names_are_free(new_names: Mapping[str, str], existing: Iterable[str]) -> None:
    """Refuse names that profiles have already, all of them at once, also where they differ in case alone.

    Args:
        new_names: from what a profile is named in ZenML to what it is to be named.

    Raises:
        Conflict: there are such names.
    """
    taken = {name.lower(): name for name in existing}
    clashes = {old: taken[new.lower()] for old, new in new_names.items() if new.lower() in taken}
    if clashes:
        are = "is a profile" if len(clashes) == 1 else "are profiles"
        named = " and ".join(f"'{name}'" for name in clashes.values())
        prefixes = (f"zenml{number}-" for number in chain([""], count(2)))
        prefix = next(each for each in prefixes if not any(f"{each}{old}".lower() in taken for old in new_names))
        old = next(iter(clashes))
        raise Conflict(
            f"There {are} {named} already.",
            f"Nothing was changed. Name all of them anew with --prefix {prefix}, or one with --rename {old}=NAME.",
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
        f"{path} is there already and stays as it is. "
        f"To have ZenML's choice, type `zprof profile set {in_shell(chosen.active_profile)}`{stack} in it.",
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
    return PlannedProfile(profile._replace(name=name, components=tuple(components)), profile.name, flavors)


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
            f"The {component_type(type_name).noun} flavor '{name}'{where} comes over by its name alone: "
            "zprof doesn't know its attributes, and checks none."
        )
    for component in profile.components:
        hidden = hiding_secrets(flavor_of(component, planned.flavors), component.config)
        secrets = worth_a_warning(component.config, hidden)
        if secrets:
            stored = " and ".join(map(quoted, secrets))
            yield f"The {described(component)}{where} stores {stored} in plain text."
    by_key = {(component.type, component.name): Component(*component) for component in profile.components}
    for stack, members in profile.stacks.items():
        if violations({type_name: by_key[type_name, name] for type_name, name in members.items()}):
            yield (
                f"The stack '{stack}'{where} doesn't fit together, which ZenML let pass. "
                f"`zprof -p {in_shell(profile.name)} stack validate {in_shell(stack)}` will tell why."
            )


def described(component: ForeignComponent) -> str:
    """A component as it reads in a sentence."""
    return f"{component_type(component.type).noun} '{component.name}'"
