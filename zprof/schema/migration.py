"""Upgrading databases, by running the migrations in one transaction; and what the generator wants of them."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TypeAlias

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from zprof.caller import Caller
from zprof.compatibility import Kind
from zprof.errors import DamagedFile, ZprofError
from zprof.generated.formats import FORMATS
from zprof.hints import option_of
from zprof.history.heading import heading
from zprof.postgresql.database import PostgreSQL
from zprof.schema.connections import on_file, on_server, sqlite_connection
from zprof.schema.statements.compatibility import FORMAT
from zprof.schema.statements.log import ADD_FLOOR
from zprof.sqlite.backups import back_up_before_upgrade
from zprof.sqlite.connection import APPLICATION_ID
from zprof.sqlite.database import Database
from zprof.sqlite.rows import refuse_bad_rows
from zprof.sqlite.tables import check_parts, check_tables

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


def upgrade(database: Database | PostgreSQL) -> None:
    """Bring a database of an older zprof to the head, wholly or not at all, after a verified copy of a file."""
    if isinstance(database, PostgreSQL):
        with on_server(database) as connection:
            version, *_ = connection.execute(FORMAT).scalars("version")
            if version < FORMATS["store"]:
                database.say_upgrade(version)
                run(connection, "store", telling("store", version, database.caller), database.address.schema)
                add_floor(connection, database.caller)
        return
    with on_file(database) as connection:
        # Read again: another process may have been first while this one waited.
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version < FORMATS[database.kind]:
            check_contents(connection, database, version)
            back_up_before_upgrade(database, version)
            run(connection, database.kind, telling(database.kind, version, database.caller))
            add_floor(connection, database.caller)
            check_file(connection, database.kind)


def check_contents(connection: Connection, database: Database, version: int) -> None:
    """Refuse a file that holds what an upgrade can't copy, before anything is copied or changed.

    Raises:
        SchemaError: it does. A bad row is named, with what to type against it.
    """
    file = sqlite_connection(connection)
    check_tables(database.path, database.kind, check_parts(file, database.path), version)
    refuse_bad_rows(file, database.path, database.kind)
    found = file.execute("SELECT version_num FROM alembic_version").fetchall()
    if found not in [[(revision,)] for revision in revisions_since(database.kind, 0)]:
        raise no_revision(database.kind)


Tell: TypeAlias = Callable[..., None]
"""Called by Alembic after each revision, with arguments by name."""


def telling(kind: Kind, version: int, caller: Caller) -> Tell:
    """What tells how far the upgrade of a database is, revision by revision."""
    total = len(revisions_since(kind, version))
    done = count(1)
    return lambda **_: caller.progress(f"Upgrading the {kind}", next(done), total)


def run(connection: Connection, kind: Kind, tell: Tell, schema: str | None = None) -> None:
    """Bring a database to the head, within the transaction of the connection, and check what came out.

    Args:
        tell: called after each revision.
        schema: where a server has Alembic's own table.
    """
    run_revisions(connection, kind, schema=schema, tell=tell)
    made = connection.execute(FORMAT).one()
    if tuple(made)[:2] != (kind, FORMATS[kind]):
        raise ZprofError(f"The migrations of the {kind} produced format {made.version} instead of {FORMATS[kind]}.")


def add_floor(connection: Connection, caller: Caller) -> None:
    """Write down the upgrade in the log: undo goes back to it, and no further."""
    connection.execute(ADD_FLOOR, heading(caller))


def run_revisions(
    connection: Connection, kind: Kind, last: str = "head", schema: str | None = None, tell: Tell | None = None
) -> None:
    """Bring a database to a revision, within the transaction of the connection."""
    config = alembic_config(kind)
    config.attributes |= {"connection": connection, "schema": schema, "tell": tell}
    try:
        with _one_at_a_time:
            command.upgrade(config, last)
    except CommandError as error:
        raise no_revision(kind) from error


def no_revision(kind: Kind) -> DamagedFile:
    """The error of a database that is at no point of this program's history."""
    return DamagedFile(
        f"The {kind} names a revision that this version of zprof doesn't have.",
        f"Nothing was changed in it. Restore a copy with `zprof db restore FILE{option_of(kind)}`, or upgrade zprof.",
    )


def check_file(connection: Connection, kind: Kind) -> None:
    """Check what a SQLite file says of itself outside of its tables, and what it does not check by itself."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    application_id = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if (version, application_id) != (FORMATS[kind], APPLICATION_ID):
        raise ZprofError(f"The migrations of the {kind} produced format {version} instead of {FORMATS[kind]}.")
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        option = option_of(kind)
        raise DamagedFile(
            f"The upgrade was rolled back: it would leave {len(broken)} rows with broken references.",
            f"To list them, run `zprof db check{option}`. "
            f"Restore a copy with `zprof db restore FILE{option}`, or report this and attach the copy.",
        )


def migrate_file(path: str, kind: Kind, revision: str) -> None:
    """Bring a file, which may be empty, to a revision."""
    with on_file(Database(path, kind, has_turns=False)) as connection:
        run_revisions(connection, kind, revision)


def offline_statements(kind: Kind) -> list[str]:
    """What the migrations would run on an empty schema of PostgreSQL, statement by statement; no server is asked."""
    text = io.StringIO()
    config = alembic_config(kind)
    config.attributes["dialect"] = "postgresql"
    config.output_buffer = text
    with _one_at_a_time:
        command.upgrade(config, "head", sql=True)
    statements = [statement.strip() for statement in text.getvalue().split(";\n")]
    return [uncommented for statement in statements if (uncommented := without_comments(statement))]


def without_comments(statement: str) -> str:
    """A statement without Alembic's remarks."""
    return "\n".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
