"""The short ways in for programs: what the command line would use, without a command line."""

from __future__ import annotations

from zprof.active.scope import here, resolved
from zprof.caller import Caller
from zprof.profiles.registry import open_registry
from zprof.records import Profile, Stack
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
