"""What is wrong with a database file that can be opened. Nothing is changed in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from zprof.compatibility import Kind
from zprof.errors import DamagedFile
from zprof.generated.conditions import CONDITIONS
from zprof.generated.formats import FORMATS
from zprof.sqlite.rows import BadRow, is_json_object, row_error
from zprof.sqlite.tables import SCHEMA, fingerprints, quoted

if TYPE_CHECKING:
    from zprof.sqlite.database import Database, Transaction

MOST = 20
"""Sentences on one kind of fault: a database may be damaged everywhere."""

JSON_COLUMNS = {
    "registry": (),
    "store": (("component", "config"), ("flavor", "config_schema"), ("change", "before"), ("change", "after")),
}


class Fault(NamedTuple):
    """Something that is wrong with a database."""

    code: str
    sentence: str
    cure: str = ""
    """What to type against it alone, where that is known."""
    is_usable: bool = False
    """Whether this program can use the database all the same, so that a copy of it can be kept and put back."""
    takes_away: bool = False
    """Whether what is typed against it takes away what somebody may want, and only a copy would keep."""


def faults(transaction: Transaction, kind: Kind, *, is_quick: bool = False) -> list[Fault]:
    """What is wrong with a database that can be opened.

    Args:
        is_quick: leave out what reads all of the data: whether indexes agree with tables, whether all text can be read,
            and JSON in the log.
    """
    of_rows = list(row_faults(transaction, is_quick))
    try:
        of_pages = list(page_faults(transaction, is_quick))
    except DamagedFile:  # a value that is too long for the check of its column
        of_rows, of_pages = of_rows or list(row_faults(transaction, is_quick=False)), []
        if not of_rows:
            raise
    return [
        *of_rows,
        *of_pages,
        *reference_faults(transaction),
        *schema_faults(transaction, kind),
        # Rows that can't be read would end the look at the others.
        *([] if of_rows else json_faults(transaction, kind, is_quick=is_quick)),
    ]


def row_faults(transaction: Transaction, is_quick: bool) -> Iterator[Fault]:
    """Rows that zprof would not write."""
    for row in islice(transaction.bad_rows(is_thorough=not is_quick), MOST):
        yield Fault("row", row.sentence, transaction.repair(row), is_usable=True)


def page_faults(transaction: Transaction, is_quick: bool) -> Iterator[Fault]:
    """What SQLite finds in the file itself."""
    check = "quick_check" if is_quick else "integrity_check"
    for (found,) in transaction.answers(f"PRAGMA {check}({MOST})"):
        if found != "ok":
            yield Fault("integrity", f"SQLite reports: {found}.")


def reference_faults(transaction: Transaction) -> Iterator[Fault]:
    """Rows that refer to others that are not there."""
    for table, row, referred, _ in transaction.answers("PRAGMA foreign_key_check")[:MOST]:
        removal = f"DELETE FROM {quoted(table)} WHERE rowid = {row}"  # noqa: S608  SQLite's own words
        yield Fault(
            "foreign_keys",
            f"Row {row} of {table} refers to a row of {referred} that does not exist.",
            typed(transaction.path, removal),
        )


def schema_faults(transaction: Transaction, kind: Kind) -> Iterator[Fault]:
    """How the tables, indexes and views differ from those that the migrations make, and what else there is.

    A format that this program doesn't know may have others; triggers and virtual tables, none of ours has.
    """
    from zprof.generated.fingerprints import SCHEMAS  # 15 KB that few commands need

    ((version,),) = transaction.answers("PRAGMA user_version")
    ((revision,),) = transaction.answers("SELECT max(version_num) FROM alembic_version")
    number = re.match(r"[0-9]{4}(?=_|$)", str(revision))
    if number is None or int(number[0]) != version:
        yield Fault("schema", f"Its format is {version}, but its revision is {revision!r}.", is_usable=True)
    found = transaction.answers(SCHEMA)
    for type_, name, text in found:
        if type_ == "trigger" or is_virtual(text):
            yield Fault("schema", f"It has the {'virtual table' if type_ == 'table' else type_} {name}.")
    if (kind, version) in SCHEMAS:
        for thing, fault in schema_differences(fingerprints(found), SCHEMAS[kind, version]):
            yield with_cure(transaction, kind, thing, fault) if version == FORMATS[kind] else fault


def schema_differences(found: dict[str, int], made: dict[str, int]) -> Iterator[tuple[str, Fault]]:
    """How one schema differs from another, by the thing that does. Tables alone are what a program can't do without."""
    for thing in sorted(made.keys() | found.keys()):
        is_table = thing.startswith("table ")
        if thing not in found:
            yield thing, Fault("schema", f"The {thing} is missing.", is_usable=not is_table)
        elif thing not in made:
            if not thing.startswith("trigger "):
                yield thing, Fault("schema", f"The {thing} does not belong to zprof.", is_usable=True)
        elif found[thing] != made[thing]:
            yield (
                thing,
                Fault("schema", f"The {thing} differs from the one that zprof creates.", is_usable=not is_table),
            )


def with_cure(transaction: Transaction, kind: Kind, thing: str, fault: Fault) -> Fault:
    """A fault of the newest format's schema with what to type against it: a restore would throw work away.

    A table of ours that was altered is usable where it has all columns that the statements name.
    """
    from zprof.generated.schemas import SQLITE  # for files at fault alone

    type_, _, name = thing.partition(" ")
    if type_ == "table" and name in CONDITIONS[kind]:
        return fault._replace(is_usable=CONDITIONS[kind][name].keys() <= columns_of(transaction, name))
    drop = f"DROP {type_.upper()} IF EXISTS {quoted(name)}"
    made = next((text for text in SQLITE[kind] if re.match(rf"CREATE (UNIQUE )?(INDEX|VIEW) {name}\b", text)), None)
    if made is None:
        return fault._replace(cure=typed(transaction.path, drop), takes_away=type_ == "table")
    again = " ".join(made.split())  # in one line, which can be copied
    return fault._replace(cure=typed(transaction.path, f"BEGIN; {drop}; {again}; COMMIT"))


def columns_of(transaction: Transaction, table: str) -> set[str]:
    """The names of a table's columns."""
    return {name for (name,) in transaction.answers(f"SELECT name FROM pragma_table_info({literal(table)})")}  # noqa: S608


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def typed(path: str, *statements: str) -> str:
    """A line that has SQLite's own program run statements on a file."""
    return shlex.join(("sqlite3", path, *statements))


def is_virtual(text: str | None) -> bool:
    """Whether a table's rows come from a program rather than from the file."""
    return text is not None and text.upper().startswith("CREATE VIRTUAL")


def json_faults(transaction: Transaction, kind: Kind, *, is_quick: bool = False) -> Iterator[Fault]:
    """Columns that should hold JSON objects and don't; without those of the log where that takes too long."""
    for table, column in JSON_COLUMNS[kind]:
        if is_quick and table == "change":
            continue
        rows = transaction.answers(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
        broken = [row for row, text in rows if not is_json_object(text)]
        for row in broken[:MOST]:
            cure = transaction.repair(BadRow(table, row, {column: "no JSON object"}))
            sentence = f"The {column} of row {row} of {table} is not a JSON object."
            yield Fault("json", sentence, cure, is_usable=True)


def json_errors(database: Database) -> list[DamagedFile]:
    """An error for each row whose JSON is none, but for those of the log."""
    with database.read() as transaction:
        found = list(json_faults(transaction, database.kind, is_quick=True))
    return [row_error(database.path, fault.sentence, fault.cure, does_fix=False) for fault in found]
