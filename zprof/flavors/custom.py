"""Custom flavors: a JSON Schema of one's own, or of a pydantic model, made into one that the checks understand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from zprof.component_types import BY_NAME, ComponentType
from zprof.errors import InvalidInput
from zprof.flavors.json_schema import draft_of, foreign_rule, has_unknown_draft
from zprof.flavors.properties import properties, referred_to
from zprof.flavors.variables import problem_for_custom
from zprof.printable import in_shell

MAX_SCHEMA_BYTES = 64 * 1024
"""Of a schema as JSON."""
MAX_NAME = 64
"""Characters of an attribute's name."""

RESERVED = frozenset(
    {
        "config",
        "confirm",
        "flavor",
        "help",
        "if_revision",
        "interactive",
        "lock_timeout",
        "output",
        "profile",
        "quiet",
        "show_secrets",
        "stack",
    }
)
"""The options of the commands that take attributes: one of such a name is given by `--config` or by `-i`."""

FLAVOR, TYPE = "FLAVOR", "TYPE"
"""The attributes by which a class of ZenML's names its flavor and the type of its components."""
OF_ZENML = ("name", "uuid")
"""What such a class has from its base class: a component's name and key, which are no part of its config."""

HINT = "A schema must be a JSON object with `properties`, an object that maps each attribute's name to its schema."


def checked_schema(schema: Any) -> dict[str, Any]:
    """The schema to store: valid, self-contained, and refusing attributes that it doesn't have.

    Raises:
        InvalidInput: it is not a JSON Schema of a component's config.
    """
    from zprof.flavors.check import schema_problem  # with jsonschema_rs

    schema = _without_reference_at_the_top(schema)
    problem = _problem(schema)
    if problem:
        raise InvalidInput(f"The schema can't be used: {problem}.", HINT)
    to_store = {"type": "object", "additionalProperties": False, **schema}
    to_store["properties"] = {name: _without_null(part) for name, part in to_store["properties"].items()}
    problem = schema_problem(to_store)
    if problem:
        raise InvalidInput(f"The schema can't be used: {problem}.", HINT)
    return to_store


def schema_of_class(of_type: ComponentType, source: str) -> tuple[str, dict[str, Any]]:
    """What a pydantic model says of a flavor: the flavor's name, and its schema.

    The module is imported, with all that this runs, the working directory first among the places where it may be. The
    name is the class's, or the one that a class of ZenML's gives as `FLAVOR`.

    Args:
        of_type: what it is to be a flavor of.
        source: `package.module:Class`; also with a point instead of the colon, as ZenML has it.

    Raises:
        InvalidInput: it can't be imported, is not a pydantic model, or is of another type.
    """
    match = re.fullmatch(r"([A-Za-z_][\w.]*)[:.]([A-Za-z_]\w*)", source)
    if match is None:
        raise InvalidInput(f"'{source}' does not name a class.", "Write it as package.module:Class.")
    model = _imported(match[1], match[2])
    maker = getattr(model, "model_json_schema", None) or getattr(model, "schema", None)
    if not isinstance(model, type) or not callable(maker):
        raise InvalidInput(f"{source} is not a pydantic model.", "Give a class that derives from pydantic.BaseModel.")
    try:
        schema = maker()
    except (Exception, SystemExit) as error:  # whatever the model's own code raises
        raise InvalidInput(
            f"{source} can't produce a schema: {type(error).__name__}: {error}.", "Fix the model."
        ) from error
    name = getattr(model, FLAVOR, None)
    if not isinstance(name, str):
        return match[2], checked_schema(schema)
    _check_type(of_type, model, source)
    return name, checked_schema(_without_base(schema))


def _check_type(of_type: ComponentType, model: type, source: str) -> None:
    """Refuse a class of ZenML's that is a flavor of another type, as it says by a text or a member of an enum."""
    stated = getattr(model, TYPE, None)
    meant = BY_NAME.get(str(getattr(stated, "value", stated)))
    if meant is not None and meant != of_type:
        raise InvalidInput(
            f"{source} is {meant.with_article}, not {of_type.with_article}.",
            f"Run `zprof {meant.command} flavor register --source {in_shell(source)}`.",
        )


