"""What one shell has chosen for itself, in its two variables: checked before the shell sets them."""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

from zprof import paths
from zprof.active.scope import Active, Surroundings, resolved
from zprof.names import checked_name
from zprof.profiles.registry import Registry


class Choices(NamedTuple):
    """What a shell names; what it leaves out, the project and the registry name."""

    profile: str | None = None
    stack: str | None = None

    @property
    def variables(self) -> dict[str, str | None]:
        """The shell's variables; one without a value is not set."""
        return {paths.ACTIVATED_PROFILE: self.profile, paths.ACTIVATED_STACK: self.stack}


def named(words: str) -> Choices:
    """The profile and the stack of `PROFILE` or `PROFILE/STACK`.

    Raises:
        InvalidName: one of them can't be a name.
    """
    profile, slash, stack = words.partition("/")
    return Choices(checked_name("profile", profile), checked_name("stack", stack) if slash else None)


def of_this_shell() -> Choices:
    """What the shell names now."""
    return Choices(paths.variable(paths.ACTIVATED_PROFILE), paths.variable(paths.ACTIVATED_STACK))


def before() -> Choices | None:
    """What the shell named before it was switched last, which may be nothing; None where it was not switched."""
    found = paths.variable(paths.BEFORE)
    if found is None:
        return None
    profile, _, stack = found.partition("/")
    return Choices(profile or None, stack or None)


def checked(registry: Registry, surroundings: Surroundings, choices: Choices) -> Active:
    """What is in effect in a shell that has these choices.

    A stack that is named is looked for in its store; without one no store is looked at.

    Raises:
        NotFound: there is no such profile or stack.
    """
    usual = surroundings.without_environment()
    active = resolved(registry, usual._replace(profile=choices.profile, stack=choices.stack))
    if choices.stack is not None:
        with closing(registry.store(active.profile)) as store:
            store.stored_stack(choices.stack)
    return active
