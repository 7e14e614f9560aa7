"""What must hold of a file's schema before any of its tables is read.

Whoever writes a file may put a view in a table's place, which may never end, or a trigger, which runs with a change.
"""

from __future__ import annotations

import sqlite3

from zprof.compatibility import Kind
from zprof.errors import DamagedFile, ForeignFile
from zprof.generated.formats import TABLES
from zprof.sqlite.errors import cure

OURS = TABLES["registry"] | TABLES["store"]
PARTS = """
    SELECT
      CASE WHEN type = 'table' AND rootpage = 0 THEN 'virtual table'
           WHEN type = 'table' AND lower(sql) GLOB '*[^a-z0-9_]as[^a-z0-9_]*' THEN 'table with a generated column'
           ELSE type END,
      name, lower(name)
    FROM sqlite_master WHERE type IN ('table', 'trigger', 'view')
"""
"""The parts of a file, and what kind they are of. None of our tables has the word AS."""
RUN_ANYWHERE = frozenset({"trigger", "virtual table"})
RUN_IN_PLACE = frozenset({"view", "table with a generated column"})
"""Kinds of part that run where they have the name of one of our tables: others are never read."""


def check_parts(connection: sqlite3.Connection, path: str) -> frozenset[str]:
    """Refuse a file with a part that runs when it is used; the names of its tables, in small letters.

    Raises:
        ForeignFile: it holds one.
    """
    found = connection.execute(PARTS).fetchall()
    for part, name, lower_name in found:
        if part in RUN_ANYWHERE or (part in RUN_IN_PLACE and lower_name in OURS):
            raise ForeignFile(
                f"{path} holds the {part} '{name}', which would run when it is used.",
                "Nothing was run or changed. zprof makes none; put back a copy from before somebody added it.",
            )
    return frozenset(lower_name for part, _, lower_name in found if part == "table")


def check_tables(path: str, kind: Kind, found: frozenset[str]) -> None:
    """Refuse a database that lacks one of its tables.

    Raises:
        DamagedFile: it does.
    """
    missing = sorted(TABLES[kind] - found)
    if missing:
        raise DamagedFile(f"{path} has no table {missing[0]}.", cure(kind))
