"""`zprof stack list --all-profiles`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from zprof.active.everywhere import Found, in_all_stores
from zprof.cli.filters import one_more, told_of_limit, within_limit
from zprof.cli.fitting import of_types
from zprof.cli.invocation import Invocation
from zprof.cli.output import raise_left_out, show_items, show_lines, show_list
from zprof.component_types import ALPHABETICAL
from zprof.errors import DamagedFile
from zprof.filters import stack_parameters
from zprof.hints import for_profile
from zprof.profiles.profile import Profile
from zprof.records import Stack, StackSummary
from zprof.store.store import Store

Listed: TypeAlias = tuple[Profile, Stack | StackSummary]

ACTIVE_ELSEWHERE = "+"
"""The mark of what is active in a profile that is not in effect, as `git branch` has it for other worktrees."""


def list_of_all(invocation: Invocation, filters: Mapping[str, Any]) -> None:
    """Print the stacks of all profiles. A store that can't be read is a warning, and hides no other."""
    left_out: list[DamagedFile] = []
    stack_parameters(**filters)  # what can't be meant is no fault of the stores

    def read(store: Store) -> Sequence[Stack | StackSummary]:
        if invocation.wants_document:
            return store.whole_stacks(left_out, **one_more(filters))
        return store.stacks(left_out, **one_more(filters))

    answers = in_all_stores(invocation.registry.profiles(left_out), invocation.caller, read)
    all_found = [(answer.profile, stack) for answer in answers for stack in answer.records]
    listed = within_limit(invocation, all_found, filters)
    if invocation.wants_document:
        items = [document(invocation, *each) for each in listed]
        told = {"problems": list(problems(answers)), **told_of_limit(all_found, filters)}
        show_list(invocation.output, "Stack", items, **told)
    elif invocation.output == "name":
        show_lines(f"{profile.name}/{stack.name}" for profile, stack in listed)
    else:
        show_rows(invocation, listed)
    for problem in problems(answers):
        sentence = f"The stacks of the profile '{problem['profile']}' can't be listed:"
        invocation.say(f"Warning: {sentence} {problem['message']} {problem['hint']}")
    raise_left_out(left_out)


def document(invocation: Invocation, profile: Profile, stack: Stack | StackSummary) -> dict[str, Any]:
    """A stack as a document that names its profile."""
    assert isinstance(stack, Stack)
    return stack.to_dict(active=is_active(invocation, profile, stack.name), profile=profile.name)


def show_rows(invocation: Invocation, listed: Sequence[Listed]) -> None:
    """Print stacks as rows."""
    members = [dict(stack.component_names) for _, stack in listed if isinstance(stack, StackSummary)]
    used = [of_type for of_type in ALPHABETICAL if any(of_type in found for found in members)]
    columns = {"PROFILE": "profile", "ACTIVE": "active", "STACK NAME": "name"}
    rows = [
        {
            "profile": profile.name,
            "active": mark(invocation, profile, stack.name),
            "name": stack.name,
            **dict.fromkeys(used),
            **found,
        }
        for (profile, stack), found in zip(listed, members, strict=True)
    ]
    columns.update({of_type.upper(): of_type for of_type in used})
    show_items(invocation.output, "Stack", rows, columns, fitting=of_types(used))


def mark(invocation: Invocation, profile: Profile, stack: str) -> bool | str:
    """What tells that a stack is active: in a table another mark where the profile is not in effect."""
    if not is_active(invocation, profile, stack):
        return False
    is_elsewhere = profile.name != profile_in_effect(invocation)
    return ACTIVE_ELSEWHERE if is_elsewhere and invocation.output == "table" else True


def is_active(invocation: Invocation, profile: Profile, stack: str) -> bool:
    """Whether a stack is the active one of its profile; of the one in effect, whether it is in effect itself."""
    active = invocation.active_or_none
    if active is not None and active.profile.name == profile.name:
        return active.stack == stack
    return profile.active_stack == stack


def profile_in_effect(invocation: Invocation) -> str | None:
    """The name of the profile in effect, if there is one."""
    active = invocation.active_or_none
    return None if active is None else active.profile.name


def problems(answers: Iterable[Found[Stack | StackSummary]]) -> Iterable[dict[str, str]]:
    """The profiles whose store could not be read, and why, ready for JSON."""
    for answer in answers:
        if answer.problem is not None:
            hint = for_profile(answer.problem.hint, answer.profile.name)
            yield {
                "profile": answer.profile.name,
                "code": answer.problem.code,
                "message": answer.problem.message,
                "hint": hint,
            }
