"""The texts of `zprof shell-init`, from the files beside this one."""

from __future__ import annotations

import os

ROOM = os.path.dirname(__file__)


def init_text(shell: str, *, shows_prompt: bool = False) -> str:
    """What a shell evaluates when it starts: the function `zprof`, the prompt's hook, and completion.

    Args:
        shell: its name, one of `SHELLS`.
        shows_prompt: whether its prompt gets what the hook finds, too.
    """
    parts = ["init", *(["prompt"] if shows_prompt else []), "completion"]
    files = (os.path.join(ROOM, f"{part}.{shell}") for part in parts)
    return "\n".join(text_of(file) for file in files if os.path.exists(file))


def text_of(path: str) -> str:
    """A file's text."""
    with open(path, encoding="utf-8") as file:
        return file.read()
