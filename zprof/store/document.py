"""A stack with all that it takes elsewhere: its components and the custom flavors that they have; also as a document.

apiVersion: zprof/v1
kind: Stack
name: prod
components:
artifact_store:
name: bucket
flavor: s3
config: {path: s3://acme-ml/artifacts}
flavors: []                  custom ones: type, name, source, schema
omitted_secrets:             left out of `config`: to be asked for, or kept, by an import
artifact_store: [key]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zprof.component_types import ALPHABETICAL, BY_NAME
from zprof.errors import InvalidInput, SchemaError
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.flavors.config import hiding_secrets
from zprof.names import checked_name
from zprof.records import Bundle, Component

API_VERSION = "zprof/v1"
KIND = "Stack"


def document(bundle: Bundle, flavors: Mapping[tuple[str, str], Flavor], *, show_secrets: bool) -> dict[str, Any]:
    """The document of a bundle, its keys in a fixed order.

    Args:
        flavors: by type and name, also the built-in ones: they say what is a secret.
        show_secrets: whether plain secrets are in it, instead of being listed as omitted.
    """
    omitted: dict[str, list[str]] = {}
    components = {}
    for type_name in sorted(bundle.components):
        component = bundle.components[type_name]
        flavor = flavors.get((type_name, component.flavor))
        hidden = () if show_secrets else hiding_secrets(flavor, component.config)
        if hidden:
            omitted[type_name] = sorted(hidden)
        config = {key: component.config[key] for key in sorted(component.config) if key not in hidden}
        components[type_name] = {"name": component.name, "flavor": component.flavor, "config": config}
    custom = [
        {"type": flavor.component_type, "name": flavor.name, "source": flavor.source, "schema": flavor.schema}
        for _, flavor in sorted(bundle.flavors.items())
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": bundle.name,
        "components": components,
        "flavors": custom,
        "omitted_secrets": omitted,
    }


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
            f"{source} is written in the format {version!r}; this zprof reads {API_VERSION!r}.",
            "Upgrade: pip install --upgrade zprof",
        )
    if found.get("kind") != KIND:
        raise SchemaError(f"{source} does not hold a stack.", "See `zprof stack export NAME` for what one looks like.")
    name = checked_name("stack", field(found, "name", str, source))
    members = field(found, "components", dict, source)
    check_types(members, "components", source)
    components = {
        type_name: component_of(type_name, members[type_name], source)
        for type_name in ALPHABETICAL
        if type_name in members
    }
    omitted = field(found, "omitted_secrets", dict, source, {})
    check_types(omitted, "omitted_secrets", source, components)
    flavors = [flavor_of(entry, source) for entry in field(found, "flavors", list, source, [])]
    used = {(type_name, component.flavor) for type_name, component in components.items()}
    for flavor in flavors:
        if (flavor.component_type, flavor.name) not in used:
            raise InvalidInput(f"{source} has the flavor '{flavor.name}', which no component in it has.", EXAMPLE)
    by_key = {(flavor.component_type, flavor.name): flavor for flavor in flavors}
    return Bundle(
        name,
        components,
        by_key,
        {type_name: tuple(texts(omitted[type_name], f"omitted_secrets.{type_name}", source)) for type_name in omitted},
    )


def component_of(type_name: str, entry: Any, source: str) -> Component:
    """A component of the document."""
    name = checked_name(BY_NAME[type_name].noun, field(entry, "name", str, source))
    return Component(type_name, name, field(entry, "flavor", str, source), field(entry, "config", dict, source, {}))


def flavor_of(entry: Any, source: str) -> Flavor:
    """A custom flavor of the document; whether its schema is one is checked where it is stored."""
    type_name = field(entry, "type", str, source)
    check_types({type_name: None}, "flavors", source)
    name = checked_name("flavor", field(entry, "name", str, source))
    schema = field(entry, "schema", dict, source)
    came_from = None if entry.get("source") is None else field(entry, "source", str, source)
    return Flavor(type_name, name, schema, CUSTOM, "", came_from)


def field(entry: Any, key: str, kind: type, source: str, default: Any = None) -> Any:
    """What a document has under a key, if it is of a type."""
    if not isinstance(entry, dict):
        what = f"a {WORDS.get(type(entry), 'number')}" if entry is not None else "nothing"
        raise InvalidInput(f"{source} has {what} where '{key}' and others should be.", EXAMPLE)
    value = entry.get(key, default)
    if not isinstance(value, kind):
        what = "is missing" if value is None else f"is not a {WORDS[kind]}"
        raise InvalidInput(f"In {source}, '{key}' {what}.", EXAMPLE)
    return value


def texts(value: Any, key: str, source: str) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"In {source}, '{key}' is not a list of texts.", EXAMPLE)
    return value


def check_types(found: Mapping[str, Any], key: str, source: str, among: Mapping[str, Any] = BY_NAME) -> None:
    """Refuse a key that is no component type, or none that the stack has."""
    for type_name in found:
        if type_name not in among:
            raise InvalidInput(f"In {source}, '{key}' has {type_name!r}, which is no type of component.", EXAMPLE)


WORDS: dict[type, str] = {str: "text", bool: "truth value", dict: "mapping", list: "list"}
EXAMPLE = "See `zprof stack export NAME` for what a stack looks like."
