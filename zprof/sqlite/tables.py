"""What must hold of a file's schema before any of its tables is read.

Whoever writes a file may put a view in a table's place, which may never end, or a trigger, which runs with a change.
"""

from __future__ import annotations

import re
from itertools import pairwise

from zprof.errors import DamagedFile, ForeignFile
from zprof.generated.formats import TABLES

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from zprof.compatibility import Kind

OURS = {*TABLES["registry"], *TABLES["store"]}
PARTS = """
    SELECT iif(type = 'table' AND rootpage = 0, 'virtual table', type), name, lower(name), lower(sql)
    FROM sqlite_master WHERE type <> 'index'
"""
KNOWN_PARTS = ("table", "view")
"""Of which others are never read. SQLite reads these words without case, and writes them in small letters."""
AS = r"as(?![a-z0-9_])(?<![a-z0-9_]as)"
"""The word that a table with a generated column has, and none of ours."""
GENERATED = "table with a generated column"
SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY type, name"


def check_parts(connection: sqlite3.Connection, path: str) -> frozenset[str]:
    """Refuse a file with a part that runs when it is used; the names of its tables, in small letters.

    Raises:
        ForeignFile: it holds one.
    """
    tables = []
    for part, name, lower_name, text in connection.execute(PARTS):
        if part == "table" and lower_name in OURS and may_have_as(text) and re.search(AS, text):
            part = GENERATED
        if part not in KNOWN_PARTS or (part == "view" and lower_name in OURS):
            raise running(path, part, name)
        if part == "table":
            tables.append(lower_name)
    return frozenset(tables)


def may_have_as(text: str) -> bool:
    """Whether the word AS may be in a text in small letters: a prompt has no time to compile a pattern for nothing."""
    parts = text.split("as")
    return any(not (before[-1:].isalnum() or after[:1].isalnum()) for before, after in pairwise(parts))


def running(path: str, part: str, name: str) -> ForeignFile:
    """The error of a part that runs when it is used. A trigger can be dropped, and takes nothing along."""
    import shlex  # on the way to an error alone

    message = f"{path} has a {part}, '{name}', that would run when it is used."
    done = "Nothing was run or changed. zprof never creates one"
    if part != "trigger":
        return ForeignFile(message, f"{done}; restore a copy from before it was added.")
    line = shlex.join(("sqlite3", path, f"DROP TRIGGER {quoted(name)}"))
    error = ForeignFile(message, f"{done}. To remove it, run: {line}")
    error.line = line
    return error


def check_tables(path: str, kind: Kind, found: frozenset[str], version: int) -> None:
    """Refuse a database that lacks one of the tables of its format.

    Raises:
        DamagedFile: it does.
    """
    missing = [name for name, first in TABLES[kind].items() if first <= version and name not in found]
    if missing:
        from zprof.sqlite.errors import cure  # on the way to an error alone

        raise DamagedFile(f"{path} has no table {missing[0]}.", cure(kind))


def check_own_tables(connection: sqlite3.Connection, path: str, kind: Kind, version: int) -> None:
    """Refuse to change a database of the newest format in which a table is not as zprof makes it.

    A check or a default of somebody else's would run with the change.

    Raises:
        DamagedFile: one is not.
    """
    from zprof.generated.schemas import SQLITE  # what no read needs

    if f"PRAGMA user_version = {version}" not in SQLITE[kind]:
        return  # another format, which is upgraded before it is changed
    made = {plain(text) for text in SQLITE[kind] if text.startswith("CREATE TABLE")}
    for name, text in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        if name.lower() in TABLES[kind] and plain(text) not in made:
            from zprof.sqlite.errors import cure  # on the way to an error alone

            raise DamagedFile(
                f"The table {name} of {path} differs from the one that zprof creates, and what was added would run.",
                f"Nothing was changed. Copy its stacks: `zprof stack copy NAME NEW --to PROFILE`. {cure(kind)}",
            )


def is_as_made(connection: sqlite3.Connection, kind: Kind) -> bool:
    """Whether all tables of a database are as zprof makes them in its format, so that none runs what others wrote."""
    from zprof.generated.fingerprints import SCHEMAS  # 15 KB that few commands need

    ((version,),) = connection.execute("PRAGMA user_version")
    made = SCHEMAS.get((kind, version), {})
    tables = {thing: number for thing, number in made.items() if thing.startswith("table ")}
    return bool(tables) and tables.items() <= fingerprints(connection.execute(SCHEMA)).items()


def fingerprints(schema: Iterable[tuple[str, str, str | None]]) -> dict[str, int]:
    """A number for each thing in a schema, for whose text nobody can find another one."""
    from hashlib import sha256  # what few commands need

    numbers = {}
    for type_, name, text in schema:
        numbers[f"{type_} {name}"] = int.from_bytes(sha256(plain(text or "").encode()).digest()[:8])
    return numbers


def plain(text: str) -> str:
    """The text of a table without quotes and blanks, which SQLite puts differently once a table was altered."""
    return re.sub(r'[\s"]+', "", text)


def quoted(table: str) -> str:
    """The name of a table, or of something else, in SQL."""
    return '"' + table.replace('"', '""') + '"'
