"""All that a store holds, from one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zprof.contents.record import Contents
from zprof.generated import statements as sql
from zprof.store.handing import with_known_secrets
from zprof.store.rows import component_of, flavors_by_key

if TYPE_CHECKING:
    from zprof.transaction import Asked


def contents_of(asked: Asked) -> Contents:
    """All that a store holds, as it is stored.

    Raises:
        DamagedFile: it has a row that zprof would not write.
    """
    flavors, components, stacks, members, ties = asked.ask(
        sql.ALL_FLAVORS(), sql.ALL_COMPONENTS(), sql.STACK_NAMES(), sql.ALL_MEMBERS(), sql.ALL_TIES()
    )
    custom = flavors_by_key(flavors)
    composed: dict[str, dict[str, str]] = {name: {} for (name,) in stacks}
    for stack, of_type, component in members:
        composed[stack][of_type] = component
    return Contents(
        custom,
        {(each.type, each.name): each for each in with_known_secrets(map(component_of, components), custom)},
        composed,
        frozenset((artifact_store, metadata_store) for artifact_store, metadata_store in ties),
    )
