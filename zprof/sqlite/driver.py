"""Python's connection to SQLite, with one kind of error instead of two for a file that is damaged."""

from __future__ import annotations

import sys

__all__ = ["Connection", "defend", "sqlite3"]

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    import sqlite3
    from typing import Any
else:
    try:
        import _sqlite3 as sqlite3  # the driver itself; its wrapper takes 3 ms more, for datetime
    except ImportError:
        import sqlite3


class Connection(sqlite3.Connection):
    """One whose errors are the driver's own, also where SQLite quotes a name from the file that is not UTF-8.

    Python decodes SQLite's sentence before it makes an error of it, and where that fails, its own error takes the place
    of the one that was to be told.
    """

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*arguments)
        except UnicodeDecodeError:
            raise malformed() from None

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().executemany(*arguments)
        except UnicodeDecodeError:
            raise malformed() from None


def malformed() -> sqlite3.DatabaseError:
    """What the driver raises for a damaged file, in SQLite's words."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def defend(connection: sqlite3.Connection) -> None:
    """Have a connection run nothing that a hostile file may hold."""
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    connection.execute("PRAGMA trusted_schema = OFF")
