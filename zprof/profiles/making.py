"""Changes to the registry, and the making of stores that goes with them.

Registry and store are two files, so the order is fixed: the store is made first and the row written last; the row is
removed first and the store moved last. What a crash leaves in between is a store without a row, never the reverse.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from zprof import paths
from zprof.caller import Caller
from zprof.component_types import component_type
from zprof.errors import AlreadyExists, Busy, Refused, ZprofError
from zprof.files import is_same_file, make_private_directory
from zprof.generated import statements as sql
from zprof.names import checked_name
from zprof.profiles.cloning import clone
from zprof.records import Profile as ProfileRecord
from zprof.records import now
from zprof.refusals import no_profile, profile_is_protected
from zprof.schema import migration
from zprof.schema.models.registry import Profile
from zprof.schema.session import changing
from zprof.sqlite.backups import retire
from zprof.sqlite.database import Database
from zprof.store.change import StoreChange
from zprof.store.database import store_database
from zprof.url import is_sqlite, normalised, sqlite_path, sqlite_url

if TYPE_CHECKING:
    from zprof.store.database import StoreDatabase

DEFAULT = "default"
DEFAULT_FLAVORS = {"orchestrator": "local", "metadata_store": "sqlite", "artifact_store": "local"}
"""The components of the default stack, in the order in which they are announced."""


def first_run(registry: Database) -> None:
    """Make the registry, its default profile and that profile's store; once, however many processes start together."""
    directory = os.path.dirname(registry.path)
    check_is_not_behind_sudo(directory)
    make_private_directory(directory)
    make_private_directory(paths.profiles_dir(directory))
    with registry.queued(is_write=True):
        if os.path.lexists(registry.path):
            return
        registry.caller.say("Creating default profile...")
        url = sqlite_url(os.path.join(paths.profiles_dir(directory), f"{DEFAULT}.db"))
        # A store without a registry is what a crash, or a registry that was lost, has left: its stacks are kept.
        active_stack = make_or_join_store(store_database(url, registry.caller), DEFAULT)

        def fill(connection: Connection) -> None:
            with Session(connection) as session:
                session.add(profile_row(DEFAULT, url, active_stack, is_active=1))
                session.commit()

        migration.create(registry.path, "registry", fill)
        registry.caller.say("Created and activated default profile.")


def create_profile(registry: Database, name: str, url: str | None, source: ProfileRecord | None) -> None:
    """See `Registry.create_profile`."""
    checked_name("profile", name)
    directory = os.path.dirname(registry.path)
    given = normalised(url) if url is not None else None
    with changing(registry) as session:
        check_name_is_free(session, name)
    if given is None:
        make_private_directory(paths.profiles_dir(directory))
    place = given or sqlite_url(free_path(directory, name))
    store = store_database(place, registry.caller)
    if source is None:
        active_stack = make_or_join_store(store, name)
    else:
        registry.caller.say(f"Copying the store of the profile '{source.name}'...")
        clone(store_database(source.url, registry.caller), store)
        active_stack = source.active_stack
    try:
        with changing(registry) as session:
            check_name_is_free(session, name)
            session.add(profile_row(name, place, active_stack))
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
            return url in [row[1] for row in transaction.rows(sql.PROFILES)]
    except ZprofError:
        return True


def rename_profile(registry: Database, name: str, new_name: str) -> None:
    """See `Registry.rename_profile`."""
    checked_name("profile", new_name)
    with changing(registry) as session:
        profile = existing(session, name)
        check_name_is_free(session, new_name, besides=name if name != new_name else None)
        profile.name = new_name
        profile.updated_at = now()


def delete_profile(registry: Database, name: str) -> str | None:
    """See `Registry.delete_profile`."""
    with changing(registry) as session:
        profile = existing(session, name)
        if profile.is_active:
            raise Refused(
                f"The profile '{name}' is the active one.", "Switch to another first: `zprof profile set NAME`."
            )
        if profile.is_protected:
            raise profile_is_protected(name)
        path = sqlite_path(profile.url) if is_sqlite(profile.url) else None
        others = session.scalars(select(Profile.url).where(Profile.name != name))
        is_shared = any(is_same_file(path, sqlite_path(url)) for url in others if path and is_sqlite(url))
        session.delete(profile)
    is_ours = path is not None and os.path.dirname(path) == paths.profiles_dir(os.path.dirname(registry.path))
    return retire(path) if path is not None and is_ours and not is_shared and os.path.lexists(path) else None


def make_or_join_store(store: StoreDatabase, profile: str) -> str | None:
    """Make the store of a new profile, or check the one that is there; the stack to have active in it."""
    caller = store.caller
    caller.say(f"Initializing profile `{profile}`...")
    if not store.is_there():
        caller.say("Initializing store...")
        if store.create(lambda connection: add_default_stack(connection, caller)):
            announce_default_stack(caller)
    with store.read() as transaction:
        stacks = [name for (name,) in transaction.rows(sql.STACK_NAMES)]
    return DEFAULT if DEFAULT in stacks else next(iter(stacks), None)


def add_default_stack(connection: Connection, caller: Caller) -> None:
    """Fill a new store, in the transaction that makes it."""
    with Session(connection) as session:
        change = StoreChange(session, caller)
        for type_name, flavor in DEFAULT_FLAVORS.items():
            change.register_component(type_name, DEFAULT, flavor, {})
        session.flush()
        change.register_stack(DEFAULT, dict.fromkeys(DEFAULT_FLAVORS, DEFAULT))
        session.commit()


def announce_default_stack(caller: Caller) -> None:
    """Say what a new store has, once it is there for good."""
    for type_name in DEFAULT_FLAVORS:
        caller.say(f"Registered stack component with type '{component_type(type_name).name}' and name '{DEFAULT}'.")
    caller.say(f"Registered stack with name '{DEFAULT}'.")


def profile_row(name: str, url: str, active_stack: str | None, is_active: int = 0) -> Profile:
    """A new row."""
    moment = now()
    return Profile(
        name=name, url=url, active_stack=active_stack, is_active=is_active, created_at=moment, updated_at=moment
    )


def existing(session: Session, name: str) -> Profile:
    """The row of a name."""
    profile = session.scalar(select(Profile).where(Profile.name == name))
    if profile is None:
        raise no_profile(name, list(session.scalars(select(Profile.name))))
    return profile


def check_name_is_free(session: Session, name: str, besides: str | None = None) -> None:
    """Refuse a name that another profile has, also when it differs in case alone."""
    same = select(Profile.name).where(func.lower(Profile.name) == name.lower(), Profile.name != besides)
    taken = session.scalar(same)
    if taken is not None:
        hint = "" if taken == name else f"Names of profiles must differ by more than case: there is '{taken}'."
        raise AlreadyExists("profile", taken, hint)


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
