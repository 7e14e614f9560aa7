"""The texts of `zprof completion`, from the files beside this one."""

from __future__ import annotations

import os

SHELLS = ("bash", "zsh", "fish")
"""Those that there is a text for."""


def completion_text(shell: str) -> str:
    """What a shell evaluates to complete the words of zprof's command line.

    Args:
        shell: its name, one of `SHELLS`.
    """
    with open(os.path.join(os.path.dirname(__file__), f"completion.{shell}"), encoding="utf-8") as file:
        return file.read()
