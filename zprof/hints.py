"""Hints: lines in backquotes that say what to type, made to act on the profile and the database that are meant."""

from __future__ import annotations

import re

from zprof.component_types import COMPONENT_TYPES
from zprof.printable import in_shell

OF_A_PROFILE = frozenset(
    {
        "allow",
        "apply",
        "db",
        "diff",
        "edit",
        "env",
        "export",
        "log",
        "redo",
        "run",
        "secret",
        "stack",
        "undo",
        *(of_type.command for of_type in COMPONENT_TYPES),
    }
)
"""The commands that act on the profile in effect, as far as hints name them."""


def for_profile(hint: str, profile: str | None) -> str:
    """A hint whose lines act on a profile, whichever is in effect where they are typed.

    Args:
        profile: the one that is meant; without a name the lines stay as they are.
    """
    if not profile:
        return hint

    def line(match: re.Match[str]) -> str:
        is_named = re.search(r" (-p|--profile|--registry)\b", match[0]) is not None
        is_general = match["command"] not in OF_A_PROFILE
        rest = match["rest"]
        return match[0] if is_general or is_named else f"`zprof -p {in_shell(profile)} {rest}`"

    return re.sub(r"`zprof (?P<rest>(?P<command>[a-z-]+)[^`]*)`", line, hint)


def line_for_profile(line: str, profile: str | None) -> str:
    """The same for a line that stands by itself, without backquotes."""
    return for_profile(f"`{line}`", profile)[1:-1]


def option_of(kind: str) -> str:
    """What a command of `zprof db` needs besides to act on a database of a kind."""
    return " --registry" if kind == "registry" else ""
