"""What is beyond a floor, where undo stops: what a person can type to go back all the same, if there is anything."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from zprof.hints import option_of
from zprof.history.log import State
from zprof.history.reading import OperationRecord
from zprof.masking import without_credentials
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.sqlite.backups import BEFORE_RESTORE, Copy, copies, made_at
from zprof.url import is_sqlite, sqlite_path

PATIENCE = 600.0
"""Seconds between the copy of a database and what it was made for, at most: the copying takes some."""


def way_back(registry: Registry, profile: Profile | None, floor: OperationRecord) -> str:
    """What can be done about a floor, in a sentence.

    Args:
        profile: the one whose store has it; None for the registry.
    """
    words = words_of(floor.command)
    copy = copy_before(registry.path if profile is None else file_of(profile), floor)
    if copy is not None:
        return putting_back(copy, option_of("registry") if profile is None else "")
    if profile is None:
        return "There is no copy of the earlier state."
    if floor.number > 1 and not has_made(words, profile.name):
        return "It restored or upgraded this store, and there is no copy of the earlier state."
    deleting = f"run `zprof profile delete {in_shell(profile.name)}`."
    if profile.is_active:
        return f"It created this store. To delete the profile, switch to another first, and then {deleting}"
    return f"It created this store. To delete the profile, {deleting}"


def has_made(words: Sequence[str], name: str) -> bool:
    """Whether a command made a profile of a name, whose store begins with the log of another.

    The upgrade of a store has the words of any command that came first, also of one that copies it to a new profile.
    """
    verbs = {word for group, word in pairwise(words) if group == "profile"}
    return not verbs.isdisjoint(("create", "restore")) and any(
        word == name and before != "--from" for before, word in pairwise(words)
    )


def putting_back(copy: Copy, option: str) -> str:
    """What puts back a copy, in a sentence.

    Args:
        option: what the command needs besides.
    """
    what = "it" if copy.reason == BEFORE_RESTORE else "the upgrade"
    return f"To restore the copy made before {what}, run `zprof db restore {in_shell(copy.path)}{option}`."


def for_profiles(registry: Registry, made: Sequence[str], deleted: Sequence[State]) -> Iterator[str]:
    """What takes away profiles that were made, and brings back those that were deleted, in sentences.

    Args:
        made: the names of the former.
        deleted: what the latter were.
    """
    known = {profile.name: profile for profile in registry.profiles()}
    for state in deleted:
        yield bringing_back(registry, state["name"], state["url"])
    for name in made:
        if name in known:
            first = "switch to another, and then " if known[name].is_active else ""
            yield f"To delete '{name}', {first}run `zprof profile delete {in_shell(name)}`."


def bringing_back(registry: Registry, name: str, url: str) -> str:
    """What brings back a profile that was deleted, in a sentence.

    Args:
        url: that of its store.
    """
    if registry.keeps_deleted(name):
        return f"To restore '{name}', run `zprof profile restore {in_shell(name)}`."
    if is_sqlite(url) and not os.path.lexists(sqlite_path(url)):
        return f"The store of '{name}' is not kept."
    if without_credentials(url) != url:
        return f"To restore '{name}', create it again with the URL of its store, which contains a password."
    return f"To restore '{name}', run `zprof profile create {in_shell(name)} --url {in_shell(url)}`."


def copy_before(path: str | None, floor: OperationRecord) -> Copy | None:
    """The copy of a database that was made for an upgrade or a restore, just before it."""
    found = [] if path is None else [copy for copy in copies(path) if is_just_before(copy, floor.at)]
    return max(found, default=None)


def is_just_before(copy: Copy, moment: str) -> bool:
    """Whether a copy was made unasked, in the minutes before a time of the log."""
    try:
        after = (as_time(moment) - as_time(made_at(copy))).total_seconds()
    except ValueError:
        return False
    return (copy.reason == BEFORE_RESTORE or copy.reason.startswith("format-")) and 0 <= after <= PATIENCE


def as_time(text: str) -> datetime:
    """A timestamp.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def file_of(profile: Profile) -> str | None:
    """The path of a profile's store, where it is a file."""
    return sqlite_path(profile.url) if is_sqlite(profile.url) else None


def words_of(line: str) -> list[str]:
    """The words of a command line in the log, which a hand may have edited."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
