"""Whether a config keeps to its flavor's schema, in sentences. The one module that imports jsonschema_rs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from jsonschema_rs import (
    FancyRegexOptions,
    ReferencingError,
    ValidationError,
    ValidationErrorKind,
    Validator,
    validator_for,
)

from zprof.documents.shape import is_kept
from zprof.documents.strict_json import MAX_NESTING, with_article
from zprof.errors import DamagedFile, closest_names
from zprof.flavors.catalog import Flavor
from zprof.flavors.json_schema import DRAFTS, MAX_LEVELS, depth, has_unknown_draft, levels
from zprof.flavors.normalisation import normalised
from zprof.flavors.properties import is_secret, properties
from zprof.flavors.refusal import Problem, mistyped, quoted, refusal, shown
from zprof.frozen import plain
from zprof.masking import MASK
from zprof.reference_grammar import is_reference

MAX_CONFIG_BYTES = 64 * 1024
"""Of a config as JSON in UTF-8."""

MAX_BACKTRACKS = 100_000
"""Of a pattern on one text: some milliseconds. Without a limit `^(a|aa)+(?=b)$` does not end, on a short text."""

_MARKER = re.compile(r"""\s*\{\s*["']?\$secret["']?\s*:\s*["']?kept["']?\s*\}\s*""")
"""What stands for a secret in a document, as text."""
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
    stand_ins = list(_stand_ins(config))
    if stand_ins:
        raise refusal(flavor, stand_ins)
    to_store = normalised(flavor, config)
    problems = list(_problems(flavor, to_store))
    if problems:
        raise refusal(flavor, problems)
    return to_store


def schema_problem(schema: Mapping[str, Any]) -> str:
    """Why something is no JSON Schema that configs can be checked by, as part of a sentence; nothing if it is one."""
    try:
        _compiled(schema)
    except _Unusable as error:
        return str(error)
    return ""


def fits(flavor: Flavor, attribute: str, value: Any) -> bool:
    """Whether an attribute's own rules take a value, whatever the others are."""
    errors = _errors(flavor, {attribute: value})
    return errors is not None and not any(error.instance_path[:1] == [attribute] for error in errors)


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
                return Problem(
                    attribute, f"The attribute {quoted(attribute)} is nested more than {MAX_NESTING} levels deep."
                )
            for name, item in value.items() if isinstance(value, dict) else (("", item) for item in value):
                if not isinstance(name, str):
                    return Problem(attribute or None, f"The key {quoted(str(name))} must be text.")
                bytes_left -= len(name)
                to_visit.append((attribute or name, item, depth + 1))
        elif not isinstance(value, str | int | float | None):
            kind = with_article(type(value).__name__)
            return Problem(attribute, f"The attribute {quoted(attribute)} holds {kind}, which JSON can't represent.")
    return None


def _stand_ins(config: Mapping[str, Any]) -> Iterator[Problem]:
    """The attributes that hold what is only shown in place of a secret: stored, it would take the secret's place."""
    for attribute, value in config.items():
        found = next((inner for inner in _within(value) if _is_stand_in(inner)), None)
        if found is not None:
            what = f"{MASK}, which is shown" if isinstance(found, str) else f"{json.dumps(found)}, which stands"
            yield Problem(
                attribute,
                f"The attribute {quoted(attribute)} holds {what} in place of a secret: give the secret itself.",
            )


def _within(value: Any) -> Iterator[Any]:
    """A value, and all that is within it."""
    yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _within(inner)


def _is_stand_in(value: Any) -> bool:
    return MASK in value or _MARKER.fullmatch(value) is not None if isinstance(value, str) else is_kept(value)


def _too_large(config: Mapping[str, Any]) -> Problem | None:
    try:
        size = len(json.dumps(dict(config), allow_nan=False, ensure_ascii=False).encode())
    except ValueError:  # NaN, infinity, half of a surrogate pair, an integer of thousands of digits
        return Problem(None, "The config holds a number or a character that JSON can't represent.")
    return Problem(None, _TOO_LARGE) if size > MAX_CONFIG_BYTES else None


def _problems(flavor: Flavor, config: dict[str, Any]) -> Iterator[Problem]:
    """One problem for each attribute and each condition at fault."""
    refused = list(_refused_references(flavor, config))
    yield from refused
    settled = {problem.attribute for problem in refused}
    errors = _errors(flavor, config)
    if errors is None:
        yield Problem(None, "The config is nested too deeply for the references in the flavor's schema.")
        return
    for error in errors:
        attribute = str(error.instance_path[0]) if error.instance_path else None
        if isinstance(error.kind, _LIMITS):  # of a secret reference too: what it is in may not have been checked
            yield _undecided(attribute)
        elif attribute in settled or _is_about_reference(flavor, config, error):
            continue
        elif condition := _condition(flavor, error):
            yield Problem(None, condition)
        elif attribute is None:
            yield from _on_whole(flavor, config, error)
        else:
            settled.add(attribute)
            yield _on_value(flavor, attribute, config[attribute], error)


_LIMITS = (ValidationErrorKind.BacktrackLimitExceeded, ValidationErrorKind.RegexEngineFailure)
"""The library gave up on a value: it is not known whether it is right. It says so only where nothing else is wrong."""


def _errors(flavor: Flavor, config: dict[str, Any]) -> list[ValidationError] | None:
    """What breaks a rule, in the order of the schema but types first: a value of the wrong type breaks other rules too.

    None if the config is nested too deep to be checked by this schema.

    Raises:
        DamagedFile: the schema can't be used, as only a store that others have written to can bring about.
    """
    try:
        compiled = _compiled_once(_Identical(flavor.schema))
        if compiled.levels and compiled.levels * depth(config) > MAX_LEVELS:
            return None
        with _unusable():
            errors = _broken(compiled.validator, config)
    except _Unusable as error:
        raise DamagedFile(
            f"The flavor '{flavor.name}' in this store has a schema that can't be used: {error}.",
            "Register it under another name, or restore a copy of the store with `zprof db restore FILE`.",
        ) from None
    return sorted(errors, key=lambda error: (_rule(error) != "type", _position(flavor.schema, error)))


def _broken(validator: Validator, config: dict[str, Any]) -> list[ValidationError]:
    try:
        return list(validator.iter_errors(config))
    except ValueError:  # a subclass of str or float, such as NumPy's, which the library doesn't take
        return list(validator.iter_errors(json.loads(json.dumps(config))))


class _Unusable(Exception):
    """Configs can't be checked by a schema. The text says why, as part of a sentence."""


class _Compiled(NamedTuple):
    validator: Validator
    levels: int
    """How deep the checks of one value may recurse by references; 0 if there are none."""


def _compiled(schema: Mapping[str, Any]) -> _Compiled:
    """What checks configs by a schema, without ever fetching a document that the schema refers to.

    Raises:
        _Unusable: it is no JSON Schema, is of a draft that isn't known, refers to what isn't in it, or is too deep.
    """
    if has_unknown_draft(schema):
        named = shown(schema["$schema"])
        raise _Unusable(
            f"its $schema is {named}, which is not one of the supported drafts {', '.join(DRAFTS.values())}"
        )
    with _unusable():
        validator = validator_for(
            plain(schema),
            validate_formats=False,
            pattern_options=FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS),
            offline=True,
        )
    by_references = levels(schema)
    if by_references > MAX_LEVELS:
        raise _Unusable("its references are nested too deeply")
    return _Compiled(validator, by_references)


