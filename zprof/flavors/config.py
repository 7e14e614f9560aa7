"""The config of a component on its way in, from text to values, and on its way out, with secrets masked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from zprof.documents.strict_json import LongNumber
from zprof.flavors.catalog import Flavor, secret_attributes
from zprof.flavors.properties import properties
from zprof.flavors.refusal import Problem, mistyped, quoted, refusal
from zprof.flavors.types import in_words, meant, value_types
from zprof.masking import guarded, is_placeholder, looks_secret
from zprof.records import Config
from zprof.reference_grammar import ESCAPE, MalformedReference, any_text, is_reference, reference


def typed(flavor: Flavor, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values that are meant by texts of the command line, each by what the flavor's schema says of its attribute.

    The rule is that of `zprof.flavors.types`. What isn't ours to type stays as it is: a secret reference, and an
    attribute that the schema doesn't know.

    Raises:
        InvalidConfig: a text can't be read as a value of its attribute.
    """
    known = properties(flavor.schema)
    values: dict[str, Any] = {}
    problems = []
    for typed_name, text in texts.items():
        attribute = spelled(typed_name, known)
        if attribute not in known and takes_others(flavor.schema):
            attribute = attribute.replace("-", "_")
        types = value_types(known.get(attribute, {}), flavor.schema)
        try:
            values[attribute] = text if is_reference(text) else meant(text, types, partial(_fits, flavor, attribute))
        except ValueError as error:
            problems.append(_unreadable(attribute, known[attribute], types, text, error))
    if problems:
        raise refusal(flavor, problems)
    return values


def takes_others(schema: Mapping[str, Any]) -> bool:
    """Whether a flavor's schema may take attributes that it doesn't name."""
    return schema.get("additionalProperties") is not False or "patternProperties" in schema


def spelled(name: str, known: Collection[str]) -> str:
    """The attribute that a name on the command line means, where `-` and `_` are alike; the name if there is none."""
    alike = [attribute for attribute in known if attribute.replace("-", "_") == name.replace("-", "_")]
    return name if name in known or len(alike) != 1 else alike[0]


def worth_a_warning(config: Mapping[str, Any], attributes: tuple[str, ...]) -> tuple[str, ...]:
    """Those attributes that hold a secret in plain text, of those that are hidden.

    The name of a user alone is no secret, and neither is an object or a list whose secrets are references.
    """
    found = tuple(name for name in attributes if not _is_of_references(config[name]))
    return found if any(not name.lower().endswith(("username", "user")) for name in found) else ()


def _is_of_references(value: Any) -> bool:
    is_nested = isinstance(value, dict | list)
    return is_nested and any_text(value, is_reference) and guarded("", value, is_named_secretly=False) == value


def refuse_placeholders(flavor: Flavor, given: Mapping[str, Any]) -> None:
    """Refuse what only says what to write in its place, as `<reference>` does in a line that we print.

    Args:
        given: attributes, as texts or as values.

    Raises:
        InvalidConfig: a text is one, or one is within an object or a list.
    """
    problems = [
        Problem(
            name, f"The attribute {quoted(name)} is set to the placeholder {quoted(found)}. Replace it with a value."
        )
        for name, value in given.items()
        if (found := next(placeholders(value), None)) is not None
    ]
    if problems:
        raise refusal(flavor, problems)


def refuse_malformed_references(flavor: Flavor, config: Mapping[str, Any]) -> None:
    """Refuse what begins as a reference does and is none: nothing could resolve it.

    Raises:
        InvalidConfig: a text is one, or one is within an object or a list.
    """
    problems = [
        Problem(name, f"The attribute {quoted(name)} {fault}. {ESCAPE}")
        for name, value in config.items()
        if (fault := next(reference_faults(value), None)) is not None
    ]
    if problems:
        raise refusal(flavor, problems)


def reference_faults(value: Any) -> Iterator[str]:
    """Why texts within a value are no references, though they begin so."""
    if isinstance(value, str):
        try:
            reference(value)
        except MalformedReference as error:
            yield str(error)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from reference_faults(inner)


def placeholders(value: Any) -> Iterator[str]:
    """The texts within a value that only say what to write in their place."""
    if is_placeholder(value):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from placeholders(inner)


def _fits(flavor: Flavor, attribute: str, value: Any) -> bool:
    from zprof.flavors.check import fits  # with jsonschema-rs, for attributes of several types

    return fits(flavor, attribute, value)


def aware(flavor: Flavor | None, config: Mapping[str, Any]) -> Config:
    """A config that knows which of its attributes are secrets, so that it can be shown.

    Without a flavor, for a config whose flavor is gone, those whose names tell.
    """
    return Config(config, secret_names(flavor, config))


def secret_names(flavor: Flavor | None, config: Mapping[str, Any]) -> frozenset[str]:
    """The attributes that are secrets, as for `aware`."""
    return frozenset(filter(looks_secret, config)) if flavor is None else secret_attributes(flavor)


def plain_secrets(flavor: Flavor, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The secret attributes that hold a value rather than a secret reference, in the config's order."""
    secret = secret_attributes(flavor)
    return tuple(name for name, value in config.items() if name in secret and not is_reference(value))


def hidden_in_log(flavor: Flavor) -> frozenset[str]:
    """The attributes whose values the log of changes doesn't show: secrets, and what may have secrets within."""
    parts = {
        name
        for name, schema in properties(flavor.schema).items()
        if not value_types(schema, flavor.schema).isdisjoint(("object", "array"))
    }
    return secret_attributes(flavor) | parts


def _unreadable(attribute: str, schema: dict[str, Any], types: frozenset[str], text: str, error: Exception) -> Problem:
    """Of JSON it is said what to write, never what was written: a secret may be anywhere in it."""
    problem = mistyped(attribute, {**schema, "type": in_words(types)}, text)
    if types.isdisjoint(("object", "array")):
        return problem
    if isinstance(error, LongNumber):
        return Problem(attribute, f"The attribute {quoted(attribute)} can't be read: {error}.")
    return Problem(attribute, problem.sentence.removesuffix(".") + ", written as JSON without repeated keys.")
