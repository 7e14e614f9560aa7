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
    """Print what a shell evaluates to complete words.

    For commands, options, names, attributes and files: eval "$(zprof completion bash)" in ~/.bashrc,
    eval "$(command zprof completion zsh)" in ~/.zshrc after compinit, zprof completion fish | source in
    ~/.config/fish/config.fish. What `zprof shell-init` prints has it already.
    """
    click.echo(completion_text(shell), nl=False)
