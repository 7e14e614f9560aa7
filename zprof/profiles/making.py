"""Changes to the registry, and the making of stores that goes with them.

Registry and store are two files, so the order is fixed: the store is made first and the row written last; the row is
removed first and the store moved last. What a crash leaves in between is a store without a row, never the reverse.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from zprof import paths
from zprof.caller import Caller
from zprof.component_types import component_type
from zprof.databases import store_database
from zprof.errors import Busy, Refused, ZprofError
from zprof.files import is_same_file, make_private_directory
from zprof.flavors.catalog import builtin_flavors
from zprof.generated import statements as sql
from zprof.names import checked_name
from zprof.profiles.rows import check_name_is_free, existing_profile, new_profile
from zprof.records import Profile, now
from zprof.refusals import profile_is_protected
from zprof.sqlite.database import Database
from zprof.store.components import Checked, register_component
from zprof.store.operation import Operation
from zprof.store.stacks import register_stack
from zprof.transaction import Transaction
from zprof.url import is_sqlite, normalised, sqlite_path, sqlite_url

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase

DEFAULT = "default"
DEFAULT_FLAVORS = {"orchestrator": "local", "metadata_store": "sqlite", "artifact_store": "local"}
"""The components of the default stack, in the order in which they are announced."""


def first_run(registry: Database) -> None:
    """Make the registry, its default profile and that profile's store; once, however many processes start together."""
    directory = os.path.dirname(registry.path)
    check_is_not_behind_sudo(directory)
    make_private_directory(directory)
    make_private_directory(paths.profiles_dir(directory))
    with registry.turn(is_write=True):
        if os.path.lexists(registry.path):
            return
        registry.caller.say("Creating default profile...")
        url = sqlite_url(os.path.join(paths.profiles_dir(directory), f"{DEFAULT}.db"))
        # A store without a registry is what a crash, or a registry that was lost, has left: its stacks are kept.
        active_stack = make_or_join_store(store_database(url, registry.caller), DEFAULT)

        registry.create(lambda new: new.run(new_profile(DEFAULT, url, active_stack, is_active=True)))
        registry.caller.say("Created and activated default profile.")


def create_profile(registry: Database, name: str, url: str | None, source: Profile | None) -> None:
    """See `Registry.create_profile`."""
    checked_name("profile", name)
    directory = os.path.dirname(registry.path)
    given = normalised(url) if url is not None else None
    with registry.read() as transaction:
        check_name_is_free(transaction, name)
    if given is None:
        make_private_directory(paths.profiles_dir(directory))
    place = given or sqlite_url(free_path(directory, name))
    store = store_database(place, registry.caller)
    if source is None:
        active_stack = make_or_join_store(store, name)
    else:
        from zprof.profiles.cloning import clone

        registry.caller.say(f"Copying the store of the profile '{source.name}'...")
        clone(store_database(source.url, registry.caller), store)
        active_stack = source.active_stack
    try:
        with registry.write() as transaction:
            check_name_is_free(transaction, name)
            transaction.run(new_profile(name, place, active_stack))
    except ZprofError as error:
        # Where the registry is busy, whoever holds it may be about to write a row that leads to this very store.
        if given is None and not isinstance(error, Busy) and not leads_to(registry, place):
            discard(sqlite_path(place))
        raise


def discard(path: str) -> None:
    """Remove a store that was just made, and that no profile has come to have."""
    for name in (path, f"{path}-journal", f"{path}.lock"):
        with suppress(OSError):
            os.unlink(name)


def leads_to(registry: Database, url: str) -> bool:
    """Whether a profile may have this URL: also where that can't be known, since none may lose its store."""
    try:
        with registry.read() as transaction:
            return url in [row[1] for row in transaction.rows(sql.PROFILES())]
    except ZprofError:
        return True


def rename_profile(registry: Database, name: str, new_name: str) -> None:
    """See `Registry.rename_profile`."""
    checked_name("profile", new_name)
    with registry.write() as transaction:
        existing_profile(transaction, name)
        check_name_is_free(transaction, new_name, besides=name if name != new_name else None)
        transaction.run(sql.SET_PROFILE_NAME(profile=name, new_name=new_name, now=now()))


def delete_profile(registry: Database, name: str) -> str | None:
    """See `Registry.delete_profile`."""
    with registry.write() as transaction:
        profile = existing_profile(transaction, name)
        if profile.is_active:
            raise Refused(
                f"The profile '{name}' is the active one.", "Switch to another first: `zprof profile set NAME`."
            )
        if profile.is_protected:
            raise profile_is_protected(name)
        path = sqlite_path(profile.url) if is_sqlite(profile.url) else None
        others = [row[1] for row in transaction.rows(sql.PROFILES()) if row[0] != name]
        is_shared = any(is_same_file(path, sqlite_path(url)) for url in others if path and is_sqlite(url))
        transaction.run(sql.REMOVE_PROFILE(profile=name))
    from zprof.sqlite.backups import retire

    is_ours = path is not None and os.path.dirname(path) == paths.profiles_dir(os.path.dirname(registry.path))
    return retire(path) if path is not None and is_ours and not is_shared and os.path.lexists(path) else None


def make_or_join_store(store: StoreDatabase, profile: str) -> str | None:
    """Make the store of a new profile, or check the one that is there; the stack to have active in it."""
    caller = store.caller
    caller.say(f"Initializing profile `{profile}`...")
    if not store.is_there():
        caller.say("Initializing store...")
        if store.create(lambda new: add_default_stack(new, caller)):
            announce_default_stack(caller)
    with store.read() as transaction:
        stacks = [name for (name,) in transaction.rows(sql.STACK_NAMES())]
    return DEFAULT if DEFAULT in stacks else next(iter(stacks), None)


def add_default_stack(transaction: Transaction, caller: Caller) -> None:
    """Fill a new store, in the transaction that makes it."""
    operation = Operation(transaction, caller)
    for type_name, flavor in DEFAULT_FLAVORS.items():
        # Empty configs keep to the schemas of these flavors, so that a first run needs no validator.
        checked = Checked(builtin_flavors(type_name)[flavor].schema, {}, {})
        register_component(operation, type_name, DEFAULT, flavor, {}, checked=checked)
    register_stack(operation, DEFAULT, dict.fromkeys(DEFAULT_FLAVORS, DEFAULT))
    operation.finish()


def announce_default_stack(caller: Caller) -> None:
    """Say what a new store has, once it is there for good."""
    for type_name in DEFAULT_FLAVORS:
        caller.say(f"Registered stack component with type '{component_type(type_name).name}' and name '{DEFAULT}'.")
    caller.say(f"Registered stack with name '{DEFAULT}'.")


def free_path(directory: str, name: str) -> str:
    """Where the store of a new profile goes: `NAME.db`, or with a suffix where an older one still is."""
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        path = os.path.join(paths.profiles_dir(directory), f"{name}{suffix}.db")
        if not os.path.lexists(path):
            return path
        number += 1


def check_is_not_behind_sudo(directory: str) -> None:
    """Refuse to make root's files in the home of the user who typed `sudo`, who could not use them any more."""
    user = paths.variable(paths.SUDO_UID)
    existing = directory
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if os.geteuid() == 0 and user not in (None, "0") and user == str(os.stat(existing).st_uid):
        raise Refused(
            f"As root, zprof would make files in {existing} that its owner can't use.",
            f"Leave out sudo, or name root's own config directory in ${paths.CONFIG_PATH}.",
        )
