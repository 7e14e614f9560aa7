"""SQLAlchemy's connections to databases of ours, for migrating: opened, begun and ended in the way of the drivers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from zprof.errors import ZprofError
from zprof.postgresql.database import PostgreSQL
from zprof.refusals import not_text
from zprof.schema.qualifying import qualified
from zprof.signals import committing
from zprof.sqlite.connection import connect, patiently
from zprof.sqlite.database import Database
from zprof.sqlite.errors import raise_if_interrupted, translated
from zprof.waiting import Deadline


@contextmanager
def on_file(database: Database) -> Iterator[Connection]:
    """A connection in a write transaction with foreign keys off, whatever format the file has.

    With them on, a batch that rebuilds a parent table would delete its children.
    """
    with (
        _translating(database),
        database.turn(is_write=True) as deadline,
        _engine_on(database.path, deadline).begin() as connection,
    ):
        yield connection


def _engine_on(path: str, deadline: Deadline) -> Engine:
    """An engine whose connections and transactions are made by us.

    A pool would keep a connection whose COMMIT failed, with the lock that it holds.
    """

    def opened() -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA foreign_keys = OFF")
        return connection

    engine = create_engine("sqlite://", creator=opened, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        patiently(sqlite_connection(connection), deadline, "BEGIN IMMEDIATE")

    @event.listens_for(engine, "commit")
    def _(connection: Connection) -> None:
        # Before the driver does it, which would wait for readers deaf and dumb, and then finds nothing left to do.
        if sqlite_connection(connection).in_transaction:
            with committing():
                patiently(sqlite_connection(connection), deadline, "COMMIT")

    return engine


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection to a file."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found


@contextmanager
def _translating(database: Database) -> Iterator[None]:
    """Driver errors that come wrapped in SQLAlchemy's, as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise_if_interrupted(error)
        raise translated(error, database.path, database.kind) from error
    except UnicodeEncodeError:
        raise not_text() from None
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise_if_interrupted(error.orig)
            raise translated(error.orig, database.path, database.kind) from error
        raise ZprofError(str(error.orig)) from error


@contextmanager
def on_server(database: PostgreSQL, *, has_path: bool = False) -> Iterator[Connection]:
    """A connection in a write transaction that has the store's turn, whatever its format.

    Revisions name tables without a schema; here they get it, since a path to it would lead to strangers' operators.

    Args:
        has_path: whether there is such a path all the same, for a developer's look at the schema as a whole.
    """
    schema = f'"{database.address.schema}"'
    with database.migrating() as driver_connection, translating_wrapped():
        if has_path:
            driver_connection.execute(f"SET LOCAL search_path = {schema}".encode())
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: _Kept(driver_connection),
            poolclass=NullPool,
            use_native_hstore=False,
        )

        @event.listens_for(engine, "before_cursor_execute", retval=True)
        def _(_: Connection, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
            return qualified(statement, schema), parameters

        with engine.connect() as connection:
            yield connection
            connection.commit()


class _Kept:
    """A driver's connection whose transaction is another's to end."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def commit(self) -> None:
        """The transaction ends where it was begun."""

    rollback = close = commit


@contextmanager
def translating_wrapped() -> Iterator[None]:
    """A driver's error, out of SQLAlchemy's."""
    try:
        yield
    except DBAPIError as error:
        raise (error.orig or error) from None
