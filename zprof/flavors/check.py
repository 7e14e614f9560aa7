"""Whether a config keeps to its flavor's schema, in sentences. The one module that imports jsonschema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from zprof.documents.strict_json import MAX_NESTING, with_article
from zprof.errors import DamagedFile, closest_names
from zprof.flavors.catalog import Flavor, is_secret, properties
from zprof.flavors.normalisation import normalised
from zprof.flavors.refusal import Problem, mistyped, quoted, refusal, shown
from zprof.masking import is_reference

MAX_CONFIG_BYTES = 64 * 1024
"""Of a config as JSON in UTF-8."""

_TOO_LARGE = f"The config is larger than {MAX_CONFIG_BYTES // 1024} KiB."


def checked(flavor: Flavor, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config to store: normalised, and found to keep to the flavor's schema.

    Raises:
        InvalidConfig: it doesn't, with all problems at once; a config that JSON can't hold or that is
            beyond the limits is refused for that alone.
    """
    unfit = _unfit_for_json(config) or _too_large(config)
    if unfit:
        raise refusal(flavor, [unfit])
    to_store = normalised(flavor, config)
    problems = list(_problems(flavor, to_store))
    if problems:
        raise refusal(flavor, problems)
    return to_store


def schema_problem(schema: Mapping[str, Any]) -> str:
    """Why something is no JSON Schema, as part of a sentence; nothing if it is one."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return error.message
    except RecursionError:
        return "it is nested too deep"
    return ""


def _unfit_for_json(config: Mapping[str, Any]) -> Problem | None:
    """A value that JSON has no form for, or a nesting or a number of values beyond the limits.

    Each value and each character costs at least a byte, and the walk ends when the bytes are used up: neither a value
    that holds itself nor YAML's aliases to aliases keep it busy.
    """
    bytes_left = MAX_CONFIG_BYTES
    to_visit: list[tuple[str, Any, int]] = [("", dict(config), 1)]
    while to_visit:
        attribute, value, depth = to_visit.pop()
        bytes_left -= len(value) if isinstance(value, str) else 1
        if bytes_left < 0:
            return Problem(None, _TOO_LARGE)
        if isinstance(value, dict | list):
            if depth > MAX_NESTING:
                return Problem(attribute, f"The attribute {quoted(attribute)} is nested more than {MAX_NESTING} deep.")
            for name, item in value.items() if isinstance(value, dict) else (("", item) for item in value):
                if not isinstance(name, str):
                    return Problem(attribute or None, f"The name {quoted(str(name))} must be text.")
                bytes_left -= len(name)
                to_visit.append((attribute or name, item, depth + 1))
        elif not isinstance(value, str | int | float | None):
            kind = with_article(type(value).__name__)
            return Problem(attribute, f"The attribute {quoted(attribute)} holds {kind}, which JSON has no form for.")
    return None


def _too_large(config: Mapping[str, Any]) -> Problem | None:
    try:
        size = len(json.dumps(dict(config), allow_nan=False, ensure_ascii=False).encode())
    except ValueError:  # NaN, infinity, half of a surrogate pair, an integer of thousands of digits
        return Problem(None, "The config holds a number or a character that JSON has no form for.")
    return Problem(None, _TOO_LARGE) if size > MAX_CONFIG_BYTES else None


def _problems(flavor: Flavor, config: dict[str, Any]) -> Iterator[Problem]:
    """One problem for each attribute and each condition at fault."""
    refused = list(_refused_references(flavor, config))
    yield from refused
    settled = {problem.attribute for problem in refused}
    errors = _errors(flavor, config)
    errors.sort(key=lambda error: error.validator != "type")  # a value of the wrong type breaks other rules too
    for error in errors:
        attribute = str(error.absolute_path[0]) if error.absolute_path else None
        if attribute in settled or _is_about_reference(flavor, error):
            continue
        if condition := _condition(flavor, error):
            yield Problem(None, condition)
        elif attribute is None:
            yield from _on_whole(flavor, config, error)
        else:
            settled.add(attribute)
            yield _on_value(attribute, _schema_of(flavor, attribute), config[attribute], error)


def _errors(flavor: Flavor, config: dict[str, Any]) -> list[ValidationError]:
    """What jsonschema finds, without ever fetching a document that a schema refers to.

    Raises:
        DamagedFile: the schema is none, as only a store that others have written to can bring about.
    """
    try:
        return list(_validator(_Identical(flavor.schema)).iter_errors(config))
    except (SchemaError, Unresolvable, RecursionError, re.error, UnknownType) as error:
        raise DamagedFile(
            f"The flavor '{flavor.name}' in this store has a schema that can't be used ({type(error).__name__}).",
            "Register it anew under another name, or put back a copy of the store with `zprof db restore FILE`.",
        ) from None


class _Identical:
    """A schema as a key of a cache: the same only as itself, so that nothing of it need be compared."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identical) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=64)
