"""Taking back what an operation did in the registry: switches, renames, protection, active stacks.

Profiles neither come nor go by that, since their stores would have to: where they would, the line is told that does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from zprof.errors import CantUndo
from zprof.generated import statements as sql
from zprof.history.log import State
from zprof.history.reading import (
    EntityChange,
    OperationRecord,
    changes_of,
    newest_operation,
    numbered_operation,
)
from zprof.history.standing import (
    Target,
    cant_be,
    check_is_own,
    later_operation,
    to_follow,
    to_redo,
    to_take_back,
    to_undo,
)
from zprof.history.states import FIELDS as STATES
from zprof.history.states import damaged_log, is_as_written
from zprof.profiles.operation import RegistryOperation, from_log, in_log, registry_operation
from zprof.profiles.profile import Profile, profile_of
from zprof.sqlite.database import Database
from zprof.transaction import Asked
from zprof.url import is_same_store

FIELDS = STATES["profile"]
"""What a profile's state in the log has."""


class CantUndoInRegistry(CantUndo):
    """What an operation did in the registry can't be taken back.

    Attributes:
        made: the names of the profiles that it made, which would have to go.
        deleted: what the profiles were that it deleted, which would have to come.
    """

    def __init__(
        self,
        target: Target,
        problem: str,
        cause: OperationRecord | None = None,
        made: Sequence[str] = (),
        deleted: Sequence[State] = (),
    ) -> None:
        super().__init__(cant_be(target, problem, cause), "Nothing was changed.")
        self.made = tuple(made)
        self.deleted = tuple(deleted)


class ProfileReversal(NamedTuple):
    """One profile's part in taking an operation back: what it is now, and what it becomes."""

    before: Profile
    after: Profile

    @property
    def name(self) -> str:
        """The name that it has now."""
        return self.before.name

    def sentences(self, *, is_done: bool = True) -> list[str]:
        """What was done to it, or would be."""
        old, new = self.before, self.after
        subject = f"The profile '{new.name}'"
        has, is_ = ("has", "is") if is_done else ("would have", "would be")
        said = []
        if old.name != new.name:
            said.append(f"{'Renamed' if is_done else 'Would rename'} the profile '{old.name}' back to '{new.name}'.")
        if old.active_stack != new.active_stack:
            stack = "no stack" if new.active_stack is None else f"the stack '{new.active_stack}'"
            said.append(f"{subject} {has} {stack} active again.")
        if old.is_protected != new.is_protected:
            said.append(f"{subject} {is_} {'protected' if new.is_protected else 'unprotected'} again.")
        if new.is_active and not old.is_active:
            said.append(f"{subject} {is_} the active one again.")
        return said


class RegistryTakenBack(NamedTuple):
    """An operation that was taken back in the registry, or would be."""

    target: Target
    id: str
    reversals: Sequence[ProfileReversal]


def undo(registry: Database, operation_id: str | None, *, others: bool, is_trial: bool) -> RegistryTakenBack:
    """See `Registry.undo`."""
    with registry_operation(registry, is_trial=is_trial) as operation:
        target = to_undo(operation) if operation_id is None else to_take_back(operation, operation_id)
        return taken_back(operation, target, others=others)


def redo(registry: Database, *, others: bool, is_trial: bool) -> RegistryTakenBack:
    """See `Registry.redo`."""
    with registry_operation(registry, is_trial=is_trial) as operation:
        return taken_back(operation, to_redo(operation), others=others)


def taken_back(operation: RegistryOperation, target: Target, *, others: bool) -> RegistryTakenBack:
    """Take an operation back.

    Raises:
        CantUndo: a profile is not as it left it, or would have to come or go.
        Refused: it is another user's.
    """
    check_is_own(target.operation, others=others)
    profiles = all_profiles(operation)
    steps = planned(operation, target, profiles)
    done = RegistryTakenBack(target, operation.id, steps)
    for step in steps:
        operation.change((step.before, step.after))
    operation.finish_as_step(target.step)
    return done


def planned(asked: Asked, target: Target, profiles: Mapping[str, Profile]) -> list[ProfileReversal]:
    """What taking an operation back does, profile by profile, in the order in which it can be written.

    Args:
        profiles: those that there are, by name.

    Raises:
        CantUndo: as for `taken_back`.
    """

    def refused(problem: str, *names: str) -> CantUndoInRegistry:
        things = [("profile", name) for name in names]
        return CantUndoInRegistry(target, problem, later_operation(asked, target, things))

    for change in target.changes:
        check_states(change)
    check_stay(target)
    known, steps = dict(profiles), []
    for change in reversed(target.changes):
        assert change.before is not None
        assert change.after is not None
        now = known.pop(change.after["name"], None)
        if now is None or not is_as(now, change.after):
            raise refused(f"The profile '{change.after['name']}' has changed since.", change.after["name"])
        wanted = from_log(change.before)._replace(url=now.url, created_at=now.created_at)
        taken = [name for name in known if name.lower() == wanted.name.lower()]
        if taken:
            raise refused(f"There is another profile '{taken[0]}' now.", *taken)
        known[wanted.name] = wanted
        steps.append(ProfileReversal(now, wanted))
    active = [name for name, profile in known.items() if profile.is_active]
    if len(active) > 1:
        raise refused("Another profile is active now.", *active)
    return steps


