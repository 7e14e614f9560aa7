"""`zprof shell`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from shutil import which

import click

from zprof import paths
from zprof.active.scope import Active
from zprof.active.shell import Choices, checked, named, of_this_shell
from zprof.cli.command import WayOut
from zprof.cli.invocation import Invocation, about
from zprof.cli.use import in_sentence, of_another_stack, refuse_options
from zprof.environment.running import NotStarted, replace_process
from zprof.errors import ZprofError


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return shell


@click.command(cls=WayOut, has_banner=False)
@click.argument("name", required=False, metavar="[NAME[/STACK]]")
@click.pass_obj
def shell(invocation: Invocation, name: str | None) -> None:
    """Open a new shell that uses a profile.

    Without a NAME, it uses the active profile and stack, and keeps them when you switch elsewhere. The shell is the one
    in $SHELL; it needs no hook. Type `exit` to leave it.
    """
    active = wanted(invocation, name)
    program = checked_program(paths.users_shell())
    level = paths.shell_level()
    invocation.say(f"This shell uses {in_sentence(active)}. Type `exit` to leave it.")
    if level:
        invocation.say(f"It is inside another one, which uses {in_words(of_this_shell())}: `exit` returns to that.")
    pinned = Choices(active.profile.name, active.stack)
    become(program, {**dict.fromkeys(of_another_stack(active)), **pinned.variables, paths.SHELL_LEVEL: str(level + 1)})


def wanted(invocation: Invocation, name: str | None) -> Active:
    """What is in effect in the new shell.

    Raises:
        NotFound: there is no such profile, or no such stack in it.
        NothingActive: none is named, and none is in effect here.
    """
    if name is None:
        return invocation.active
    refuse_options(invocation, "Run `zprof shell NAME/STACK`.")
    choices = named(name)
    with about(choices.profile):
        return checked(invocation.registry, invocation.surroundings, choices)


def in_words(choices: Choices) -> str:
    """What a shell names, in short."""
    return f"'{'/'.join(filter(None, choices))}'" if any(choices) else "no profile of its own"


def checked_program(program: str) -> str:
    """The path of a program.

    Raises:
        ZprofError: it is not there, or can't be run.
    """
    found = which(program)
    if found is None:
        raise cant_be_started(program, "there is no such program")
    return found


def cant_be_started(program: str, why: str) -> ZprofError:
    """The error of a shell that is none."""
    return ZprofError(f"The shell {program} can't be started: {why}.", f"Set ${paths.SHELL} to another.")


def become(program: str, changes: Mapping[str, str | None]) -> None:
    """Replace this process by a program.

    Args:
        changes: to the environment; None unsets.

    Raises:
        ZprofError: it can't be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        replace_process([program], paths.environment(changes))
    except NotStarted as error:
        raise cant_be_started(program, error.message) from None
