"""Fingerprints of components: what an approval is of, so that any change asks again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zprof.flavors.catalog import builtin_flavors
from zprof.records import Component, Config, Stack


def fingerprint(store: str, stack: Stack, component: Component) -> str:
    """The SHA-256, in hexadecimal, of all that decides what a component does with what it is given.

    Its store, type, name, flavor, attributes and place, and the schema of its flavor, where that is the store's own.

    Args:
        store: its place, as `zprof.references.origin` gives it.
        stack: the one that it is in, which has the custom flavors.
    """
    from hashlib import sha256

    key = component.type, component.flavor
    custom = None if component.flavor in builtin_flavors(component.type) else stack.flavors.get(key)
    parts = [
        store,
        *(component.type, component.name, component.flavor, component.place),
        given(component),
        None if custom is None else custom.schema,
    ]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def given(component: Component) -> Mapping[str, Any]:
    """The attributes of a component as they are stored: without those that are left empty there."""
    config = component.config
    own = config.resolved if isinstance(config, Config) else {}
    return {name: value for name, value in config.items() if name not in own}
