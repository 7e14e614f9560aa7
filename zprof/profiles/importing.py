"""Taking over the profiles of ZenML as planned (`zprof.profiles.import_plan`), wholly or not at all.

The stores are made first and the registry's rows last, in one transaction; should anything fail, the stores go again.
Where there is no registry yet, it is made with these rows in it, and nobody sees it without them. A store that gave way
is moved to the copies once the registry leads to the new one.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from zprof import paths, repository
from zprof.errors import Conflict, ZprofError
from zprof.files import make_private_directory
from zprof.generated import statements as sql
from zprof.history.heading import new_operation_id
from zprof.history.log import State
from zprof.names import checked_name
from zprof.profiles.import_plan import Plan, PlannedProfile, with_ways
from zprof.profiles.making import check_is_not_behind_sudo, default_path, discard, first_run, free_path, retired_store
from zprof.profiles.operation import Pair, RegistryOperation, new_profile, registry_operation
from zprof.profiles.profile import Profile, profile_of
from zprof.records import Component
from zprof.repository import Repository
from zprof.signals import undivided
from zprof.sqlite.database import Database
from zprof.store import components, flavors, ties
from zprof.store.operation import Operation
from zprof.transaction import Transaction
from zprof.url import sqlite_path, sqlite_url


class Imported(NamedTuple):
    """What an import came to."""

    profiles: tuple[PlannedProfile, ...]
    """The profiles, with how each has come about."""
    active: str | None
    """The profile that was made the globally active one, if one was."""
    kept: str | None = None
    """Where the store is of the `default` that gave way, if it did."""


class Entered(NamedTuple):
    """What an import wrote into the registry."""

    imported: Imported
    replaced: Profile | None
    """The `default` that gave way, as it was."""


def import_profiles(registry: Database, plan: Plan, *, activate: bool) -> Imported:
    """See `Registry.import_profiles`."""
    directory = os.path.dirname(registry.path)
    check_is_not_behind_sudo(directory)
    new_directories = [each for each in (paths.profiles_dir(directory), directory) if not os.path.lexists(each)]
    make_private_directory(directory)
    make_private_directory(paths.profiles_dir(directory))
    if not os.path.lexists(registry.path) and os.path.lexists(default_path(registry)):
        first_run(registry)  # the registry was lost, and the store that is left is not to be
    operation_id = new_operation_id()
    stores: dict[str, str] = {}
    made: list[Repository] = []
    try:
        found = owners_as_they_are(plan.profiles)
        for each in plan.profiles:
            if each.store_of not in found:
                registry.caller.say(f"Initializing profile `{each.profile.name}`...")
                if each.store_of not in stores:
                    stores[each.store_of] = make_store(directory, each, registry, operation_id)
        with undivided():
            entered = enter(registry, plan, stores, made, operation_id, activate=activate)
            made.clear()  # it stays, whatever happens
            return settled(registry, entered, stores)
    except BaseException:
        take_back(registry, stores.values(), made, new_directories)
        raise


def owners_as_they_are(profiles: Iterable[PlannedProfile]) -> dict[str, str]:
    """For each store that is there already, by whose it is, a profile that has it."""
    return {each.store_of: each.profile.name for each in profiles if each.way == "as it is"}


def settled(registry: Database, entered: Entered, stores: Mapping[str, str]) -> Imported:
    """Put away the stores that no profile has: those that were made for nothing, and the one that gave way."""
    for owner in owners_as_they_are(entered.imported.profiles):
        if owner in stores:  # another process was first, with the same
            discard(registry, sqlite_url(stores[owner]))
    return entered.imported._replace(kept=retired(registry, entered.replaced))


def enter(
    registry: Database,
    plan: Plan,
    stores: dict[str, str],
    made: list[Repository],
    operation_id: str,
    *,
    activate: bool,
) -> Entered:
    """Write the rows of the profiles, and make the project a repository last.

    Args:
        stores: the paths of those that were made, by whose they are.
        made: gets the repository, for who has to take it back.
    """
    entered: list[Entered] = []

    def fill(operation: RegistryOperation, active: str | None) -> None:
        entered[:] = [entered_in(operation, registry, plan, stores, active)]
        operation.ask()
        if plan.repository is not None and not made:
            profile, stack, root = plan.repository
            made.append(repository.make(root, profile=profile, stack=stack))

    if not os.path.lexists(registry.path):
        first = plan.active_profile or plan.profiles[0].profile.name

        def fill_new(transaction: Transaction) -> None:
            operation = RegistryOperation(transaction, registry.caller, operation_id)
            fill(operation, first)
            operation.finish_as_floor()

        if registry.create(fill_new):
            return entered[0]
    with registry_operation(registry, operation_id) as operation:
        fill(operation, plan.active_profile if activate else None)
    return entered[0]


def entered_in(
    operation: RegistryOperation, registry: Database, plan: Plan, stores: Mapping[str, str], active: str | None
) -> Entered:
    """Write the rows of the profiles, within an operation of the registry.

    Args:
        active: the profile to make the globally active one; None to leave that as it is.
    """
    existing = [profile_of(row) for row in operation.ask(sql.PROFILES())[0]]
    profiles = with_ways(registry, plan.profiles, existing)
    by_name = {profile.name: profile for profile in existing}
    found = {owner: by_name[name].url for owner, name in owners_as_they_are(profiles).items()}
    check_are_still_there(profiles, stores, found)
    urls = {owner: sqlite_url(path) for owner, path in stores.items()} | found
    replaced = None
    pairs: list[Pair] = []
    for each in profiles:
        name, is_active = each.profile.name, each.profile.name == active
        if each.way == "as it is":
            if is_active:
                pairs.append((by_name[name], by_name[name]._replace(is_active=True)))
            continue
        if each.way == "in place":
            replaced = next(profile for profile in existing if profile.name.lower() == name.lower())
            is_active = is_active or (active is None and replaced.is_active)
            pairs.append((replaced, None))
        new = new_profile(name, urls[each.store_of], each.profile.active_stack, is_active=is_active)
        pairs.append((None, new))
    if active is not None:
        others = [profile for profile in existing if profile not in (replaced, by_name.get(active))]
        pairs += [(profile, profile._replace(is_active=False)) for profile in others]
    operation.change(*pairs)
    return Entered(Imported(profiles, active), replaced)


def check_are_still_there(
    profiles: Iterable[PlannedProfile], stores: Mapping[str, str], found: Collection[str]
) -> None:
    """Refuse a row for a store that is not there: others have changed what was there when the import was planned.

    Somebody may have joined a store meanwhile, and deleted it together with that profile.

    Args:
        found: whose stores were there already.
    """
    hint = "Nothing was imported. Try again."
    for each in profiles:
        if each.store_of not in stores and each.store_of not in found:
            raise Conflict(f"Another process has changed the profile '{each.profile.name}'.", hint)
    for path in stores.values():
        if not os.path.lexists(path):
            raise ZprofError(f"{path} was removed by another process.", hint)


def retired(registry: Database, profile: Profile | None) -> str | None:
    """Where the store of a profile is that gave way, once it was moved to the copies, as far as it could be."""
    if profile is None:
        return None
    with suppress(ZprofError), registry.write() as transaction:
        return retired_store(registry, profile, [row[1] for row in transaction.rows(sql.PROFILES())])
    return sqlite_path(profile.url)


def make_store(directory: str, planned: PlannedProfile, registry: Database, operation_id: str) -> str:
    """Make a profile's store, with all that is in it; its path."""

    def fill(transaction: Transaction) -> None:
        operation = Operation(transaction, registry.caller, operation_id)
        add_all(operation, planned)
        operation.finish_as_floor()

    while True:
        path = free_path(directory, planned.profile.name)
        if Database(path, "store", registry.caller).create(fill):
            return path


