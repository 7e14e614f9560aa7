"""Runs the revisions of either history.

The program passes a connection with its transaction begun: all revisions belong to that one transaction, so an upgrade
is done or not done. A developer's `alembic -n registry|store …` opens the database that `-x url=…` names, or else this
user's registry or the active profile's store, in the same way; with `--sql` it prints what it would run.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, MetaData

config = context.config
Kind = Literal["registry", "store"]


def developers_connection(kind: Kind) -> AbstractContextManager[Connection]:
    """A connection in a write transaction, with foreign keys off, as migrating asks for."""
    from zprof import paths
    from zprof.databases import registry_database, store_database
    from zprof.profiles.registry import Registry
    from zprof.schema.connections import on_file, on_server
    from zprof.sqlite.database import Database
    from zprof.url import normalised, sqlite_path

    url = context.get_x_argument(as_dictionary=True).get("url")
    if url is None:
        # The first run is not ours to do within Alembic, whose context is global.
        listing = [sys.executable, "-m", "zprof", "--quiet", "profile", "list"]
        subprocess.run(listing, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  our own words
    if kind == "registry":
        path = sqlite_path(normalised(url)) if url else paths.registry_file(paths.config_dir())
        database: Any = registry_database(path)
    else:
        database = store_database(normalised(url) if url else Registry(paths.config_dir()).active().url)
    return on_file(database) if isinstance(database, Database) else on_server(database, has_path=True)


def check_kind(connection: Connection, kind: Kind) -> None:
    """Refuse to run one history on a database of the other."""
    if connection.dialect.has_table(connection, "format"):
        found = connection.exec_driver_sql("SELECT kind FROM format").scalar()
        if found != kind:
            sys.exit(f"This is a {found}, and the history is that of a {kind}: use `alembic -n {found}`.")


def developers_metadata(kind: Kind) -> MetaData:
    """What `alembic check` compares the database with.

    Without a naming convention, which `op.create_table` would apply to names that the revisions give in full.
    """
    from zprof.schema.models.registry import RegistryBase
    from zprof.schema.models.store import StoreBase

    plain = MetaData()
    for table in (RegistryBase if kind == "registry" else StoreBase).metadata.tables.values():
        table.to_metadata(plain)
    return plain


def run(
    connection: Connection,
    target_metadata: MetaData | None,
    schema: str | None = None,
    tell: Callable[..., None] | None = None,
) -> None:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        version_table_schema=schema,
        render_as_batch=True,
        on_version_apply=tell,
    )
    with context.begin_transaction():
        context.run_migrations()


def print_statements(dialect: str) -> None:
    context.configure(dialect_name=dialect, literal_binds=True, render_as_batch=True, transactional_ddl=False)
    context.run_migrations()


def developers_dialect() -> str:
    """That of the database that `-x url=…` names; SQLite without one."""
    url = context.get_x_argument(as_dictionary=True).get("url", "")
    return "postgresql" if url.startswith("postgresql") else "sqlite"


given_connection = config.attributes.get("connection")
if given_connection is not None:
    run(given_connection, None, config.attributes.get("schema"), config.attributes.get("tell"))
elif context.is_offline_mode():
    print_statements(config.attributes.get("dialect") or developers_dialect())
else:
    kind: Kind = "registry" if config.config_ini_section == "registry" else "store"
    warnings.filterwarnings("ignore", message=".*expression-based index")
    with developers_connection(kind) as connection:
        check_kind(connection, kind)
        run(connection, developers_metadata(kind))
