"""Making and upgrading databases, by running the migrations in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from zprof.compatibility import Kind
from zprof.errors import DamagedFile, ZprofError
from zprof.generated import statements as sql
from zprof.schema import statements
from zprof.schema.session import migrating
from zprof.sqlite.backups import back_up_before_upgrade
from zprof.sqlite.copying import published
from zprof.sqlite.database import APPLICATION_ID, Database

_one_at_a_time = threading.Lock()
"""Alembic keeps its context in globals: two threads that upgrade two databases would run against each other's."""


def migrations_dir() -> Path:
    """Where the revisions are: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def alembic_config(kind: Kind) -> Config:
    """What `alembic.ini` says, for the program."""
    config = Config()
    config.set_main_option("path_separator", "newline")
    # ConfigParser reads % as the beginning of a reference.
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    config.set_main_option("version_locations", str(migrations_dir() / kind).replace("%", "%%"))
    return config


def head(kind: Kind) -> str:
    """The newest revision of a history."""
    found = ScriptDirectory.from_config(alembic_config(kind)).get_current_head()
    assert found is not None
    return found


def revisions_since(kind: Kind, version: int) -> list[str]:
    """The names of the revisions after those that made a format, in the order in which they run."""
    revisions = ScriptDirectory.from_config(alembic_config(kind)).walk_revisions()
    return [found.revision for found in revisions if format_of(found.revision) > version][::-1]


def format_of(revision: str) -> int:
    """The format that a revision makes, which is its number."""
    return int(revision.partition("_")[0])


def run_revisions(connection: Connection, kind: Kind, last: str = "head") -> None:
    """Bring a database to a revision, within the transaction of the connection."""
    config = alembic_config(kind)
    config.attributes["connection"] = connection
    try:
        with _one_at_a_time:
            command.upgrade(config, last)
    except CommandError as error:
        raise DamagedFile(
            f"The {kind} names a revision that this zprof doesn't have ({error}).",
            "Nothing was changed in it. Put back a copy with `zprof db restore FILE`, or upgrade zprof.",
        ) from error


def run(connection: Connection, kind: Kind) -> None:
    """Bring a database to the head, within the transaction of the connection, and check what came out."""
    run_revisions(connection, kind)
    made = connection.execute(statements.FORMAT).one()
    if tuple(made)[:2] != (kind, sql.FORMATS[kind]):
        raise ZprofError(f"The migrations of the {kind} made format {made.version} instead of {sql.FORMATS[kind]}.")
    if connection.dialect.name == "sqlite":
        check_file(connection, kind)


def check_file(connection: Connection, kind: Kind) -> None:
    """Check what a SQLite file says of itself outside of its tables, and what it does not check by itself."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    application_id = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if (version, application_id) != (sql.FORMATS[kind], APPLICATION_ID):
        raise ZprofError(f"The migrations of the {kind} made format {version} instead of {sql.FORMATS[kind]}.")
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise DamagedFile(
            f"The upgrade would leave {len(broken)} rows without what they refer to, and was undone.",
            "`zprof db check` names them. Put back a copy with `zprof db restore FILE`, or report it with the copy.",
        )


def create(path: str, kind: Kind, fill: Callable[[Connection], None]) -> bool:
    """Make a database and its first rows, visible to others only when complete; False if another process was first.

    Args:
        fill: inserts the first rows, in the transaction that creates the tables.
    """

    def make(draft: str) -> None:
        with migrating(Database(draft, kind, has_queue=False)) as connection:
            run(connection, kind)
            fill(connection)

    return published(path, make)


def upgrade(database: Database) -> None:
    """Upgrade a database of an older zprof to the head, a verified copy made first: done wholly or not at all."""
    with migrating(database) as connection:
        # Read again: another process may have been first while this one waited.
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version < sql.FORMATS[database.kind]:
            back_up_before_upgrade(database, version)
            run(connection, database.kind)
