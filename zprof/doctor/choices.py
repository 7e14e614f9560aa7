"""Examining what is active: in the registry, in the environment and in the repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from zprof import paths
from zprof.doctor.databases import Examined
from zprof.doctor.finding import Finding, Severity, command, name_to_type
from zprof.errors import ZprofError
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.repository import Repository, found

DEFAULT = "default"
"""The name of the profile and the stack of a first run."""


def active_findings(
    registry: Registry, profiles: Sequence[Profile], stores: Mapping[str, Examined]
) -> Iterator[Finding]:
    """Whether one profile is active, and each profile's active stack is there.

    Args:
        stores: what was found of the store of each profile.
    """
    names = [profile.name for profile in profiles]
    active = [profile.name for profile in profiles if profile.is_active]
    if len(active) != 1:
        chosen = next((name for name in (DEFAULT, *names[:1]) if name in names), None)
        is_clear = chosen is not None and (chosen == DEFAULT or len(names) == 1)
        yield Finding(
            "active_profile",
            "error",
            registry.path,
            f"{len(active) or 'No'} profiles are active instead of one.",
            command("zprof", "profile", "set", "--global", chosen) if chosen else "zprof profile create default",
            partial(registry.activate_if_none, chosen) if chosen and is_clear and not active else None,
        )
    for profile in profiles:
        store = stores[profile.name]
        if store.stacks is None or profile.active_stack is None or profile.active_stack in store.stacks:
            continue
        successor = store.renamed.get(profile.active_stack, "")
        known = [name for name in (successor, DEFAULT) if name in store.stacks]
        why = f": it is '{successor}' now" if successor in known else ""
        target = next(iter((*known, *store.stacks)), "NAME")
        yield Finding(
            "active_stack",
            "error",
            profile.name,
            f"Its active stack '{profile.active_stack}' is not in its store{why}.",
            command("zprof", "--profile", profile.name, "stack", "set", "--global", name_to_type(target)),
            partial(registry.replace_active_stack, profile.name, profile.active_stack, known[0]) if known else None,
        )


def unset_findings(
    profiles: Sequence[Profile], stores: Mapping[str, Examined], place: Repository | None
) -> Iterator[Finding]:
    """A stack that was registered with `--set` and is not active: a crash between the store and the registry."""
    in_effect = paths.variable(paths.ACTIVATED_PROFILE) or profile_here(profiles, place)
    for profile in profiles:
        store = stores[profile.name]
        newest = next((found for found in store.registered if found.profile in (None, profile.name)), None)
        active = {other.active_stack for other in profiles if other.url == profile.url} | {stack_of(place)}
        # To the second: what was changed within the same one may have been changed after it.
        if newest is None or newest.name in active or profile.updated_at >= newest.at:
            continue
        if newest.name in (store.stacks or ()):
            words = () if profile.name == in_effect else ("--profile", profile.name)
            yield Finding(
                "stack_not_set",
                "warning",
                profile.name,
                f"Its stack '{newest.name}' was registered with --set, and is not the active one.",
                command("zprof", *words, "stack", "set", name_to_type(newest.name)),
            )


def environment_findings(
    profiles: Sequence[Profile], stores: Mapping[str, Examined], place: Repository | None
) -> Iterator[Finding]:
    """What variables name that is not there, or hide."""
    named = paths.variable(paths.ACTIVATED_PROFILE)
    here = profile_here(profiles, place)
    if named is not None and named not in [profile.name for profile in profiles]:
        problem = f"It names the profile '{named}', which does not exist."
        yield of_variable(paths.ACTIVATED_PROFILE, "error", problem)
    elif named is not None and here is not None and here != named:
        problem = f"It names the profile '{named}', and overrides '{here}'."
        yield of_variable(paths.ACTIVATED_PROFILE, "warning", problem)
    stack = paths.variable(paths.ACTIVATED_STACK)
    in_effect = next((profile for profile in profiles if profile.name == (named or here)), None)
    if stack is None or in_effect is None:
        return
    stacks = stores[in_effect.name].stacks
    hidden = (stack_of(place) if named is None else None) or in_effect.active_stack
    if stacks is not None and stack not in stacks:
        problem = f"It names the stack '{stack}', but the profile '{in_effect.name}' has no such stack."
        yield of_variable(paths.ACTIVATED_STACK, "error", problem)
    elif hidden is not None and hidden != stack:
        yield of_variable(paths.ACTIVATED_STACK, "warning", f"It names the stack '{stack}', and overrides '{hidden}'.")


def unread_findings() -> Iterator[Finding]:
    """Variables of ZenML that are set as if they counted here: one finding for all of them."""
    found = paths.unread()
    if found:
        read = " and ".join(f"${name}" for name in found.values())
        where = " and ".join(f"${name}" for name in found)
        problem = f"zprof does not read ZenML's variables. It reads {read}."
        yield Finding("environment", "warning", where, problem, command("unset", *found))


def of_variable(name: str, severity: Severity, problem: str) -> Finding:
    """The finding of a variable that would better not be set."""
    return Finding("environment", severity, f"${name}", problem, command("unset", name))


def repository_findings(
    registry: Registry, profiles: Sequence[Profile], stores: Mapping[str, Examined], place: Repository
) -> Iterator[Finding]:
    """Whether what a repository's files name can be understood, and is there."""
    names = [profile.name for profile in profiles]
    for file in place.files:
        personal = ("--personal",) if file.is_personal else ()
        try:
            named = file.profile
        except ZprofError as error:
            cure = command("zprof", "profile", "set", "NAME", *personal)
            yield Finding("repository", "error", file.path, error.message, cure)
            continue
        if named is not None and named not in names:
            verb = "restore" if registry.keeps_deleted(named) else "create"
            yield Finding(
                "repository",
                "error",
                file.path,
                f"It names the profile '{named}', which does not exist.",
                "zprof init --join"
                if not file.is_personal and file.url is not None
                else command("zprof", "profile", verb, named),
            )
    active = next((profile.name for profile in profiles if profile.is_active), None)
    for file, named in place.named_stacks():
        profile = named or active
        stacks = stores[profile].stacks if profile in names and profile is not None else None
        if stacks is not None and file.stack not in stacks:
            personal = ("--personal",) if file.is_personal else ()
            yield Finding(
                "repository",
                "error",
                file.path,
                f"It names the stack '{file.stack}', but the profile '{profile}' has no such stack.",
                command("zprof", "stack", "unset", *personal),
            )


def repository_here() -> tuple[Repository | None, list[Finding]]:
    """The repository of the working directory, and what is wrong if a variable names none."""
    try:
        return found(), []
    except ZprofError as error:
        return None, [of_variable(paths.REPOSITORY_PATH, "error", error.message)]


def profile_here(profiles: Sequence[Profile], place: Repository | None) -> str | None:
    """The profile that would count without the environment."""
    active = next((profile.name for profile in profiles if profile.is_active), None)
    try:
        return (place.profile if place is not None else None) or active
    except ZprofError:
        return None


def stack_of(place: Repository | None) -> str | None:
    """The stack that a repository names, as far as it can be understood."""
    try:
        return place.stack if place is not None else None
    except ZprofError:
        return None
