"""`zprof diff`: what differs between two profiles, two stacks, a profile and a file, or a profile now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_csv, show_items
from zprof.cli.terminal import can_encode, has_colours
from zprof.printable import printable

if TYPE_CHECKING:
    from zprof.contents.comparing import Difference
    from zprof.contents.side import Side

COLOURS = {"+": "green", "~": "yellow", "-": "red"}
ARROW, PLAIN_ARROW = "→", "->"
"""Between what was and what is, and what stands for it where the output's encoding is poor."""


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return diff


class DiffCommand(Command):
    """A command that tells by its exit code whether something differs."""

    def tells_difference(self, context: click.Context) -> bool:
        return True


@click.command(cls=DiffCommand, is_read=True)
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.pass_obj
def diff(invocation: Invocation, before: str, after: str | None) -> None:
    """Compare profiles, stacks and files, now or in the past.

    Shows the changes that make A like B. A and B are two profiles, two stacks (PROFILE/STACK), or a profile and a file
    or directory from `zprof export`. A file begins with /, ./ or ../, or ends in .yaml, .yml or .json. Without B, A is
    compared with the active profile, or with the active stack if A is a stack.

    A profile or a stack can be from the past: NAME@-3 is before its last three operations, NAME@2026-11-01 or
    NAME@2026-11-01T12:30 is at the end of that day or minute in UTC, and NAME@OPERATION is right after an operation in
    `zprof log`.

    Ids, times and revisions are not compared. A secret that a file leaves out is the same as any. Exits with 0 if
    nothing differs, with 1 if something does, and with 2 or more on an error.
    """
    from zprof.contents.side import side_of
    from zprof.profiles.sides import compared

    first = side_of(before)
    found = compared(invocation.registry, first, in_effect(invocation, first) if after is None else side_of(after))
    show(invocation.output, found)
    if found:
        click.get_current_context().exit(1)
    invocation.say("Nothing differs.")


def in_effect(invocation: Invocation, first: Side) -> Side:
    """What the first of two things is compared with where there is no second."""
    profile = invocation.active.profile.name
    stack = None if first.stack is None else invocation.active.stack_name()
    return first._replace(text=profile, path=None, profile=profile, stack=stack, moment=None)


def show(output: str, found: Sequence[Difference]) -> None:
    """Print differences."""
    from zprof.contents.telling import fields, lines

    if output == "table":
        for mark, text in (line for difference in found for line in lines(difference)):
            show_line(mark, text)
    elif output == "csv":
        show_csv(["name", "verb", "thing", "path", "old", "new"], csv_rows(found))
    else:
        show_items(output, "Difference", [fields(difference) for difference in found], {})


def csv_rows(found: Sequence[Difference]) -> Iterator[list[str]]:
    """A row for each attribute; one for a tie, which has none."""
    from zprof.contents.telling import shown_values

    for each in found:
        thing = [each.name, each.verb, each.kind]
        yield from ([*thing, change.path, *shown_values(change)] for change in each.attributes)
        if not each.attributes:
            yield [*thing, "", "", ""]


def show_line(mark: str, text: str) -> None:
    """Print one line of what differs."""
    shown = f"{mark} {printable(text)}"
    if not can_encode(ARROW):
        shown = shown.replace(ARROW, PLAIN_ARROW)
    click.echo(click.style(shown, fg=COLOURS[mark]) if has_colours(sys.stdout) else shown)
