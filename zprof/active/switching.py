"""Switching to a profile or a stack, where it then counts: in the repository, or in the registry."""

from __future__ import annotations

from contextlib import suppress

from zprof import paths, repository
from zprof.active.choosing import VARIABLES
from zprof.active.scope import SWITCHABLE, Choice, Kind, Surroundings, here, naming, resolved, unsetting
from zprof.errors import InvalidInput, NotFound, Refused
from zprof.printable import in_shell
from zprof.profiles.registry import Registry
from zprof.repository import Repository


def check_profile_switch_shows(name: str) -> None:
    """Refuse a switch to a profile that this shell's environment would hide.

    Raises:
        Refused: the environment names another.
    """
    named = paths.variable(paths.ACTIVATED_PROFILE)
    if named is not None and named != name:
        raise hidden("profile", named, name)


def check_stack_switch_shows(
    registry: Registry,
    surroundings: Surroundings,
    name: str,
    *,
    is_global: bool = False,
    is_personal: bool = False,
    is_new: bool = False,
) -> None:
    """Refuse a switch to a stack that this shell's environment or a personal choice would hide.

    The environment hides nothing of a profile that only an option names.

    Args:
        is_global: whether the switch is the profile's own.
        is_personal: whether it is written where personal choices are.
        is_new: whether the stack is not there yet.

    Raises:
        InvalidInput: a personal choice where no repository chooses the profile.
        Refused: the environment names another, or a personal choice does.
    """
    if is_personal:
        check_personal_stack_shows(surroundings)
    named = paths.variable(paths.ACTIVATED_STACK)
    if named is not None and named != name and not is_of_another_profile(registry, surroundings):
        raise hidden("stack", named, name)
    place = surroundings.repository
    if not is_personal and not is_global and place is not None and is_the_repositorys(surroundings):
        check_not_hidden_by_personal("stack", place, name, is_new=is_new)


def is_of_another_profile(registry: Registry, surroundings: Surroundings) -> bool:
    """Whether a profile that only an option names is in effect."""
    if surroundings.profile is not None:
        with suppress(NotFound, *SWITCHABLE):
            return resolved(registry, surroundings.without_options()).profile.name != surroundings.profile
    return False


def is_the_repositorys(surroundings: Surroundings) -> bool:
    """Whether a switch to a stack is the repository's, which chooses the profile or leaves it to the registry."""
    chosen = next(surroundings.choices("profile"), None)
    return surroundings.repository is not None and (chosen is None or chosen.scope == "local")


def check_personal_stack_shows(surroundings: Surroundings) -> None:
    """Refuse a personal choice of a stack where it would not count.

    Raises:
        InvalidInput: there is no repository, or an option names the profile.
        Refused: the environment names it.
    """
    if surroundings.place() is None:
        raise repository.personal_outside()
    if surroundings.profile is not None:
        raise InvalidInput(
            "A personal choice of a stack is for the repository's profile, so it can't be used with --profile.",
            "Leave out --profile or --personal.",
        )
    if not is_the_repositorys(surroundings):
        variable = VARIABLES["profile"]
        raise Refused(
            f"${variable} sets the profile and would override a personal choice of a stack.",
            f"Nothing was changed. Run {unsetting('profile')}.",
        )


def check_not_hidden_by_personal(kind: Kind, place: Repository, name: str, *, is_new: bool = False) -> None:
    """Refuse a switch in a repository's own file that its personal file would hide.

    Args:
        is_new: whether it is a stack that is not there yet.

    Raises:
        Refused: the personal file names another; or a profile, which no stack of the other file goes with.
    """
    personal = place.personal
    named = personal.profile if kind == "profile" else personal.stack
    if named is not None and named != name:
        what, dropping = f"names the {kind} '{named}'", f"`zprof {kind} unset --personal`"
    elif kind == "stack" and personal.profile is not None:
        what, dropping = f"names the profile '{personal.profile}'", "`zprof profile unset --personal`"
    else:
        return
    raise Refused(
        f"{personal.path} {what} and would override the switch to the {kind} '{name}'.",
        f"Nothing was changed. Register it without --set, then run `zprof stack set {in_shell(name)} --personal`."
        if is_new
        else f"Nothing was changed. Run `zprof {kind} set {in_shell(name)} --personal` to switch only for yourself, "
        f"or {dropping} to drop your own choice.",
    )


