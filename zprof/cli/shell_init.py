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
@click.option("--prompt", "shows_prompt", is_flag=True, help="Show the active profile and stack in the shell's prompt.")
@click.pass_obj
def shell_init(invocation: Invocation, shell: str, shows_prompt: bool) -> None:
    """Print the hook for your shell's startup file.

    With the hook, `zprof use` switches the shell itself, Tab completes zprof's words, and $ZPROF_PROMPT has what
    `zprof prompt` prints. Add one of these lines:

    \b
    bash  eval "$(zprof shell-init bash)"  in ~/.bashrc
    zsh   eval "$(command zprof shell-init zsh)"  in ~/.zshrc
    fish  zprof shell-init fish | source
          in ~/.config/fish/config.fish
    """  # noqa: D301  click keeps the lines below \b as they are
    from zprof.shells.texts import init_text

    click.echo(init_text(shell, shows_prompt=shows_prompt), nl=False)
