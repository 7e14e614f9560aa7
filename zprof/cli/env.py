"""`zprof env`."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from zprof import paths
from zprof.active.stack import active_stack
from zprof.cli.command import Command
from zprof.cli.environment import environment_options, tell, wishes_of
from zprof.cli.invocation import Invocation
from zprof.drafts import is_running
from zprof.environment.plan import Plan, is_of_zprof, left_over
from zprof.environment.printing import FORMATS, Shown, for_github, github_masks, printed
from zprof.environment.private import clean
from zprof.errors import InvalidInput
from zprof.printable import printable


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return env


@click.command(cls=Command, is_read=True, has_banner=False, formats=FORMATS)
@environment_options
@click.option("--show-secrets", is_flag=True, help="Include variables that hold secrets.")
@click.option("--unset", "is_undoing", is_flag=True, help="Print lines that unset the variables.")
@click.pass_obj
def env(invocation: Invocation, /, show_secrets: bool, is_undoing: bool, verbose: bool, **options: Any) -> None:
    """Print the active stack as environment variables.

    These are the variables that `zprof run` sets.

    \b
    sh, bash, zsh   eval "$(zprof env)"
    fish            zprof env -o fish | source
    Docker          zprof env -o dotenv > stack.env
    GitHub          zprof env -o github

    In a GitHub workflow it writes to the file in $GITHUB_ENV, and masks secrets in the log.

    Variables that hold secrets are left out without --show-secrets, and a comment names them. Of credentials that
    belong together, all are set or none.
    """  # noqa: D301  click keeps the lines below \b as they are
    clean()
    form = "shell" if invocation.output == "table" else invocation.output
    environ = paths.environment()
    stack = active_stack(invocation.registry, invocation.surroundings)
    plan = stack.plan(wishes_of(options), environ, shows_secrets=show_secrets and not is_undoing)
    if not is_undoing:
        tell(invocation, plan, environ, is_verbose=verbose)
    shown = undoing(plan) if is_undoing else shown_of(plan, shows_secrets=show_secrets)
    if form == "github":
        write_for_github(invocation, plan, shown)
        return
    if form == "json" and shown.withheld and not invocation.quiet:
        click.echo(f"Not set without --show-secrets: {', '.join(shown.withheld)}", err=True)
    show(printed(shown, form))


def show(text: str) -> None:
    """Print to a program to the letter; to a person with what could drive the terminal written out."""
    if sys.stdout.isatty():
        text = "\n".join(map(printable, text.split("\n")))
    click.echo(text, nl=False, color=True)  # else click takes out what would be colours on a terminal


def shown_of(plan: Plan, *, shows_secrets: bool) -> Shown:
    """The variables of a plan; without secrets, their groups stay as they are in the environment."""
    environ = paths.environment()
    withheld = set() if shows_secrets else plan.secrets()
    shown = plan.without(withheld, environ)
    settings = shown.settings(environ, process_of_shell())
    stale = sorted(name for name in filter(is_of_zprof, environ) if name not in plan.claims and name not in settings)
    return Shown(settings, (*stale, *shown.unset), tuple(sorted(withheld)))


def process_of_shell() -> int:
    """At whose end nobody needs what is printed: the session's first process, or, where that is gone, who calls."""
    leader = os.getsid(0)
    return leader if is_running(leader) else os.getppid()


def undoing(plan: Plan) -> Shown:
    """What takes a plan's variables away again, and those of other stacks that are there."""
    environ = paths.environment()
    others = {*filter(is_of_zprof, environ), *left_over(environ)}
    return Shown({}, tuple(sorted({*plan.heading, *plan.claims, *others})))


def write_for_github(invocation: Invocation, plan: Plan, shown: Shown) -> None:
    """Give the variables to the steps of a workflow that follow, and hide secrets in its log.

    Raises:
        InvalidInput: this is no workflow, or the file that it gives can't be written.
    """
    path = paths.variable(paths.GITHUB_ENV)
    if path is None:
        raise InvalidInput(
            "$GITHUB_ENV is not set, so this is not a step of a GitHub workflow.",
            "Use -o shell or -o dotenv elsewhere.",
        )
    secrets = plan.secrets()
    masks = github_masks(value for name, value in shown.settings.items() if name in secrets)
    click.echo(masks, nl=False, color=True)  # to the letter, as in `show`
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(for_github(shown.settings))
    except OSError as error:
        raise InvalidInput(
            f"{path}, the file that $GITHUB_ENV names, can't be written: {error.strerror}.",
            "Let GitHub set $GITHUB_ENV, and check whether its disk is full.",
        ) from None
    left = [name for name in shown.unset if name in paths.environment()]
    if left:
        invocation.warn(f"$GITHUB_ENV can't unset {' and '.join(left)}: do that in the step that uses the stack.")
    if shown.withheld:
        invocation.say(f"Not set without --show-secrets: {', '.join(shown.withheld)}")