def hidden(kind: Kind, named: str, name: str) -> Refused:
    """The error of a switch that would change nothing here."""
    variable = VARIABLES[kind]
    return Refused(
        f"${variable} is set to '{named}' and would override the switch to '{name}'.",
        f"Nothing was changed. Run {unsetting(kind)}, or {naming(kind, name)} to switch only in this shell.",
    )


def switch_profile(registry: Registry, place: Repository | None, name: str, *, is_personal: bool = False) -> bool:
    """Make a profile the active one in a repository, or globally without one; False when it was already.

    Its store is not looked at. The file that is written names no stack afterwards, but for one that named the profile
    already.

    Args:
        is_personal: whether it is for this user alone, in the repository.

    Raises:
        InvalidInput: there is no repository for a personal choice.
        NotFound: there is no such profile.
        Refused: the environment names another, or a personal choice would hide the repository's.
    """
    check_profile_switch_shows(name)
    if place is None:
        if is_personal:
            raise repository.personal_outside()
        return registry.activate(name)
    found = registry.profile(name).name
    if not is_personal:
        check_not_hidden_by_personal("profile", place, found)
    return place.choose_profile(found, is_personal=is_personal)


def switch_stack(
    registry: Registry,
    surroundings: Surroundings,
    name: str,
    operation_id: str | None = None,
    *,
    is_global: bool = False,
    is_personal: bool = False,
) -> None:
    """Make a stack the active one of the profile in effect.

    In the repository, if that is what chooses the profile or leaves it to the registry; else for the profile itself.

    Args:
        operation_id: that of the operation on the store that it belongs to, such as the registering of the stack.
        is_personal: whether it is for this user alone, in the repository.

    Raises:
        InvalidInput: there is no repository for a personal choice, or an option names the profile.
        NotFound: the profile's store has no such stack.
        Refused: the environment names another, or a personal choice would hide the repository's.
    """
    check_stack_switch_shows(registry, surroundings, name, is_global=is_global, is_personal=is_personal)
    active = resolved(registry, surroundings)
    registry.store(active.profile).stored_stack(name)
    place = surroundings.repository
    if place is None or is_global or active.profile_scope in ("option", "environment"):
        registry.set_active_stack(active.profile.name, name, operation_id)
    else:
        place.file(is_personal=is_personal).choose_stack(name)


def hiding_profile(surroundings: Surroundings, name: str) -> Choice | None:
    """The repository's choice, if it hides a profile that is active globally."""
    with suppress(*SWITCHABLE):
        choice = next(surroundings.without_environment().choices("profile"), None)
        return choice if choice is not None and choice.name != name else None
    return None


def personal_choice(kind: Kind, place: Repository) -> Choice | None:
    """What a repository's personal file names, if anything."""
    with suppress(*SWITCHABLE):
        named = place.personal.profile if kind == "profile" else place.personal.stack
        return None if named is None else Choice(named, "local", place.personal.path)
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


def make_repository(
    registry: Registry,
    directory: str,
    *,
    profile: str | None = None,
    stack: str | None = None,
    shares: bool = False,
) -> Repository:
    """Make a directory a repository that names the profile and the stack in effect; nothing where none can be used.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.
        shares: whether it holds the URL of the profile's store, too.

    Raises:
        Conflict: it is a repository.
        NotFound: what an option or the environment names is not there.
        Refused: the store is to be shared, and nobody else can reach it.
    """
    # The repository that a variable names, and that is not there, may be the one that is being made.
    surroundings = here(profile=profile, stack=stack)._replace(missing=None)
    chosen: tuple[str | None, str | None] = None, None
    url = None
    with suppress(*SWITCHABLE):
        active = resolved(registry, surroundings)
        if active.stack_scope in ("option", "environment"):
            active.found_in_effect(registry.store(active.profile).stored_stack)
        chosen = active.profile.name, active.stack
        if shares:
            from zprof.active.offer import offered_url

            url = offered_url(registry, active.profile, directory)
    return repository.make(directory, profile=chosen[0], stack=chosen[1], url=url)
