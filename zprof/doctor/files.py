"""Examining the config directory: who may read it, what a crash has left in it, and stores that no profile has."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from time import time

from zprof import paths
from zprof.doctor.finding import Finding, Severity, command
from zprof.drafts import DRAFT, unfinished
from zprof.files import is_same_file
from zprof.names import VALID
from zprof.records import Profile
from zprof.url import is_sqlite, sqlite_path

OURS = re.compile(rf".*(\.db|\.lock|{re.escape(DRAFT)})(-journal)?")
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
    for place in (directory, paths.profiles_dir(directory), paths.backups_dir(directory)):
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
    if status.st_uid != os.geteuid():
        yield Finding(
            "owner",
            "error",
            path,
            f"It belongs to another user (uid {status.st_uid}).",
            command("sudo", "chown", str(os.geteuid()), path),
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
            "A process that was making this file was ended before it was complete.",
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


def is_running(process: int) -> bool:
    """Whether there is a process of a number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def orphan_findings(directory: str, profiles: Sequence[Profile]) -> Iterator[Finding]:
    """Stores in the config directory that no profile has."""
    used = [sqlite_path(profile.url) for profile in profiles if is_sqlite(profile.url)]
    names = {profile.name.lower() for profile in profiles}
    for path in stores_in(directory):
        if not any(is_same_file(path, other) for other in used):
            stem = os.path.basename(path).removesuffix(".db")
            name = stem if VALID.fullmatch(stem) and stem.lower() not in names else "NAME"
            yield Finding(
                "orphan",
                "warning",
                path,
                "No profile has this store.",
                command("zprof", "profile", "create", name, "--url", path),
            )


def stores_in(directory: str) -> list[str]:
    """The paths of the stores in a config directory."""
    try:
        found: Iterable[str] = os.listdir(paths.profiles_dir(directory))
    except OSError:
        return []
    return [os.path.join(paths.profiles_dir(directory), name) for name in sorted(found) if name.endswith(".db")]
