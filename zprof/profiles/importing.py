"""Taking over the profiles of ZenML as planned (`zprof.profiles.import_plan`), wholly or not at all.

The stores are made first and the registry's rows last, in one transaction; should anything fail, the stores go again.
"""

from __future__ import annotations

import os
from contextlib import suppress

from zprof import paths, repository
from zprof.errors import ZprofError
from zprof.files import make_private_directory
from zprof.generated import statements as sql
from zprof.names import checked_name
from zprof.profiles.import_plan import Plan, PlannedProfile, check_names_are_free
from zprof.profiles.making import discard, free_path
from zprof.profiles.rows import new_profile
from zprof.records import Component, now
from zprof.repository import Repository
from zprof.sqlite.database import Database
from zprof.store import components, flavors, ties
from zprof.store.operation import Operation, State
from zprof.transaction import Transaction
from zprof.url import sqlite_url


def import_profiles(registry: Database, plan: Plan, *, activate: bool) -> None:
    """See `Registry.import_profiles`."""
    directory = os.path.dirname(registry.path)
    make_private_directory(paths.profiles_dir(directory))
    stores: list[str] = []
    made: list[Repository] = []
    try:
        for each in plan.profiles:
            registry.caller.say(f"Initializing profile `{each.profile.name}`...")
            stores.append(make_store(directory, each, registry))
        with registry.write() as transaction:
            names = {each.source: each.profile.name for each in plan.profiles}
            check_names_are_free(names, [row[0] for row in transaction.rows(sql.PROFILES())])
            for path in stores:
                check_is_still_there(path)
            if activate and plan.active_profile is not None:
                transaction.run(sql.CLEAR_ACTIVE_PROFILE(now=now()), is_exact=False)
            for each, path in zip(plan.profiles, stores, strict=True):
                is_active = activate and each.profile.name == plan.active_profile
                url = sqlite_url(path)
                transaction.run(new_profile(each.profile.name, url, each.profile.active_stack, is_active=is_active))
            transaction.ask()
            if plan.repository is not None:
                profile, stack, root = plan.repository
                made.append(repository.make(root, profile=profile, stack=stack))
    except BaseException:
        take_back(registry, stores, made)
        raise


def check_is_still_there(path: str) -> None:
    """Refuse a row for a store that somebody has joined meanwhile, and deleted together with that profile."""
    if not os.path.lexists(path):
        raise ZprofError(f"{path} was taken away by another process.", "Nothing was imported. Try again.")


def make_store(directory: str, planned: PlannedProfile, registry: Database) -> str:
    """Make a profile's store, with all that is in it; its path."""

    def fill(transaction: Transaction) -> None:
        operation = Operation(transaction, registry.caller)
        add_all(operation, planned)
        operation.finish()

    while True:
        path = free_path(directory, planned.profile.name)
        if Database(path, "store", registry.caller).create(fill):
            return path


def take_back(registry: Database, stores: list[str], made: list[Repository]) -> None:
    """Remove the stores and the repository that were made, unless the registry has come to have the profiles.

    Whether it has can't be known where it can't be read: then all stays, since no profile may lack its store.
    """
    gone = [discard(registry, sqlite_url(path)) for path in stores]
    if all(gone):
        for each in made:
            with suppress(OSError):
                os.unlink(each.path)
                os.rmdir(os.path.dirname(each.path))


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
