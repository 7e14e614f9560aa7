"""What must hold of a file's schema before any of its tables is read.

Whoever writes a file may put a view in a table's place, which may never end, or a trigger, which runs with a change.
"""

from __future__ import annotations

import re
import sqlite3

from zprof.compatibility import Kind
from zprof.errors import DamagedFile, ForeignFile
from zprof.generated.formats import TABLES
from zprof.sqlite.errors import cure

OURS = TABLES["registry"] | TABLES["store"]
PARTS = """
    SELECT iif(type = 'table' AND rootpage = 0, 'virtual table', type), name, lower(name), lower(sql)
    FROM sqlite_master WHERE type IN ('table', 'trigger', 'view')
"""
AS = re.compile(r"as(?![a-z0-9_])(?<![a-z0-9_]as)")
"""The word that a table with a generated column has, and none of ours."""
GENERATED = "table with a generated column"


def check_parts(connection: sqlite3.Connection, path: str) -> frozenset[str]:
    """Refuse a file with a part that runs when it is used; the names of its tables, in small letters.

    Raises:
        ForeignFile: it holds one.
    """
    tables = []
    for part, name, lower_name, text in connection.execute(PARTS):  # other views and tables are never read
        if part == "table" and lower_name in OURS and AS.search(text):
            part = GENERATED
        if part in ("trigger", "virtual table", GENERATED) or (part == "view" and lower_name in OURS):
            raise running(path, part, name)
        if part == "table":
            tables.append(lower_name)
    return frozenset(tables)


def running(path: str, part: str, name: str) -> ForeignFile:
    """The error of a part that runs when it is used. A trigger can be dropped, and takes nothing along."""
    import shlex  # on the way to an error alone

    from zprof.sqlite.rows import quoted

    message = f"{path} holds the {part} '{name}', which would run when it is used."
    done = "Nothing was run or changed. zprof makes none"
    if part != "trigger":
        return ForeignFile(message, f"{done}; put back a copy from before somebody added it.")
    line = shlex.join(("sqlite3", path, f"DROP TRIGGER {quoted(name)}"))
    error = ForeignFile(message, f"{done}. To remove it, type: {line}")
    error.line = line
    return error


def check_tables(path: str, kind: Kind, found: frozenset[str]) -> None:
    """Refuse a database that lacks one of its tables.

    Raises:
        DamagedFile: it does.
    """
    missing = sorted(TABLES[kind] - found)
    if missing:
        raise DamagedFile(f"{path} has no table {missing[0]}.", cure(kind))
