"""Examining the config directory: who may read it, what a crash has left in it, and stores that no profile has."""

from __future__ import annotations

import os
import pwd
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from time import time

from zprof import paths
from zprof.caller import Caller, user_name
from zprof.doctor.finding import Finding, Severity, command
from zprof.drafts import DRAFT, is_running, unfinished
from zprof.files import is_same_file
from zprof.names import is_name
from zprof.profiles.profile import Profile
from zprof.profiles.registry import open_registry
from zprof.sqlite.url import JOURNALS
from zprof.url import is_same_store, is_sqlite, sqlite_path, sqlite_url

JOURNAL = re.compile(rf"(.*\.db)(?:{'|'.join(JOURNALS)})")
OURS = re.compile(rf".*(\.db|\.lock|{re.escape(DRAFT)})(-journal)?|config\.toml|[0-9a-f]{{32}}\.json")
PLACES = (paths.profiles_dir, paths.backups_dir, paths.secrets_dir)
"""The directories in the config directory that hold files of zprof's."""
ABANDONED_AFTER = 600.0
"""Seconds after which a draft whose process is gone is one that was left behind."""


def file_findings(directory: str) -> Iterator[Finding]:
    """What is wrong with the config directory and the files in it."""
    if os.path.islink(paths.registry_file(directory)):
        link = paths.registry_file(directory)
        yield Finding(
            "symlink",
            "error",
            link,
            "The registry is a symbolic link, which whoever owns its target can change.",
            command("mv", os.path.realpath(link), link),
        )
    for place in (directory, *(find(directory) for find in PLACES)):
        if not os.path.isdir(place):
            continue
        yield from access_findings(place, 0o700)
        try:
            entries = os.scandir(place)
        except OSError as error:
            yield Finding("unreadable", "error", place, f"{error.strerror}.", command("chmod", "700", place))
            continue
        with entries:
            names = sorted(entry.path for entry in entries if OURS.fullmatch(entry.name) and os.path.isfile(entry.path))
        for path in names:
            yield from draft_findings(path) if unfinished(path) else access_findings(path, 0o600)


def access_findings(path: str, mode: int) -> Iterator[Finding]:
    """Whether others may read or write what is this user's alone."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return
    owner = rightful_owner(path)
    if status.st_uid != owner:
        yield Finding(
            "owner",
            "error",
            path,
            f"It belongs to another user (uid {status.st_uid}).",
            command("sudo", "chown", str(owner), path),
        )
        return
    open_to_others = stat.S_IMODE(status.st_mode) & 0o077
    if open_to_others:
        severity: Severity = "error" if open_to_others & 0o022 else "warning"
        verb = "change" if open_to_others & 0o022 else "read"
        yield Finding(
            "permissions",
            severity,
            path,
            f"Others may {verb} it: its mode is {stat.S_IMODE(status.st_mode):04o}.",
            command("chmod", f"{mode:o}", path),
            partial(os.chmod, path, mode),
        )


def rightful_owner(path: str) -> int:
    """Whose a file should be: under sudo that of the user who typed it, if it is theirs, or where theirs are."""
    given = paths.variable(paths.SUDO_UID) or ""
    if os.geteuid() != 0 or not given.isdecimal():
        return os.geteuid()
    user, place = int(given), os.path.dirname(os.path.realpath(path))
    is_theirs = is_in_home(place, user) or user in (os.lstat(path).st_uid, os.stat(place).st_uid)
    return user if is_theirs else os.geteuid()


def is_in_home(path: str, user: int) -> bool:
    """Whether a path is in the home of a user, by the system's list of users."""
    try:
        home = os.path.realpath(pwd.getpwuid(user).pw_dir)
    except (KeyError, OverflowError):
        return False
    return home != os.sep and os.path.commonpath((home, path)) == home


def sudo_findings(directory: str) -> Iterator[Finding]:
    """Whether root looks at the config directory of the user who typed `sudo`, where root can't use the registry."""
    registry = paths.registry_file(directory)
    owner = rightful_owner(registry) if os.path.lexists(registry) else os.geteuid()
    if owner != os.geteuid():
        problem = f"It belongs to the user {user_name(owner)}, and sudo has made you root, who can't use it."
        yield Finding("sudo", "error", directory, problem, "zprof doctor")


