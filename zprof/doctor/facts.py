"""What a database says of itself, and what is wrong with it, wherever it is. Nothing is changed in it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from zprof.component_types import BY_NAME
from zprof.errors import SchemaError
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.sqlite.database import Database
from zprof.sqlite.database import Transaction as FileTransaction
from zprof.sqlite.faults import Fault, faults

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase


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
            copy = ", after a copy" if self.size is not None else "; make a copy first with `zprof db backup`"
            return f"to format {self.newest_format}{copy}"
        if self.min_writer > self.newest_format:
            return "none: a newer zprof wrote it, and this one can only read it"
        return "none"


def facts(database: StoreDatabase) -> Facts:
    """What a database says of itself.

    Args:
        database: one that keeps its format.

    Raises:
        Busy, SchemaError: it can't be read.
    """
    with database.read() as transaction:
        kind, version, min_reader, min_writer = transaction.rows(sql.FORMAT())[0]
        if isinstance(transaction, FileTransaction):
            ((journal_mode,),) = transaction.answers("PRAGMA journal_mode")
    stated = Facts(version, FORMATS[kind], min_reader, min_writer, None, None)
    if isinstance(database, Database):
        return stated._replace(size=os.stat(database.path).st_size, journal_mode=journal_mode)
    return stated


def curing(fault: Fault, words: tuple[str, ...], options: tuple[str, ...]) -> str:
    """What to type against a fault alone, after a copy where that takes something away; nothing where none is known.

    Args:
        words: what names the database on the command line.
        options: what the commands of `zprof db` need besides.
    """
    copying = shlex.join(("zprof", *words, "db", "backup", *options))
    return f"{copying} && {fault.cure}" if fault.takes_away else fault.cure


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
        database.ask(*(sql.COMPONENTS(type=of_type) for of_type in BY_NAME), sql.ALL_FLAVORS(), sql.STACKS())
    except SchemaError as error:
        return [Fault(error.code, error.message)]
    return []
