"""Rows that zprof would not write: where they are, and what to type to fix or remove one.

SQLite takes any value in any column of an older format, and whoever writes a file can switch its checks off.
What is typed must work on every format, with any SQLite, and break none of the file's own checks.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

from zprof.compatibility import Kind
from zprof.errors import DamagedFile
from zprof.generated.conditions import CONDITIONS
from zprof.records import json_object
from zprof.sqlite.errors import NOT_UTF_8, cure, why_unreadable
from zprof.sqlite.tables import is_as_made, quoted

UNIQUE = {
    "component": ("type", "name"),
    "stack": ("name",),
    "stack_component": ("stack_id", "component_type"),
    "flavor": ("component_type", "name"),
    "profile": ("name",),
}
"""What no two rows of a table share, besides their keys."""
REPLACEMENTS = {
    "revision": "1",
    "is_active": "0",
    "is_protected": "1",
    "active_stack": "NULL",
    "source": "NULL",
    "created_at": "'1970-01-01T00:00:00Z'",
    "updated_at": "'1970-01-01T00:00:00Z'",
    "at": "'1970-01-01T00:00:00Z'",
    "who": "''",
    "command": "''",
    "place": "lower(hex(randomblob(16)))",
}
"""What may stand in a column whose value can't be kept, as SQL."""
USERS = {
    "component": (
        "DELETE FROM stack_component WHERE component_id = {row}",
        "DELETE FROM store_association WHERE {row} IN (artifact_store_id, metadata_store_id)",
    ),
    "stack": ("DELETE FROM stack_component WHERE stack_id = {row}",),
}
"""What goes with a row that is removed, since it refers to it."""


class BadRow(NamedTuple):
    """A row with values that zprof would not write."""

    table: str
    number: int
    """Its rowid, which is its `id` where it has one."""
    columns: dict[str, str]
    """What each such value is, by its column: `blob`, `null`, `too long`."""

    @property
    def sentence(self) -> str:
        """What is wrong with it. The values are left out: they may be secrets."""
        named = ", ".join(f"{column} ({what})" for column, what in self.columns.items())
        return f"Row {self.number} of {self.table} has invalid values: {named}."


def bad_rows(connection: sqlite3.Connection, kind: Kind, *, is_thorough: bool = False) -> Iterator[BadRow]:
    """All rows that break a condition of their columns, as far as the file's format has these.

    Args:
        is_thorough: whether each value is read, too, which finds text that is not UTF-8, and values beyond the limit.
    """
    for table in CONDITIONS[kind]:
        conditions = conditions_of(connection, kind, table)
        if conditions:
            yield from bad_rows_of(connection, table, conditions, is_thorough)


def rows_in_the_way(connection: sqlite3.Connection, kind: Kind) -> Iterator[BadRow]:
    """The rows that an upgrade can't copy: all bad ones but those whose text is not UTF-8, which is copied as it is."""
    for row in bad_rows(connection, kind, is_thorough=True):
        if set(row.columns.values()) != {NOT_UTF_8}:
            yield row


def bad_rows_of(
    connection: sqlite3.Connection, table: str, conditions: dict[str, str], is_thorough: bool
) -> Iterator[BadRow]:
    """The rows of one table that break a condition, and those that can't be read."""
    seen: set[int] = set()
    is_cut_short = False
    try:
        for row in breaking_rows(connection, table, conditions):
            seen.add(row.number)
            yield row
    except sqlite3.DataError:  # a condition meets a value that is too long
        is_cut_short = True
    if is_cut_short or (is_thorough and not is_readable(connection, table, conditions)):
        for row in unreadable_rows(connection, table, list(conditions)):
            if row.number not in seen:
                seen.add(row.number)
                yield row
    if is_cut_short:
        yield from breaking_rows(connection, table, conditions, besides=seen)


def breaking_rows(
    connection: sqlite3.Connection, table: str, conditions: dict[str, str], besides: Collection[int] = ()
) -> Iterator[BadRow]:
    """The rows of one table that break a condition.

    Args:
        besides: the numbers of those whose values are not to be looked at.
    """
    verdicts = ", ".join(
        f"iif({condition}, NULL, {why(column, condition)})" for column, condition in conditions.items()
    )
    all_hold = " AND ".join(conditions.values())
    others = f"rowid NOT IN ({', '.join(map(str, besides))})"
    query = f"SELECT rowid, {verdicts} FROM {quoted(table)} WHERE {others} AND NOT ({all_hold})"  # noqa: S608
    for number, *found in connection.execute(query):
        yield BadRow(table, number, {name: reason for name, reason in zip(conditions, found, strict=True) if reason})


