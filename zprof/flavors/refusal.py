"""How a refused config is put into words: the sentences that more than one rule needs, and the error they end up in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from zprof import component_types
from zprof.errors import InvalidConfig
from zprof.flavors.catalog import Flavor
from zprof.flavors.properties import is_secret
from zprof.masking import without_credentials
from zprof.printable import in_shell

_SHOWN_LENGTH = 40
"""Characters of a value or a name that a sentence shows."""

_NOUNS = {
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


class Problem(NamedTuple):
    """What is wrong, with one attribute or with several together."""

    attribute: str | None
    """None if it is about several, or about the whole config."""
    sentence: str


def refusal(flavor: Flavor, problems: Iterable[Problem]) -> InvalidConfig:
    """The error for all problems at once, in the order of attributes, what is about several at the end."""
    component_type = component_types.component_type(flavor.component_type)
    in_order = sorted(dict.fromkeys(problems), key=lambda problem: (problem.attribute is None, problem.attribute or ""))
    return InvalidConfig(
        f"The {component_type.noun} flavor '{flavor.name}'",
        [problem.sentence for problem in in_order],
        f"Run `zprof {component_type.command} flavor describe {in_shell(flavor.name)}` to see its attributes.",
        in_python=f"`store.flavor({flavor.component_type!r}, {flavor.name!r}).schema` has its attributes.",
    )


def mistyped(attribute: str, schema: dict[str, Any], given: object) -> Problem:
    """`given` is not of the attribute's type; it is shown unless it is, or may hold, a secret."""
    expected = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    holds_secrets = is_secret(schema) or not {"object", "array"}.isdisjoint(expected)
    instead = "" if holds_secrets else f", not {shown(given)}"
    nouns = " or ".join(_NOUNS[json_type] for json_type in expected)
    return Problem(attribute, f"The attribute {quoted(attribute)} must be {nouns}{instead}.")


def shown(value: object) -> str:
    """A value as it reads in a sentence: of a URL without user and password, of an object or a list only what it is."""
    if isinstance(value, str):
        return quoted(without_credentials(value))
    if isinstance(value, dict | list):
        return _NOUNS["object" if isinstance(value, dict) else "array"]
    return _cut(json.dumps(value))


def quoted(text: str) -> str:
    """The text in quotation marks, cut if long, with what doesn't print escaped."""
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"
