"""The commands that print one word, answered without click, whose import takes longer than all that they do.

Scripts and prompts run them all the time. What is not plain is left to the command itself: an option, a first run, an
error, a registry that somebody else holds. So a shortcut prints what its command prints, or nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

WORDS = frozenset({("profile", "get"), ("stack", "get")})
"""The command lines that have a shortcut."""


def is_answered(words: Sequence[str]) -> bool:
    """Print the answer to a command line, if it has a shortcut and nothing is in the way; False to run the command."""
    if tuple(words) not in WORDS:
        return False
    word = word_for(words)
    if word is None:
        return False
    try:
        print(word, flush=True)
    except BrokenPipeError:
        raise
    except OSError:  # the command meets it, too, and tells
        return False
    return True


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
