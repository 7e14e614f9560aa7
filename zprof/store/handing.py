"""Records as programs get them: what is left empty is filled in, and each knows what in it is a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.records import Component, Config, Stack
from zprof.store.own_places import resolved


def components_handed_out(components: Iterable[Component], custom: Mapping[tuple[str, str], Flavor]) -> list[Component]:
    """Components that were just read, as a program gets them.

    Args:
        custom: the custom flavors among theirs, by type and name.
    """
    known: dict[tuple[str, str], frozenset[str] | None] = {}
    found = list(components)
    for component in found:
        key = component.type, component.flavor
        if key not in known:
            flavor = builtin_flavors(component.type).get(component.flavor) or custom.get(key)
            known[key] = None if flavor is None else secret_attributes(flavor)
        assert isinstance(component.config, Config)
        component.config.know(known[key], resolved(component))
    return found


def stack_handed_out(stack: Stack, custom: Mapping[tuple[str, str], Flavor]) -> Stack:
    """A stack that was just read, as a program gets it.

    Args:
        custom: as for components.
    """
    components_handed_out(stack.components.values(), custom)
    return stack
