"""What a profile holds, from a store, from a document, or from the past: what is compared, exported and applied.

Ids, places, times and revisions are not part of it, since they say nothing of what somebody wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from zprof.records import NOTHING, Component

if TYPE_CHECKING:
    from zprof.flavors.catalog import Flavor

Key = tuple[str, str]
"""The type and the name of a component or of a flavor."""


class Contents(NamedTuple):
    """All stacks, components, custom flavors and ties of a profile."""

    flavors: Mapping[Key, Flavor] = NOTHING
    """The custom ones, by type and name."""
    components: Mapping[Key, Component] = NOTHING
    """By type and name; each config as it is stored, or with `zprof.documents.shape.KEPT` in place of a secret."""
    stacks: Mapping[str, Mapping[str, str]] = NOTHING
    """By name, from component type to the name of a component."""
    ties: frozenset[Key] = frozenset()
    """The names of an artifact store and a metadata store that belong together."""
