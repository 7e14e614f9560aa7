"""Making a database from the generated schema: whole and its first rows in it, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from zprof.compatibility import Kind
from zprof.generated.schemas import SQLITE
from zprof.sqlite.connection import SETTINGS, connect
from zprof.sqlite.copying import published
from zprof.sqlite.database import Database, Transaction
from zprof.sqlite.errors import translating


def create(path: str, kind: Kind, fill: Callable[[Transaction], None]) -> bool:
    """Make a database and its first rows, visible to others only when complete; False if another process was first.

    Args:
        fill: adds the first rows, in the transaction that makes the tables.
    """

    def make(draft: str) -> None:
        with translating(path, kind), closing(connect(draft)) as connection:
            for setting in SETTINGS:
                connection.execute(setting)
            connection.execute("BEGIN IMMEDIATE")
            for statement in SQLITE[kind]:  # one by one: executescript would commit before the first
                connection.execute(statement)
            with Transaction(Database(draft, kind, has_turns=False), is_write=True, begun=connection) as transaction:
                fill(transaction)
                transaction.end(is_trial=False)

    return published(path, make)
