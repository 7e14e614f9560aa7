"""Profiles of one user that have the same store, be it by two spellings of its place."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from zprof.profiles.profile import Profile
from zprof.url import identity


def sharing_sentences(profiles: Iterable[Profile]) -> Iterator[str]:
    """A sentence for each profile that has the store of one before it."""
    firsts: dict[Hashable, Profile] = {}
    for each in profiles:
        first = firsts.setdefault(identity(each.url), each)
        if first is not each:
            yield f"The profiles '{first.name}' and '{each.name}' have the same store."
