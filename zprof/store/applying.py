"""The carrying out of a plan, in one transaction and under one operation of the log."""

from __future__ import annotations

from zprof.contents.comparing import Difference
from zprof.contents.record import Contents
from zprof.errors import Conflict
from zprof.generated import statements as sql
from zprof.history.log import State, as_json
from zprof.store import components, flavors, ties
from zprof.store.contents import contents_of
from zprof.store.operation import Operation, Pair
from zprof.store.planning import Plan, Planning


def apply(operation: Operation, planning: Planning, shown: Plan) -> None:
    """Do what a plan says, if it is what would be done still.

    Args:
        shown: the plan that somebody has agreed to.

    Raises:
        Conflict: the store was changed meanwhile so that the plan would be another.
    """
    now = contents_of(operation)
    plan = shown
    if now != shown.before:
        plan = planning.plan(now)
        if plan.steps != shown.steps:
            raise Conflict(
                "Somebody else has just changed the profile, so the plan is out of date.",
                "Nothing was changed. Run the command again to see the new plan.",
            )
    carry_out(operation, plan)


def carry_out(operation: Operation, plan: Plan) -> None:
    """Write what a plan says, in an order that the references between tables allow."""
    before, after = plan.before, plan.after
    steps: dict[tuple[str, str], list[Difference]] = {
        (kind, verb): [] for kind in ("flavor", "component", "stack", "tie") for verb in VERBS
    }
    for step in plan.steps:
        steps[step.kind, step.verb].append(step)
    of_flavors = flavor_pairs(operation, before, after, plan)
    of_stacks = stack_pairs(operation, before, after, plan)
    operation.change("flavor", *(pair for pair in of_flavors if pair[1] is not None))
    for verb in ("create", "change"):
        operation.change("component", *(component_pair(before, after, step) for step in steps["component", verb]))
    operation.change("stack", *(pair for pair in of_stacks if pair[1] is not None))
    operation.change("stack", *(pair for pair in of_stacks if pair[1] is None))
    operation.change("association", *((tie_state(step), None) for step in steps["tie", "delete"]))
    operation.change("association", *((None, tie_state(step)) for step in steps["tie", "create"]))
    operation.change("component", *(component_pair(before, after, step) for step in steps["component", "delete"]))
    operation.change("flavor", *(pair for pair in of_flavors if pair[1] is None))


VERBS = ("create", "change", "delete")


def component_pair(before: Contents, after: Contents, step: Difference) -> Pair:
    """A component before and after a step."""
    of_type, _, name = step.name.partition("/")
    old, new = before.components.get((of_type, name)), after.components.get((of_type, name))
    made = None if new is None else components.state(new) if old is not None else components.new_state(new)
    return (None if old is None else components.state(old)), made


def flavor_pairs(operation: Operation, before: Contents, after: Contents, plan: Plan) -> list[Pair]:
    """The custom flavors of a plan before and after it."""
    names = [tuple(step.name.split("/")) for step in plan.steps if step.kind == "flavor"]
    keys = [(of_type, name) for of_type, name in names]
    rows = operation.ask(*flavors.questions(keys)) if keys else []
    states = {(row[0], row[1]): flavors.state_of(row) for found in rows for row in found}
    return [(states.get(key), None if key not in after.flavors else flavors.state(after.flavors[key])) for key in keys]


def stack_pairs(operation: Operation, before: Contents, after: Contents, plan: Plan) -> list[Pair]:
    """The stacks of a plan before and after it, those that are made first."""
    verbs = {step.name: step.verb for step in plan.steps if step.kind == "stack"}
    names = sorted(verbs, key=lambda name: (VERBS.index(verbs[name]), name))
    rows = operation.ask(sql.STACKS_NAMED(names=as_json(sorted(names))))[0] if names else []
    known: dict[str, State] = {
        name: {"name": name, "components": dict(before.stacks[name]), "revision": revision, "created_at": created_at}
        for name, created_at, _, revision in rows
    }
    return [
        (
            known.get(name),
            None if name not in after.stacks else {"name": name, "components": dict(after.stacks[name])},
        )
        for name in names
    ]


def tie_state(step: Difference) -> State:
    """The tie of a step."""
    artifact_store, _, metadata_store = step.name.partition("/")
    return ties.state((artifact_store, metadata_store))
