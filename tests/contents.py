"""What a config directory holds, without what differs between two runs: row ids, timestamps and operation ids."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from zprof.url import sqlite_path

PROFILES = "SELECT name, url, active_stack, is_active, is_protected FROM profile ORDER BY name"
STORE = {
    "components": "SELECT type, name, flavor, config FROM component ORDER BY type, name",
    "stacks": "SELECT name FROM stack ORDER BY name",
    "members": """
        SELECT stack.name, member.component_type, component.name
        FROM stack_component AS member
        LEFT JOIN stack ON stack.id = member.stack_id
        LEFT JOIN component ON component.id = member.component_id
        ORDER BY 1, 2, 3
    """,
    "associations": """
        SELECT artifact_store.name, metadata_store.name
        FROM store_association AS pair
        LEFT JOIN component AS artifact_store ON artifact_store.id = pair.artifact_store_id
        LEFT JOIN component AS metadata_store ON metadata_store.id = pair.metadata_store_id
        ORDER BY 1, 2
    """,
    "flavors": "SELECT component_type, name, source, config_schema FROM flavor ORDER BY 1, 2",
    "changes": "SELECT command, entity_kind, entity_name, before, after FROM change ORDER BY id",
}


def contents(config: Path, copied_from: Path | None = None) -> dict[str, Any] | None:
    """The registry's rows and those of every store that it leads to; None where there is no registry.

    Args:
        copied_from: the config directory that this one is a copy of, and that the URLs therefore lead into.
    """
    registry = config / "registry.db"
    if not registry.exists():
        return None
    profiles = rows(registry, PROFILES)
    stores: dict[str, dict[str, list[Any]] | None] = {}
    for name, url, *_ in profiles:
        path = Path(sqlite_path(url))
        if copied_from is not None and path.is_relative_to(copied_from):
            path = config / path.relative_to(copied_from)
        if not path.exists():
            stores[name] = None
            continue
        found = {"format": format_of(path), **{what: rows(path, query) for what, query in STORE.items()}}
        for change in found["changes"]:
            change[3:] = [without_time(state) for state in change[3:]]
        stores[name] = found
    return {"format": format_of(registry), "profiles": profiles, "stores": stores}


def without_time(state: str | None) -> str | None:
    """A state of the log without when the thing was made, and without its random place."""
    return None if state is None else re.sub(r'"(?:created_at|place)": "[^"]*", ', "", state)


def format_of(database: Path) -> list[Any]:
    """The format by both of its marks, and the columns of every table."""
    columns = """
        SELECT made.name, field.name FROM sqlite_master AS made JOIN pragma_table_info(made.name) AS field
        WHERE made.type = 'table' ORDER BY made.name, field.cid
    """
    return [*rows(database, "PRAGMA user_version"), *rows(database, "SELECT * FROM format"), rows(database, columns)]


def rows(database: Path, query: str) -> list[list[Any]]:
    """The rows of a query, as lists, which JSON keeps as they are."""
    assert database.exists()
    with closing(sqlite3.connect(database)) as connection:
        return [list(row) for row in connection.execute(query).fetchall()]


def damage(directory: Path) -> list[str]:
    """What is wrong with the databases below a directory, drafts apart."""
    found = []
    for database in sorted(directory.rglob("*.db")):
        for check in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
            try:
                answers = rows(database, check)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # of a name that is no text, in SQLite's words
                answers = [[str(error)]]
            found += [f"{database.name}: {answer}" for answer in answers if answer != ["ok"]]
    return found


def files(directory: Path) -> dict[str, tuple[int, int, str]]:
    """Every file and directory below: its mode, when it was modified, and a hash of what is in it."""
    found = {}
    for path in sorted([directory, *directory.rglob("*")]):
        status = os.lstat(path)
        text = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(directory))] = (status.st_mode, status.st_mtime_ns, text)
    return found


def left_files(home: Path) -> list[str]:
    """Files that no command may leave: drafts, journals and turns without a database."""
    found = []
    for path in home.rglob("*"):
        match = re.fullmatch(r"(.*)(-journal|-wal|-shm|\.lock)", str(path))
        if path.name.endswith((".new", ".new-journal")) or (match and not Path(match[1]).exists()):
            found.append(str(path.relative_to(home)))
    return sorted(found)
