"""What names profiles and stacks besides their store, and follows when one is renamed, or keeps it from going."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress

from zprof.active.scope import Surroundings, resolved
from zprof.active.switching import is_the_repositorys
from zprof.errors import NotFound, NothingActive, Refused
from zprof.profiles.registry import Registry
from zprof.repository import Repository
from zprof.url import is_same_store


def rename_profile(registry: Registry, surroundings: Surroundings, name: str, new_name: str) -> None:
    """Give a profile another name, which a repository that names it follows.

    One that offers another store by the old name means another profile, and stays as it is.

    Raises:
        NotFound, AlreadyExists, InvalidName: as for `Registry.rename_profile`.
    """
    registry.rename_profile(name, new_name)
    follow_profile_in_repository(registry, surroundings, name, new_name)


def follow_profile_in_repository(registry: Registry, surroundings: Surroundings, name: str, new_name: str) -> None:
    """Let a repository that names a profile follow its new name, as for `rename_profile`."""
    place = surroundings.repository
    if place is None:
        return
    for file in place.legible():
        if file.profile == name and not (file is place.shared and offers_another(registry, place, new_name)):
            file.rename(name, new_name)


def offers_another(registry: Registry, place: Repository, profile: str) -> bool:
    """Whether a repository holds the URL of another store than that of a profile."""
    if place.shared.url is None:
        return False
    from zprof.active.offer import offers_another_store  # where there is a URL to read

    return offers_another_store(place, registry.profile(profile))


def rename_active_stack(
    registry: Registry, surroundings: Surroundings, name: str, new_name: str, operation_id: str | None = None
) -> None:
    """Let what has a stack of the store in effect active follow its new name: profiles, and the repository.

    Args:
        operation_id: that of the operation that renamed it.
    """
    url = resolved(registry, surroundings).profile.url
    registry.rename_active_stack(url, name, new_name, operation_id)
    follow_in_repository(registry, surroundings, url, {name: new_name})


def follow_in_repository(registry: Registry, surroundings: Surroundings, url: str, renamed: Mapping[str, str]) -> None:
    """Let a repository that names stacks of a store follow their new names.

    Args:
        renamed: the new names by the old ones.
    """
    place = surroundings.repository
    for file, profile in [] if place is None or not renamed else place.named_stacks():
        if file.stack is not None and file.stack in renamed and is_store_of(registry, url, profile):
            file.choose_stack(renamed[file.stack])


def is_store_of(registry: Registry, url: str, profile: str | None) -> bool:
    """Whether a URL leads to the store of a profile, of the globally active one without a name."""
    with suppress(NotFound, NothingActive):
        return is_same_store((registry.active() if profile is None else registry.profile(profile)).url, url)
    return False


def check_repository_keeps_its_stack(registry: Registry, surroundings: Surroundings, going: Collection[str]) -> None:
    """Refuse to let a stack go that the repository here names, where a switch to another is not the repository's.

    Raises:
        Refused: there is one.
    """
    place = surroundings.repository
    if place is None or is_the_repositorys(surroundings):
        return
    url = resolved(registry, surroundings).profile.url
    for file, profile in place.named_stacks():
        if file.stack in going and is_store_of(registry, url, profile):
            error = Refused(
                f"The stack '{file.stack}' is in use: {file.path} names it.",
                "Nothing was changed. Unset it with `zprof stack unset`, or run this outside of the repository.",
            )
            error.about = ""  # what the repository names does not go with the profile that an option names
            raise error
