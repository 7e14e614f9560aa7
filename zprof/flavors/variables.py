"""`x-env` of an attribute in a flavor's schema: the variables by which the tools behind the flavor read its value.

A list; each entry is the name of a variable, which gets the value as it is, or an object with the `name` and, where it
is not as simple as that:

- `part`: only this part of the value, an object: a key, or several with points between;
- `field`: the value names a stored secret, and this field of it is meant;
- `pattern`: a regular expression whose first group is meant; nothing where it does not match;
- `form`: a text with `{}` where the value stands, `{attribute}` where another of the component does, and
  `{type.flavor.attribute}` where one of another component does, if that is of this flavor (`:url` quotes it for a URL);
  nothing where one of them is missing;
- `made`: what is made of the value, where a tool takes nothing but a file (`zprof.environment.made`);
- `is_a`: only where the value is the path of a `file` or of a `directory` that is there;
- `when`, `unless`: only where, or unless, another attribute has this value;
- `narrower`: another variable of the same component that the tool reads first, so that this one can be left out;
- `opt_in`: whether it is set only where the user asks for it, since it does more than to hand on the value.

What tools read, and how it was tried, is written down with its sources in `docs/environment.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from zprof.flavors.permitted import is_never_set

MAX_NAME = 128
"""Characters of the name of a variable."""
TEXTS = ("part", "field", "pattern", "form", "made", "is_a", "narrower")
CONDITIONS = ("when", "unless")
FORM = r"\{([\w.-]*)(:url)?\}"
"""A place for a value in a `form`."""
KINDS_OF_PLACE = "a placeholder is {}, {attribute} or {type.flavor.attribute}"
KINDS = ("file", "directory")
FOR_ALL = frozenset({"name", "part", "form", "when", "unless", "opt_in"})
"""What an entry of a custom flavor may have: the rest reads files, secrets or patterns of a stranger."""


class Entry(NamedTuple):
    """One variable that an attribute may set. The fields are those of the module's description."""

    name: str
    part: str = ""
    field: str = ""
    pattern: str = ""
    form: str = ""
    made: str = ""
    is_a: str = ""
    narrower: str = ""
    when: Mapping[str, Any] = {}
    unless: Mapping[str, Any] = {}
    opt_in: bool = False

    @property
    def is_derived(self) -> bool:
        """Whether the value is worked out of the attribute's, so that one which is given for the purpose is over it."""
        return bool(self.form or self.pattern)


def entries(schema: Any) -> Iterator[Entry]:
    """The entries of an attribute's schema.

    Raises:
        ValueError: `x-env` is none that can be understood; the text says why, as the end of a sentence.
    """
    given = schema.get("x-env", ()) if isinstance(schema, Mapping) else ()
    if not isinstance(given, list | tuple):
        raise ValueError("x-env must be a list")
    return map(entry, given)


def entry(given: Any) -> Entry:
    """An entry as it is written.

    Raises:
        ValueError: as for `entries`.
    """
    fields = {"name": given} if isinstance(given, str) else given
    if not isinstance(fields, Mapping) or not isinstance(fields.get("name"), str):
        raise ValueError("an entry of x-env must be the name of a variable or an object with a name")
    name = fields["name"]
    if not is_name(name):
        raise ValueError(f"x-env has {name!r}, which is not a valid name for a variable: use capitals, digits and _")
    unknown = sorted(fields.keys() - set(Entry._fields))
    if unknown:
        raise ValueError(f"the entry {name} of x-env has {unknown[0]!r}, which is unknown")
    for key in TEXTS:
        if not isinstance(fields.get(key, ""), str):
            raise ValueError(f"{key!r} of the entry {name} of x-env must be text")
    for key in CONDITIONS:
        if not isinstance(fields.get(key, {}), Mapping):
            raise ValueError(f"{key!r} of the entry {name} of x-env must be an object that maps attributes to values")
    if not isinstance(fields.get("opt_in", False), bool):
        raise ValueError(f"'opt_in' of the entry {name} of x-env must be true or false")
    return Entry(**fields)


def is_name(name: str) -> bool:
    """Whether a text is the name of a variable, as each shell takes it and as is the custom."""
    return name.isascii() and name.isidentifier() and name == name.upper() and len(name) <= MAX_NAME


def problem_for_custom(schema: Any) -> str | None:
    """Why an attribute of a custom flavor can't have its `x-env`, as the end of a sentence; None if it can."""
    try:
        found = list(entries(schema))
    except ValueError as error:
        return str(error)
    for each in found:
        if is_never_set(each.name):
            return f"x-env has {each.name}, which stacks may never set: it changes what programs load, run or trust"
        reason = foreign(each)
        if reason is not None:
            return reason
    return None


def foreign(entry: Entry) -> str | None:
    """Why an entry is none for a custom flavor, as the end of a sentence; None if it is one."""
    for key in Entry._fields:
        if key not in FOR_ALL and getattr(entry, key):
            return f"the entry {entry.name} of x-env has {key!r}, which only built-in flavors may have"
    for match in compiled(FORM).finditer(entry.form) if entry.form else ():
        if match[1].count(".") not in (0, 2):
            return f"the entry {entry.name} of x-env has a form with {match[0]}: {KINDS_OF_PLACE}"
    return None


@lru_cache(maxsize=32)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, made ready where it is needed first: that takes longer than all else here."""
    return re.compile(pattern)
