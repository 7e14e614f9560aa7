"""The registry: one user's profiles, and which of them is active."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

from zprof import paths
from zprof.caller import QUIET, Caller
from zprof.databases import registry_database
from zprof.errors import DamagedFile, NothingActive
from zprof.generated import statements as sql
from zprof.profiles.operation import registry_operation
from zprof.profiles.profile import Profile, profile_of
from zprof.profiles.rows import existing_and_active, existing_profile
from zprof.url import is_same_store

if TYPE_CHECKING:
    from zprof.filters import NameFilters
    from zprof.history.history import History
    from zprof.profiles.import_plan import Plan
    from zprof.profiles.importing import Imported
    from zprof.profiles.undoing import Follower, RegistryTakenBack
    from zprof.sqlite.backups import DeletedProfile
    from zprof.store import planning
    from zprof.store.store import Store
    from zprof.transaction import Call, Row
    from zprof.zenml import ForeignConfiguration


class Registry:
    """The profiles in a config directory. Each method is one transaction, and nothing is kept open in between."""

    def __init__(self, directory: str, caller: Caller = QUIET, *, keeps_format: bool = False) -> None:
        """The registry in a directory; nothing is opened yet.

        Args:
            keeps_format: whether reads take a registry of an older zprof as it is, rather than upgrade it.
        """
        directory = os.path.abspath(directory)
        self.directory = directory
        self.caller = caller
        self.path = paths.registry_file(directory)
        self._database = registry_database(self.path, caller, keeps_format=keeps_format)

    @property
    def history(self) -> History:
        """Its log: what was done to profiles."""
        from zprof.history.history import History  # for those who look back

        return History(self._database)

    def is_there(self) -> bool:
        """Whether the first run has made it."""
        return os.path.lexists(self.path)

    def profiles(self, left_out: list[DamagedFile] | None = None, **filters: Unpack[NameFilters]) -> list[Profile]:
        """The profiles, by name.

        Args:
            left_out: is given the errors of rows that zprof would not write, which are left out; without it, the first
                is raised.
            filters: let those pass alone that all of them let pass.

        Raises:
            InvalidInput: a filter can't be meant.
        """
        from zprof.filters import name_parameters  # of no use to what asks for one

        asked = sql.LISTED_PROFILES(**name_parameters(**filters))
        return [profile_of(row) for row in self._database.ask(asked, left_out=left_out)[0]]

    def profile(self, name: str) -> Profile:
        """A profile.

        Raises:
            NotFound: there is none of this name.
        """
        with self._database.read() as transaction:
            return existing_profile(transaction, name, self.directory)

    def active(self) -> Profile:
        """The globally active profile.

        Raises:
            NothingActive: there is none, which only a hand that edits the registry can bring about.
        """
        with self._database.read() as transaction:
            row = transaction.row(sql.ACTIVE_PROFILE())
            if row is None:
                transaction.rows(sql.PROFILES())  # tells a damaged row, which may be the one
        if row is None:
            raise NothingActive("No profile is active.", "Choose one with `zprof profile set NAME`.")
        return profile_of(row)

    def activate(self, name: str) -> bool:
        """Make a profile the globally active one; False when it was already. Its store is not looked at.

        Raises:
            NotFound: there is none of this name.
        """
        with registry_operation(self._database) as operation:
            profile, active = existing_and_active(operation, name, self.directory)
            if profile.is_active:
                return False
            if active is not None:
                operation.change((active, active._replace(is_active=False)))
            operation.change((profile, profile._replace(is_active=True)))
            return True

    def activate_if_none(self, name: str) -> bool:
        """Make a profile the globally active one where none is; False where somebody has switched meanwhile.

        Raises:
            NotFound: there is none of this name.
        """
        with registry_operation(self._database) as operation:
            profile, active = existing_and_active(operation, name, self.directory)
            if active is None:
                operation.change((profile, profile._replace(is_active=True)))
            return active is None

    def set_active_stack(self, profile: str, stack: str, operation_id: str | None = None) -> bool:
        """Make a stack a profile's active one, for this user; False when it was already. The stack is not looked for.

        Args:
            operation_id: that of the operation on the store that it belongs to.

        Raises:
            NotFound: there is no such profile.
        """
        with registry_operation(self._database, operation_id) as operation:
            found = existing_profile(operation, profile, self.directory)
            operation.change((found, found._replace(active_stack=stack)))
            return found.active_stack != stack

    def replace_active_stack(self, profile: str, stack: str, new_name: str) -> bool:
        """Make another stack a profile's active one, if this one still is; False where somebody has switched."""
        with registry_operation(self._database) as operation:
            found = existing_profile(operation, profile, self.directory)
            if found.active_stack != stack:
                return False
            operation.change((found, found._replace(active_stack=new_name)))
            return True

    def protect(self, name: str, *, is_protected: bool = True) -> bool:
        """Have changes to a profile's contents refused, for this user, or allowed again; False when it was so already.

        Raises:
            NotFound: there is no such profile.
        """
        with registry_operation(self._database) as operation:
            found = existing_profile(operation, name, self.directory)
            operation.change((found, found._replace(is_protected=is_protected)))
            return found.is_protected != is_protected

    def store(self, profile: Profile) -> Store:
        """A profile's store. It is opened by what is done with it, so a broken one breaks nothing here."""
        from zprof.store.store import Store

        return Store(profile.url, self.caller, protected_as=profile.name if profile.is_protected else None)

    def create_profile(
        self, name: str, url: str | None = None, source: Profile | None = None, *, must_exist: bool = False
    ) -> Profile:
        """Add a profile: with a store of its own, or with the one that a URL leads to.

        A store that is not there yet is made, with the default stack and its components; one that is there is joined
        and left as it is.

        Args:
            url: as a person types it, a path, too; None for a file in the config directory.
            source: the profile whose store to copy; with it, there may be nothing at the URL.
            must_exist: whether the store at the URL is only joined, and none is made.

        Raises:
            AlreadyExists: there is one of this name, or of one that differs in case alone.
            NoStore: there is nothing to join.
            InvalidName, InvalidURL: the name or the URL is not one.
            SchemaError: there is something at the URL that zprof can't use.
        """
        from zprof.profiles import making

        making.create_profile(self._database, name, url, source, must_exist=must_exist)
        return self.profile(name)

    def create_profile_of(
        self, name: str, plan: planning.Plan, url: str | None = None, active_stack: str | None = None
    ) -> Profile:
        """Add a profile with a new store that holds what a plan for an empty one says, without a default stack.

        Args:
            url: as for `create_profile`; there may be nothing there.
            active_stack: the one to have active in it, if any.

        Raises:
            AlreadyExists, InvalidName, InvalidURL: as for `create_profile`; also where there is a store at the URL.
        """
        from zprof.profiles import making

        making.create_profile_of(self._database, name, url, plan, active_stack)
        return self.profile(name)

    def deleted_profiles(self) -> list[DeletedProfile]:
        """The stores of deleted profiles that `restore_profile` can bring back, by name, the newest first."""
        from zprof.sqlite.backups import deleted_in

        return deleted_in(self.directory)

    def keeps_deleted(self, name: str) -> bool:
        """Whether there is a deleted profile of this name among them."""
        from zprof.sqlite.backups import keeps_deleted

        return keeps_deleted(self.directory, name)

    def restore_profile(self, deleted: DeletedProfile, name: str | None = None) -> Profile:
        """Bring back a deleted profile with its store, which leaves the backups. What is active stays so.

        Args:
            deleted: one of `deleted_profiles`.
            name: another than it had.

        Raises:
            AlreadyExists, InvalidName: as for `create_profile`.
            SchemaError: the store is one that this program can't use.
        """
        from zprof.profiles import restoring

        restoring.restore_profile(self._database, deleted, name or deleted.name)
        return self.profile(name or deleted.name)

    def rename_profile(self, name: str, new_name: str) -> None:
        """Give a profile another name; its store stays where it is.

        Raises:
            NotFound, AlreadyExists, InvalidName: as for `create_profile`.
        """
        from zprof.profiles import making

        making.rename_profile(self._database, name, new_name)

    def rename_active_stack(self, url: str, stack: str, new_name: str, operation_id: str | None = None) -> None:
        """Let the profiles whose store this is, and that have a stack active, follow its new name.

        Args:
            operation_id: that of the operation that renamed it.
        """

        def following(profiles: Sequence[Profile]) -> list[Profile]:
            return [found for found in profiles if found.active_stack == stack and is_same_store(found.url, url)]

        if following(self.profiles()):
            with registry_operation(self._database, operation_id) as operation:
                profiles = [profile_of(row) for row in operation.ask(sql.PROFILES())[0]]
                operation.change(*((found, found._replace(active_stack=new_name)) for found in following(profiles)))

    def undo(self, operation: str | None = None, *, others: bool = False, is_trial: bool = False) -> RegistryTakenBack:
        """Take the newest operation back, or an older one of which nothing was changed since, as one of its own.

        Profiles neither come nor go by that.

        Args:
            operation: the id of the older one, all 32 digits of it.
            others: whether it may be another user's.
            is_trial: whether it is only planned.

        Raises:
            NothingToUndo: there is none, or undo stops there.
            CantUndo: something was changed since, or a profile would have to come or go.
            NotFound: there is no such operation.
            Refused: it is another user's.
        """
        from zprof.profiles import undoing

        return undoing.undo(self._database, operation, others=others, is_trial=is_trial)

    def redo(self, *, others: bool = False, is_trial: bool = False) -> RegistryTakenBack:
        """Take the newest undo back, unless something else was changed since.

        Args, Raises: as for `undo`.
        """
        from zprof.profiles import undoing

        return undoing.redo(self._database, others=others, is_trial=is_trial)

    def follower(self, url: str) -> Follower:
        """What follows here what is undone and redone in a store."""
        from zprof.profiles.undoing import Follower

        return Follower(self._database, url)

    def ask(self, *calls: Call) -> list[list[Row]]:
        """The rows of several reads, from one snapshot: of the log, for those who look at it."""
        return self._database.ask(*calls)

    def delete_profile(self, name: str) -> str | None:
        """Forget a profile. A store in the config directory is moved to the backups; the path where it is then.

        Raises:
            NotFound: there is none of this name.
            Refused: it is the globally active one.
        """
        from zprof.profiles import making

        return making.delete_profile(self._database, name)

    def planned_import(self, found: ForeignConfiguration, *, prefix: str = "", names: Mapping[str, str] = {}) -> Plan:
        """What importing the profiles of ZenML would make, once nothing speaks against it. Nothing is written.

        There need be no registry. A profile that has such a name already, and holds just what would be imported, is
        used as it is; the `default` that the first run made gives way if nobody has changed it since.

        Args:
            found: what `zprof.zenml.read` gives.
            prefix: what to put before each profile's name.
            names: from a profile's name to another, for those that don't get the prefix.

        Raises:
            Conflict: other profiles have such names already; all of them are named.
            InvalidConfig: components' configs break their flavors' schemas.
            NotFound, InvalidName, InvalidInput: the new names can't be given.
        """
        from zprof.profiles import import_plan

        return import_plan.planned(self._database, found, prefix, names)

    def import_profiles(self, plan: Plan, *, activate: bool = False) -> Imported:
        """Carry out what was planned, wholly or not at all; the registry is made where there is none.

        Args:
            activate: whether to make ZenML's active profile the globally active one, as it becomes where none is.

        Raises:
            Conflict: another process was first with a name, or has made the project a repository.
        """
        from zprof.profiles import importing

        return importing.import_profiles(self._database, plan, activate=activate)


def open_registry(directory: str | None = None, caller: Caller = QUIET, *, keeps_format: bool = False) -> Registry:
    """The registry of a config directory, made with a default profile where there is none yet.

    Args:
        directory: `$ZPROF_CONFIG_PATH` or the platform's usual place when left out.
        keeps_format: as for `Registry`.
    """
    registry = Registry(directory or paths.config_dir(), caller, keeps_format=keeps_format)
    if not os.path.lexists(registry.path):
        from zprof.profiles.making import first_run

        first_run(registry_database(registry.path, caller))
    return registry
