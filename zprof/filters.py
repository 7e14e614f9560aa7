"""What narrows a list: checked, and as the parameters of the statement that finds it."""

from __future__ import annotations

import re
from typing import TypedDict

from zprof.component_types import component_type
from zprof.errors import InvalidInput
from zprof.names import checked_name

PATTERN = r"[A-Za-z0-9._*?-]{1,128}"
"""The characters of names, and two wildcards. SQLite's GLOB knows more of them, PostgreSQL's LIKE does not."""
ALL = 2**62
"""A limit that no store reaches. SQLite and PostgreSQL write "no limit" in different ways."""


class NameFilters(TypedDict, total=False):
    """What narrows each list."""

    name: str | None
    """A glob, in which `*` is any text and `?` one character. Case counts."""
    limit: int | None
    """How many to give at most, the first by name."""


class StackFilters(NameFilters, total=False):
    """What narrows a list of stacks."""

    flavor: str | None
    """One that a component of the stack has."""
    uses: str | None
    """The name or the flavor of a component of the stack, of any type; or of one type: `artifact_store:s3`."""


class ComponentFilters(NameFilters, total=False):
    """What narrows a list of components of a type."""

    flavor: str | None
    """The one that they have."""
    used_by: str | None
    """A glob, as `name`, of the names of stacks: one of these has the component."""


def name_parameters(name: str | None = None, limit: int | None = None) -> dict[str, object]:
    """The parameters of what each list is narrowed by.

    Raises:
        InvalidInput: one of them can't be meant.
    """
    if limit is not None and not 0 < limit <= ALL:
        raise InvalidInput("The limit is out of range.", f"Give a limit from 1 to {ALL - 1}.")
    return {"pattern": checked_pattern(name), "most": ALL if limit is None else limit}


def stack_parameters(
    name: str | None = None, flavor: str | None = None, uses: str | None = None, limit: int | None = None
) -> dict[str, object]:
    """The parameters of the statements that list stacks: all of them, if nothing is given.

    Raises:
        InvalidInput: one of them can't be meant.
        NotFound: `uses` names a type, and there is none of this name.
    """
    type_name, colon, used = (uses or "").rpartition(":")
    return {
        **name_parameters(name, limit),
        "flavor": checked_flavor(flavor),
        "used": None if uses is None else checked_name("component or flavor", used),
        "used_type": component_type(type_name.replace("-", "_")).name if colon else None,
    }


def component_parameters(
    name: str | None = None, flavor: str | None = None, used_by: str | None = None, limit: int | None = None
) -> dict[str, object]:
    """The parameters of the statement that lists components of a type, but for the type.

    Raises:
        InvalidInput: one of them can't be meant.
    """
    return {
        **name_parameters(name, limit),
        "flavor": checked_flavor(flavor),
        "stacks": checked_pattern(used_by),
    }


def checked_flavor(flavor: str | None) -> str | None:
    """A flavor's name as given.

    Raises:
        InvalidName: no flavor can have it.
    """
    return None if flavor is None else checked_name("flavor", flavor)


def checked_pattern(pattern: str | None) -> str | None:
    """A glob as given.

    Raises:
        InvalidInput: it has what no name can have.
    """
    if pattern is not None and not re.fullmatch(PATTERN, pattern):
        raise InvalidInput(
            f"No name can match '{pattern[:40]}'.",
            "A pattern has the characters of a name, '*' for any text and '?' for one character.",
        )
    return pattern


def is_match(name: str, pattern: str | None) -> bool:
    """Whether a name is as a glob says, as the databases see it: for what is in none of them."""
    from fnmatch import fnmatchcase  # for lists of flavors alone

    return pattern is None or fnmatchcase(name, pattern)
