"""The config of a component on its way in, from text to values, and on its way out, with secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zprof.documents.strict_json import LongNumber, parsed_json
from zprof.flavors.catalog import Flavor, properties, secret_attributes
from zprof.flavors.refusal import Problem, mistyped, quoted, refusal
from zprof.masking import MASK, is_reference, looks_secret, without_credentials

_BOOLEANS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)

_READ_AS = {"integer": (int,), "number": (int, float), "object": (dict,), "array": (list,)}
"""The types that JSON may be read as; bool, which is an int to isinstance, is none of them."""


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
        except (ValueError, RecursionError) as error:
            problems.append(_unreadable(attribute, schema, text, error))
    if problems:
        raise refusal(flavor, problems)
    return values


def masked(flavor: Flavor | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as it may be shown: secrets as `MASK`, secret references as they are.

    That goes for the attributes that the flavor marks secret, for what has a secret's name within an object, and for
    credentials in URLs. Without a flavor, for a config whose flavor is gone, whatever has a secret's name is masked.
    """
    hidden = () if flavor is None else plain_secrets(flavor, config)
    return {
        name: MASK if name in hidden else _guarded(name, value, is_named_secretly=flavor is None)
        for name, value in config.items()
    }


def plain_secrets(flavor: Flavor, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The secret attributes that hold a value rather than a secret reference, in the config's order."""
    secret = secret_attributes(flavor)
    return tuple(name for name, value in config.items() if name in secret and not is_reference(value))


def hiding_secrets(flavor: Flavor | None, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The attributes that would not be shown as they are: those that hold a secret, or have one within."""
    return tuple(name for name, shown in masked(flavor, config).items() if shown != config[name])


def _guarded(name: str, value: Any, *, is_named_secretly: bool) -> Any:
    """A value with what looks like a secret masked, at any depth.

    Args:
        is_named_secretly: whether the name counts; at the top, a schema says better what is a secret.
    """
    if is_reference(value):
        return value
    if is_named_secretly and looks_secret(name):
        return MASK
    if isinstance(value, dict):
        return {key: _guarded(key, inner, is_named_secretly=True) for key, inner in value.items()}
    if isinstance(value, list):
        return [_guarded("", inner, is_named_secretly=False) for inner in value]
    return without_credentials(value) if isinstance(value, str) else value


def _unreadable(attribute: str, schema: dict[str, Any], text: str, error: Exception) -> Problem:
    """Of JSON it is said what to write, never what was written: a secret may be anywhere in it."""
    problem = mistyped(attribute, schema, text)
    if schema["type"] not in ("object", "array"):
        return problem
    if isinstance(error, LongNumber):
        return Problem(attribute, f"The attribute {quoted(attribute)} can't be read: {error}.")
    return Problem(attribute, problem.sentence.removesuffix(".") + ", written as JSON with each key once.")


def _read(json_type: str, text: str) -> Any:
    if json_type == "boolean":
        return _boolean(text)
    if json_type not in _READ_AS:
        return text
    value = parsed_json(text)
    if type(value) not in _READ_AS[json_type]:
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]
