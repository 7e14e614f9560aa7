"""Which profile and which stack a command runs in, and why: an option, the environment, or the registry."""

from __future__ import annotations

from typing import Literal, NamedTuple

from zprof import paths
from zprof.errors import NotFound, NothingActive, Refused
from zprof.records import Profile, Stack
from zprof.registry import Registry
from zprof.store import Store

Scope = Literal["option", "environment", "local", "global"]


def named_by(scope: Scope, variable: str) -> str:
    """Why something is in effect, as it reads in a sentence: `active in the registry`."""
    return {
        "option": "named by an option",
        "environment": f"named by ${variable}",
        "local": "named by this repository",
        "global": "active in the registry",
    }[scope]


class Active(NamedTuple):
    """The profile and the stack in effect, each with the scope that chose it."""

    profile: Profile
    profile_scope: Scope
    stack: str | None
    stack_scope: Scope

    def stack_name(self) -> str:
        """The stack in effect, by name; whether its store has it is not looked at.

        Raises:
            NothingActive: no stack was ever chosen in this profile.
        """
        if self.stack is None:
            raise NothingActive(
                f"The profile '{self.profile.name}' has no active stack.", "Choose one with `zprof stack set NAME`."
            )
        return self.stack

    def stack_in(self, store: Store) -> Stack:
        """The stack in effect, from its store.

        Raises:
            NotFound: it is gone, as from a store that others use too.
            NothingActive: no stack was ever chosen in this profile.
        """
        name = self.stack_name()
        try:
            return store.stack(name)
        except NotFound as error:
            why = named_by(self.stack_scope, paths.ACTIVATED_STACK)
            raise NotFound(
                "stack",
                name,
                where=f"in the profile '{self.profile.name}', though it is {why}",
                among=error.closest,
                hint="Choose one with `zprof stack set NAME`.",
            ) from None


def resolved(registry: Registry, *, profile: str | None = None, stack: str | None = None) -> Active:
    """What is in effect: option, then environment, then the registry.

    A stack that was named in a narrower sense of place than its profile does not count: `-p other` uses the stack that
    is active in `other`, whatever the environment says.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.

    Raises:
        NotFound: the profile that is named is not there. There is no falling back to another.
    """
    found, profile_scope = _profile(registry, profile)
    if stack is not None:
        return Active(found, profile_scope, stack, "option")
    from_environment = paths.variable(paths.ACTIVATED_STACK)
    if from_environment is not None and profile_scope != "option":
        return Active(found, profile_scope, from_environment, "environment")
    return Active(found, profile_scope, found.active_stack, "global")


def _profile(registry: Registry, option: str | None) -> tuple[Profile, Scope]:
    if option is not None:
        return registry.profile(option), "option"
    from_environment = paths.variable(paths.ACTIVATED_PROFILE)
    if from_environment is None:
        return registry.active(), "global"
    try:
        return registry.profile(from_environment), "environment"
    except NotFound as error:
        raise NotFound(
            "profile",
            from_environment,
            where=f"though ${paths.ACTIVATED_PROFILE} names it",
            among=error.closest,
            hint=f"Set ${paths.ACTIVATED_PROFILE} to another, or unset it.",
        ) from None


def check_switch_shows(kind: Literal["profile", "stack"], name: str) -> None:
    """Refuse a switch that this shell's environment would hide.

    Raises:
        Refused: the environment names another.
    """
    variable = paths.ACTIVATED_PROFILE if kind == "profile" else paths.ACTIVATED_STACK
    in_effect = paths.variable(variable)
    if in_effect is not None and in_effect != name:
        raise Refused(
            f"${variable} is set to '{in_effect}' and would hide the switch to '{name}'.",
            f"Nothing was changed. Type `unset {variable}`, or `export {variable}={name}` for this shell alone.",
        )


def check_profile_is_idle(registry: Registry, active: Active | None, name: str) -> None:
    """Refuse to delete the profile in effect.

    Raises:
        NotFound: there is no such profile.
        Refused: it is active in the registry, or named by the environment or an option.
    """
    profile = registry.profile(name)
    is_in_effect = active is not None and profile.name == active.profile.name
    if profile.is_active or is_in_effect:
        scope: Scope = "global" if profile.is_active or active is None else active.profile_scope
        raise Refused(
            f"The profile '{name}' is in use: it is {named_by(scope, paths.ACTIVATED_PROFILE)}.",
            "Switch to another first: `zprof profile set NAME`.",
        )


def check_stack_is_idle(registry: Registry, active: Active, name: str) -> None:
    """Refuse to delete the stack in effect, or one that a profile with the same store has active.

    Raises:
        Refused: it is active in the registry, or named by the environment or an option.
    """
    if active.stack == name:
        raise Refused(
            f"The stack '{name}' is in use: it is {named_by(active.stack_scope, paths.ACTIVATED_STACK)}.",
            "Switch to another first: `zprof stack set NAME`.",
        )
    for profile in registry.profiles():
        if profile.url == active.profile.url and profile.active_stack == name:
            raise Refused(
                f"The stack '{name}' is in use: it is active in the profile '{profile.name}'.",
                f"Switch to another first: `zprof stack set NAME --profile {profile.name}`.",
            )
