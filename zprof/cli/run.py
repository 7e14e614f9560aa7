"""`zprof run`."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import Any

import click

from zprof import paths
from zprof.active.stack import ActiveStack, active_stack
from zprof.cli.command import SETTINGS, Command
from zprof.cli.environment import environment_options, tell, wishes_of
from zprof.cli.invocation import Invocation, about
from zprof.environment.plan import Plan, Wishes
from zprof.environment.private import clean
from zprof.environment.running import FAILED, replace_process, run_child
from zprof.errors import NotFound


class RunCommand(Command):
    """A command whose own errors have an exit code of their own, so that nobody takes them for the program's."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        invocation = context.find_object(Invocation)
        assert invocation is not None
        invocation.failure_code = FAILED
        return super().parse_args(context, args)


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return run


@click.command(
    cls=RunCommand,
    has_banner=False,
    options_metavar="[OPTIONS] --",
    # What stands behind the program is the program's.
    context_settings={**SETTINGS["context_settings"], "allow_interspersed_args": False},
)
@environment_options
@click.option("--keep-going", is_flag=True, help="With several profiles, go on when a program fails.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="PROGRAM [ARGUMENTS]...")
@click.pass_obj
def run(invocation: Invocation, /, command: tuple[str, ...], keep_going: bool, verbose: bool, **options: Any) -> int:
    """Run a program with the active stack in its environment.

    The program gets ZPROF_ACTIVATED_PROFILE and ZPROF_ACTIVATED_STACK, a variable for each attribute of a component,
    such as ZPROF_ARTIFACT_STORE_PATH, and the variables that tools read, such as MLFLOW_TRACKING_URI. References to
    secrets are resolved first; if one fails, the program does not start.

    With -p 'dev-*' it runs once for each profile whose name matches.
    """
    clean()
    stacks = chosen_stacks(invocation)
    wishes = wishes_of(options)
    environ = paths.environment()
    plans = [planned(invocation, stack, wishes, environ) for stack in stacks]
    for stack, plan in zip(stacks, plans, strict=True):
        if len(stacks) > 1 and (plan.warnings or verbose):
            invocation.say(f"{stack.profile.name}:")
        tell(invocation, plan, environ, is_verbose=verbose, profile=profile_to_type(invocation, stack))
    invocation.close()
    environments = [plan.changed(environ, os.getpid()) for plan in plans]
    invocation.failure_code = None  # from here on it says whether the program could be started
    if not is_pattern(invocation.profile):
        replace_process(command, environments[0])
    return run_each(invocation, stacks, environments, command, keep_going=keep_going)


def is_pattern(name: str | None) -> bool:
    """Whether the option `--profile` names all profiles that match."""
    return name is not None and any(character in name for character in "*?[")


def chosen_stacks(invocation: Invocation) -> list[ActiveStack]:
    """The stack in effect; that of each profile that matches, where a pattern names them.

    Raises:
        NotFound: the profile or the stack is not there, or no profile matches.
    """
    if not is_pattern(invocation.profile):
        return [active_stack(invocation.registry, invocation.surroundings)]
    assert invocation.profile is not None
    names = [profile.name for profile in invocation.registry.profiles()]
    matching = [name for name in names if fnmatchcase(name, invocation.profile)]
    if not matching:
        raise NotFound("profile", invocation.profile, hint=f"There are {', '.join(names)}.")
    return [stack_of(invocation, name) for name in matching]


def stack_of(invocation: Invocation, profile: str) -> ActiveStack:
    """The stack in effect in one of several profiles.

    Raises:
        ZprofError: as for `active_stack`; what it says to type is for that profile.
    """
    with about(profile):
        return active_stack(invocation.registry, invocation.surroundings._replace(profile=profile))


def planned(invocation: Invocation, stack: ActiveStack, wishes: Wishes, environ: dict[str, str]) -> Plan:
    """What a stack sets.

    Raises:
        ZprofError: as for `ActiveStack.plan`; what it says to type is for the stack's profile.
    """
    with about(profile_to_type(invocation, stack)):
        return stack.plan(wishes, environ)


def profile_to_type(invocation: Invocation, stack: ActiveStack) -> str | None:
    """The profile that a line to type must name: a pattern runs programs, and names none for other commands."""
    return stack.profile.name if is_pattern(invocation.profile) else invocation.profile


def run_each(
    invocation: Invocation,
    stacks: list[ActiveStack],
    environments: list[dict[str, str]],
    command: tuple[str, ...],
    *,
    keep_going: bool,
) -> int:
    """Run the program for each stack in turn; the exit code of the first that failed, 0 where none did."""
    failed = 0
    for stack, environ in zip(stacks, environments, strict=True):
        invocation.say(f"Running with profile '{stack.profile.name}' and stack '{stack.name}'")
        ending = run_child(command, environ)
        failed = failed or ending.code
        if ending.code:
            invocation.say(f"It exited with code {ending.code} in the profile '{stack.profile.name}'.")
        if ending.is_interrupted or (failed and not keep_going):
            break
    return failed