@contextmanager
def _unusable() -> Iterator[None]:
    """Whatever the library raises of a schema, as `_Unusable`."""
    try:
        yield
    except ValidationError as error:
        raise _Unusable(_no_schema(error)) from None
    except ReferencingError as error:
        raise _Unusable(f"a reference in it can't be resolved ({error})") from None
    except (ValueError, RecursionError) as error:
        is_too_deep = isinstance(error, RecursionError) or "Recursion limit" in str(error)
        reason = "it is nested too deeply" if is_too_deep else "it holds something that JSON can't represent"
        raise _Unusable(reason) from None
    except BaseException as error:
        # A panic of the library's Rust code is no Exception, and its class can't be imported.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise _Unusable("the library that checks configs crashes on it") from None


def _no_schema(error: ValidationError) -> str:
    if isinstance(error.kind, ValidationErrorKind.Referencing):
        return f"a reference in it can't be resolved ({error.message})"
    where = "/".join(str(step) for step in error.instance_path)
    return f"{quoted(where)} can't be {shown(error.instance)}" if where else f"it breaks the rule '{_rule(error)}'"


class _Identical:
    """A schema as a key of a cache: the same only as itself, so that nothing of it need be compared."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identical) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=64)
def _compiled_once(key: _Identical) -> _Compiled:
    return _compiled(key.schema)


def _refused_references(flavor: Flavor, config: dict[str, Any]) -> Iterator[Problem]:
    for attribute, value in config.items():
        schema = _schema_of(flavor, attribute)
        if is_reference(value) and schema.get("type") == "string" and not schema.get("x-reference", True):
            yield Problem(attribute, f"The attribute {quoted(attribute)} can't be a secret reference.")


def _is_about_reference(flavor: Flavor, config: dict[str, Any], error: ValidationError) -> bool:
    """Whether a rule for texts was put to a secret reference, which stands for a text that we don't see."""
    if len(error.instance_path) != 1:
        return False
    attribute = str(error.instance_path[0])
    return is_reference(config[attribute]) and _schema_of(flavor, attribute).get("type") == "string"