def take_back(
    registry: Database, stores: Collection[str], made: list[Repository], new_directories: Iterable[str]
) -> None:
    """Remove what was made, unless the registry has come to have the profiles.

    Whether it has can't be known where it can't be read: then all stays, since no profile may lack its store.
    """
    gone = [discard(registry, sqlite_url(path)) for path in stores]
    if all(gone):
        for each in made:
            repository.unmake(each)
        with suppress(OSError):
            if new_directories and not os.path.lexists(registry.path):
                os.unlink(f"{registry.path}.lock")
        for directory in new_directories:
            with suppress(OSError):  # others may have come to use it
                os.rmdir(directory)


def add_all(operation: Operation, planned: PlannedProfile) -> None:
    """Fill a store with what was in another program's, which had other rules for stacks and for ties of stores.

    Its configs were checked by the plan. Stacks are added as they are, whether their components fit together or not.
    """
    profile = planned.profile
    for flavor in planned.flavors.values():
        flavors.register_flavor(operation, flavor.component_type, flavor.name, flavor.schema, flavor.source)
    components.register_components(
        operation, [Component(found.type, found.name, found.flavor, found.config) for found in profile.components]
    )
    stacks: list[tuple[None, State]] = [
        (None, {"name": checked_name("stack", name), "components": dict(members)})
        for name, members in profile.stacks.items()
    ]
    operation.change("stack", *stacks)
    operation.change("association", *((None, ties.state((tie[0], tie[1]))) for tie in profile.associations))
