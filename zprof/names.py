"""The rule for names of profiles, stacks, components and flavors."""

from __future__ import annotations

from zprof.errors import InvalidName

PLACEHOLDERS = frozenset({"NAME", "NEW", "PROFILE", "STACK"})
"""What stands for a name in a line that we print: typed as it stands, such a line does nothing."""
PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""A name, as a part of a pattern."""
FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
OTHERS = FIRST | frozenset("._-")
LONGEST = 64


def is_name(text: str) -> bool:
    """Whether a text can be a name. A prompt asks, and has no time to compile a pattern."""
    return 0 < len(text) <= LONGEST and text[0] in FIRST and OTHERS.issuperset(text)


def checked_name(kind: str, name: str) -> str:
    """The name as given.

    Raises:
        InvalidName: it could be mistaken for a path, an option or an instruction to the terminal, or stands for a name.
    """
    if name in PLACEHOLDERS:
        raise InvalidName(kind, name, f"{name} is a placeholder: write the name itself.")
    if not is_name(name):
        raise InvalidName(kind, name)
    return name
