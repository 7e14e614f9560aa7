"""Records as programs get them: what is left empty is filled in, and each knows what in it is a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.records import Component, Config, Members, Stack
from zprof.store.own_places import resolved


def stack_handed_out(stack: Stack, custom: Mapping[tuple[str, str], Flavor]) -> Stack:
    """A stack as a program gets it.

    Args:
        custom: the custom flavors of its components, by type and name.
    """
    members = components_handed_out(stack.components.values(), custom)
    return stack._replace(components=Members({member.type: member for member in members}))


def components_handed_out(components: Iterable[Component], custom: Mapping[tuple[str, str], Flavor]) -> list[Component]:
    """Components as a program gets them.

    Args:
        custom: as for a stack.
    """
    known: dict[tuple[str, str], frozenset[str] | None] = {}
    found = []
    for component in components:
        key = component.type, component.flavor
        if key not in known:
            flavor = builtin_flavors(component.type).get(component.flavor) or custom.get(key)
            known[key] = None if flavor is None else secret_attributes(flavor)
        found.append(component._replace(config=Config(component.config, known[key], resolved(component))))
    return found
