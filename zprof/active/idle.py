"""Whether a profile or a stack is in use, here or where its user is otherwise, so that it is not deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress

from zprof.active.scope import SWITCHABLE, Active, Choice, Kind, Scope, Surroundings, cure, named_by, resolved
from zprof.errors import NotFound, Refused
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.refusals import profile_is_protected
from zprof.repository import Repository
from zprof.url import is_same_store


def check_profile_is_idle(registry: Registry, surroundings: Surroundings, name: str) -> Profile:
    """Refuse to delete a profile that is active, or would be without an option or a variable; the profile if not.

    Raises:
        NotFound: there is no such profile.
        Refused: it is active in the registry, or named by an option, the environment or the repository; or protected.
    """
    profile = registry.profile(name)
    named = list(surroundings._replace(missing=None).choices("profile"))
    using = [choice for choice in named if choice.name == profile.name]
    if profile.is_active:
        using.insert(0, Choice(name, "global", registry.path))
    if using:
        scope, is_personal = using[0].scope, using[0].is_personal
        raise Refused(
            f"The profile '{name}' is in use: it is {named_by('profile', scope)}.",
            in_use_cure("profile", scope, surroundings, is_personal=is_personal),
        )
    if profile.is_protected:
        raise profile_is_protected(name)
    return profile


def in_use_cure(kind: Kind, scope: Scope, surroundings: Surroundings, *, is_personal: bool) -> str:
    """What to type so that something is in use no more, by what it is in use by."""
    place = surroundings.repository
    if scope == "local" and not is_personal and place is not None and is_hidden(kind, place):
        return f"Unset it with `zprof {kind} unset`."
    return cure(kind, scope, is_in_repository=place is not None, is_personal=is_personal)


def is_hidden(kind: Kind, place: Repository) -> bool:
    """Whether a personal choice hides what a repository's own file names, so that a switch there would not show."""
    personal = place.personal
    return personal.profile is not None or (kind == "stack" and personal.stack is not None)


def check_stack_is_idle(
    registry: Registry, surroundings: Surroundings, name: str, besides: Collection[str] = ()
) -> None:
    """Refuse to delete a stack of the store in effect that is active, or would be without an option or a variable.

    A stack of the same name in another profile's store is another stack.

    Args:
        besides: the profiles that are about to get another active stack.

    Raises:
        Refused: it is active in the registry, or named by an option, the environment or the repository.
    """
    in_effect = resolved(registry, surroundings).profile
    for active in views(registry, surroundings):
        is_meant = active.stack == name and is_same_store(active.profile.url, in_effect.url)
        is_about_to = active.stack_scope == "global" and active.profile.name in besides
        if is_meant and not is_about_to and (active.stack_scope != "global" or active.profile.name == in_effect.name):
            error = Refused(
                f"The stack '{name}' is in use: it is {named_by('stack', active.stack_scope)}.",
                in_use_cure("stack", active.stack_scope, surroundings, is_personal=active.is_personal),
            )
            if active.stack_scope == "local":
                error.about = ""  # a switch for the profile that an option names would leave the repository as it is
            raise error
    for profile in registry.profiles():
        is_about_to = profile.name in besides
        if profile.active_stack == name and not is_about_to and is_same_store(profile.url, in_effect.url):
            raise Refused(
                f"The stack '{name}' is in use: it is active in the profile '{profile.name}'.",
                f"Switch to another first: `zprof stack set NAME --profile {in_shell(profile.name)}`.",
            )


def check_stacks_are_idle(registry: Registry, surroundings: Surroundings, names: Collection[str]) -> None:
    """The same as `check_stack_is_idle` for many: only those that something has active are looked at.

    Raises:
        Refused: as for `check_stack_is_idle`.
    """
    seen = {active.stack for active in views(registry, surroundings)}
    seen |= {profile.active_stack for profile in registry.profiles()}
    for name in sorted(seen & set(names) - {None}, key=str):
        check_stack_is_idle(registry, surroundings, str(name))


def views(registry: Registry, surroundings: Surroundings) -> Iterator[Active]:
    """What is in effect for this command, in this shell, in this place, and for others there; as far as known."""
    usual = surroundings.without_environment()
    for seen in (surroundings, surroundings.without_options(), usual, surroundings.without_personal()):
        with suppress(NotFound, *SWITCHABLE):
            yield resolved(registry, seen)
