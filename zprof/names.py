"""The rule for names of profiles, stacks, components and flavors."""

from __future__ import annotations

import re

from zprof.errors import InvalidName

PLACEHOLDERS = frozenset({"NAME", "NEW", "PROFILE", "STACK"})
"""What stands for a name in a line that we print: typed as it stands, such a line does nothing."""
VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(kind: str, name: str) -> str:
    """The name as given.

    Raises:
        InvalidName: it could be mistaken for a path, an option or an instruction to the terminal, or stands for a name.
    """
    # fullmatch: `$` would let a trailing newline pass.
    if name in PLACEHOLDERS:
        raise InvalidName(kind, name, f"{name} stands for a name: write that.")
    if not VALID.fullmatch(name):
        raise InvalidName(kind, name)
    return name
