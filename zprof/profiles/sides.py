"""What is compared, found: contents of a profile now or earlier, of a stack of it, or of a file."""

from __future__ import annotations

from typing import NamedTuple

from zprof.contents.comparing import Difference, StackContents, differences, stack_differences, stack_of
from zprof.contents.record import Contents
from zprof.contents.side import Side
from zprof.errors import InvalidInput, ZprofError
from zprof.profiles.registry import Registry
from zprof.refusals import no_stack


class Found(NamedTuple):
    """One of two things that are compared. Ties count where both say what they are, as a stack's own file does not."""

    side: Side
    contents: Contents
    says_ties: bool = True


def compared(registry: Registry, before: Side, after: Side) -> list[Difference]:
    """What would make the one of two things like the other.

    Raises:
        InvalidInput: one is a stack, and the other is a profile.
        NotFound, NoSuchTime, InvalidInput, ZprofError: one of them can't be found or read; the error names the word.
    """
    old, new = (found_at(registry, side) for side in (before, after))
    if before.stack is None and after.stack is None:
        if old.says_ties and new.says_ties:
            return differences(old.contents, new.contents)
        return differences(*(each.contents._replace(ties=frozenset()) for each in (old, new)))
    return stack_differences(whole_stack(old), whole_stack(new))


def found_at(registry: Registry, side: Side) -> Found:
    """All of what a side has, or of the profile that its stack is in."""
    try:
        if side.path is not None:
            from zprof.contents.reading import read_documents

            documents = read_documents([side.path])
            return Found(side, documents.contents, documents.says_ties)
        store = registry.store(registry.profile(side.profile))
        with store:
            return Found(side, store.contents() if side.moment is None else store.past_contents(side.moment))
    except ZprofError as error:
        error.about = error.about or side.profile or None
        raise


def whole_stack(found: Found) -> StackContents:
    """The stack that a side names; of a file, the only one that it has.

    Raises:
        NotFound: there is no such stack.
        InvalidInput: the side is no stack.
    """
    stacks = found.contents.stacks
    if found.side.stack is not None:
        if found.side.stack not in stacks:
            error = no_stack(found.side.stack, stacks)
            error.about = found.side.profile
            raise error
        return stack_of(found.contents, found.side.stack)
    if found.side.path is not None and len(stacks) == 1:
        return stack_of(found.contents, next(iter(stacks)))
    what = f"a file with {len(stacks)} stacks" if found.side.path is not None else "a profile"
    raise InvalidInput(
        f"'{found.side.text}' is {what}, and can't be compared with a stack.",
        "Name two stacks as PROFILE/STACK, or two profiles.",
    )
