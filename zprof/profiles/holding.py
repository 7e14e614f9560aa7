"""What a profile's store holds, compared with what it was made with and with what an import would put into it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from zprof import paths
from zprof.component_types import COMPONENT_TYPES
from zprof.databases import store_database
from zprof.errors import Busy, ZprofError
from zprof.generated import statements as sql
from zprof.history.log import as_json
from zprof.profiles.making import DEFAULT, DEFAULT_FLAVORS
from zprof.profiles.profile import Profile
from zprof.sqlite.database import Database
from zprof.store.rows import component_of, flavor_of, summary_of
from zprof.transaction import Transaction
from zprof.url import is_same_store, is_sqlite, sqlite_path

Key = tuple[str, str]
"""A type and a name."""


class Contents(NamedTuple):
    """All that is in a store, without its log and without what tells of time."""

    flavors: Mapping[Key, tuple[str | None, str]]
    """The class and the schema, as JSON, of each custom one."""
    components: Mapping[Key, tuple[str, str]]
    """The flavor and the config, as JSON."""
    stacks: Mapping[str, Mapping[str, str]]
    ties: frozenset[tuple[str, str]]


NEW = Contents(
    {},
    {(type_name, DEFAULT): (flavor, "{}") for type_name, flavor in DEFAULT_FLAVORS.items()},
    {DEFAULT: dict.fromkeys(DEFAULT_FLAVORS, DEFAULT)},
    frozenset({(DEFAULT, DEFAULT)}),
)
"""What a new store holds."""


def holds(registry: Database, profile: Profile, wanted: Contents) -> bool:
    """Whether a profile has a file in the config directory that holds this and nothing else."""
    if not is_in_config_directory(registry, profile):
        return False
    try:
        with store_database(profile.url, registry.caller, keeps_format=True).read() as transaction:
            return contents(transaction) == wanted
    except Busy:
        raise
    except ZprofError:  # it is damaged, or gone
        return False


def contents(transaction: Transaction) -> Contents:
    """What a store holds."""
    flavors, stacks, *by_type = transaction.ask(
        sql.ALL_FLAVORS(), sql.STACKS(), *(sql.COMPONENTS(type=each.name) for each in COMPONENT_TYPES)
    )
    components = [component_of(row) for rows in by_type for row in rows]
    stores = as_json([component.name for component in components if component.type == "artifact_store"])
    ties = transaction.rows(sql.TIES_OF_ARTIFACT_STORES(names=stores))
    return Contents(
        {
            (found.component_type, found.name): (found.source, as_json(found.schema))
            for found in map(flavor_of, flavors)
        },
        {(found.type, found.name): (found.flavor, as_json(found.config)) for found in components},
        {found.name: dict(found.component_names) for found in map(summary_of, stacks)},
        frozenset((row[0], row[1]) for row in ties),
    )


def is_in_config_directory(registry: Database, profile: Profile) -> bool:
    """Whether a profile's store is one that was made without a URL."""
    directory = paths.profiles_dir(os.path.dirname(registry.path))
    return is_sqlite(profile.url) and os.path.dirname(sqlite_path(profile.url)) == directory


def is_untouched(registry: Database, profile: Profile, profiles: Iterable[Profile]) -> bool:
    """Whether a profile is the one that the first run made, and nobody has changed it since.

    It is named `default`, is not protected, and no other profile has its store, which is in the config directory. The
    store holds what a new one does, and its log one operation alone: what was changed and changed back counts as
    changed, since the log tells how to undo it. Switching to the profile, and away from it, does not count.

    Args:
        profiles: all that the registry has.
    """
    is_joined = any(is_same_store(profile.url, other.url) for other in profiles if other.name != profile.name)
    if profile.name != DEFAULT or profile.is_protected or is_joined or not holds(registry, profile, NEW):
        return False
    with store_database(profile.url, registry.caller, keeps_format=True).read() as transaction:
        return len({row[1] for row in transaction.rows(sql.ROWS_OF_CHANGE(after_id=-1))}) == 1
