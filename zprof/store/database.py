"""Which database a profile's URL leads to: a SQLite file, or a schema on a PostgreSQL server.

Both are used in the same way: `read()` gives a transaction on which the statements of `zprof.generated` run, and
`zprof.schema.session.changing` a session for the changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from zprof.caller import QUIET, Caller
from zprof.sqlite.database import Database
from zprof.url import is_postgresql, sqlite_path

if TYPE_CHECKING:
    from zprof.postgresql.database import PostgreSQL

    StoreDatabase: TypeAlias = Database | PostgreSQL


def store_database(url: str, caller: Caller = QUIET, *, keeps_format: bool = False) -> StoreDatabase:
    """The store that a normalised URL leads to. Nothing is opened yet.

    Args:
        keeps_format: whether a read takes the store of an older zprof as it is, rather than upgrade it.

    Raises:
        InvalidURL: the URL is not one, as only a hand that edits the registry can bring about.
    """
    if is_postgresql(url):
        from zprof.postgresql.database import PostgreSQL  # with SQLAlchemy, for those who have a server

        return PostgreSQL(url, caller, keeps_format=keeps_format)
    return Database(sqlite_path(url), "store", caller, keeps_format=keeps_format)
