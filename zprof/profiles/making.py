"""Changes to the registry, and the making of stores that goes with them.

Registry and store are two files, so the order is fixed: the store is made first and the row written last. A store is
moved to the copies within the transaction that removes its row, so that none is added meanwhile that leads to it: after
a crash in between, `zprof doctor` leads to the copy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from zprof import paths
from zprof.caller import Caller
from zprof.component_types import component_type
from zprof.databases import store_database
from zprof.errors import AlreadyExists, Busy, DamagedFile, ForeignFile, NewerSchema, Refused, ZprofError
from zprof.files import make_private_directory
from zprof.flavors.catalog import builtin_flavors
from zprof.generated import statements as sql
from zprof.history.heading import new_operation_id
from zprof.names import checked_name
from zprof.profiles.operation import RegistryOperation, new_profile, registry_operation
from zprof.profiles.profile import Profile
from zprof.profiles.rows import check_name_is_free, existing_profile
from zprof.refusals import profile_is_protected
from zprof.sqlite.database import Database
from zprof.sqlite.sidecars import journals_of
from zprof.sqlite.url import SIDECARS
from zprof.store.components import Checked, register_component
from zprof.store.operation import Operation
from zprof.store.stacks import register_stack
from zprof.transaction import Transaction
from zprof.url import is_same_store, is_sqlite, normalised, sqlite_path, sqlite_url

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase
    from zprof.store.planning import Plan


class NoStore(ZprofError):
    """There is no store where one is to be joined."""

    exit_code = 3
    code = "not_found"

    def __init__(self, place: str) -> None:
        super().__init__(
            f"There is no store at {place}.",
            "None was created, and nothing was changed. Ask whoever shares it where it is.",
        )


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
        url = sqlite_url(default_path(registry))
        # A store without a registry is what a crash, or a registry that was lost, has left: its stacks are kept.
        operation_id = new_operation_id()
        active_stack = make_or_join_store(store_database(url, registry.caller), DEFAULT, operation_id)

        def fill(transaction: Transaction) -> None:
            operation = RegistryOperation(transaction, registry.caller, operation_id)
            operation.change((None, new_profile(DEFAULT, url, active_stack, is_active=True)))
            operation.finish_as_floor()

        registry.create_in_turn(fill)
        registry.caller.say("Created and activated default profile.")


def default_path(registry: Database) -> str:
    """Where the store of the default profile is made on the first run."""
    return os.path.join(paths.profiles_dir(os.path.dirname(registry.path)), f"{DEFAULT}.db")


def create_profile(
    registry: Database, name: str, url: str | None, source: Profile | None, *, must_exist: bool = False
) -> None:
    """See `Registry.create_profile`."""
    operation_id = new_operation_id()

    def fill(store: StoreDatabase) -> str | None:
        if source is not None:
            return cloned(registry, source, store)
        return make_or_join_store(store, name, operation_id, must_exist=must_exist)

    add_profile(registry, name, url, fill, operation_id)


def create_profile_of(registry: Database, name: str, url: str | None, plan: Plan, active_stack: str | None) -> None:
    """See `Registry.create_profile_of`."""
    from zprof.store.applying import carry_out

    operation_id = new_operation_id()

    def fill_store(transaction: Transaction) -> None:
        operation = Operation(transaction, registry.caller, operation_id)
        carry_out(operation, plan)
        operation.finish_as_floor()

    def fill(store: StoreDatabase) -> str | None:
        registry.caller.say(f"Initializing profile `{name}`...")
        if not store.create(fill_store):
            raise AlreadyExists("store", store.place, "Nothing was changed. Choose another --url.")
        return active_stack

    add_profile(registry, name, url, fill, operation_id)


def add_profile(
    registry: Database, name: str, url: str | None, fill: Callable[[StoreDatabase], str | None], operation_id: str
) -> None:
    """Add a profile whose store is made or joined.

    Args:
        fill, operation_id: as for `add_with_store`.
    """
    checked_name("profile", name)
    given = normalised(url) if url is not None else None
    with registry.read() as transaction:
        check_name_is_free(transaction, name)
    if given is None:
        make_private_directory(paths.profiles_dir(os.path.dirname(registry.path)))
    while not add_with_store(registry, name, given, fill, operation_id):
        pass  # whoever deleted another profile with this store has taken it away


def cloned(registry: Database, source: Profile, store: StoreDatabase) -> str | None:
    """Make a store that is a copy of a profile's; the stack to have active in it."""
    from zprof.profiles.cloning import clone

    registry.caller.say(f"Copying the store of the profile '{source.name}'...")
    clone(store_database(source.url, registry.caller), store)
    return source.active_stack