def _without_base(schema: Any) -> Any:
    """The schema of a class of ZenML's without what it has from its base class."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return schema
    own = {name: part for name, part in schema["properties"].items() if name not in OF_ZENML}
    required = [name for name in schema.get("required", ()) if name not in OF_ZENML]
    return {**schema, "properties": own, "required": required}


def _imported(module: str, name: str) -> Any:
    import sys
    from importlib import import_module

    sys.path.insert(0, "")
    try:
        return getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # whatever the module's own code raises
        reason = f"{type(error).__name__}: {error}"
        raise InvalidInput(
            f"{module}:{name} can't be imported ({reason}).",
            "Install what it needs into the environment of zprof, or run this in the directory of the module.",
        ) from error
    finally:
        sys.path.remove("")


def named_like_options(schema: Mapping[str, Any]) -> list[str]:
    """The attributes that `--key=value` can't give, since zprof has an option of the name."""
    return sorted(RESERVED & properties(schema).keys())


def _without_reference_at_the_top(schema: Any) -> Any:
    """A schema of which the top is only a reference, as pydantic gives for a model that refers to itself, by itself."""
    if not isinstance(schema, dict) or "properties" in schema or not isinstance(schema.get("$ref"), str):
        return schema
    top = referred_to(schema["$ref"], schema)
    if not isinstance(top, dict) or not schema["$ref"].startswith("#/"):
        return schema
    return {**top, **{key: value for key, value in schema.items() if key != "$ref"}}


def _problem(schema: Any) -> str:
    """Why a schema can't be used; nothing if it can."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return "it has no properties"
    if schema.get("type", "object") != "object":
        return "it is not the schema of an object"
    try:
        if len(json.dumps(schema, allow_nan=False).encode()) > MAX_SCHEMA_BYTES:
            return f"it is larger than {MAX_SCHEMA_BYTES // 1024} KiB"
    except (ValueError, TypeError, RecursionError):
        return "it holds something that JSON can't represent"
    for name, part in schema["properties"].items():
        if not is_attribute_name(name):
            return f"the attribute {name!r} has a name that can't be typed as an option"
        if not isinstance(part, dict):
            return f"the attribute '{name}' has no schema of its own"
        reason = problem_for_custom(part)
        if reason is not None:
            return f"in the attribute '{name}', {reason}"
    if "patternProperties" in schema:
        return "its attributes must have fixed names (no patternProperties)"
    if not has_unknown_draft(schema):
        foreign = foreign_rule(schema)
        if foreign is not None:
            keyword, draft = foreign
            return f"'{keyword}' is a keyword of draft {draft}, but its $schema names draft {draft_of(schema)}"
    for reference in _references(schema):
        if not reference.startswith("#"):
            return f"it refers to another document, {reference!r}"
        if leads_nowhere(reference, schema):
            return f"its reference {reference!r} points to nothing"
    return ""


def is_attribute_name(name: str) -> bool:
    """Whether it is one that can be shown and typed: without blanks, `=` and what doesn't print."""
    return 0 < len(name) <= MAX_NAME and name.isprintable() and not re.search(r"[\s=]", name)


def leads_nowhere(reference: str, schema: dict[str, Any]) -> bool:
    """Whether a reference by a path, such as `#/$defs/Login`, leads to nothing, or in the end to itself."""
    followed: set[str] = set()
    while reference.startswith("#/"):
        if reference in followed:
            return True
        followed.add(reference)
        part = referred_to(reference, schema)
        if part is None:
            return True
        onward = part.get("$ref") if isinstance(part, dict) else None
        if not isinstance(onward, str):
            return False
        reference = onward
    return False


def _references(part: Any) -> Iterator[str]:
    """All `$ref` in a schema, at any depth."""
    to_visit = [part]
    while to_visit:
        found = to_visit.pop()
        if isinstance(found, dict):
            for key, value in found.items():
                if key in ("$ref", "$dynamicRef", "$schema", "$id") and isinstance(value, str):
                    if key not in ("$schema", "$id"):
                        yield value
                else:
                    to_visit.append(value)
        elif isinstance(found, list):
            to_visit += found


def _without_null(part: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute's schema without null: one that has no value is absent. So pydantic's `int | None` is an integer."""
    choices = part.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return dict(part)
    others = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: value for key, value in part.items() if key != "anyOf" and (key, value) != ("default", None)}
    return {**others[0], **rest} if len(others) == 1 else {**rest, "anyOf": others}
