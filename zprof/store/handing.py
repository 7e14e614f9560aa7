"""Records as programs get them: what is left empty is filled in, and each knows what in it is a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zprof.errors import DamagedFile
from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.flavors.config import secret_names
from zprof.records import Component, Config
from zprof.store.own_places import resolved


def components_handed_out(
    components: Iterable[Component],
    custom: Mapping[tuple[str, str], Flavor],
    left_out: list[DamagedFile] | None = None,
) -> list[Component]:
    """Components that were just read, as a program gets them.

    Args:
        custom: the custom flavors among theirs, by type and name.
        left_out: is given the errors of places that zprof would not write, which resolve to nothing; without it, the
            first is raised.
    """
    found = with_known_secrets(components, custom)
    for component in found:
        assert isinstance(component.config, Config)
        try:
            own = resolved(component)
        except DamagedFile as error:
            if left_out is None:
                raise
            left_out.append(error)
            own = {}
        component.config.resolve(own)
    return found


def with_known_secrets(components: Iterable[Component], custom: Mapping[tuple[str, str], Flavor]) -> list[Component]:
    """Components that were just read, as they are stored, each knowing what in it is a secret.

    Args:
        custom: as for `components_handed_out`.
    """
    secrets: dict[tuple[str, str], frozenset[str] | None] = {}
    found = list(components)
    for component in found:
        key = component.type, component.flavor
        if key not in secrets:
            flavor = builtin_flavors(component.type).get(component.flavor) or custom.get(key)
            secrets[key] = None if flavor is None else secret_attributes(flavor)
        known = secrets[key]
        assert isinstance(component.config, Config)
        component.config.know(secret_names(None, component.config) if known is None else known)
    return found
