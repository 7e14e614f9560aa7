"""What is wrong with a database file that can be opened. Nothing is changed in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from zprof.compatibility import Kind
from zprof.sqlite.database import Transaction
from zprof.sqlite.rows import BadRow, is_json_object
from zprof.sqlite.tables import SCHEMA, fingerprints

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


def faults(transaction: Transaction, kind: Kind, *, is_quick: bool = False) -> list[Fault]:
    """What is wrong with a database that can be opened.

    Args:
        is_quick: leave out what reads all of the data: whether indexes agree with tables, whether all text can be read,
            and JSON.
    """
    of_rows = list(row_faults(transaction, is_quick))
    return [
        *of_rows,
        *page_faults(transaction, is_quick),
        *reference_faults(transaction),
        *schema_faults(transaction, kind),
        # Rows that can't be read would end the look at the others.
        *([] if is_quick or of_rows else json_faults(transaction, kind)),
    ]


def row_faults(transaction: Transaction, is_quick: bool) -> Iterator[Fault]:
    """Rows that zprof would not write."""
    for row in islice(transaction.bad_rows(is_thorough=not is_quick), MOST):
        yield Fault("row", row.sentence, transaction.repair(row))


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
    number = re.match(r"[0-9]{4}(?=_|$)", str(revision))
    if number is None or int(number[0]) != version:
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


def is_virtual(text: str | None) -> bool:
    """Whether a table's rows come from a program rather than from the file."""
    return text is not None and text.upper().startswith("CREATE VIRTUAL")


def json_faults(transaction: Transaction, kind: Kind) -> Iterator[Fault]:
    """Columns that should hold JSON objects and don't."""
    for table, column in JSON_COLUMNS[kind]:
        rows = transaction.answers(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
        broken = [row for row, text in rows if not is_json_object(text)]
        for row in broken[:MOST]:
            cure = transaction.repair(BadRow(table, row, {column: "no JSON object"}))
            yield Fault("json", f"The {column} of row {row} of {table} is not a JSON object.", cure)
