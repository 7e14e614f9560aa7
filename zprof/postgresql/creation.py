"""Making a store on a server from the generated schema: whole, its first rows in it, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg

from zprof.generated.schemas import POSTGRESQL
from zprof.postgresql import errors
from zprof.postgresql.transaction import DURABLE, PATH, PATIENCE, WRITE, Transaction, together
from zprof.postgresql.turns import milliseconds

if TYPE_CHECKING:
    from zprof.postgresql.database import PostgreSQL

TAKEN = (
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateTable,
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateObject,
)
"""What PostgreSQL says to one of two who make the same at once: it waits for the other first."""


def create(database: PostgreSQL, fill: Callable[[Transaction], None]) -> bool:
    """Make a store; False if another process was first. See `PostgreSQL.create`."""
    if database.is_there():
        return False
    schema = database.address.schema
    with database.connections.taken() as (connection, _):
        try:
            with together(connection):
                connection.execute(WRITE)
                connection.execute(PATH)
                connection.execute(PATIENCE.format(milliseconds=milliseconds(database.caller.lock_timeout)).encode())
                connection.execute(DURABLE)
                has_schema = connection.execute(
                    "SELECT count(*) FROM pg_namespace WHERE nspname = %(schema)s", {"schema": schema}
                )
            row = has_schema.fetchone()
            with together(connection):
                # IF NOT EXISTS would ask for the privilege to make schemas in any case.
                if row == (0,):
                    connection.execute(f'CREATE SCHEMA "{schema}"'.encode())
                for statement in POSTGRESQL:
                    connection.execute(statement.replace("{schema}", f'"{schema}"').encode())
            with Transaction(database, is_write=True, begun=connection) as transaction:
                fill(transaction)
                transaction.end(is_trial=False)
        except TAKEN:
            connection.execute("ROLLBACK")
            return False
        except psycopg.Error as error:
            if not errors.is_lost(error):
                connection.execute("ROLLBACK")
            raise errors.translated(error, database.address) from None
    return True