def add_with_store(
    registry: Database, name: str, given: str | None, fill: Callable[[StoreDatabase], str | None], operation_id: str
) -> bool:
    """Make or join a store and add the profile that has it; False where the store has gone meanwhile.

    Args:
        fill: makes or joins it, and gives the stack to have active in it.
        operation_id: that of the operation, in both logs.
    """
    place = given or sqlite_url(free_path(os.path.dirname(registry.path), name))
    try:
        active_stack = fill(store_database(place, registry.caller))
    except ForeignFile as error:
        lead_to_import(error, place)
        raise
    try:
        with registry_operation(registry, operation_id) as operation:
            check_name_is_free(operation, name)
            # Stores are taken away within a transaction of the registry, so one that is there now stays.
            if is_sqlite(place) and not os.path.exists(sqlite_path(place)):
                return False
            operation.change((None, new_profile(name, place, active_stack)))
    except ZprofError as error:
        # Where the registry is busy, whoever holds it may be about to write a row that leads to this very store.
        if given is None and not isinstance(error, Busy):
            discard(registry, place)
        raise
    return True


def lead_to_import(error: ForeignFile, url: str) -> None:
    """Have an error say what serves, if ZenML made what is at a URL."""
    if not is_sqlite(url):
        return
    from shlex import quote  # on the way to an error alone

    from zprof.zenml import is_store

    path = sqlite_path(url)
    if is_store(path):
        error.hint = f"It is a ZenML store: `zprof import-zenml {quote(path)}` imports what is in it."


def discard(registry: Database, url: str) -> bool:
    """Remove a store that was just made, unless a profile has come to have it; whether it is gone.

    It is done within a transaction of the registry, like moving one away; where there can be none, the store stays.
    """
    path = sqlite_path(url)
    with suppress(ZprofError, OSError):
        try:
            if not os.path.lexists(registry.path):
                return discard_before_first_run(registry, path)
            with registry.write() as transaction:
                if any(is_same_store(url, row[1]) for row in transaction.rows(sql.PROFILES())):
                    return False
                remove(path)
        except NewerSchema:  # no profile can have come to have it by this program
            remove(path)
    return not os.path.lexists(path)


def discard_before_first_run(registry: Database, path: str) -> bool:
    """The same while there is no registry, which nobody else can make in this turn."""
    with registry.turn(is_write=True):
        if os.path.lexists(registry.path):
            return False
        remove(path)
        return True


def remove(path: str) -> None:
    """Remove a store and what lies beside it."""
    for name in (path, *(path + suffix for suffix in SIDECARS)):
        with suppress(FileNotFoundError):
            os.unlink(name)


def rename_profile(registry: Database, name: str, new_name: str) -> None:
    """See `Registry.rename_profile`."""
    checked_name("profile", new_name)
    with registry_operation(registry) as operation:
        profile = existing_profile(operation, name, os.path.dirname(registry.path))
        check_name_is_free(operation, new_name, besides=name if name != new_name else None)
        operation.change((profile, profile._replace(name=new_name)))


def delete_profile(registry: Database, name: str) -> str | None:
    """See `Registry.delete_profile`."""
    retired = None
    try:
        with registry_operation(registry) as operation:
            profile = existing_profile(operation, name, os.path.dirname(registry.path))
            if profile.is_active:
                raise Refused(
                    f"The profile '{name}' is the active one.",
                    "Switch to another first: `zprof profile set NAME --global`.",
                )
            if profile.is_protected:
                raise profile_is_protected(name)
            others = [row[1] for row in operation.ask(sql.PROFILES())[0] if row[0] != name]
            operation.change((profile, None))
            operation.ask()
            # While nobody else can add a profile that has this store.
            retired = retired_store(registry, profile, others)
    except BaseException:
        if retired is not None:
            from zprof.sqlite.backups import bring_back

            bring_back(sqlite_path(profile.url), retired)
        raise
    return retired


