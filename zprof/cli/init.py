"""`zprof init`."""

from __future__ import annotations

import click

from zprof import paths
from zprof.active.switching import make_repository
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_answer
from zprof.repository import is_overruled


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return init


@click.command(cls=Command, has_banner=False)
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False))
@click.pass_obj
def init(invocation: Invocation, path: str) -> None:
    """Make the working directory a repository.

    Or the directory at PATH. It names the profile and the stack in effect, which then count in it and below.
    """
    made = make_repository(invocation.registry, path, profile=invocation.profile, stack=invocation.stack)
    invocation.say(f"Repository initialized at {made.root}.")
    if made.profile is None:
        invocation.warn("It names no profile. Choose one with `zprof profile set NAME`.")
    else:
        stack = f" and the stack '{made.stack}'" if made.stack else ""
        invocation.say(f"It has the profile '{made.profile}'{stack}.")
    if is_overruled(made):
        invocation.warn(f"${paths.REPOSITORY_PATH} leads to another, which counts instead of it.")
    show_answer(invocation.output, "Repository", {"name": made.root, "profile": made.profile, "stack": made.stack})
