"""The commands that print one word or a text, answered without click, whose import takes longer than all they do.

Scripts and prompts run them all the time. What is not plain is left to the command itself: an option, a first run, an
error, a registry that somebody else holds. So a shortcut prints what its command prints, or nothing.
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


def say(sentence: str) -> None:
    """Tell of an upgrade, which begins with whatever opens the registry first."""
    from zprof import paths
    from zprof.printable import printable

    if not paths.is_on(paths.QUIET):
        print(printable(sentence), file=sys.stderr, flush=True)
