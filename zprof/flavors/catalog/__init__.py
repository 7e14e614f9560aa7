"""The 44 built-in flavors, read from the JSON files beside this module, one for each component type.

A file is an object from a flavor's name to its `integration`, `description` and `schema`: JSON Schema draft 2020-12 for
the config of a component. On top of the standard:

- an attribute without a value is absent, never null, and a `default` says what acts then; it isn't filled in;
- `writeOnly` marks a secret: shown masked;
- `"x-reference": false` marks a text that can't be given as a secret reference; what isn't text never can;
- `x-env` names the variables by which the tools behind the flavor read the value: `zprof.flavors.variables`;
- each subschema of `allOf` is a condition between attributes, and its `description` is the error that we show.

The facts are those of ZenML 0.13.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from zprof import component_types
from zprof.documents.shape import document
from zprof.flavors.entries import entries
from zprof.flavors.properties import is_secret, properties
from zprof.frozen import frozen

CUSTOM = "custom"
"""The integration of a flavor that is not of the catalog."""


class Flavor(NamedTuple):
    """One way to implement a type of component."""

    component_type: str
    """As stored: `artifact_store`."""
    name: str
    schema: Mapping[str, Any]
    """JSON Schema of a config, an object from attribute to value; it refuses changes where it was read."""
    integration: str
    """What it comes with: `built-in`, `aws`, …, or `custom`."""
    description: str
    source: str | None = None
    """The class behind a custom flavor, `module.path:Class`."""

    @property
    def is_custom(self) -> bool:
        """Whether it is of a store, rather than of the catalog."""
        return self.integration == CUSTOM

    def to_dict(self) -> dict[str, Any]:
        """The flavor as a document, ready for JSON."""
        from zprof.flavors.types import attribute_fields  # for documents alone

        attributes = [attribute_fields(name, part, self.schema) for name, part in properties(self.schema).items()]
        told = {"integration": self.integration, "description": self.description, "attributes": attributes}
        return document("Flavor", {**self.part(), **told})

    def part(self) -> dict[str, Any]:
        """The flavor as a part of the document of a stack that needs it."""
        return {"type": self.component_type, "name": self.name, "source": self.source, "schema": self.schema}


@cache
def builtin_flavors(component_type: str) -> Mapping[str, Flavor]:
    """The built-in flavors of a type by name, in the order of the catalog.

    Raises:
        NotFound: there is no such type.
    """
    stored_name = component_types.component_type(component_type).name
    return MappingProxyType(
        {name: Flavor(stored_name, name, **frozen(entry)) for name, entry in entries(stored_name).items()}
    )


def types_with_flavor(name: str) -> list[str]:
    """The types, as stored, that have a built-in flavor of a name."""
    return [each.name for each in component_types.COMPONENT_TYPES if name in builtin_flavors(each.name)]


def secret_attributes(flavor: Flavor) -> frozenset[str]:
    """The attributes whose values are secrets, not those that only name a stored one."""
    return frozenset(name for name, schema in properties(flavor.schema).items() if is_secret(schema))
