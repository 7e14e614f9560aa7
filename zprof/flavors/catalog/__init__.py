"""The 44 built-in flavors, read from the JSON files beside this module, one for each component type.

A file is an object from a flavor's name to its `integration`, `description` and `schema`: JSON Schema draft 2020-12 for
the config of a component. On top of the standard:

- an attribute without a value is absent, never null, and a `default` says what acts then; it isn't filled in;
- `writeOnly` marks a secret: shown masked;
- `"x-reference": false` marks a text that can't be given as a secret reference; what isn't text never can;
- each subschema of `allOf` is a condition between attributes, and its `description` is the error that we show.

The facts are those of ZenML 0.13.2.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from zprof import component_types

_DIRECTORY = os.path.dirname(__file__)


CUSTOM = "custom"
"""The integration of a flavor that is not of the catalog."""


class Flavor(NamedTuple):
    """One way to implement a type of component."""

    component_type: str
    """As stored: `artifact_store`."""
    name: str
    schema: dict[str, Any]
    """JSON Schema of a config, an object from attribute to value."""
    integration: str
    """What it comes with: `built-in`, `aws`, …, or `custom`."""
    description: str
    source: str | None = None
    """The class behind a custom flavor, `module.path:Class`."""

    @property
    def is_custom(self) -> bool:
        """Whether it is of a store, rather than of the catalog."""
        return self.integration == CUSTOM


@cache
def builtin_flavors(component_type: str) -> Mapping[str, Flavor]:
    """The built-in flavors of a type by name, in the order of the catalog.

    Raises:
        NotFound: there is no such type.
    """
    stored_name = component_types.component_type(component_type).name
    with open(os.path.join(_DIRECTORY, f"{stored_name}.json"), encoding="utf-8") as file:
        entries = json.load(file)
    return MappingProxyType({name: Flavor(stored_name, name, **entry) for name, entry in entries.items()})


def properties(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each attribute, by its name, in the order of the catalog.

    An attribute with a secret anywhere within is marked secret as a whole.
    """
    found = schema.get("properties")
    # A custom flavor's may have been written by another hand than ours.
    parts = {name: part for name, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}
    return {
        name: {**part, "writeOnly": True} if _has_parts(part) and _has_secret_within(part, schema) else part
        for name, part in parts.items()
    }


def _has_parts(schema: Mapping[str, Any]) -> bool:
    return any(isinstance(value, dict | list) or key == "$ref" for key, value in schema.items())


def _has_secret_within(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether something that a schema is made of, or refers to in the document `root`, is marked secret."""
    to_visit: list[Any] = [schema]
    visited: set[str] = set()
    while to_visit:
        part = to_visit.pop()
        if isinstance(part, list):
            to_visit += part
        elif isinstance(part, dict):
            if is_secret(part):
                return True
            to_visit += [value for value in part.values() if isinstance(value, dict | list)]
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in visited:
                visited.add(reference)
                to_visit.append(referred_to(reference, root))
    return False


def referred_to(reference: str, root: Any) -> Any:
    """What a reference within a document leads to, such as `#/$defs/Credentials`; None if nothing is there."""
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        root = root.get(name) if isinstance(root, dict) else None
    return root


def is_secret(schema: Mapping[str, Any]) -> bool:
    """Whether the values of an attribute with this schema are secrets."""
    return schema.get("writeOnly", False) is True


def secret_attributes(flavor: Flavor) -> frozenset[str]:
    """The attributes whose values are secrets, not those that only name a stored one."""
    return frozenset(name for name, schema in properties(flavor.schema).items() if is_secret(schema))
