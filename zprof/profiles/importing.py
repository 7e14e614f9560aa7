"""Taking over the profiles of ZenML as planned (`zprof.profiles.import_plan`), wholly or not at all.

The stores are made first and the registry's rows last, in one transaction; should anything fail, the stores go again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from zprof import paths, repository
from zprof.files import make_private_directory
from zprof.names import checked_name
from zprof.profiles.import_plan import Plan, PlannedProfile, check_names_are_free
from zprof.profiles.making import discard, free_path, leads_to, profile_row
from zprof.records import now
from zprof.repository import Repository
from zprof.schema import migration, statements
from zprof.schema.models import store as models
from zprof.schema.models.registry import Profile
from zprof.schema.session import changing
from zprof.sqlite.database import Database
from zprof.store.change import StoreChange
from zprof.store.stacks import stack_state
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
        with changing(registry) as session:
            names = {each.source: each.profile.name for each in plan.profiles}
            check_names_are_free(names, session.scalars(select(Profile.name)))
            if activate and plan.active_profile is not None:
                session.execute(statements.CLEAR_ACTIVE_PROFILE, {"now": now()})
            for each, path in zip(plan.profiles, stores, strict=True):
                is_active = activate and each.profile.name == plan.active_profile
                session.add(profile_row(each.profile.name, sqlite_url(path), each.profile.active_stack, int(is_active)))
            session.flush()
            if plan.repository is not None:
                profile, stack, root = plan.repository
                made.append(repository.make(root, profile=profile, stack=stack))
    except BaseException:
        take_back(registry, stores, made)
        raise


def make_store(directory: str, planned: PlannedProfile, registry: Database) -> str:
    """Make a profile's store, with all that is in it; its path."""

    def fill(connection: Connection) -> None:
        with Session(connection) as session:
            ForeignChange(session, registry.caller).add_all(planned)
            session.commit()

    while True:
        path = free_path(directory, planned.profile.name)
        if migration.create(path, "store", fill):
            return path


def take_back(registry: Database, stores: list[str], made: list[Repository]) -> None:
    """Remove the stores and the repository that were made, unless the registry has come to have the profiles.

    Whether it has can't be known where it can't be read: then all stays, since no profile may lack its store.
    """
    unused = [path for path in stores if not leads_to(registry, sqlite_url(path))]
    if len(unused) == len(stores):
        for each in made:
            with suppress(OSError):
                os.unlink(each.path)
                os.rmdir(os.path.dirname(each.path))
    for path in unused:
        discard(path)


class ForeignChange(StoreChange):
    """Filling a store with what was in another program's, which had other rules for stacks and for ties of stores."""

    def add_all(self, planned: PlannedProfile) -> None:
        """Add all that is in a profile."""
        profile = planned.profile
        for flavor in planned.flavors.values():
            self.register_flavor(flavor.component_type, flavor.name, flavor.schema, flavor.source)
        for component in profile.components:
            self.register_component(component.type, component.name, component.flavor, component.config)
        for name, members in profile.stacks.items():
            self.add_stack(name, members)
        for artifact_store, metadata_store in profile.associations:
            self.add_association(artifact_store, metadata_store)

    def add_stack(self, name: str, components: Mapping[str, str]) -> None:
        """Add a stack as it is, whether its components fit together or not, and tie nothing."""
        chosen = self._chosen(components)
        stack = models.Stack(name=checked_name("stack", name), created_at=self._now, updated_at=self._now, revision=1)
        self._place(stack, chosen)
        self._stacks.add(stack, name)
        self._log("stack", name, None, stack_state(stack))

    def add_association(self, artifact_store: str, metadata_store: str) -> None:
        """Tie two stores together, whatever the stacks that they are in."""
        self._add_tie(
            self._component("artifact_store", artifact_store), self._component("metadata_store", metadata_store)
        )
