"""A store copied into a new one, whatever the two databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zprof.caller import Caller
from zprof.errors import UPGRADE, AlreadyExists, NewerSchema
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.history.log import Log, as_json
from zprof.records import json_object, new_place
from zprof.sqlite import copying
from zprof.sqlite.database import Database
from zprof.transaction import Statement, Transaction

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase

TABLES = (
    (sql.ROWS_OF_COMPONENT, sql.COPY_COMPONENT),
    (sql.ROWS_OF_STACK, sql.COPY_STACK),
    (sql.ROWS_OF_STACK_COMPONENT, sql.COPY_STACK_COMPONENT),
    (sql.ROWS_OF_STORE_ASSOCIATION, sql.COPY_STORE_ASSOCIATION),
    (sql.ROWS_OF_FLAVOR, sql.COPY_FLAVOR),
    (sql.ROWS_OF_OPERATION, sql.COPY_OPERATION),
    (sql.ROWS_OF_CHANGE, sql.COPY_CHANGE),
)
"""What reads a page of a table's rows, and what writes one of them; a table comes after those that it refers to."""

JSON_COLUMNS = {"config", "config_schema", "before", "after"}
"""Those whose text is the database's own: PostgreSQL keeps the keys in an order of its own."""


def clone(source: StoreDatabase, target: StoreDatabase) -> None:
    """Copy a store as it is at one moment, with its log, also while others write to it.

    Raises:
        AlreadyExists: there is a store at the target.
        NewerSchema: a newer zprof made the source, which may have more than can be copied row by row.
    """
    if isinstance(source, Database) and isinstance(target, Database):
        copying.clone(source, target.path)
        return
    with source.read() as transaction:
        ((_, version, _, _),) = transaction.rows(sql.FORMAT())
        if version != FORMATS["store"]:
            raise NewerSchema(
                f"{source.place} was written by a newer zprof, so it can't be copied row by row.",
                UPGRADE,
            )
        if not target.create(lambda new: copy_with_floor(transaction, new, source.caller)):
            raise AlreadyExists("store", target.place, "Choose another --url.")


def copy_with_floor(source: Transaction, target: Transaction, caller: Caller) -> None:
    """Copy all rows, and note that undo goes no further back: what was done before was done in the source."""
    copy_rows(source, target, caller)
    Log(target, caller).finish_as_floor()


def copy_rows(source: Transaction, target: Transaction, caller: Caller) -> None:
    """Copy all rows, with their keys, into tables that have none; each component gets a place of its own."""
    ((total,),) = source.rows(sql.NUMBER_OF_ROWS())
    done = 0
    for read, write in TABLES:
        key, columns = parameters(read, "after_"), parameters(write, "of_")
        last: tuple[object, ...] = tuple("" if name == "component_type" else -1 for name in key)
        while rows := source.rows(read(**{f"after_{name}": value for name, value in zip(key, last, strict=True)})):
            for row in rows:
                values = {f"of_{name}": cloned(name, value) for name, value in zip(columns, row, strict=True)}
                target.run(write(**values))
            last = tuple(rows[-1][columns.index(name)] for name in key)
            target.ask()
            done += len(rows)
            caller.progress("Copying the store", done, total)
        if columns[0] == "id":
            target.continue_numbers(write.name.removeprefix("COPY_").lower())


def cloned(column: str, value: object) -> object:
    """What a clone has in a column."""
    if column == "place":
        return new_place()
    return as_json(json_object(value)) if column in JSON_COLUMNS and isinstance(value, str | bytes) else value


def parameters(statement: Statement, prefix: str) -> list[str]:
    """The names of a statement's parameters, in their order, without a prefix."""
    return list(dict.fromkeys(re.findall(rf":{prefix}(\w+)", statement.sqlite)))
