"""The short ways in for programs: what the command line would use, without a command line."""

from __future__ import annotations

from zprof.active import switching
from zprof.active.scope import here, resolved
from zprof.caller import Caller
from zprof.profiles.registry import open_registry
from zprof.records import Profile, Stack
from zprof.repository import Repository
from zprof.store.store import Store


def active_profile() -> Profile:
    """The profile in effect here, resolved as the command line does.

    Raises:
        zprof.errors.NotFound: the profile that the environment or the repository names is not there.
    """
    return resolved(open_registry(), here()).profile


def active_stack() -> Stack:
    """The stack in effect here, with its components, resolved as the command line does.

    Raises:
        zprof.errors.NotFound: the profile or stack in effect is not there.
        zprof.errors.NothingActive: no stack was ever chosen.
    """
    registry = open_registry()
    active = resolved(registry, here())
    return active.stack_in(registry.store(active.profile))


def open_profile(name: str | None = None, *, confirm: str | None = None) -> Store:
    """A profile's store; the one in effect here when no name is given. What is active stays as it is.

    Args:
        confirm: the profile's name, to change it although it is protected.

    Raises:
        zprof.errors.NotFound: there is no such profile.
    """
    registry = open_registry(caller=Caller(confirmed_profile=confirm))
    return registry.store(resolved(registry, here(profile=name)).profile)


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


def switch_profile(name: str, *, everywhere: bool = False) -> bool:
    """Switch to a profile, as `zprof profile set` does; False when it was the active one already.

    Args:
        everywhere: whether the switch is for all shells and projects, also where there is a repository, for which alone
            it is otherwise.

    Raises:
        zprof.errors.NotFound: there is no such profile.
        zprof.errors.Refused: the environment names another, which would hide the switch.
    """
    place = None if everywhere else here().place()
    return switching.switch_profile(open_registry(), place, name)


def switch_stack(name: str, *, everywhere: bool = False) -> None:
    """Switch to a stack of the profile in effect, as `zprof stack set` does.

    Args:
        everywhere: as for `switch_profile`.

    Raises:
        zprof.errors.NotFound: the profile in effect has no such stack.
        zprof.errors.Refused: as for `switch_profile`.
    """
    switching.switch_stack(open_registry(), here(), name, is_global=everywhere)
