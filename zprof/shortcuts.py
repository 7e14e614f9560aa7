"""The commands that print a text or become a program, answered without click, which is slow to import.

Scripts run them all the time. What is not plain is left to the command itself: an option, a first run, an error, a
registry that somebody else holds. So a shortcut does what its command does, or nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

TEXTS = frozenset(("shell-init", shell) for shell in ("bash", "zsh", "fish"))
"""The command lines that have a shortcut to a text, for which each shell that starts waits."""


def is_answered(words: Sequence[str]) -> bool:
    """Print the answer to a command line, if it has a shortcut and nothing is in the way; False to run the command."""
    if tuple(words) not in TEXTS:
        return False
    from zprof.shells.texts import init_text

    try:
        print(init_text(words[1]), end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError:  # the command meets it, too, and tells
        return False
    return True


def become_program(words: Sequence[str]) -> None:
    """Become the program of `zprof run -- PROGRAM`; return where the command is to say something, or to fail.

    Args:
        words: what stands behind `run`.
    """
    parts = plain_run(words)
    if parts is None:
        return
    options, program = parts
    from zprof import paths
    from zprof.environment.plan import Wishes
    from zprof.environment.private import clean
    from zprof.environment.running import replace_process
    from zprof.keystrokes.stacks import stack_in_effect

    try:
        found = stack_in_effect(**options)
        clean()
        environ = paths.environment()
        plan = found.plan(Wishes(), environ)
        if not plan.warnings:
            replace_process(program, plan.changed(environ, os.getpid()))
    except Exception:  # for the command to tell: nothing was started
        return


def plain_run(words: Sequence[str]) -> tuple[dict[str, str], Sequence[str]] | None:
    """The options and the program of `[-p PROFILE] [--stack STACK] -- PROGRAM …`; None for what else there may be."""
    options = {}
    position = 0
    while words[position : position + 1] != ["--"]:
        option, value, *_ = (*words[position : position + 2], "", "")
        name = {"-p": "profile", "--profile": "profile", "--stack": "stack_name"}.get(option)
        if name is None or not value or value.startswith("-") or not value.isascii() or any(c in value for c in "*?["):
            return None
        options[name] = value
        position += 2
    return (options, words[position + 1 :]) if words[position + 1 :] else None
