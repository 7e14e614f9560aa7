"""The short ways in for programs: what the command line would use, without a command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from zprof.active import stack, switching
from zprof.active.scope import Surroundings, here, resolved
from zprof.active.stack import ActiveStack
from zprof.caller import Caller
from zprof.errors import InvalidInput
from zprof.profiles.profile import Profile
from zprof.profiles.registry import open_registry
from zprof.repository import Repository
from zprof.store.store import Store

_used: ContextVar[tuple[str, str | None] | None] = ContextVar("zprof.using", default=None)
"""The profile and the stack that `using` names in this context."""


@contextmanager
def using(name: str) -> Iterator[None]:
    """Make a profile count for zprof's functions in this context, as the option `--profile` does for a command.

    What is active stays as it is. A thread begins without it, and so does a subprocess: give it
    $ZPROF_ACTIVATED_PROFILE and $ZPROF_ACTIVATED_STACK.

    Args:
        name: a profile, or `PROFILE/STACK`.

    Raises:
        zprof.errors.NotFound: the profile or the stack is not there.

    Example:
        with zprof.using("staging/prod"):
            zprof.active_stack().orchestrator
    """
    profile, _, stack = name.partition("/")
    registry = open_registry()
    found = registry.profile(profile)
    if stack:
        registry.store(found).stored_stack(stack)
    token = _used.set((profile, stack or None))
    try:
        yield
    finally:
        _used.reset(token)


def _surroundings() -> Surroundings:
    """Those of the working directory, and what `using` names."""
    profile, stack = _used.get() or (None, None)
    return here(profile=profile, stack=stack)


def active_profile() -> Profile:
    """The profile in effect here, resolved as the command line does.

    Raises:
        zprof.errors.NotFound: the profile that the environment or the repository names is not there.
    """
    return resolved(open_registry(), _surroundings()).profile


def active_stack() -> ActiveStack:
    """The stack in effect here, with its components, found as the command line does.

    Its `resolved()` gives the values that references in it stand for, its `environ()` the environment for a program.

    Raises:
        zprof.errors.NotFound: the profile or stack in effect is not there.
        zprof.errors.NothingActive: no stack was ever chosen.
    """
    return stack.active_stack(open_registry(), _surroundings())


def open_profile(name: str | None = None, *, confirm: str | None = None) -> Store:
    """A profile's store; the one in effect here when no name is given. What is active stays as it is.

    Args:
        confirm: the profile's name, to change it although it is protected.

    Raises:
        zprof.errors.NotFound: there is no such profile.
    """
    registry = open_registry(caller=Caller(confirmed_profile=confirm))
    surroundings = _surroundings() if name is None else here(profile=name)
    return registry.store(resolved(registry, surroundings).profile)


def make_repository(directory: str = ".", *, profile: str | None = None, stack: str | None = None) -> Repository:
    """Make a directory a repository, as `zprof init` does: it names a profile and a stack, which count in it and below.

    Args:
        profile: the one that is in effect when left out.
        stack: the same.

    Raises:
        zprof.errors.Conflict: it is one.
        zprof.errors.NotFound: there is no such profile, or no such stack in it.
    """
    return switching.make_repository(open_registry(), directory, profile=profile, stack=stack)


def switch_profile(name: str, *, everywhere: bool = False, personal: bool = False) -> bool:
    """Switch to a profile, as `zprof profile set` does; False when it was the active one already.

    Args:
        everywhere: whether the switch is for all shells and projects, also where there is a repository, for which alone
            it is otherwise.
        personal: whether it is this user's own choice in the repository, over the project's.

    Raises:
        zprof.errors.InvalidInput: there is no repository for a personal choice, or it is to be everywhere, too.
        zprof.errors.NotFound: there is no such profile.
        zprof.errors.Refused: the environment names another, or a personal choice does, which would hide the switch.
    """
    check_one_place(everywhere, personal)
    place = None if everywhere else here().place()
    return switching.switch_profile(open_registry(), place, name, is_personal=personal)


def check_one_place(everywhere: bool, personal: bool) -> None:
    """Refuse a switch that is to count in two places.

    Raises:
        zprof.errors.InvalidInput: it is.
    """
    if everywhere and personal:
        raise InvalidInput("A switch is either global or personal, not both.", "Leave out one of them.")


def switch_stack(name: str, *, everywhere: bool = False, personal: bool = False) -> None:
    """Switch to a stack of the profile in effect, as `zprof stack set` does.

    Args:
        everywhere, personal: as for `switch_profile`.

    Raises:
        zprof.errors.InvalidInput: as for `switch_profile`.
        zprof.errors.NotFound: the profile in effect has no such stack.
        zprof.errors.Refused: as for `switch_profile`.
    """
    check_one_place(everywhere, personal)
    switching.switch_stack(open_registry(), here(), name, is_global=everywhere, is_personal=personal)
