"""Fingerprints of components: what an approval is of, so that any change asks again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zprof.flavors.catalog import builtin_flavors
from zprof.records import Component, Config, Stack

VARIABLE = "x-env"
"""What in the schema of a flavor names a variable that programs get."""


def fingerprint(store: str, stack: Stack, component: Component) -> str:
    """The SHA-256, in hexadecimal, of all that decides what becomes of what a component is given.

    Its store, type, name, flavor, attributes and place, the schema of its flavor where that is the store's own, and the
    same of the other components that `set_variables`: a program reads the variables of all of them.

    Args:
        store: its place, as `zprof.references.origin` gives it.
        stack: the one that it is in, which has the custom flavors.
    """
    from hashlib import sha256

    others = [_parts(stack, other) for other in set_variables(stack) if other.type != component.type]
    text = json.dumps([store, _parts(stack, component), others], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def set_variables(stack: Stack) -> list[Component]:
    """The components whose flavor is the store's own and names variables: one could say where another's secret goes."""
    return [each for each in stack.components.values() if _names_variables(_own_schema(stack, each))]


def _parts(stack: Stack, component: Component) -> list[Any]:
    named = [component.type, component.name, component.flavor, component.place]
    return [*named, given(component), _own_schema(stack, component)]


def _own_schema(stack: Stack, component: Component) -> Mapping[str, Any] | None:
    """The schema of a custom flavor; None for one of the catalog."""
    if component.flavor in builtin_flavors(component.type):
        return None
    flavor = stack.flavors.get((component.type, component.flavor))
    return None if flavor is None else flavor.schema


def _names_variables(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return VARIABLE in schema or any(map(_names_variables, schema.values()))
    return isinstance(schema, list) and any(map(_names_variables, schema))


def given(component: Component) -> Mapping[str, Any]:
    """The attributes of a component as they are stored: without those that are left empty there."""
    config = component.config
    own = config.resolved if isinstance(config, Config) else {}
    return {name: value for name, value in config.items() if name not in own}
