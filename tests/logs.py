"""What the log of a registry tells, for tests of whatever changes it."""

from __future__ import annotations

from typing import Any

from zprof.databases import registry_database
from zprof.history.reading import EntityChange, OperationRecord, changes_of, operations
from zprof.profiles.registry import Registry


def registry_log(registry: Registry) -> list[tuple[OperationRecord, list[EntityChange]]]:
    """All operations of a registry and what they changed, the oldest first."""
    database = registry_database(registry.path)
    found = operations(database)[::-1]
    return list(zip(found, changes_of(database, *found), strict=True))


def profiles_by_log(registry: Registry) -> dict[str, dict[str, Any]]:
    """The profiles, by name, that the log leads to from none; each change begins with what the one before left."""
    profiles: dict[str, dict[str, Any]] = {}
    for operation, changes in registry_log(registry):
        for change in changes:
            assert change.before != change.after, operation
            assert profiles.pop(change.name, None) == change.before, operation
            if change.after is not None:
                profiles[change.new_name or change.name] = change.after
    return profiles
