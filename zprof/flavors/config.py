"""The config of a component on its way in, from text to values, and on its way out, with secrets masked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from zprof.flavors.catalog import Flavor, properties, secret_attributes
from zprof.flavors.refusal import Problem, mistyped, refusal

MASK = "********"
"""What is shown in place of a secret, whatever its length."""

_REFERENCE = re.compile(r"\{\{[^\s{}.]+\.[^\s{}]+\}\}|\$\{env:[A-Za-z_][A-Za-z0-9_]*\}")
_LOOKS_SECRET = re.compile(r"passw|passphrase|pwd|token|secret|key|credential|auth", re.IGNORECASE)
_BOOLEANS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)

_READ_AS = {"integer": (int,), "number": (int, float), "object": (dict,), "array": (list,)}
"""The types that JSON may be read as; bool, which is an int to isinstance, is none of them."""


def is_reference(value: object) -> bool:
    """Whether the value as a whole stands for a secret: `{{name.key}}` without blanks, or `${env:NAME}`."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def typed(flavor: Flavor, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values that are meant by texts of the command line, each by the type in the flavor's schema.

    Integers, numbers, objects and arrays are read as JSON, booleans from the usual words. Text stays as it is, and so
    does what isn't ours to type: a secret reference, and an attribute that the schema doesn't know.

    Raises:
        InvalidConfig: a text can't be read as its type.
    """
    known = properties(flavor.schema)
    values: dict[str, Any] = {}
    problems = []
    for attribute, text in texts.items():
        schema = known.get(attribute, {})
        try:
            values[attribute] = text if is_reference(text) else _read(str(schema.get("type")), text)
        except (ValueError, RecursionError):
            problems.append(_unreadable(attribute, schema, text))
    if problems:
        raise refusal(flavor, problems)
    return values


def masked(flavor: Flavor | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as it may be shown: secrets as `MASK`, secret references as they are.

    Without a flavor, for a config whose flavor is gone, whatever has a name that looks like a secret's is masked, at
    any depth.
    """
    if flavor is None:
        return {name: _guarded(name, value) for name, value in config.items()}
    hidden = plain_secrets(flavor, config)
    return {name: MASK if name in hidden else value for name, value in config.items()}


def looks_secret(name: str) -> bool:
    """Whether an attribute of that name may well be a secret, where no schema says so. It guesses yes too often."""
    return _LOOKS_SECRET.search(name) is not None


def plain_secrets(flavor: Flavor, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The secret attributes that hold a value rather than a secret reference, in the config's order."""
    secret = secret_attributes(flavor)
    return tuple(name for name, value in config.items() if name in secret and not is_reference(value))


def secret_looking(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The attributes that look like secrets and hold a value rather than a reference, where no schema says so."""
    return tuple(name for name, value in config.items() if _guarded(name, value) != value)


def _guarded(name: str, value: Any) -> Any:
    if is_reference(value):
        return value
    if looks_secret(name):
        return MASK
    if isinstance(value, dict):
        return {inner: _guarded(inner, nested) for inner, nested in value.items()}
    if isinstance(value, list):
        return [_guarded(name, nested) for nested in value]
    return value


def _unreadable(attribute: str, schema: dict[str, Any], text: str) -> Problem:
    """Of JSON it is said what to write, never what was written: a secret may be anywhere in it."""
    problem = mistyped(attribute, schema, text)
    if schema["type"] not in ("object", "array"):
        return problem
    return Problem(attribute, problem.sentence.removesuffix(".") + ", written as JSON with each key once.")


def _read(json_type: str, text: str) -> Any:
    if json_type == "boolean":
        return _boolean(text)
    if json_type not in _READ_AS:
        return text
    value = _json(text)
    if type(value) not in _READ_AS[json_type]:
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _json(text: str) -> Any:
    """JSON as the standard has it: Python would take NaN, infinite numbers and repeated keys too."""
    return json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique_keys)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is there twice")
    return value
