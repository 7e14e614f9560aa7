"""A store copied into a new one, whatever the two databases."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from zprof.errors import AlreadyExists, NewerSchema
from zprof.generated import statements as sql
from zprof.schema import statements
from zprof.schema.models.store import StoreBase, StoreFormat
from zprof.schema.session import begun
from zprof.sqlite import copying
from zprof.sqlite.database import Database

if TYPE_CHECKING:
    from zprof.store.database import StoreDatabase

BATCH = 1000
"""Rows that are held in memory at a time."""


def clone(source: StoreDatabase, target: StoreDatabase) -> None:
    """Copy a store as it is at one moment, with its log, also while others write to it.

    Raises:
        AlreadyExists: there is a store at the target.
        NewerSchema: a newer zprof made the source, which may have more than can be copied row by row.
    """
    if isinstance(source, Database) and isinstance(target, Database):
        copying.clone(source, target.path)
        return
    with snapshot(source) as connection:
        version = connection.execute(statements.FORMAT).one().version
        if version != sql.FORMATS["store"]:
            raise NewerSchema(
                f"{source.place} was written by a newer zprof, so it can't be copied row by row.",
                "Upgrade: pip install --upgrade zprof",
            )
        if not target.create(lambda new: copy_rows(connection, new)):
            raise AlreadyExists("store", target.place, "Choose another --url.")


def snapshot(database: StoreDatabase) -> AbstractContextManager[Connection]:
    """A connection with a snapshot of a store that is of this program's format."""
    if isinstance(database, Database):
        return begun(database, is_write=False)
    with database.read():
        pass
    return database.snapshot()


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy all rows, with their keys, into tables that have none."""
    for table in StoreBase.metadata.sorted_tables:
        if table is StoreFormat.__table__:
            continue  # the migrations have filled it
        rows = source.execute(select(table), execution_options={"yield_per": BATCH}).mappings()
        for batch in rows.partitions():
            target.execute(insert(table), [dict(row) for row in batch])
        if target.dialect.name == "postgresql":
            continue_numbers(target, table)


def continue_numbers(connection: Connection, table: Table) -> None:
    """Let the next key follow the highest that was copied: PostgreSQL counts apart from the rows."""
    key = table.autoincrement_column
    if key is not None and isinstance(key.type, Integer):
        highest = connection.scalar(select(func.max(key)))
        if highest is not None:
            sequence = text("SELECT setval(pg_get_serial_sequence(:table, :key), :highest)")
            connection.execute(sequence, {"table": f'"{table.name}"', "key": key.name, "highest": highest})