def retired_store(registry: Database, profile: Profile, others: Sequence[str]) -> str | None:
    """Where a profile's store is after it was moved to the copies; None where it is not ours to move.

    Args:
        others: the URLs of all other profiles.
    """
    if not is_sqlite(profile.url) or any(is_same_store(profile.url, other) for other in others):
        return None
    path = sqlite_path(profile.url)
    is_ours = os.path.dirname(path) == paths.profiles_dir(os.path.dirname(registry.path))
    if not is_ours or not os.path.lexists(path):
        return None
    from zprof.sqlite.backups import retire

    return retire(path, profile.name)


def make_or_join_store(
    store: StoreDatabase, profile: str, operation_id: str | None = None, *, must_exist: bool = False
) -> str | None:
    """Make the store of a new profile, or check the one that is there; the stack to have active in it.

    Args:
        operation_id: that of the operation that makes the profile, too.

    Raises:
        NoStore: there is none, and one must exist.
        SchemaError: what is there can't be joined.
    """
    caller = store.caller
    caller.say(f"Initializing profile `{profile}`...")
    is_made = False
    if not store.is_there():
        if must_exist:
            raise NoStore(store.place)
        caller.say("Initializing store...")
        is_made = store.create(lambda new: add_default_stack(new, caller, operation_id))
    if is_made:
        announce_default_stack(caller)
    try:
        stacks = stack_names(store)
    except (DamagedFile, ForeignFile) as error:
        if not is_made and not error.line:  # what helps with the store of a profile is for one that is there
            error.hint = "Nothing was changed in it, and no profile was created. Choose another path."
        raise
    if not is_made:
        caller.say(f"Joined the store at {store.place} with {len(stacks)} stack{'' if len(stacks) == 1 else 's'}.")
    return first_of(stacks)


def stack_names(store: StoreDatabase) -> list[str]:
    """The names of a store's stacks."""
    with store.read() as transaction:
        return [name for (name,) in transaction.rows(sql.STACK_NAMES())]


def first_of(stacks: Sequence[str]) -> str | None:
    """The stack to have active where nobody has chosen one."""
    return DEFAULT if DEFAULT in stacks else next(iter(stacks), None)


def add_default_stack(transaction: Transaction, caller: Caller, operation_id: str | None = None) -> None:
    """Fill a new store, in the transaction that makes it."""
    operation = Operation(transaction, caller, operation_id)
    for type_name, flavor in DEFAULT_FLAVORS.items():
        # Empty configs keep to the schemas of these flavors, so that a first run needs no validator.
        checked = Checked(builtin_flavors(type_name)[flavor].schema, {}, {})
        register_component(operation, type_name, DEFAULT, flavor, {}, checked=checked)
    register_stack(operation, DEFAULT, dict.fromkeys(DEFAULT_FLAVORS, DEFAULT))
    operation.finish_as_floor()


def announce_default_stack(caller: Caller) -> None:
    """Say what a new store has, once it is there for good."""
    for type_name in DEFAULT_FLAVORS:
        caller.say(f"Registered stack component with type '{component_type(type_name).name}' and name '{DEFAULT}'.")
    caller.say(f"Registered stack with name '{DEFAULT}'.")


def free_path(directory: str, name: str) -> str:
    """Where the store of a new profile goes: `NAME.db`, or with a suffix where an older one still is."""
    return next(filter(is_free, store_paths(directory, name)))


def store_paths(directory: str, name: str) -> Iterator[str]:
    """Where the store of a profile may be, the first choice first; there is no end of them."""
    place = paths.profiles_dir(directory)
    yield os.path.join(place, f"{name}.db")
    for number in count(2):
        yield os.path.join(place, f"{name}-{number}.db")


def is_free(path: str) -> bool:
    """Whether neither a store nor a journal of one is at a path."""
    return not os.path.lexists(path) and not journals_of(path)


def check_is_not_behind_sudo(directory: str) -> None:
    """Refuse to make root's files in the home of the user who typed `sudo`, who could not use them any more."""
    user = paths.variable(paths.SUDO_UID)
    existing = directory
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if os.geteuid() == 0 and user not in (None, "0") and user == str(os.stat(existing).st_uid):
        raise Refused(
            f"As root, zprof would create files in {existing} that its owner can't use.",
            f"Leave out sudo, or set ${paths.CONFIG_PATH} to root's own config directory.",
        )
