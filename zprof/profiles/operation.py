"""One operation of the registry: the one way in which profiles are written, each with what it was and is in the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from zprof.caller import Caller
from zprof.generated import statements as sql
from zprof.history.log import REDO_IS_OVER, Log, State
from zprof.profiles.profile import Profile
from zprof.transaction import Call, Row, Transaction

if TYPE_CHECKING:
    from zprof.history.standing import Step
    from zprof.sqlite.database import Database

Pair: TypeAlias = tuple[Profile | None, Profile | None]
"""A profile before and after; None where it is not there."""


@contextmanager
def registry_operation(
    registry: Database, operation_id: str | None = None, *, is_trial: bool = False
) -> Iterator[RegistryOperation]:
    """Changes of the registry that happen together or not at all, with their log.

    Args:
        operation_id: that of the same operation on a store; its own unless given.
        is_trial: whether all of it is undone at the end.
    """
    with registry.write(is_trial=is_trial) as transaction:
        operation = RegistryOperation(transaction, registry.caller, operation_id)
        yield operation
        is_over = operation.finish()
    if is_over and not is_trial:
        registry.caller.say(REDO_IS_OVER)


class RegistryOperation:
    """All that one transaction changes in the registry: written together with its log, or not at all."""

    def __init__(self, transaction: Transaction, caller: Caller, operation_id: str | None = None) -> None:
        self._transaction = transaction
        self._log = Log(transaction, caller, operation_id)

    def ask(self, *calls: Call) -> list[list[Row]]:
        """The rows of each read; what this operation has written so far is seen."""
        return self._transaction.ask(*calls)

    def change(self, *pairs: Pair) -> None:
        """Write profiles as they become, and the log of it; what stays the same leaves no trace."""
        # The index that allows one active profile is checked row by row: what stops being active comes first.
        for before, after in sorted(pairs, key=_is_active_after):
            old, new = (None if profile is None else in_log(profile) for profile in (before, after))
            if new is not None:
                new = {**new, "created_at": self._log.now if old is None else old["created_at"]}
            if old != new:
                self._transaction.run(_writing(old, new, self._log.now))
                name, new_name = (None if state is None else state["name"] for state in (old, new))
                self._log.add("profile", name or str(new_name), old, new, new_name=new_name)

    def finish(self) -> bool:
        """Write the log; whether that ends the line of redo."""
        return self._log.finish()

    @property
    def id(self) -> str:
        """What the log knows it by: 32 random hexadecimal digits."""
        return self._log.id

    def finish_as_step(self, step: Step) -> None:
        """Write the log of an undo or a redo."""
        self._log.finish_as_step(step)

    def finish_as_floor(self) -> None:
        """Write the log of the making of a registry, below which undo does not go."""
        self._log.finish_as_floor()


def in_log(profile: Profile) -> State:
    """A profile as the log has it: all but when it was changed last. The URL is as it is stored: mask it when shown."""
    return {
        "name": profile.name,
        "url": profile.url,
        "active_stack": profile.active_stack,
        "is_active": profile.is_active,
        "is_protected": profile.is_protected,
        "created_at": profile.created_at,
    }


def from_log(state: State, changed_at: str = "") -> Profile:
    """The profile that a row of the log tells of."""
    return Profile(**state, updated_at=changed_at)


def new_profile(name: str, url: str, active_stack: str | None, *, is_active: bool = False) -> Profile:
    """A profile that is not there yet; when it is made, is for the operation to say."""
    return Profile(name, url, active_stack, is_active, False, "", "")


def _is_active_after(pair: Pair) -> bool:
    return pair[1] is not None and pair[1].is_active


def _writing(before: State | None, after: State | None, moment: str) -> Call:
    if after is None:
        assert before is not None
        return sql.REMOVE_PROFILE(profile=before["name"])
    values = {
        "stack": after["active_stack"],
        "active": int(after["is_active"]),
        "protected": int(after["is_protected"]),
        "now": moment,
    }
    if before is None:
        return sql.ADD_PROFILE(profile=after["name"], profile_url=after["url"], **values)
    return sql.SET_PROFILE(profile=before["name"], new_name=after["name"], **values)