def conditions_of(connection: sqlite3.Connection, kind: Kind, table: str) -> dict[str, str]:
    """What must hold of a table's columns, by those that it has."""
    there = {name.lower() for (name,) in connection.execute("SELECT name FROM pragma_table_info(?, 'main')", (table,))}
    return {column: condition for column, condition in CONDITIONS[kind][table].items() if column in there}


def why(column: str, condition: str) -> str:
    """SQL that says what a value is that breaks its column's conditions."""
    wanted = "integer" if "'integer'" in condition else "text"
    return f"iif(typeof({column}) = '{wanted}', 'unknown', typeof({column}))"


def is_readable(connection: sqlite3.Connection, table: str, columns: dict[str, str]) -> bool:
    """Whether each value of a table can be read."""
    try:
        for _ in connection.execute(f"SELECT {', '.join(columns)} FROM {quoted(table)}"):  # noqa: S608  our own words
            pass
    except (sqlite3.OperationalError, sqlite3.DataError) as error:
        if why_unreadable(error) is None:
            raise
        return False
    return True


def unreadable_rows(connection: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[BadRow]:
    """The rows of a table that can't be read, looked at one by one."""
    for (number,) in connection.execute(f"SELECT rowid FROM {quoted(table)}"):  # noqa: S608  our own words
        found = {}
        for column in columns:
            query = f"SELECT {column} FROM {quoted(table)} WHERE rowid = ?"  # noqa: S608  our own words
            try:
                connection.execute(query, (number,)).fetchone()
            except (sqlite3.OperationalError, sqlite3.DataError) as error:
                why = why_unreadable(error)
                if why is None:
                    raise
                found[column] = why
        if found:
            yield BadRow(table, number, found)


def refuse_bad_rows(connection: sqlite3.Connection, path: str, kind: Kind, statement: str = "") -> None:
    """Raise an error that names a bad row and tells what to type, if there is one.

    Args:
        statement: the one that met it, whose tables are looked at first; without one, rows are looked for that an
            upgrade can't copy.

    Raises:
        DamagedFile: there is a bad row.
    """
    rows = bad_rows(connection, kind, is_thorough=True) if statement else rows_in_the_way(connection, kind)
    found = list(islice(rows, 1000))
    if not found:
        return
    first = min(found, key=lambda row: row.table not in statement.split())
    others = {1: "", 2: " So does another row."}.get(len(found), f" So do {len(found) - 1} other rows.")
    line, does_fix = repair(connection, path, kind, first)
    raise row_error(path, f"{first.sentence}{others}", line, does_fix=does_fix)


def bad_row_error(connection: sqlite3.Connection, path: str, kind: Kind, statement: str) -> DamagedFile:
    """The error of a read that met a value which it can't take."""
    try:
        refuse_bad_rows(connection, path, kind, statement)
    except DamagedFile as error:
        return error
    return DamagedFile(f"{path} is damaged: it contains a value of the wrong type.", cure(kind))


def bad_rows_of_read(connection: sqlite3.Connection, kind: Kind, statement: str) -> list[BadRow]:
    """The bad rows of the tables of a read that met one."""
    return [row for row in bad_rows(connection, kind, is_thorough=True) if row.table in statement.split()]


def without(connection: sqlite3.Connection, rows: list[BadRow], statement: str) -> str:
    """A read that finds the tables without some rows: none of their values is looked at.

    A row that only refers to one of them is found, with nothing in its place.
    """
    numbers: dict[str, list[str]] = {}
    for row in rows:
        numbers.setdefault(row.table, []).append(str(row.number))
    # What a store of an older format is read through is a temporary view.
    views = {name for (name,) in connection.execute("SELECT name FROM sqlite_temp_master")}
    tables = [
        f"{quoted(table)} AS (SELECT * FROM {'temp' if table in views else 'main'}.{quoted(table)} "  # noqa: S608
        f"WHERE rowid NOT IN ({', '.join(found)}))"
        for table, found in numbers.items()
    ]
    return f"WITH {', '.join(tables)} {statement}" if tables else statement


def bad_row_errors(connection: sqlite3.Connection, path: str, kind: Kind, rows: list[BadRow]) -> list[DamagedFile]:
    """An error for each bad row."""
    errors = []
    for row in rows:
        line, does_fix = repair(connection, path, kind, row)
        errors.append(row_error(path, row.sentence, line, does_fix=does_fix))
    return errors


def row_error(path: str, sentence: str, line: str, *, does_fix: bool) -> DamagedFile:
    """The error of a row that zprof would not write."""
    what = f"To {'fix' if does_fix else 'remove'} that row, run: {line}" if line else "`zprof doctor` says what to do."
    error = DamagedFile(f"{path} is damaged. {sentence}", f"Nothing was changed in it. {what}")
    error.line = line
    return error


def repair(connection: sqlite3.Connection, path: str, kind: Kind, row: BadRow) -> tuple[str, bool]:
    """What to type against a bad row, and whether that fixes it, keeping what can be kept, or removes it.

    Nothing, where a table is not as zprof makes it: the line would run in sqlite3's own shell what others put into it.
    """
    if not is_as_made(connection, kind):
        return "", False
    changes = {column: replacement(connection, kind, row, column) for column in row.columns}
    kept = {column: value for column, value in changes.items() if value is not None}
    does_fix = len(kept) == len(changes) and is_free(connection, row, kept)
    if does_fix:
        values = ", ".join(f"{column} = {value}" for column, value in kept.items())
        sql = f"UPDATE {quoted(row.table)} SET {values} WHERE rowid = {row.number}"  # noqa: S608  our own words
    else:
        users = [user.format(row=row.number) for user in USERS.get(row.table, ())]
        removal = f"DELETE FROM {quoted(row.table)} WHERE rowid = {row.number}"  # noqa: S608  our own words
        sql = "; ".join(["BEGIN", *users, removal, "COMMIT"])
    return shlex.join(("sqlite3", path, sql)), does_fix


def replacement(connection: sqlite3.Connection, kind: Kind, row: BadRow, column: str) -> str | None:
    """SQL for the value that a column is to have; None where there is none."""
    if row.table == "format":
        ((version,),) = connection.execute("PRAGMA user_version")
        return f"'{kind}'" if column == "kind" else str(version)
    as_text = f"CAST({column} AS TEXT)"
    if row.columns[column] in ("blob", "integer", "real") and is_good(connection, kind, row, column, as_text):
        return as_text
    return REPLACEMENTS.get(column)


def is_good(connection: sqlite3.Connection, kind: Kind, row: BadRow, column: str, value: str) -> bool:
    """Whether another value for a column is one that zprof might have written, so that it keeps all conditions."""
    condition = CONDITIONS[kind][row.table][column]
    table = quoted(row.table)
    made = f"SELECT {value} AS {column} FROM {table} WHERE rowid = ?"  # noqa: S608  our own words
    try:
        text, holds = connection.execute(
            f"SELECT {column}, {condition} FROM ({made})",  # noqa: S608  our own words
            (row.number,),
        ).fetchone()
    except (sqlite3.OperationalError, sqlite3.DataError):
        return False
    return bool(holds) and (is_json_object(text) if "GLOB '{*}'" in condition else text.isprintable())


def is_json_object(text: object) -> bool:
    """Whether a text is a JSON object, as reads understand it."""
    try:
        json_object(text)  # type: ignore[arg-type]
    except DamagedFile:
        return False
    return True


def is_free(connection: sqlite3.Connection, row: BadRow, changes: dict[str, str]) -> bool:
    """Whether no other row has the key that a row would have after a change."""
    key = UNIQUE.get(row.table, ())
    if changes.keys().isdisjoint(key):
        return True
    table = quoted(row.table)
    its_key = ", ".join(f"{changes.get(column, column)} AS {column}" for column in key)
    folded = "lower({})" if row.table == "profile" else "{}"
    same = " AND ".join(f"{folded.format(f'other.{column}')} = {folded.format(f'it.{column}')}" for column in key)
    query = (
        f"SELECT 1 FROM (SELECT {its_key} FROM {table} WHERE rowid = ?1) AS it "  # noqa: S608  our own words
        f"JOIN {table} AS other ON other.rowid <> ?1 AND {same}"
    )
    return connection.execute(query, (row.number,)).fetchone() is None
