"""Making and upgrading databases, by running the migrations in one transaction."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from zprof import paths, sql
from zprof.errors import DamagedFile, ZprofError
from zprof.orm.session import migrating
from zprof.records import now
from zprof.sqlite import APPLICATION_ID, Database, Kind, connect, is_damaged, translated

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


def run(connection: Connection, kind: Kind) -> None:
    """Bring a database to the head, within the transaction of the connection, and check what came out."""
    config = alembic_config(kind)
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    application_id = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if (version, application_id) != (sql.FORMATS[kind], APPLICATION_ID):
        raise ZprofError(f"The migrations of the {kind} made format {version} instead of {sql.FORMATS[kind]}.")
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise DamagedFile(
            f"The upgrade would leave {len(broken)} rows without what they refer to, and was undone.",
            "Put back a copy, or report it with the copy.",
        )


def create(path: str, kind: Kind, fill: Callable[[Connection], None]) -> bool:
    """Make a database and its first rows, visible to others only when complete.

    It is made under another name and published with a hard link, which fails if another process was first; then the
    winner's stays, and the answer is False.

    Args:
        fill: inserts the first rows, in the transaction that creates the tables.
    """
    draft = f"{path}.{os.getpid()}.{threading.get_ident()}.new"
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        os.chmod(draft, 0o600)  # whatever the umask
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        with migrating(Database(draft, kind, has_queue=False)) as connection:
            run(connection, kind)
            fill(connection)
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise unwritable(path, error) from None
        sync_directory(os.path.dirname(path))
        return True
    finally:
        os.unlink(draft)
        if os.path.exists(f"{draft}-journal"):
            os.unlink(f"{draft}-journal")


def upgrade(database: Database) -> None:
    """Upgrade a database of an older zprof to the head, a verified copy made first: done wholly or not at all."""
    with migrating(database) as connection:
        # Read again: another process may have been first while this one waited.
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version < sql.FORMATS[database.kind]:
            back_up(database.path, database.kind, version)
            run(connection, database.kind)


def back_up(path: str, kind: Kind, version: int) -> str:
    """A copy of a database, made by SQLite so that it is whole, checked, and only this user's; its path.

    Raises:
        ZprofError: no good copy could be made.
    """
    directory = paths.backups_dir(config_dir_of(path))
    stamp = now().replace(":", "").replace("-", "")
    stem = f"{os.path.basename(path).removesuffix('.db')}.format-{version}.{stamp}.{os.getpid()}"
    copy = paths.free_backup(directory, stem)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        with closing(connect_to_copy(copy)) as target, closing(connect(path)) as source:
            source.backup(target)
            if target.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise DamagedFile(f"{path} is damaged, so it was not upgraded.", "Put back an older copy.")
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and is_damaged(error):
            raise translated(error, path, kind) from error
        raise ZprofError(
            f"{path} is of an older zprof, and no copy could be made before upgrading it ({error}).",
            f"Nothing was changed in it. Make room, or make {directory} writable.",
        ) from error
    return copy


def config_dir_of(database: str) -> str:
    """The config directory that a database lies in, which may be another than this user's own; else this user's."""
    above = os.path.dirname(database)
    for directory in (above, os.path.dirname(above)):
        if os.path.lexists(paths.registry_file(directory)):
            return directory
    return paths.config_dir()


def connect_to_copy(path: str) -> sqlite3.Connection:
    """A connection to the empty file that a copy goes into."""
    return sqlite3.connect(path, isolation_level=None)


def sync_directory(path: str) -> None:
    """Make a new name in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: str, error: OSError) -> ZprofError:
    """The error of a place where no file can be made."""
    return ZprofError(
        f"{path} can't be made: {error.strerror}.",
        f"Check that {os.path.dirname(path)} is there and that you may write to it.",
    )
