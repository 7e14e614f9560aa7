"""The marks of a file of ours, `application_id` and `user_version`, which a file that is rebuilt from `.dump` lacks."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from zprof.compatibility import Kind
from zprof.errors import ForeignFile
from zprof.generated.formats import FORMATS
from zprof.sqlite.connection import APPLICATION_ID, connect, patiently
from zprof.sqlite.errors import translating
from zprof.sqlite.tables import SCHEMA, fingerprints

if TYPE_CHECKING:
    from zprof.sqlite.database import Database

KINDS: tuple[Kind, ...] = ("registry", "store")


class Marks(NamedTuple):
    """What the marks of a file say."""

    kind: Kind
    version: int

    @property
    def statements(self) -> tuple[str, str]:
        """The statements that bring the marks back."""
        return f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {self.version}"


def rebuilt(connection: sqlite3.Connection) -> Marks | None:
    """What a file was before it was rebuilt; None where it has marks, or its schema is not wholly one of ours.

    The schema is compared before a table is read, so that nothing that a stranger has put there runs.
    """
    from zprof.generated.fingerprints import SCHEMAS  # for files without marks alone

    if any(connection.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version")):
        return None
    found = fingerprints(connection.execute(SCHEMA))
    versions = [(kind, version) for kind in KINDS for version in range(1, FORMATS[kind] + 1)]
    fitting = [Marks(kind, version) for kind, version in versions if SCHEMAS[kind, version] == found]
    if not fitting:
        return None
    stated = connection.execute("SELECT kind, version FROM format").fetchall()
    return next((one for one in fitting if stated == [one]), None)


class Rebuilt(ForeignFile):
    """A file without marks that is a database of ours else, as one that was rebuilt from a dump."""

    def __init__(self, path: str, found: Marks) -> None:
        self.kind = found.kind
        self.line = shlex.join(("sqlite3", path, *found.statements))
        super().__init__(
            f"{path} has the tables of a zprof {found.kind} but not its marks, as after a restore from a SQL dump.",
            f"Nothing was changed in it. To restore the marks, run: {self.line}",
        )


def mark(database: Database) -> bool:
    """Bring the marks of a rebuilt file back; False where that is not needed any more, or it is something else now."""
    with (
        database.turn(is_write=True) as deadline,
        translating(database.path, database.kind),
        closing(connect(database.path)) as connection,
    ):
        patiently(connection, deadline, "BEGIN IMMEDIATE")
        found = rebuilt(connection)
        if found is None or found.kind != database.kind:
            return False
        for statement in found.statements:
            connection.execute(statement)
        patiently(connection, deadline, "COMMIT")
    return True
