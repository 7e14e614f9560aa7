"""SQLAlchemy on a database of ours. On a file, the connection, its settings and its BEGIN are `zprof.sqlite`'s."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from zprof.errors import ZprofError
from zprof.records import json_object
from zprof.sqlite.database import Database, connect, patiently
from zprof.sqlite.errors import not_text, translated
from zprof.waiting import Deadline

if TYPE_CHECKING:
    from zprof.store.database import StoreDatabase


def engine_on(
    connect: Callable[[], sqlite3.Connection], begin: Callable[[sqlite3.Connection], object], deadline: Deadline
) -> Engine:
    """An engine whose connections and transactions are made by us.

    A pool would keep a connection whose COMMIT failed, with the lock that it holds.
    """
    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=NullPool,
        hide_parameters=True,
        json_serializer=as_json,
        json_deserializer=json_object,
    )

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        driver_connection = connection.connection.dbapi_connection
        assert isinstance(driver_connection, sqlite3.Connection)
        begin(driver_connection)

    @event.listens_for(engine, "commit")
    def _(connection: Connection) -> None:
        # Before the driver does it, which would wait for readers deaf and dumb, and then finds nothing left to do.
        driver_connection = connection.connection.dbapi_connection
        assert isinstance(driver_connection, sqlite3.Connection)
        if driver_connection.in_transaction:
            patiently(driver_connection, deadline, "COMMIT")

    return engine


def as_json(value: Any) -> str:
    """JSON as the store has it: sorted keys, readable in any language."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


@contextmanager
def changing(database: StoreDatabase, *, is_trial: bool = False) -> Iterator[Session]:
    """A Session in one write transaction: committed when the block is left without an error, else rolled back.

    Args:
        is_trial: whether to roll it back in any case, after all has been tried on the database.
    """
    connected = begun(database, is_write=True) if isinstance(database, Database) else database.writing()
    with connected as connection, Session(connection) as session, session.begin() as transaction:
        yield session
        if is_trial:
            session.flush()
            transaction.rollback()


@contextmanager
def begun(database: Database, *, is_write: bool) -> Iterator[Connection]:
    """A connection in a transaction on a file, which is upgraded first should an older zprof have made it."""
    with database.read():
        pass
    with translating(database), database.queued(is_write=is_write) as deadline:
        engine = engine_on(
            lambda: database.opened(deadline),
            lambda connection: database.begin(connection, deadline, is_write=is_write),
            deadline,
        )
        with engine.begin() as connection:
            yield connection


@contextmanager
def migrating(database: Database) -> Iterator[Connection]:
    """A connection in a write transaction with foreign keys off, whatever format the file has.

    With them on, a batch that rebuilds a parent table would delete its children.
    """
    with translating(database), database.queued(is_write=True) as deadline:

        def connect_unchecked() -> sqlite3.Connection:
            connection = connect(database.path)
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA foreign_keys = OFF")
            return connection

        engine = engine_on(
            connect_unchecked, lambda connection: patiently(connection, deadline, "BEGIN IMMEDIATE"), deadline
        )
        with engine.begin() as connection:
            yield connection


@contextmanager
def translating(database: Database) -> Iterator[None]:
    """Driver errors that come wrapped in SQLAlchemy's, as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, database.path, database.kind) from error
    except UnicodeEncodeError:
        raise not_text() from None
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise translated(error.orig, database.path, database.kind) from error
        raise ZprofError(str(error.orig)) from error
