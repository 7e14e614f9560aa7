"""`zprof prompt`: what `zprof.keystrokes.answering` leaves to it, which is help and the common options."""

from __future__ import annotations

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.errors import Busy
from zprof.keystrokes.glance import Unsettled
from zprof.keystrokes.prompt import line


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return prompt


@click.command(cls=Command, is_read=True, has_banner=False)
@click.option("--format", "form", metavar="FORMAT", help="Text with {profile}, {stack} and the like in it.")
@click.pass_obj
def prompt(invocation: Invocation, form: str | None) -> None:
    """Print what is in effect, for a shell's prompt.

    Such as staging/prod. A # follows where the profile is protected, an * where this shell alone has chosen it, by a
    variable, and an @ where this project alone has. Nothing is printed where nothing is in effect, or something is
    wrong: `zprof status` tells. Nothing is made, upgraded or waited for; while the registry is being written nothing
    is printed either, and the exit code is 5.

    What --format may have in braces: {profile}, {stack}, {protected} and {here}, which are the marks, or nothing,
    {scope} and {stack_scope}, each of which is option, environment, local or global. {{ and }} are braces.
    """
    try:
        found = line(form, profile=invocation.profile, stack=invocation.stack)
    except Unsettled:
        click.get_current_context().exit(Busy.exit_code)
    if found:
        click.echo(found)
