"""Taking an operation of a store back: planned from what the log says and what is there now, and then carried out.

The changes of the operation are followed backwards, each from what it left to what it found, on what is there now.
Where something is not as the operation left it, or could not be as it was before, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from zprof.errors import CantUndo, InvalidConfig, InvalidStack
from zprof.history.standing import Target, cant_be, check_is_own, later_operation, to_redo, to_take_back, to_undo
from zprof.history.states import check_states
from zprof.store.operation import Operation, entity_name
from zprof.store.retracing import Obstacle, Retracing
from zprof.store.reversals import Reversal, TakenBack
from zprof.transaction import Asked

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase

Check: TypeAlias = Callable[[TakenBack], None]
"""Looks at what is about to be done, within the transaction, and may raise."""


def undo(
    database: StoreDatabase, operation_id: str | None, *, others: bool, is_trial: bool, check: Check | None
) -> TakenBack:
    """See `Store.undo`."""
    find = to_undo if operation_id is None else partial(to_take_back, operation_id=operation_id)
    return take_back(database, find, others, is_trial, check)


def redo(database: StoreDatabase, *, others: bool, is_trial: bool, check: Check | None) -> TakenBack:
    """See `Store.redo`."""
    return take_back(database, to_redo, others, is_trial, check)


def take_back(
    database: StoreDatabase, find: Callable[[Asked], Target], others: bool, is_trial: bool, check: Check | None
) -> TakenBack:
    """Plan, look, and carry out, in one transaction."""
    with database.write(is_trial=is_trial) as transaction:
        operation = Operation(transaction, database.caller)
        target = find(operation)
        check_is_own(target.operation, others=others)
        planned = TakenBack(target, operation.id, plan(operation, target))
        if check is not None:
            check(planned)
        carry_out(operation, planned.reversals)
        operation.finish_as_step(target.step)
    return planned


def plan(operation: Operation, target: Target) -> list[Reversal]:
    """What taking an operation back does, step by step.

    Raises:
        CantUndo: something was changed since, or a rule would be broken.
        DamagedFile: the log is not as zprof writes it.
    """
    check_states(target.changes)
    try:
        known = Retracing(operation, target)
        steps = [step for change in reversed(target.changes) for step in known.follow(change)]
        known.check()
    except Obstacle as obstacle:
        raise told(operation, target, obstacle) from None
    except (InvalidStack, InvalidConfig) as error:
        raise told(operation, target, Obstacle(error.message)) from None
    return steps


def carry_out(operation: Operation, steps: Iterable[Reversal]) -> None:
    """Write what was planned, many things of a kind together."""
    for group in groups(steps):
        operation.change(group[0].kind, *((step.before, step.after) for step in group))


def groups(steps: Iterable[Reversal]) -> Iterator[list[Reversal]]:
    """Steps that can be written together: of one kind, and of different things under different names."""
    group: list[Reversal] = []
    names: set[str] = set()
    for step in steps:
        its = {entity_name(step.kind, state) for state in (step.before, step.after) if state is not None}
        if group and (group[0].kind != step.kind or not its.isdisjoint(names)):
            yield group
            group, names = [], set()
        group.append(step)
        names |= its
    if group:
        yield group


def told(operation: Operation, target: Target, obstacle: Obstacle) -> CantUndo:
    """The error of an operation that can't be taken back: which one, why, and by which later one."""
    cause = later_operation(operation, target, obstacle.things)
    return CantUndo(cant_be(target, obstacle.problem, cause), "Nothing was changed.")
