"""Bringing back a profile that was deleted: the line to type, and doing it from the store that was kept.

The registry keeps nothing of a deleted profile. A store that lay in the config directory is among the copies, under a
name that tells that of the profile; one elsewhere was left alone, and its URL is all that it takes to join it again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from zprof.errors import AlreadyExists, NotFound
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.url import is_sqlite, sqlite_path, to_type

if TYPE_CHECKING:
    from zprof.sqlite.backups import DeletedProfile


def way_back(profile: Profile, kept: str | None) -> str:
    """What to type to bring back a profile that was deleted just now; nothing where its store is gone.

    Args:
        kept: where its store was moved, or left since others use it; None where it was not ours to move.
    """
    name = in_shell(profile.name)
    if not is_sqlite(profile.url):
        return f"zprof profile create {name} --url {in_shell(to_type(profile.url))}"
    path = sqlite_path(profile.url)
    if kept not in (None, path):
        return f"zprof profile restore {name}"
    return f"zprof profile create {name} --url {in_shell(path)}" if os.path.exists(path) else ""


def restored(registry: Registry, name: str, new_name: str | None = None) -> Profile:
    """Bring back the profile of a name that was deleted last.

    Args:
        new_name: another name than it had.

    Raises:
        NotFound: none of this name is kept.
        AlreadyExists: a profile has the name.
        SchemaError: its store is one that this program can't use.
    """
    deleted = registry.deleted_profiles()
    found = next((each for each in deleted if each.name == name), None)
    if found is None:
        among = {each.name for each in deleted}
        raise NotFound("deleted profile", name, among=among, hint="See `zprof profile restore`.")
    check_name_is_free(registry, found, new_name or name)
    return registry.restore_profile(found, new_name)


def check_name_is_free(registry: Registry, deleted: DeletedProfile, name: str) -> None:
    """Refuse a name that a profile has, with the line that serves.

    Raises:
        AlreadyExists: one has it, also when it differs in case alone.
    """
    from zprof.sqlite.backups import is_copy_of
    from zprof.store.known import numbered

    profiles = {found.name.lower(): found for found in registry.profiles()}
    taken = profiles.get(name.lower())
    if taken is None:
        return
    if is_sqlite(taken.url):
        path = sqlite_path(taken.url)
        if not os.path.lexists(path) and is_copy_of(path, deleted.path):  # a deletion was cut off in between
            line = f"zprof -p {in_shell(taken.name)} db restore {in_shell(deleted.path)}"
            raise AlreadyExists("profile", taken.name, f"Its store is missing. To restore it, run `{line}`.")
    number = 2
    while numbered(name, number).lower() in profiles:
        number += 1
    raise AlreadyExists(
        "profile",
        taken.name,
        "Give it another name: "
        f"`zprof profile restore {in_shell(deleted.name)} --as {in_shell(numbered(name, number))}`.",
    )
