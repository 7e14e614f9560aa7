"""Choosing a profile on a terminal: with fzf, if it is installed, else from a numbered list."""

from __future__ import annotations

import click

from zprof.cli.invocation import Invocation
from zprof.errors import INTERRUPTED, Refused
from zprof.printable import printable
from zprof.streams import has_terminal

MARK = "👉"
"""Beside the profile in effect."""


def chosen_profile(invocation: Invocation, line: str) -> str:
    """The name of the profile that a person chooses.

    Args:
        line: the sentence that says what to type where nobody can choose.

    Raises:
        click.Abort: none was chosen.
        Refused: there is no terminal.
    """
    if not has_terminal():
        raise Refused("NAME is missing, and there is no terminal to choose on.", line)
    names = [profile.name for profile in invocation.registry.profiles([])]
    active = invocation.active_or_none
    current = "" if active is None else active.profile.name
    return chosen_with_fzf(names, current) or chosen_by_number(names, current)


def chosen_with_fzf(names: list[str], current: str) -> str:
    """The name that is chosen with fzf, which begins on the current one; empty where fzf does not run.

    Raises:
        click.Abort: none was chosen.
    """
    import subprocess
    from shutil import which

    program = which("fzf")
    if program is None:
        return ""
    options = ["--height=40%", "--layout=reverse", "--no-multi", "--prompt=profile> ", f"--header={MARK} {current}"]
    try:
        done = subprocess.run(  # noqa: S603
            [program, *(options if current else options[:-1])],
            input="".join(f"{printable(name)}\n" for name in names),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    if done.returncode in (1, INTERRUPTED):
        raise click.Abort
    return done.stdout.removesuffix("\n") if done.returncode == 0 else ""


def chosen_by_number(names: list[str], current: str) -> str:
    """The name whose number is typed."""
    width = len(str(len(names)))
    for number, name in enumerate(names, 1):
        click.echo(f"{number:>{width}} {MARK if name == current else '  '} {printable(name)}", err=True)
    return names[click.prompt("Profile", type=click.IntRange(1, len(names)), err=True) - 1]
