"""Finding an undo that a crash has cut: done in the store, and not in the registry, where the operation was, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from zprof.doctor.databases import Examined
from zprof.doctor.finding import Finding
from zprof.errors import ZprofError
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry


def undone_findings(
    registry: Registry, profiles: Sequence[Profile], stores: Mapping[str, Examined], mending: Registry
) -> Iterator[Finding]:
    """Undos and redos of stores whose other half is to be done in the registry.

    Args:
        registry: one that keeps its format.
        mending: the one that a finding is fixed in.
    """
    if not is_of_this_format(registry):
        return
    for profile in profiles:
        done = stores[profile.name].undone
        if done is None:
            continue
        try:
            is_half = registry.follower(profile.url).is_half_done(done)
        except ZprofError:
            continue  # what is wrong with the registry is told elsewhere
        if is_half:
            yield Finding(
                "half_undone",
                "error",
                profile.name,
                f"A {done.kind} was interrupted: it was done in the store, but not yet in the registry.",
                "zprof doctor --fix",
                partial(mending.follower(profile.url).finish, done),
            )


def is_of_this_format(registry: Registry) -> bool:
    """Whether the registry has a log as this program writes it."""
    try:
        ((_, version, _, _),) = registry.ask(sql.FORMAT())[0]
    except ZprofError:
        return False
    return bool(version == FORMATS["registry"])
