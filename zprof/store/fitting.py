"""Whether the components of a stack fit together, before and after a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zprof.errors import InvalidStack
from zprof.flavors.stack_rules import violations
from zprof.records import Component


def check_fit(name: str, members: Mapping[str, Component], wanted: Mapping[str, Component]) -> None:
    """Refuse components that break a stack rule, besides what was broken: else nobody could mend one after another.

    Raises:
        InvalidStack: a rule is broken that held before.
    """
    known = violations(members) if members else []
    new = [violation for violation in violations(wanted) if violation not in known]
    if new:
        raise InvalidStack(name, new)


def check_stacks_fit_with(changed: Component, members: Iterable[tuple[str, Component]]) -> None:
    """Refuse a component that breaks a rule in a stack that it is in.

    Args:
        members: the components of all those stacks, each with the name of its stack.

    Raises:
        InvalidStack: it does.
    """
    stacks: dict[str, dict[str, Component]] = {}
    for stack, member in members:
        stacks.setdefault(stack, {})[member.type] = member
    for stack, found in stacks.items():
        check_fit(stack, found, {**found, changed.type: changed})
