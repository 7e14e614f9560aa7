"""Python's connection to SQLite, with one kind of error instead of two for a file that is damaged."""

from __future__ import annotations

import sqlite3
from typing import Any


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
