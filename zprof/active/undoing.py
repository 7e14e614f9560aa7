"""Taking an operation back where it may have changed both a profile's store and this user's registry: store first."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from zprof.active.following import follow_in_repository, follow_profile_in_repository
from zprof.active.idle import check_stack_is_idle
from zprof.active.scope import SWITCHABLE, Surroundings, resolved
from zprof.errors import Busy, Conflict, NotFound
from zprof.printable import in_shell
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.profiles.undoing import Done, ProfileReversal, RegistryTakenBack
from zprof.signals import undivided
from zprof.store.reversals import TakenBack
from zprof.store.store import Store
from zprof.url import is_same_store


class Request(NamedTuple):
    """What is to be taken back in the store of the profile in effect."""

    operation: str | None = None
    """The id of an older operation; the newest without one."""
    is_redo: bool = False
    others: bool = False
    """Whether it may be another user's."""
    is_trial: bool = False


class Everywhere(NamedTuple):
    """What was taken back, or would be: in the store, and then in the registry."""

    in_store: TakenBack
    in_registry: Sequence[ProfileReversal]


class StillActive(Exception):
    """Stacks would vanish that something has active, as far as is known: to be looked at outside of the transaction."""

    def __init__(self, planned: TakenBack, names: list[str]) -> None:
        super().__init__()
        self.planned = planned
        self.names = names


def take_back(registry: Registry, surroundings: Surroundings, store: Store, request: Request) -> Everywhere:
    """Take an operation back in the store in effect, and then what the same operation did in the registry.

    A stack that is active somewhere must not vanish, unless the same operation made it so, or it gets another name.

    Raises:
        Refused: it is another user's operation, or a stack would vanish that is active.
        NothingToUndo, CantUndo, NotFound: as for `Store.undo`.
    """
    in_effect = resolved(registry, surroundings).profile
    follower = registry.follower(in_effect.url)
    busy = active_stacks(registry, surroundings, in_effect)
    with undivided():
        try:
            done = in_store(store, request, busy)
        except StillActive as found:
            for name in found.names:
                besides = follower.profiles_made_to_use(found.planned.target.operation.id, name)
                check_stack_is_idle(registry, surroundings, name, besides)
            done = in_store(store, request, busy - {*found.names}, found.planned.target.operation.id)
        step = Done(done.target.operation.id, done.id, done.target.step.kind, done.renamed)
        followed = follower.planned(step) if request.is_trial else follower.follow(step)
        if not request.is_trial:
            follow_in_repository(registry, surroundings, in_effect.url, done.renamed)
    return Everywhere(done, followed)


def take_back_in_registry(registry: Registry, surroundings: Surroundings, request: Request) -> RegistryTakenBack:
    """The same in the registry alone. A stack that becomes active again must be there.

    A repository that names a profile follows its name.

    Raises:
        Conflict: it is not.
        CantUndo, NothingToUndo, NotFound, Refused: as for `Registry.undo`.
    """
    planned = in_registry(registry, request._replace(is_trial=True))
    for step in planned.reversals:
        stack = step.after.active_stack
        if stack is not None and stack != step.before.active_stack:
            check_has_stack(registry, step.before, stack)
    if request.is_trial:
        return planned
    done = in_registry(registry, request._replace(operation=request.operation or planned.target.operation.id))
    for step in done.reversals:
        if step.before.name != step.after.name:
            follow_profile_in_repository(registry, surroundings, step.before.name, step.after.name)
    return done


def in_registry(registry: Registry, request: Request) -> RegistryTakenBack:
    """Take an operation back in the registry."""
    if request.is_redo:
        return registry.redo(others=request.others, is_trial=request.is_trial)
    return registry.undo(request.operation, others=request.others, is_trial=request.is_trial)


def check_has_stack(registry: Registry, profile: Profile, stack: str) -> None:
    """Refuse to make a stack active that a profile's store has not.

    Raises:
        Conflict: it has not.
    """
    try:
        registry.store(profile).stored_stack(stack)
    except NotFound:
        raise Conflict(
            f"The profile '{profile.name}' has no stack '{stack}', so it can't be active again.",
            f"Nothing was changed. `zprof -p {in_shell(profile.name)} undo` undoes what was done to its stacks.",
        ) from None


def in_store(store: Store, request: Request, busy: frozenset[str], seen: str | None = None) -> TakenBack:
    """Take an operation back in a store.

    Args:
        busy: the stacks that must not vanish.
        seen: the id of the operation that was looked at before, if one was.

    Raises:
        StillActive: one would.
        Busy: the operation is not the one that was looked at.
    """

    def check(planned: TakenBack) -> None:
        used = [name for name in planned.vanishing if name in busy and name not in planned.renamed]
        if seen is not None and planned.target.operation.id != seen:
            raise Busy("Someone else has changed the store in the meantime.", "Nothing was changed. Try again.")
        if used:
            raise StillActive(planned, used)

    options = {"others": request.others, "is_trial": request.is_trial}
    if request.is_redo:
        return store.redo(**options, check=check)
    return store.undo(request.operation, **options, check=check)


def active_stacks(registry: Registry, surroundings: Surroundings, in_effect: Profile) -> frozenset[str]:
    """The names of all stacks that may be active in the store of a profile, or be named in this place."""
    names = {found.active_stack for found in registry.profiles() if is_same_store(found.url, in_effect.url)}
    for seen in (surroundings, surroundings.without_environment(), surroundings.without_personal()):
        with suppress(*SWITCHABLE):
            names |= {choice.name for choice in seen.choices("stack")}
    return frozenset(filter(None, names))
