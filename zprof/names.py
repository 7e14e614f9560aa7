"""The rule for names of profiles, stacks, components and flavors."""

from __future__ import annotations

import re

from zprof.errors import InvalidName

VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(kind: str, name: str) -> str:
    """The name as given.

    Raises:
        InvalidName: it could be mistaken for a path, an option or an instruction to the terminal.
    """
    # fullmatch: `$` would let a trailing newline pass.
    if not VALID.fullmatch(name):
        raise InvalidName(kind, name)
    return name
