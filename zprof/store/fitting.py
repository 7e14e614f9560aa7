"""Whether the components of a stack fit together, before and after a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zprof.component_types import BY_NAME
from zprof.errors import InvalidStack
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.stack_rules import Fix, Violation, broken_rules, violations
from zprof.printable import in_shell
from zprof.records import Component, Stack


def check_fit(
    name: str, members: Mapping[str, Component], wanted: Mapping[str, Component], given: Mapping[str, str] | None = None
) -> None:
    """Refuse components that break a stack rule, besides what was broken: else nobody could mend one after another.

    Args:
        members: those that the stack has; none where it is new.
        given: those that a command gave to register the stack, or to update it, by type; None where what is to be
            typed is not known.

    Raises:
        InvalidStack: a rule is broken that held before.
    """
    known = violations(members) if members else []
    new = [violation for violation in broken_rules(wanted) if violation.sentence not in known]
    if new:
        verb = "update" if members else "register"
        lines = [[] for _ in new] if given is None else lines_against(name, new, verb, given)
        raise InvalidStack(name, [violation.sentence for violation in new], lines)


def all_broken(stack: Stack) -> list[Violation]:
    """What is wrong with a stack that is stored: a flavor that is gone, or a rule that it breaks."""
    gone = [
        Violation(
            f"The {BY_NAME[type_name].noun} '{found.name}' has the flavor '{found.flavor}', which no longer exists.",
            (Fix(type_name),),
        )
        for type_name, found in stack.components.items()
        if found.flavor not in builtin_flavors(type_name) and (type_name, found.flavor) not in stack.flavors
    ]
    return [*gone, *broken_rules(stack.components)]


def lines_against(
    stack: str, broken: Iterable[Violation], verb: str = "update", given: Mapping[str, str] | None = None
) -> list[list[str]]:
    """What to type against each violation of a stack: each line is enough by itself.

    Args:
        verb: what is, or was, done to the stack.
        given: the components that were given for that, by type, which the line gives again, and NAME for those that
            must be others.
    """
    found = list(broken)
    first = {violation.fixes[0].type for violation in found if violation.fixes and not violation.fixes[0].component}
    others = first if given else set()

    def line(fix: Fix) -> str:
        definition = BY_NAME[fix.type]
        if not fix.component:
            chosen = {**(given or {}), **dict.fromkeys(sorted({*others, fix.type}), "NAME")}
            options = " ".join(f"{BY_NAME[of_type].option} {in_shell(name)}" for of_type, name in chosen.items())
            return f"zprof stack {verb} {in_shell(stack)} {options}"
        if not fix.value:
            return f"zprof {definition.command} remove-attribute {in_shell(fix.component)} {fix.attribute}"
        return f"zprof {definition.command} update {in_shell(fix.component)} --{fix.attribute}={fix.value}"

    return [[line(fix) for fix in violation.fixes] for violation in found]


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
        check_fit(stack, found, {**found, changed.type: changed}, {})
