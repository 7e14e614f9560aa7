"""The commands that print one word or a text, or become a program: answered without click, which is slow to import.

Scripts and prompts run them all the time. What is not plain is left to the command itself: an option, a first run, an
error, a registry that somebody else holds. So a shortcut does what its command does, or nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

WORDS = frozenset({("profile", "get"), ("stack", "get")})
"""The command lines that have a shortcut to a name."""
TEXTS = frozenset(("shell-init", shell) for shell in ("bash", "zsh", "fish"))
"""Those that have one to a text, for which each shell that starts waits."""


def is_answered(words: Sequence[str]) -> bool:
    """Print the answer to a command line, if it has a shortcut and nothing is in the way; False to run the command."""
    if tuple(words) not in WORDS | TEXTS:
        return False
    text = text_for(words)
    if text is None:
        return False
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError:  # the command meets it, too, and tells
        return False
    return True


def text_for(words: Sequence[str]) -> str | None:
    """What is printed; None where the command itself is to say what is wrong."""
    if tuple(words) in WORDS:
        return word_for(words)
    from zprof.shells.texts import init_text

    return init_text(words[1]).removesuffix("\n")


def word_for(words: Sequence[str]) -> str | None:
    """The name that is in effect, safe to print; None where the command itself is to say what is wrong."""
    from zprof import paths
    from zprof.active.presence import found_stack
    from zprof.active.scope import here, resolved
    from zprof.caller import Caller
    from zprof.printable import printable
    from zprof.profiles.registry import Registry

    try:
        registry = Registry(paths.config_dir(), Caller(("zprof", *words), say, lock_timeout=0.0))
        if not os.path.lexists(registry.path):
            return None
        active = resolved(registry, here())
        return printable(active.profile.name if words[0] == "profile" else found_stack(active, registry.caller))
    except Exception:  # one of zprof's own, or a fault of it: either is for the command to tell
        return None


def become_program(words: Sequence[str]) -> None:
    """Become the program of `zprof run -- PROGRAM`; return where the command is to say something, or to fail.

    Args:
        words: what stands behind `run`.
    """
    found = plain_run(words)
    if found is None:
        return
    options, program = found
    from zprof import paths
    from zprof.active.scope import here
    from zprof.active.stack import active_stack
    from zprof.caller import Caller
    from zprof.environment.plan import Wishes
    from zprof.environment.private import clean
    from zprof.environment.running import replace_process
    from zprof.profiles.registry import Registry

    try:
        registry = Registry(paths.config_dir(), Caller(("zprof", "run", *words), say, lock_timeout=0.0))
        if not os.path.lexists(registry.path):
            return
        clean()
        environ = paths.environment()
        plan = active_stack(registry, here(**options)).plan(Wishes(), environ)
        if not plan.warnings:
            replace_process(program, plan.changed(environ, os.getpid()))
    except Exception:  # as above: nothing was started
        return


def plain_run(words: Sequence[str]) -> tuple[dict[str, str], Sequence[str]] | None:
    """The options and the program of `[-p PROFILE] [--stack STACK] -- PROGRAM …`; None for what else there may be."""
    options = {}
    position = 0
    while words[position : position + 1] != ["--"]:
        option, value, *_ = (*words[position : position + 2], "", "")
        name = {"-p": "profile", "--profile": "profile", "--stack": "stack"}.get(option)
        if name is None or not value or value.startswith("-") or not value.isascii() or any(c in value for c in "*?["):
            return None
        options[name] = value
        position += 2
    return (options, words[position + 1 :]) if words[position + 1 :] else None


def say(sentence: str) -> None:
    """Tell of an upgrade, which begins with whatever opens the registry first."""
    from zprof import paths
    from zprof.printable import printable

    if not paths.is_on(paths.QUIET):
        print(printable(sentence), file=sys.stderr, flush=True)
