"""Which database is opened: the registry's file, or what a profile's URL leads to, a file or a schema on a server.

Both kinds are used in the same way: `ask`, `read` and `write` run the statements of `zprof.generated`. The one place
that hands them what upgrades an older format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zprof.caller import QUIET, Caller
from zprof.compatibility import Kind
from zprof.sqlite.database import Database
from zprof.url import is_postgresql, sqlite_path

if TYPE_CHECKING:
    from zprof.postgresql.database import PostgreSQL

    StoreDatabase: TypeAlias = Database | PostgreSQL


def registry_database(path: str, caller: Caller = QUIET, *, keeps_format: bool = False) -> Database:
    """A registry. Nothing is opened yet.

    Args:
        keeps_format: whether a read takes the registry of an older zprof as it is, rather than upgrade it.
    """
    return Database(path, "registry", caller, upgrade=upgrade, keeps_format=keeps_format)


def store_database(url: str, caller: Caller = QUIET, *, keeps_format: bool = False) -> StoreDatabase:
    """The store that a normalised URL leads to. Nothing is opened yet.

    Args:
        keeps_format: as for the registry.

    Raises:
        InvalidURL: the URL is not one, as only a hand that edits the registry can bring about.
    """
    if is_postgresql(url):
        from zprof.postgresql.database import PostgreSQL  # for those who have a server

        return PostgreSQL(url, caller, upgrade=upgrade, keeps_format=keeps_format)
    return Database(sqlite_path(url), "store", caller, upgrade=upgrade, keeps_format=keeps_format)


def upgrade(database: StoreDatabase) -> None:
    """Bring a database of an older zprof to the format of this one."""
    from zprof.schema import migration  # SQLAlchemy and Alembic: 450 ms, paid once per release

    migration.upgrade(database)


def revisions_since(kind: Kind, version: int) -> list[str]:
    """The names of the revisions that bring a database of an older format to the format of this program, in order."""
    from zprof.schema import migration

    return migration.revisions_since(kind, version)
