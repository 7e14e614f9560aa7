"""A stack with all that it takes elsewhere, from the document that `stack export` and `stack describe -o yaml` write.

    apiVersion: zprof/v1
    kind: Stack
    name: prod
    components:
      artifact_store:
        name: bucket
        flavor: s3
        config: {path: s3://acme-ml/artifacts, secret: {$secret: kept}}
    flavors: []                  custom ones: type, name, source, schema

What only tells, such as `revision`, is left aside. What zprof 0.1 wrote is read, too: a list of `omitted_secrets` in
place of the marker, and all of it under `item`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zprof.component_types import ALPHABETICAL, BY_NAME
from zprof.documents.fields import WORDS, unknown_field
from zprof.documents.shape import API_VERSION, is_kept
from zprof.errors import UPGRADE, InvalidInput, SchemaError
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.names import checked_name
from zprof.records import Bundle, Component

KIND = "Stack"
FIELDS = ("apiVersion", "kind", "name", "components", "flavors", "omitted_secrets")
COMPONENT_FIELDS = ("name", "flavor", "config")
FLAVOR_FIELDS = ("type", "name", "source", "schema")
EXAMPLE = "See `zprof schema Stack` for what a stack looks like."


def bundle_of(found: Any, source: str) -> Bundle:
    """The bundle that a document describes.

    Args:
        found: what the document says, as `zprof.documents.reading.parsed` gives it.
        source: what to call the document in errors.

    Raises:
        SchemaError: it is of a version or a kind that this program does not know.
        InvalidInput: something in it is missing, or not what it should be.
    """
    version = field(found, "apiVersion", str, source)
    if version != API_VERSION:
        raise SchemaError(
            f"{source} has the apiVersion {version!r}; this version of zprof reads {API_VERSION!r}.",
            UPGRADE,
        )
    if found.get("kind") != KIND:
        kind = found.get("kind")
        what = f"Its kind is {kind!r}." if isinstance(kind, str) else "It has no kind."
        raise SchemaError(f"{source} does not hold a stack. {what}", EXAMPLE)
    if "item" in found:  # as 0.1 has it
        found = {"apiVersion": version, "kind": KIND, **field(found, "item", dict, source)}
    check_fields(found, FIELDS, source)
    name = checked_name("stack", field(found, "name", str, source))
    members = field(found, "components", dict, source)
    check_types(members, "components", source)
    components = {
        type_name: component_of(type_name, members[type_name], source)
        for type_name in ALPHABETICAL
        if type_name in members
    }
    flavors = [flavor_of(entry, source) for entry in field(found, "flavors", list, source, [])]
    used = {(type_name, component.flavor) for type_name, component in components.items()}
    for flavor in flavors:
        if (flavor.component_type, flavor.name) not in used:
            raise InvalidInput(f"{source} has the flavor '{flavor.name}', but none of its components uses it.", EXAMPLE)
    by_key = {(flavor.component_type, flavor.name): flavor for flavor in flavors}
    given, left_out = without_markers(components, omitted_in(found, components, source))
    return Bundle(name, given, by_key, left_out)


def without_markers(
    components: Mapping[str, Component], omitted: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Component], dict[str, tuple[str, ...]]]:
    """Components without the attributes whose secrets a document does not have, and these, by type.

    Args:
        omitted: those that the document has not at all.
    """
    given, left_out = {}, {}
    for type_name, component in components.items():
        kept = [name for name, value in component.config.items() if is_kept(value)]
        rest = {name: value for name, value in component.config.items() if name not in kept}
        given[type_name] = component._replace(config=rest)
        missing = tuple(sorted({*kept, *omitted.get(type_name, ())}))
        if missing:
            left_out[type_name] = missing
    return given, left_out


def omitted_in(
    found: Mapping[str, Any], components: Mapping[str, Component], source: str
) -> dict[str, tuple[str, ...]]:
    """The secrets that a document of 0.1 leaves out, by type."""
    omitted = field(found, "omitted_secrets", dict, source, {})
    check_types(omitted, "omitted_secrets", source, components)
    return {
        type_name: tuple(texts(omitted[type_name], f"omitted_secrets.{type_name}", source)) for type_name in omitted
    }


def component_of(type_name: str, entry: Any, source: str) -> Component:
    """A component of the document."""
    check_fields(entry, COMPONENT_FIELDS, source, f"components.{type_name}")
    name = checked_name(BY_NAME[type_name].noun, field(entry, "name", str, source))
    return Component(type_name, name, field(entry, "flavor", str, source), field(entry, "config", dict, source, {}))


def flavor_of(entry: Any, source: str) -> Flavor:
    """A custom flavor of the document; whether its schema is one is checked where it is stored."""
    check_fields(entry, FLAVOR_FIELDS, source, "flavors")
    type_name = field(entry, "type", str, source)
    check_types([type_name], "flavors", source)
    name = checked_name("flavor", field(entry, "name", str, source))
    schema = field(entry, "schema", dict, source)
    came_from = None if entry.get("source") is None else field(entry, "source", str, source)
    return Flavor(type_name, name, schema, CUSTOM, "", came_from)


def check_fields(entry: Any, known: tuple[str, ...], source: str, part: str = "") -> None:
    """Refuse a field that means nothing here: it may be one that is written wrongly."""
    unknown = unknown_field(entry, known) if isinstance(entry, dict) else None
    if unknown is not None:
        where = f"In {source}, {part!r}" if part else source
        raise InvalidInput(f"{where} {unknown[1]}", EXAMPLE)


def field(entry: Any, key: str, kind: type, source: str, default: Any = None) -> Any:
    """What a document has under a key, if it is of a type."""
    if not isinstance(entry, dict):
        what = WORDS.get(type(entry), "a number") if entry is not None else "nothing"
        raise InvalidInput(f"{source} has {what} where a mapping with '{key}' is expected.", EXAMPLE)
    value = entry.get(key, default)
    if not isinstance(value, kind):
        what = "is missing" if value is None else f"must be {WORDS[kind]}"
        raise InvalidInput(f"In {source}, '{key}' {what}.", EXAMPLE)
    return value


def texts(value: Any, key: str, source: str) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"In {source}, '{key}' must be a list of strings.", EXAMPLE)
    return value


def check_types(found: Iterable[str], key: str, source: str, among: Mapping[str, Any] = BY_NAME) -> None:
    """Refuse a key that is no component type, or none that the stack has."""
    for type_name in found:
        if type_name not in among:
            raise InvalidInput(f"In {source}, '{key}' has {type_name!r}, which is not a component type.", EXAMPLE)
