"""The versions of ZenML whose files zprof reads."""

from __future__ import annotations

import re

from zprof.errors import InvalidInput
from zprof.flavors.refusal import quoted

FIRST, LAST = 7, 13
"""Minor versions, of major version 0: those with profiles."""


def checked_version(source: str, version: object) -> str:
    """The version, if it is one that zprof reads.

    Raises:
        InvalidInput: it is older, newer or none.
    """
    found = re.match(r"0\.(\d{1,3})\.\d", version) if isinstance(version, str) else None
    if found is None or not FIRST <= int(found[1]) <= LAST:
        which = (
            "comes from an unknown version of ZenML" if version is None else f"comes from ZenML {quoted(str(version))}"
        )
        raise InvalidInput(
            f"{source} {which}.",
            f"zprof imports from ZenML 0.{FIRST} to 0.{LAST}: older and newer versions have no profiles.",
        )
    assert isinstance(version, str)
    return version
