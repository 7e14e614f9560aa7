"""`zprof completion`."""

from __future__ import annotations

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.shells.completion import SHELLS, completion_text


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return completion


@click.command(cls=Command, is_read=True, has_banner=False)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def completion(invocation: Invocation, shell: str) -> None:
    """Print the completion script for your shell.

    It completes commands, options, names, attributes and files. `zprof shell-init` includes it. Add one of these lines:

    \b
    bash  eval "$(zprof completion bash)"  in ~/.bashrc
    zsh   eval "$(command zprof completion zsh)"  in ~/.zshrc
          after compinit
    fish  zprof completion fish | source
          in ~/.config/fish/config.fish
    """  # noqa: D301  click keeps the lines below \b as they are
    click.echo(completion_text(shell), nl=False)