def draft_findings(path: str) -> Iterator[Finding]:
    """What a process that was killed has left of a file that it was making."""
    match = unfinished(path)
    assert match is not None
    try:
        age = time() - os.stat(path).st_mtime
    except FileNotFoundError:  # its process has just finished with it
        return
    if age > ABANDONED_AFTER and not is_running(int(match["process"])):
        yield Finding(
            "draft",
            "warning",
            path,
            "The process that was writing this file ended before it was complete.",
            command("rm", path),
            partial(removed, path),
        )


def drafts_beside(files: Iterable[str], directory: str) -> Iterator[Finding]:
    """What was left of files that were being made under the names of these, where they are elsewhere than the others.

    Args:
        directory: the config directory, which is looked at by itself.
    """
    real = {os.path.realpath(path) for path in files}
    known = {os.path.realpath(place) for place in (directory, paths.profiles_dir(directory))}
    for place in sorted({os.path.dirname(path) for path in real} - known):
        with suppress(OSError):  # one that may not be listed
            for name in sorted(os.listdir(place)):
                match = unfinished(os.path.join(place, name))
                if match is not None and match["path"] in real:
                    yield from draft_findings(match[0])


def removed(path: str) -> None:
    """Remove a file that may be gone."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def journal_findings(directory: str, profiles: Sequence[Profile]) -> Iterator[Finding]:
    """Journals without a database, in the config directory and beside the stores of profiles elsewhere."""
    stores = [os.path.realpath(sqlite_path(profile.url)) for profile in profiles if is_sqlite(profile.url)]
    places = [directory, paths.profiles_dir(directory), paths.backups_dir(directory)]
    known = {os.path.join(place, name) for place in places for name in names_in(place) if JOURNAL.fullmatch(name)}
    for path in sorted(known | {store + suffix for store in stores for suffix in JOURNALS}):
        database = JOURNAL.sub(r"\1", path)
        if os.path.lexists(path) and not os.path.lexists(database) and not unfinished(path):
            yield Finding(
                "journal",
                "warning",
                path,
                "It is a journal without its database: if that was moved, it needs this next to it.",
                command("mv", "-n", path, f"{path}.old"),
            )


def orphan_findings(directory: str, profiles: Sequence[Profile], caller: Caller) -> Iterator[Finding]:
    """Stores in the config directory that no profile has, as where the registry was lost."""
    used = [sqlite_path(profile.url) for profile in profiles if is_sqlite(profile.url)]
    names = {profile.name.lower() for profile in profiles}
    for path in stores_in(directory):
        if not any(is_same_file(path, other) for other in used):
            name = free_name(os.path.basename(path).removesuffix(".db"), names)
            names.add(name.lower())
            yield Finding(
                "orphan",
                "warning",
                path,
                "No profile uses this store.",
                command("zprof", "profile", "create", name, "--url", path),
                partial(adopt, directory, name, path, caller),
            )


def free_name(stem: str, names: Collection[str]) -> str:
    """A name for the profile of a store: its file's as far as that is one, with a number where it is taken.

    Args:
        names: those that are taken, in lower case.
    """
    base = stem if is_name(stem) else "found"
    found, number = base, 1
    while found.lower() in names:
        number += 1
        found = f"{base}-{number}"
    return found


def adopt(directory: str, name: str, path: str, caller: Caller) -> bool:
    """Add the profile of a store; False where one has come to have it, as by the first run, which joins `default`."""
    registry = open_registry(directory, caller)
    url = sqlite_url(path)
    if any(is_same_store(profile.url, url) for profile in registry.profiles()):
        return False
    registry.create_profile(name, path)
    return True


def stores_in(directory: str) -> list[str]:
    """The paths of the stores in a config directory."""
    place = paths.profiles_dir(directory)
    return [os.path.join(place, name) for name in names_in(place) if name.endswith(".db")]


def names_in(directory: str) -> list[str]:
    """The names of what is in a directory, as far as it can be listed."""
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
