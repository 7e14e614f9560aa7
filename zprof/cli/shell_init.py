"""`zprof shell-init`."""

from __future__ import annotations

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.shells.kinds import SHELLS


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return shell_init


@click.command("shell-init", cls=Command, is_read=True, has_banner=False)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.option("--prompt", "shows_prompt", is_flag=True, help="Let the shell's prompt begin with what is in effect.")
@click.pass_obj
def shell_init(invocation: Invocation, shell: str, shows_prompt: bool) -> None:
    """Print the hook with which a shell switches itself.

    It is for the file that the shell runs when it starts: eval "$(zprof shell-init bash)" in ~/.bashrc,
    eval "$(command zprof shell-init zsh)" in ~/.zshrc, zprof shell-init fish | source in ~/.config/fish/config.fish.
    Besides, it completes zprof's words, and keeps what `zprof prompt` prints in the variable ZPROF_PROMPT.
    """
    from zprof.shells.texts import init_text

    click.echo(init_text(shell, shows_prompt=shows_prompt), nl=False)
