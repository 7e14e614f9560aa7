"""What is in effect and what that hides: every choice of a profile and a stack, told without judging it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from zprof import paths
from zprof.active.presence import as_it_is
from zprof.active.scope import SCOPES, Active, Choice, Scope, Surroundings, chosen_profile, here
from zprof.databases import store_database
from zprof.errors import Busy, Conflict, NotFound, NothingActive, ZprofError, either
from zprof.flavors.stack_rules import Violation, broken_rules
from zprof.generated import statements as sql
from zprof.profiles.registry import Registry
from zprof.records import Component
from zprof.refusals import no_stack
from zprof.store.rows import stack_of
from zprof.url import is_sqlite

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase


class Standing(NamedTuple):
    """What is in effect, and what is named elsewhere and hidden by that, the nearest first."""

    choice: Choice | None
    hides: tuple[Choice, ...]


class Status(NamedTuple):
    """What is in effect, told whether it can be used or not."""

    profile: Standing
    stack: Standing
    is_protected: bool | None
    """Whether the profile is; None where there is none."""
    answers: bool | None
    """Whether the store could be read; None where it was not asked."""
    components: Mapping[str, Component] | None
    """Those of the stack by type; None where they are not known."""
    fits: bool | None
    """Whether they fit together; None where they are not known."""
    problems: tuple[ZprofError, ...]
    """What stands against it."""


class Looked(NamedTuple):
    """What was seen of a store."""

    answers: bool | None = None
    components: Mapping[str, Component] | None = None
    problem: ZprofError | None = None


class Unfit(Conflict):
    """The stack in effect breaks rules of stacks."""

    code = "invalid_stack"

    def __init__(self, stack: str, broken: Sequence[Violation]) -> None:
        from zprof.store.fitting import lines_against  # on the way to an error alone

        lines = map(either, lines_against(stack, broken))
        super().__init__(
            f"The stack '{stack}' does not fit together: {' '.join(each.sentence for each in broken)}",
            " ".join(dict.fromkeys(lines)),
        )


def status(
    registry: Registry, *, profile: str | None = None, stack: str | None = None, asks_server: bool = False
) -> Status:
    """What is in effect and why, and what the stack is made of.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.
        asks_server: whether a store on a server is looked at, too, as one that is a file always is.

    Raises:
        NotFound: there is no profile of the name that `--profile` says.
    """
    surroundings, problems = legible_surroundings(profile, stack)
    active = [Choice(found.name, "global", registry.path) for found in registry.profiles() if found.is_active]
    profiles = [*surroundings.choices("profile"), *active]
    winner = next(iter(profiles), None)
    found = None
    try:
        found = registry.active() if winner is None else chosen_profile(registry, winner, surroundings.repository)
    except (NotFound, NothingActive) as error:
        if winner is not None and winner.scope == "option":
            raise
        problems.append(error)
    problems += unread_variables()
    stacks = list(surroundings.choices("stack"))
    if found is not None and found.active_stack is not None:
        stacks.append(Choice(found.active_stack, "global", registry.path))
    counting = next((choice for choice in stacks if is_heard(choice, winner)), None)
    looked = Looked()
    if found is not None and counting is not None:
        is_personal = counting.is_personal or (winner is not None and winner.is_personal)
        scope: Scope = "global" if winner is None else winner.scope
        looked = look(registry, Active(found, scope, counting.name, counting.scope, is_personal), asks_server)
    fits = None
    if looked.problem is not None:
        problems.append(looked.problem)
    if looked.components is not None and counting is not None:
        broken = broken_rules(looked.components)
        fits = not broken
        problems += [Unfit(counting.name, broken)] if broken else []
    return Status(
        standing(winner, profiles),
        standing(counting, stacks),
        None if found is None else found.is_protected,
        looked.answers,
        looked.components,
        fits,
        tuple(problems),
    )


def look(registry: Registry, active: Active, asks_server: bool) -> Looked:
    """What the store says of the stack in effect. A file is read as it is, and a writer is not waited for."""
    is_file = is_sqlite(active.profile.url)
    if not is_file and not asks_server:
        return Looked()
    try:
        if is_file:
            store: StoreDatabase = as_it_is(active.profile.url, registry.caller)
        else:
            store = store_database(active.profile.url, registry.caller, keeps_format=True)
        with closing(store):
            members = active.found_in_effect(lambda name: members_of(store, name))
    except NotFound as error:
        return Looked(answers=True, problem=error)
    except Busy:
        return Looked()
    except ZprofError as error:
        return Looked(answers=False, problem=error)
    return Looked(answers=True, components=members)


def members_of(store: StoreDatabase, name: str) -> dict[str, Component]:
    """The components of a stack by type.

    Raises:
        NotFound: there is no such stack.
    """
    rows, members = store.ask(sql.STACK(stack=name), sql.STACK_COMPONENTS(stack=name))
    if not rows:
        raise no_stack(name, [found for (found,) in store.ask(sql.STACK_NAMES())[0]])
    return dict(stack_of(rows[0], members).components)


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
    belong, them = ("belongs", "it") if len(found) == 1 else ("belong", "them")
    return [UnreadVariables(f"{names} {belong} to ZenML, and zprof does not read {them}.", f"Set {read} instead.")]


def legible_surroundings(profile: str | None, stack: str | None) -> tuple[Surroundings, list[ZprofError]]:
    """The surroundings of the working directory, without a repository that is not there or can't be read."""
    try:
        surroundings = here(profile=profile, stack=stack)
        place = surroundings.place()
        for file in () if place is None else place.files:
            _ = file.named
    except ZprofError as error:
        return Surroundings(None, profile, stack), [error]
    return surroundings, []


def is_heard(stack: Choice, profile: Choice | None) -> bool:
    """Whether a stack that is named counts with what names the profile: not further down, but for the profile's own."""
    if stack.scope == "global" or profile is None:
        return True
    return rank(stack) <= rank(profile)


def rank(choice: Choice) -> tuple[int, bool]:
    """Where a choice stands: what is lower counts over what is higher."""
    return SCOPES.index(choice.scope), choice.scope == "local" and not choice.is_personal


def standing(winner: Choice | None, choices: list[Choice]) -> Standing:
    """A choice beside those of another name."""
    return Standing(winner, tuple(choice for choice in choices if winner is not None and choice.name != winner.name))
