"""Taking an operation back where it may have changed both a profile's store and this user's registry: store first."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from zprof.active.idle import check_stack_is_idle
from zprof.active.scope import SWITCHABLE, Surroundings, resolved
from zprof.active.switching import follow_in_repository
from zprof.profiles.profile import Profile
from zprof.profiles.registry import Registry
from zprof.profiles.undoing import Follower
from zprof.signals import undivided
from zprof.store.store import Store
from zprof.store.undoing import TakenBack
from zprof.url import is_same_store


class Request(NamedTuple):
    """What is to be taken back in the store of the profile in effect."""

    operation: str | None = None
    """The id of an older operation; the newest without one."""
    is_redo: bool = False
    others: bool = False
    """Whether it may be another user's."""
    is_trial: bool = False


class StillActive(Exception):
    """Stacks would vanish that something has active, as far as is known: to be looked at outside of the transaction."""

    def __init__(self, planned: TakenBack, names: list[str]) -> None:
        super().__init__()
        self.planned = planned
        self.names = names


def take_back(registry: Registry, surroundings: Surroundings, store: Store, request: Request) -> TakenBack:
    """Take an operation back in the store in effect, and then what the same operation did in the registry.

    A stack that is active somewhere must not vanish, unless the same operation made it so, or it gets another name.

    Raises:
        Refused: it is another user's operation, or a stack would vanish that is active.
        NothingToUndo, CantUndo, NotFound: as for `Store.undo`.
    """
    in_effect = resolved(registry, surroundings).profile
    follower = Follower(registry, in_effect.url)
    busy = active_stacks(registry, surroundings, in_effect)
    with undivided():
        try:
            done = in_store(store, request, busy)
        except StillActive as found:
            for name in found.names:
                besides = follower.profiles_made_to_use(found.planned.target.operation.id, name)
                check_stack_is_idle(registry, surroundings, name, besides)
            done = in_store(store, request, busy - {*found.names}, found.planned.target.operation.id)
        if not request.is_trial:
            follower.follow(done.target.operation.id, done.id, done.target.step.kind, done.renamed)
            follow_in_repository(registry, surroundings, in_effect.url, done.renamed)
    return done


def in_store(store: Store, request: Request, busy: frozenset[str], seen: str | None = None) -> TakenBack:
    """Take an operation back in a store.

    Args:
        busy: the stacks that must not vanish.
        seen: the id of the operation that was looked at before, if one was.

    Raises:
        StillActive: one would.
    """

    def check(planned: TakenBack) -> None:
        used = [name for name in planned.vanishing if name in busy and name not in planned.renamed]
        if used or (seen is not None and planned.target.operation.id != seen):
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
