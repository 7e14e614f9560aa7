"""What is in effect and what that hides: every choice of a profile and a stack, told without judging it."""

from __future__ import annotations

from typing import NamedTuple

from zprof import paths
from zprof.active.presence import found_stack
from zprof.active.scope import SCOPES, Active, Choice, Scope, Surroundings, chosen_profile, here
from zprof.errors import NotFound, NothingActive, ZprofError
from zprof.profiles.registry import Registry


class Standing(NamedTuple):
    """What is in effect, and what is named elsewhere and hidden by that, the nearest first."""

    choice: Choice | None
    hides: tuple[Choice, ...]


class Status(NamedTuple):
    """What is in effect, told without asking whether it can be used."""

    profile: Standing
    stack: Standing
    problems: tuple[ZprofError, ...]
    """What stands against it."""


def status(registry: Registry, *, profile: str | None = None, stack: str | None = None) -> Status:
    """What is in effect and why. The stack is looked for in a store that is a file; a server is not asked.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.

    Raises:
        NotFound: there is no profile of the name that `--profile` says.
    """
    surroundings, problems = legible_surroundings(profile, stack)
    active = [Choice(found.name, "global", registry.path) for found in registry.profiles() if found.is_active]
    profiles = [*surroundings.choices("profile"), *active]
    winner = next(iter(profiles), None)
    found = None
    try:
        found = registry.active() if winner is None else chosen_profile(registry, winner)
    except (NotFound, NothingActive) as error:
        if winner is not None and winner.scope == "option":
            raise
        problems.append(error)
    problems += unread_variables()
    stacks = list(surroundings.choices("stack"))
    if found is not None and found.active_stack is not None:
        stacks.append(Choice(found.active_stack, "global", registry.path))
    scope: Scope = "global" if winner is None else winner.scope
    counting = next((choice for choice in stacks if is_heard(choice, scope)), None)
    if found is not None and counting is not None:
        try:
            found_stack(Active(found, scope, counting.name, counting.scope), registry.caller)
        except NotFound as error:
            problems.append(error)
        except ZprofError:  # what is wrong with a store is for doctor to tell
            pass
    return Status(standing(winner, profiles), standing(counting, stacks), tuple(problems))


class UnreadVariables(ZprofError):
    """Variables of ZenML are set that look as if they chose something here."""

    code = "unread_variables"


def unread_variables() -> list[ZprofError]:
    """One sentence on all variables of ZenML that are set and not read; nothing where there are none."""
    found = paths.unread()
    if not found:
        return []
    names = " and ".join(f"${name}" for name in found)
    read = " and ".join(f"${name}" for name in found.values())
    is_one = len(found) == 1
    return [UnreadVariables(f"{names} {'is' if is_one else 'are'} ZenML's and not read here.", f"Set {read} instead.")]


def legible_surroundings(profile: str | None, stack: str | None) -> tuple[Surroundings, list[ZprofError]]:
    """The surroundings of the working directory, without a repository that is not there or can't be read."""
    try:
        surroundings = here(profile=profile, stack=stack)
        place = surroundings.place()
        if place is not None:
            _ = place.names
    except ZprofError as error:
        return Surroundings(None, profile, stack), [error]
    return surroundings, []


def is_heard(stack: Choice, profile_scope: Scope) -> bool:
    """Whether a stack that is named counts with a profile: not in a lower scope, but for the profile's own."""
    return stack.scope == "global" or SCOPES.index(stack.scope) <= SCOPES.index(profile_scope)


def standing(winner: Choice | None, choices: list[Choice]) -> Standing:
    """A choice beside those of another name."""
    return Standing(winner, tuple(choice for choice in choices if winner is not None and choice.name != winner.name))
