"""Finding what is wrong with a config directory and all that it leads to, and what fixes it.

`files`, `turns`, `databases`, `secrets` and `choices` examine one thing each and give findings; nothing is made,
changed or upgraded by that. What is safe to fix without asking, a finding can fix itself. No database is ever deleted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from zprof.caller import QUIET, Caller
from zprof.doctor.choices import (
    active_findings,
    environment_findings,
    repository_findings,
    repository_here,
    unread_findings,
    unset_findings,
)
from zprof.doctor.databases import Examined, Subject, examined, without_content
from zprof.doctor.file_systems import Mounts, mountinfo
from zprof.doctor.files import (
    drafts_beside,
    file_findings,
    journal_findings,
    orphan_findings,
    stores_in,
    sudo_findings,
)
from zprof.doctor.finding import Finding
from zprof.doctor.servers import examined_on_server
from zprof.doctor.turns import turn_findings
from zprof.doctor.undone import undone_findings
from zprof.errors import ZprofError
from zprof.hints import for_profile
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.sqlite.database import Database
from zprof.url import is_postgresql, is_same_store, is_sqlite, sqlite_path


def examination(directory: str, caller: Caller = QUIET, mounts: Mounts = mountinfo) -> Iterator[Finding]:
    """All that is found, the files first.

    Args:
        directory: the config directory, which need not be there.
        mounts: gives the text of `/proc/self/mountinfo`.
    """
    if not os.path.isdir(directory):
        return
    in_files = list(file_findings(directory))
    yield from in_files
    if any(finding.where == directory and finding.code == "unreadable" for finding in in_files):
        return
    behind_sudo = list(sudo_findings(directory))
    if behind_sudo:
        yield from behind_sudo
        return
    mounted = mounts()
    registry = Registry(directory, caller, keeps_format=True)
    is_refused = any(finding.where == registry.path and finding.code in ("symlink", "owner") for finding in in_files)
    if os.path.lexists(registry.path) and not is_refused:
        subject = Subject(Database(registry.path, "registry", caller, keeps_format=True), "registry", ())
        yield from examined(subject, mounted).findings
    profiles = known_profiles(registry)
    if profiles is None:
        for path in stores_in(directory):
            yield from examined(Subject(store_at(path, caller), path, ("--profile", "NAME")), mounted).findings
        return
    stores = examined_stores(profiles, caller, mounted)
    for profile in profiles:
        yield from stores[profile.name].findings
    yield from drafts_beside([sqlite_path(profile.url) for profile in profiles if is_sqlite(profile.url)], directory)
    yield from journal_findings(directory, profiles)
    yield from turn_findings(directory, profiles)
    yield from orphan_findings(directory, profiles, caller)
    if not profiles:
        return
    mending = Registry(directory, caller)
    yield from undone_findings(registry, profiles, stores, mending)
    yield from active_findings(mending, profiles, stores)
    place, findings = repository_here()
    yield from findings
    if place is not None:
        yield from drafts_beside(place.written(), directory)
        yield from repository_findings(registry, profiles, stores, place)
    yield from unset_findings(profiles, stores, place)
    yield from environment_findings(profiles, stores, place)
    yield from unread_findings()


def known_profiles(registry: Registry) -> list[Profile] | None:
    """The profiles; none where there is no registry yet, and None where it can't be read."""
    if not os.path.lexists(registry.path):
        return []
    try:
        return registry.profiles()
    except ZprofError:
        return None


def examined_stores(profiles: list[Profile], caller: Caller, mounts: str) -> dict[str, Examined]:
    """What is found of each profile's store, by the profile's name; of one that several share it is told once."""
    found: dict[str, Examined] = {}
    seen: dict[str, str] = {}
    for profile in profiles:
        first = next((name for url, name in seen.items() if is_same_store(url, profile.url)), None)
        if first is not None:
            found[profile.name] = found[first]._replace(findings=[])
            continue
        seen[profile.url] = profile.name
        if is_postgresql(profile.url):
            found[profile.name] = examined_on_server(profile, caller)
            continue
        try:
            database = store_at(sqlite_path(profile.url), caller)
        except ZprofError as error:
            found[profile.name] = without_content(
                Finding("unreachable", "error", profile.name, error.message, for_profile(error.hint, profile.name))
            )
            continue
        subject = Subject(database, profile.name, ("--profile", profile.name), profile.is_active)
        found[profile.name] = examined(subject, mounts)
    return found


def store_at(path: str, caller: Caller) -> Database:
    """A store as it is."""
    return Database(path, "store", caller, keeps_format=True)
