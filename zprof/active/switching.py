"""Switching to a profile or a stack, where it then counts: in the repository, or in the registry."""

from __future__ import annotations

from contextlib import suppress

from zprof import paths, repository
from zprof.active.scope import SWITCHABLE, VARIABLES, Choice, Kind, Surroundings, here, resolved
from zprof.errors import NotFound, Refused
from zprof.printable import in_shell
from zprof.profiles.registry import Registry
from zprof.repository import Repository
from zprof.url import is_same_store


def check_profile_switch_shows(name: str) -> None:
    """Refuse a switch to a profile that this shell's environment would hide.

    Raises:
        Refused: the environment names another.
    """
    named = paths.variable(paths.ACTIVATED_PROFILE)
    if named is not None and named != name:
        raise hidden("profile", named, name)


def check_stack_switch_shows(registry: Registry, surroundings: Surroundings, name: str) -> None:
    """Refuse a switch to a stack that this shell's environment would hide.

    It hides nothing of a profile that only an option names.

    Raises:
        Refused: the environment names another.
    """
    named = paths.variable(paths.ACTIVATED_STACK)
    if named is None or named == name:
        return
    if surroundings.profile is not None:
        with suppress(NotFound, *SWITCHABLE):
            if resolved(registry, surroundings.without_options()).profile.name != surroundings.profile:
                return
    raise hidden("stack", named, name)


def hidden(kind: Kind, named: str, name: str) -> Refused:
    """The error of a switch that would change nothing here."""
    variable = VARIABLES[kind]
    return Refused(
        f"${variable} is set to '{named}' and would hide the switch to '{name}'.",
        f"Nothing was changed. Type `unset {variable}`, or `export {variable}={in_shell(name)}` for this shell alone.",
    )


def switch_profile(registry: Registry, place: Repository | None, name: str) -> bool:
    """Make a profile the active one in a repository, or globally without one; False when it was already.

    Its store is not looked at. A repository names no stack afterwards, but for one that named the profile already.

    Raises:
        NotFound: there is no such profile.
        Refused: the environment names another.
    """
    check_profile_switch_shows(name)
    if place is None:
        return registry.activate(name)
    return place.choose_profile(registry.profile(name).name)


def switch_stack(registry: Registry, surroundings: Surroundings, name: str, *, is_global: bool = False) -> None:
    """Make a stack the active one of the profile in effect.

    In the repository, if that is what chooses the profile or leaves it to the registry; else for the profile itself.

    Raises:
        NotFound: the profile's store has no such stack.
        Refused: the environment names another.
    """
    check_stack_switch_shows(registry, surroundings, name)
    active = resolved(registry, surroundings)
    registry.store(active.profile).stored_stack(name)
    place = surroundings.repository
    if place is None or is_global or active.profile_scope in ("option", "environment"):
        registry.set_active_stack(active.profile.name, name)
    else:
        place.choose_stack(name)


def hiding_profile(surroundings: Surroundings, name: str) -> Choice | None:
    """The repository's choice, if it hides a profile that is active globally."""
    with suppress(*SWITCHABLE):
        choice = next(surroundings.without_environment().choices("profile"), None)
        return choice if choice is not None and choice.name != name else None
    return None


def hiding_stack(registry: Registry, surroundings: Surroundings, name: str) -> Choice | None:
    """The repository's choice, if it hides a stack that is active in the profile in effect."""
    if surroundings.repository is None:
        return None
    with suppress(NotFound, *SWITCHABLE):
        usual = surroundings.without_options()
        active = resolved(registry, usual)
        is_same_profile = active.profile.name == resolved(registry, surroundings).profile.name
        if is_same_profile and active.stack_scope == "local" and active.stack != name:
            return next(usual.choices("stack"))
    return None


def rename_profile(registry: Registry, surroundings: Surroundings, name: str, new_name: str) -> None:
    """Give a profile another name, which a repository that names it follows.

    Raises:
        NotFound, AlreadyExists, InvalidName: as for `Registry.rename_profile`.
    """
    registry.rename_profile(name, new_name)
    place = surroundings.repository
    with suppress(*SWITCHABLE):
        if place is not None and place.profile == name:
            place.rename(name, new_name)


def rename_active_stack(registry: Registry, surroundings: Surroundings, name: str, new_name: str) -> None:
    """Let what has a stack of the store in effect active follow its new name: profiles, and the repository."""
    url = resolved(registry, surroundings).profile.url
    registry.rename_active_stack(url, name, new_name)
    place = surroundings.repository
    if place is None:
        return
    with suppress(NotFound, *SWITCHABLE):
        usual = resolved(registry, surroundings.without_environment()).profile
        if place.stack == name and is_same_store(usual.url, url):
            place.choose_stack(new_name)


def make_repository(
    registry: Registry, directory: str, *, profile: str | None = None, stack: str | None = None
) -> Repository:
    """Make a directory a repository that names the profile and the stack in effect; nothing where none can be used.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.

    Raises:
        Conflict: it is a repository.
        NotFound: what an option or the environment names is not there.
    """
    # The repository that a variable names, and that is not there, may be the one that is being made.
    surroundings = here(profile=profile, stack=stack)._replace(missing=None)
    chosen: tuple[str | None, str | None] = None, None
    with suppress(*SWITCHABLE):
        active = resolved(registry, surroundings)
        if active.stack_scope in ("option", "environment"):
            active.found_in_effect(registry.store(active.profile).stored_stack)
        chosen = active.profile.name, active.stack
    return repository.make(directory, profile=chosen[0], stack=chosen[1])
