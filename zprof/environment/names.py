"""The variables that each attribute has by a rule: `ZPROF_ARTIFACT_STORE_PATH`."""

from __future__ import annotations

import json
from typing import Any

from zprof.component_types import COMPONENT_TYPES

PREFIXES = tuple(f"ZPROF_{component_type.name.upper()}_" for component_type in COMPONENT_TYPES)
"""How they begin, by type."""


def generic_name(type_name: str, attribute: str) -> str:
    """The variable of an attribute, of `name` or of `flavor`.

    Raises:
        ValueError: its letters are none of those that a variable can have.
    """
    name = f"ZPROF_{type_name}_{attribute}".upper().replace("-", "_")
    if not name.isascii() or not name.isidentifier():
        raise ValueError(attribute)
    return name


def is_generic(name: str) -> bool:
    """Whether a variable is one of these, whichever stack set it."""
    return name.startswith(PREFIXES)


def text(value: Any) -> str:
    """A value as a variable has it: text as it is, flags in lower case, numbers, and objects and lists as JSON.

    Nothing for what is not there: a variable that is set to nothing is another thing to many programs than one that is
    not set.
    """
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