def _condition(flavor: Flavor, error: ValidationError) -> str | None:
    """The description of the condition between attributes, a member of the schema's `allOf`, that the error is in."""
    match error.evaluation_path:
        case ["allOf", int(index), *_]:
            condition = flavor.schema["allOf"][index]
            return condition.get("description") if isinstance(condition, dict) else None
    return None


def _rule(error: ValidationError) -> str:
    """The keyword whose rule is broken."""
    return next((step for step in reversed(error.evaluation_path) if isinstance(step, str)), "false")


def _position(schema: Any, error: ValidationError) -> list[int]:
    """Where the rule is in the schema, up to the first reference: what sorts errors as the schema has them."""
    position = []
    for step in error.evaluation_path:
        if isinstance(schema, dict) and step in schema:
            position.append(list(schema).index(str(step)))
        elif isinstance(schema, list) and isinstance(step, int):
            position.append(step)
        else:
            break
        schema = schema[step]
    return position


def _on_whole(flavor: Flavor, config: dict[str, Any], error: ValidationError) -> Iterator[Problem]:
    match error.evaluation_path, error.kind:
        case ["additionalProperties"], _:
            known = properties(flavor.schema)
            yield from (_unknown(name, known) for name in config.keys() - known.keys())
        case ["required"], ValidationErrorKind.Required(missing):
            yield _missing(missing)
        case _:
            yield Problem(
                None, f"Taken together, the attributes break the rule '{_rule(error)}' of the flavor's schema."
            )


def _on_value(flavor: Flavor, attribute: str, value: Any, error: ValidationError) -> Problem:
    schema = _schema_of(flavor, attribute)
    is_inside = len(error.instance_path) > 1  # of an object or a list
    match None if is_inside else error.kind:
        case ValidationErrorKind.Type(types):
            return mistyped(attribute, {**schema, "type": _in_order(types, flavor.schema, error)}, value)
        case ValidationErrorKind.Enum(options):
            return _unlisted(attribute, schema, value, options)
        case ValidationErrorKind.Pattern(pattern) if "description" not in schema:
            return _unmatched(attribute, schema, value, pattern)
    return _untaken(attribute, schema, value)


def _in_order(types: list[str], root: Any, error: ValidationError) -> list[str]:
    """The types as the schema has them: the library sorts them."""
    try:
        for step in error.schema_path:
            root = root[step]
    except (LookupError, TypeError):  # in a document of its own within the schema
        return types
    return root if isinstance(root, list) else types


def _undecided(attribute: str | None) -> Problem:
    subject = "The config" if attribute is None else f"The attribute {quoted(attribute)}"
    return Problem(attribute, f"{subject} takes too long to match against a pattern of the flavor's schema.")


def _unknown(name: str, known: Iterable[str]) -> Problem:
    closest = closest_names(name.replace("-", "_"), known)
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
    return Problem(attribute, f"The attribute {quoted(attribute)} can't be {given}{meaning}.")


def _instead(schema: dict[str, Any], value: Any) -> str:
    return "" if is_secret(schema) else f", not {shown(value)}"


def _schema_of(flavor: Flavor, attribute: str) -> dict[str, Any]:
    return _properties_once(_Identical(flavor.schema)).get(attribute, {})


@lru_cache(maxsize=64)
def _properties_once(key: _Identical) -> dict[str, dict[str, Any]]:
    return properties(key.schema)
