"""The shells that there is a hook for."""

from __future__ import annotations

import os
from typing import NamedTuple

from zprof import paths


class Shell(NamedTuple):
    """A shell, and how its hook is loaded."""

    name: str
    file: str
    """Where its user keeps what it runs when it starts."""
    line: str
    """What loads the hook there."""


SHELLS = {
    shell.name: shell
    for shell in (
        Shell("bash", "~/.bashrc", 'eval "$(zprof shell-init bash)"'),
        # `command`, since zsh has a builtin of this name once zsh/zprof is loaded.
        Shell("zsh", "~/.zshrc", 'eval "$(command zprof shell-init zsh)"'),
        Shell("fish", "~/.config/fish/config.fish", "zprof shell-init fish | source"),
    )
}


def hooked() -> Shell | None:
    """The shell whose function `zprof` asks, and evaluates what `zprof use` answers; None without the hook."""
    return SHELLS.get(paths.variable(paths.HOOK) or "")


def of_the_user() -> Shell | None:
    """The user's shell, if there is a hook for it."""
    return SHELLS.get(os.path.basename(paths.users_shell()))
