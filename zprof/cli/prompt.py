"""`zprof prompt`: what `zprof.keystrokes.answering` leaves to it, which is help and the common options."""

from __future__ import annotations

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.errors import Busy
from zprof.keystrokes.glance import Unsettled
from zprof.keystrokes.prompt import USUAL, line


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return prompt


@click.command(cls=Command, is_read=True, has_banner=False)
@click.option("--format", "form", metavar="FORMAT", help=f"Text with placeholders (default: {USUAL}).")
@click.pass_obj
def prompt(invocation: Invocation, form: str | None) -> None:
    """Print the active profile and stack for a shell prompt.

    It looks like staging/prod. A mark follows: # if the profile is protected, * if it was chosen in this shell only (by
    a variable), @ if it was chosen by this project. Nothing is printed if no profile is active or something is wrong:
    `zprof status` shows what. The command never waits, and creates or upgrades nothing; while another process writes
    the registry, it prints nothing and exits with 5.

    --format takes text with {profile} and {stack}; {protected} and {here}, which are the marks or empty; and {scope}
    and {stack_scope}, which are option, environment, local or global. Write {{ and }} for braces.
    """
    try:
        found = line(form, profile=invocation.profile, stack=invocation.stack)
    except Unsettled:
        click.get_current_context().exit(Busy.exit_code)
    if found:
        click.echo(found)