def _validator(key: _Identical) -> Draft202012Validator:
    """What checks configs by a schema, itself checked once: that takes ten times as long as a config does."""
    Draft202012Validator.check_schema(key.schema)
    return Draft202012Validator(key.schema, registry=Registry())


def _refused_references(flavor: Flavor, config: dict[str, Any]) -> Iterator[Problem]:
    for attribute, value in config.items():
        schema = _schema_of(flavor, attribute)
        if is_reference(value) and schema.get("type") == "string" and not schema.get("x-reference", True):
            yield Problem(attribute, f"The attribute {quoted(attribute)} can't be a secret reference.")


def _is_about_reference(flavor: Flavor, error: ValidationError) -> bool:
    """Whether a rule for texts was put to a secret reference, which stands for a text that we don't see."""
    is_attribute = len(error.absolute_path) == 1 and is_reference(error.instance)
    return is_attribute and _schema_of(flavor, str(error.absolute_path[0])).get("type") == "string"


def _condition(flavor: Flavor, error: ValidationError) -> str | None:
    """The description of the condition between attributes, a member of the schema's `allOf`, that the error is in."""
    if error.absolute_schema_path[0] != "allOf":
        return None
    description: str | None = flavor.schema["allOf"][error.absolute_schema_path[1]].get("description")
    return description


def _on_whole(flavor: Flavor, config: dict[str, Any], error: ValidationError) -> Iterator[Problem]:
    ruled: Any = error.validator_value
    match list(error.absolute_schema_path):
        case ["additionalProperties"]:
            known = properties(flavor.schema)
            yield from (_unknown(name, known) for name in config.keys() - known.keys())
        case ["required"]:
            yield from (_missing(name) for name in ruled if name not in config)
        case _:
            yield Problem(None, f"The attributes together break the rule '{error.validator}' of the flavor's schema.")


def _on_value(attribute: str, schema: dict[str, Any], value: Any, error: ValidationError) -> Problem:
    is_inside = len(error.absolute_path) > 1  # of an object or a list
    rule = None if is_inside else error.validator
    ruled: Any = error.validator_value
    if rule == "type":
        return mistyped(attribute, {**schema, "type": ruled}, value)
    if rule == "enum":
        return _unlisted(attribute, schema, value, ruled)
    if rule == "pattern" and "description" not in schema:
        return _unmatched(attribute, schema, value, ruled)
    return _untaken(attribute, schema, value)


def _unknown(name: str, known: Iterable[str]) -> Problem:
    closest = closest_names(name, known)
    meant = f"; did you mean {quoted(closest[0])}?" if closest else "."
    return Problem(name, f"There is no attribute {quoted(name)}{meant}")


def _missing(attribute: str) -> Problem:
    return Problem(attribute, f"The attribute {quoted(attribute)} is required.")


def _unlisted(attribute: str, schema: dict[str, Any], value: Any, listed: list[Any]) -> Problem:
    expected = ("one of " if len(listed) > 1 else "") + ", ".join(shown(item) for item in listed)
    return Problem(attribute, f"The attribute {quoted(attribute)} must be {expected}{_instead(schema, value)}.")


def _unmatched(attribute: str, schema: dict[str, Any], value: Any, pattern: str) -> Problem:
    return Problem(attribute, f"The attribute {quoted(attribute)} must match {pattern}{_instead(schema, value)}.")


def _untaken(attribute: str, schema: dict[str, Any], value: Any) -> Problem:
    """For each rule that has no words of its own: the attribute's description has them."""
    given = "this value" if is_secret(schema) else shown(value)
    description = schema.get("description", "").removesuffix(".")
    meaning = f" ({description[:1].lower()}{description[1:]})" if description else ""
    return Problem(attribute, f"The attribute {quoted(attribute)} does not take {given}{meaning}.")


def _instead(schema: dict[str, Any], value: Any) -> str:
    return "" if is_secret(schema) else f", not {shown(value)}"


def _schema_of(flavor: Flavor, attribute: str) -> dict[str, Any]:
    return properties(flavor.schema).get(attribute, {})