def check_states(change: EntityChange) -> None:
    """Refuse what zprof would not have logged: it is about to be written.

    Raises:
        DamagedFile: it is such.
    """
    states = [state for state in (change.before, change.after) if state is not None]
    is_ours = all(state.keys() == FIELDS.keys() and is_as_written("profile", state) for state in states)
    if change.kind != "profile" or not states or not is_ours:
        raise damaged_log()


def check_stay(target: Target) -> None:
    """Refuse to make or remove a profile.

    Raises:
        CantUndo: one would be.
    """
    made = [change.name for change in target.changes if change.before is None]
    deleted = [change.before for change in target.changes if change.before is not None and change.after is None]
    named = ", ".join(f"'{name}'" for name in [*made, *(state["name"] for state in deleted)])
    if named:
        raise CantUndoInRegistry(
            target, f"It created or deleted profiles ({named}), with their stores.", None, made, deleted
        )


def is_as(now: Profile, left: State) -> bool:
    """Whether a profile is as an operation left it, the time of its making apart."""
    state = in_log(now)
    return all(state[key] == left[key] for key in FIELDS if key != "created_at")


def all_profiles(asked: Asked) -> dict[str, Profile]:
    """The profiles, by name."""
    return {row[0]: profile_of(row) for row in asked.ask(sql.PROFILES())[0]}


class Follower:
    """What an operation on a store did in this user's registry, and what an undo of it does there."""

    def __init__(self, registry: Database, url: str) -> None:
        self._registry = registry
        self._url = url

    def profiles_made_to_use(self, operation_id: str, stack: str) -> frozenset[str]:
        """The profiles that the operation made to have a stack active, where nothing was changed in them since."""
        with self._registry.read() as transaction:
            target = to_follow(transaction, operation_id, "undo")
            steps = as_left(transaction, target, all_profiles(transaction))
        gave_it_up = [step for step in steps if step.before.active_stack == stack != step.after.active_stack]
        return frozenset(step.before.name for step in gave_it_up)

    def planned(self, done: Done) -> list[ProfileReversal]:
        """What `follow` would do."""
        with self._registry.read() as transaction:
            return self._steps(transaction, done)[1]

    def follow(self, done: Done) -> list[ProfileReversal]:
        """Take back what the same operation did here, where nothing was changed since, and follow renamed stacks."""
        if not self.planned(done):
            return []
        with registry_operation(self._registry, done.id) as operation:
            target, steps = self._steps(operation, done)
            for step in steps:
                operation.change((step.before, step.after))
            if target is not None:
                operation.finish_as_step(target.step)
        return steps

    def is_half_done(self, done: Done) -> bool:
        """Whether what was done in the store was not yet done here, though the same operation was here, too."""
        with self._registry.read() as transaction:
            return self._steps(transaction, done)[0] is not None

    def finish(self, done: Done) -> bool:
        """Do it, if that is so still."""
        return self.is_half_done(done) and self.follow(done) != []

    def _steps(self, asked: Asked, done: Done) -> tuple[Target | None, list[ProfileReversal]]:
        if asked.ask(sql.OPERATION_OF_ID(operation_id=done.id))[0]:
            return None, []  # it was done before
        target, profiles = to_follow(asked, done.taken_back, done.kind), all_profiles(asked)
        steps = as_left(asked, target, profiles)
        known = {**profiles, **{step.after.name: step.after for step in steps}}
        following = [
            ProfileReversal(profile, profile._replace(active_stack=done.renamed[profile.active_stack]))
            for profile in known.values()
            if profile.active_stack is not None and profile.active_stack in done.renamed
            if is_same_store(profile.url, self._url)
        ]
        return target if steps else None, [*steps, *following]


class Done(NamedTuple):
    """What was done in a store."""

    taken_back: str
    """The id of the operation that was taken back."""
    id: str
    """That of the undo or redo."""
    kind: Literal["undo", "redo"]
    renamed: Mapping[str, str]
    """The new names of stacks by their names before it."""


def last_done(asked: Asked) -> Done | None:
    """What was done last in a store, if it was an undo or a redo."""
    newest = newest_operation(asked)
    if newest is None or newest.takes_back is None:
        return None
    taken_back = numbered_operation(asked, newest.takes_back)
    if taken_back is None:
        return None
    (changes,) = changes_of(asked, newest)
    renamed = {change.name: change.new_name for change in changes if change.kind == "stack" and change.new_name}
    kind: Literal["undo", "redo"] = "redo" if newest.kind == "redo" else "undo"
    return Done(taken_back.id, newest.id, kind, renamed)


def as_left(asked: Asked, target: Target | None, profiles: Mapping[str, Profile]) -> list[ProfileReversal]:
    """What taking an operation back does; nothing where a profile is not as it left it, or would come or go."""
    if target is None:
        return []
    try:
        return planned(asked, target, profiles)
    except CantUndo:
        return []
