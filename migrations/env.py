"""Runs the revisions of either history.

The program passes a connection with its transaction begun: all revisions belong to that one transaction, so an upgrade
is done or not done. A developer's `alembic -n registry|store …` opens the database that `-x url=…` names, or else this
user's registry or the active profile's store, in the same way.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from contextlib import AbstractContextManager
from typing import Literal

from alembic import context
from sqlalchemy import Connection, MetaData

config = context.config
Kind = Literal["registry", "store"]


def developers_connection(kind: Kind) -> AbstractContextManager[Connection]:
    """A connection in a write transaction, with foreign keys off, as migrating asks for."""
    from zprof import Registry, paths
    from zprof.schema.session import migrating
    from zprof.sqlite.database import Database
    from zprof.store.database import store_database
    from zprof.url import normalised, sqlite_path

    # The first run migrates too, and Alembic, whose context is global, can't do so within itself.
    subprocess.run([sys.executable, "-m", "zprof", "--quiet", "profile", "list"], check=True, stdout=subprocess.DEVNULL)
    registry = Registry(paths.config_dir())
    url = context.get_x_argument(as_dictionary=True).get("url")
    if kind == "registry":
        return migrating(Database(sqlite_path(normalised(url)) if url else registry.path, kind))
    store = store_database(normalised(url) if url else registry.active().url)
    return migrating(store) if isinstance(store, Database) else store.migrating()


def developers_metadata(kind: Kind) -> MetaData:
    """What `alembic check` compares the database with."""
    from zprof.schema.models.registry import RegistryBase
    from zprof.schema.models.store import StoreBase

    return RegistryBase.metadata if kind == "registry" else StoreBase.metadata


def run(connection: Connection, target_metadata: MetaData | None) -> None:
    context.configure(connection=connection, target_metadata=target_metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given_connection = config.attributes.get("connection")
if given_connection is not None:
    run(given_connection, None)
else:
    kind: Kind = "registry" if config.config_ini_section == "registry" else "store"
    warnings.filterwarnings("ignore", message=".*expression-based index")
    with developers_connection(kind) as connection:
        run(connection, developers_metadata(kind))
