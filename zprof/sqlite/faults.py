"""What a database says of itself, and what is wrong with it. Nothing is changed in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from zprof.compatibility import Kind
from zprof.component_types import BY_NAME
from zprof.errors import DamagedFile, SchemaError
from zprof.generated import statements as sql
from zprof.records import json_object
from zprof.sqlite.database import Database, Transaction

if TYPE_CHECKING:
    from zprof.store.database import StoreDatabase

MOST = 20
"""Sentences on one kind of fault: a database may be damaged everywhere."""

JSON_COLUMNS = {
    "registry": (),
    "store": (("component", "config"), ("flavor", "config_schema"), ("change", "before"), ("change", "after")),
}
SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY type, name"


class Facts(NamedTuple):
    """What a database says of itself."""

    format: int
    newest_format: int
    """That this program knows."""
    min_reader: int
    min_writer: int
    size: int | None
    """In bytes; of a file."""
    journal_mode: str | None
    """Of a file."""

    @property
    def upgrade(self) -> str:
        """What an upgrade would do, as a sentence."""
        if self.format < self.newest_format:
            copy = ", after a copy" if self.size is not None else "; make a copy before with `zprof db backup`"
            return f"to format {self.newest_format}{copy}"
        if self.min_writer > self.newest_format:
            return "none: a newer zprof made it, and this one can read it alone"
        return "none"


class Fault(NamedTuple):
    """Something that is wrong with a database."""

    code: str
    sentence: str


def facts(database: StoreDatabase) -> Facts:
    """What a database says of itself.

    Args:
        database: one that keeps its format.

    Raises:
        Busy, SchemaError: it can't be read.
    """
    with database.read() as transaction:
        kind, version, min_reader, min_writer = transaction.rows(sql.FORMAT)[0]
        if isinstance(transaction, Transaction):
            ((journal_mode,),) = transaction.answers("PRAGMA journal_mode")
    stated = Facts(version, sql.FORMATS[kind], min_reader, min_writer, None, None)
    if isinstance(database, Database):
        return stated._replace(size=os.stat(database.path).st_size, journal_mode=journal_mode)
    return stated


def faults(transaction: Transaction, kind: Kind, *, is_quick: bool = False) -> list[Fault]:
    """What is wrong with a database that can be opened.

    Args:
        is_quick: leave out what reads all of the data: whether indexes agree with tables, and JSON.
    """
    return [
        *page_faults(transaction, is_quick),
        *reference_faults(transaction),
        *schema_faults(transaction, kind),
        *([] if is_quick else json_faults(transaction, kind)),
    ]


def faults_of(database: StoreDatabase) -> list[Fault]:
    """What is wrong with a database, also when it can't be opened.

    A server checks its pages, references and types itself: what is left is whether all can be read.

    Args:
        database: one that keeps its format.
    """
    try:
        if isinstance(database, Database):
            with database.read() as transaction:
                return faults(transaction, database.kind)
        told = facts(database)
        if told.format < told.newest_format:
            return [Fault("older_format", f"It has format {told.format}: check it after `zprof db upgrade`.")]
        with database.read() as transaction:
            for of_type in BY_NAME:
                transaction.rows(sql.COMPONENTS, type=of_type)
                transaction.rows(sql.FLAVORS, type=of_type)
            transaction.rows(sql.STACKS)
    except SchemaError as error:
        return [Fault(error.code, error.message)]
    return []


def page_faults(transaction: Transaction, is_quick: bool) -> Iterator[Fault]:
    """What SQLite finds in the file itself."""
    check = "quick_check" if is_quick else "integrity_check"
    for (found,) in transaction.answers(f"PRAGMA {check}({MOST})"):
        if found != "ok":
            yield Fault("integrity", f"SQLite finds: {found}.")


def reference_faults(transaction: Transaction) -> Iterator[Fault]:
    """Rows that refer to others that are not there."""
    for table, row, referred, _ in transaction.answers("PRAGMA foreign_key_check")[:MOST]:
        yield Fault("foreign_keys", f"Row {row} of {table} refers to a row of {referred} that is not there.")


def schema_faults(transaction: Transaction, kind: Kind) -> Iterator[Fault]:
    """How the tables, indexes and views differ from those that the migrations make, and what else there is.

    A format that this program doesn't know may have others; triggers and virtual tables, none of ours has.
    """
    from zprof.generated.fingerprints import SCHEMAS  # 15 KB that few commands need

    ((version,),) = transaction.answers("PRAGMA user_version")
    ((revision,),) = transaction.answers("SELECT max(version_num) FROM alembic_version")
    if int(str(revision).partition("_")[0] if str(revision)[:4].isdigit() else 0) != version:
        yield Fault("schema", f"Its format is {version}, and its revision {revision!r}.")
    found = transaction.answers(SCHEMA)
    for type_, name, text in found:
        if type_ == "trigger" or is_virtual(text):
            yield Fault("schema", f"It has the {'virtual table' if type_ == 'table' else type_} {name}.")
    if (kind, version) in SCHEMAS:
        yield from schema_differences(fingerprints(found), SCHEMAS[kind, version])


def schema_differences(found: dict[str, int], made: dict[str, int]) -> Iterator[Fault]:
    """How one schema differs from another."""
    for thing in sorted(made.keys() | found.keys()):
        if thing not in found:
            yield Fault("schema", f"The {thing} is missing.")
        elif thing not in made:
            if not thing.startswith("trigger "):
                yield Fault("schema", f"The {thing} is not one of zprof's.")
        elif found[thing] != made[thing]:
            yield Fault("schema", f"The {thing} is not as zprof makes it.")


def fingerprints(schema: Iterable[tuple[str, str, str | None]]) -> dict[str, int]:
    """A number for each thing in a schema, which tells its text from others: quotes and blanks do not count.

    SQLite puts them differently once a table was altered.
    """
    return {f"{type_} {name}": crc32(re.sub(r'[\s"]+', "", text or "").encode()) for type_, name, text in schema}


def is_virtual(text: str | None) -> bool:
    """Whether a table's rows come from a program rather than from the file."""
    return text is not None and text.upper().startswith("CREATE VIRTUAL")


def json_faults(transaction: Transaction, kind: Kind) -> Iterator[Fault]:
    """Columns that should hold JSON objects and don't."""
    for table, column in JSON_COLUMNS[kind]:
        rows = transaction.answers(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
        broken = [row for row, text in rows if not is_json_object(text)]
        for row in broken[:MOST]:
            yield Fault("json", f"The {column} of row {row} of {table} is not a JSON object.")


def is_json_object(text: object) -> bool:
    """Whether a text is a JSON object, as reads understand it."""
    try:
        json_object(text)  # type: ignore[arg-type]
    except DamagedFile:
        return False
    return True
