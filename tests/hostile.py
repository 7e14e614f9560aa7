"""Databases as whoever may write the file can make them, from a grammar: any value in any column, any part in a schema.

`cases()` gives all of them; a test runs commands on a sample, `make torture` on all.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from zprof.__main__ import run
from zprof.generated.conditions import CONDITIONS
from zprof.url import sqlite_url

RELEASED = Path(__file__).parent / "released"
LONGEST = 10
"""Seconds that a command may take on whatever there is."""
CODES = {0, 1, 2, 3, 4, 5, 6, 7}
"""The exit codes of the design, but for an interrupt."""

VALUES = {
    "a blob": "x'00ff01'",
    "a blob of text": "CAST('default' AS BLOB)",
    "a number": "7",
    "a real": "1e30",
    "no number": "'many'",
    "the largest number": "9223372036854775807",
    "the smallest number": "-9223372036854775808",
    "nothing": "NULL",
    "empty text": "''",
    "long text": "replace(hex(zeroblob(500000)), '0', 'x')",
    "control characters": "'a' || char(27) || '[31m' || char(10, 0, 8, 8238) || 'b'",
    "no UTF-8": "CAST(x'41ff42' AS TEXT)",
    "half a character": "CAST(x'eda080' AS TEXT)",
    "digits": "replace(hex(zeroblob(5000)), '0', '9')",
    "a list": "'[]'",
    "an odd object": """'{"path": {"a": [null, 1e400]}}'""",
    "a deep object": """'{"a":' || replace(hex(zeroblob(2000)), '00', '[') || '}'""",
    "half an object": "'{'",
}
"""What may stand in a column, as SQL."""
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("profile", "list"),
    ("profile", "get"),
    ("stack", "get"),
    ("stack", "list"),
    ("stack", "describe", "production", "-o", "json"),
    ("stack", "validate"),
    ("stack", "export", "production", "-"),
    ("orchestrator", "list"),
    ("artifact-store", "describe", "s3"),
    ("alerter", "flavor", "list"),
    ("alerter", "describe", "duty"),
    ("status",),
    ("doctor",),
    ("db", "check", "--all"),
    ("db", "status", "--all"),
    ("db", "backup"),
    ("orchestrator", "register", "new", "-f", "local"),
    ("orchestrator", "update", "docker", "--docker_parent_image=x"),
    ("stack", "register", "new", "-o", "docker", "-a", "s3", "-m", "mysql", "--set"),
    ("log",),
    ("log", "list", "--entity", "stack/production", "-o", "json"),
    ("log", "show", "-o", "json"),
    ("log", "list", "--registry", "--entity", "profile/staging"),
    ("log", "show", "--registry"),
    ("log", "prune", "--secrets", "--dry-run"),
    ("undo", "--dry-run"),
    ("redo", "--dry-run"),
    ("undo", "--registry", "--dry-run"),
    ("diff", "default@-1", "default"),
    ("stack", "rename", "production", "live"),
    ("stack", "delete", "live", "-y"),
    ("undo",),
    ("redo",),
    ("profile", "create", "copied", "--from", "default"),
    ("profile", "rename", "staging", "next"),
    ("profile", "set", "next"),
)


class Case(NamedTuple):
    """A database that somebody has written to."""

    name: str
    kind: str
    """`registry` or `store`."""
    plant: Callable[[sqlite3.Connection], object]
    """Writes to it."""


def cases() -> list[Case]:
    """All hostile databases of the grammar."""
    return [*value_cases(), *part_cases()]


def value_cases() -> Iterator[Case]:
    """Each value in each column of each table."""
    for kind, tables in CONDITIONS.items():
        columns = [(table, column) for table, of_table in tables.items() for column in of_table]
        for table, column in [*columns, ("alembic_version", "version_num")]:
            for label, value in VALUES.items():
                if column in ("id", "artifact_store_id") and "number" not in label:
                    continue  # SQLite itself takes no other value for a key
                yield Case(f"{kind}: {label} as {table}.{column}", kind, writing(table, column, value))


def writing(table: str, column: str, value: str) -> Callable[[sqlite3.Connection], None]:
    """Writes a value into the first and the last row of a column, whatever the table's own text says of it."""

    def plant(connection: sqlite3.Connection) -> None:
        if column not in columns_of(connection, table):
            return  # of an older format
        with without_rules(connection, table):
            rows = f"(SELECT min(rowid) FROM {table} UNION SELECT max(rowid) FROM {table})"
            for (row,) in connection.execute(rows[1:-1]).fetchall():
                if row is None:
                    continue  # a table without rows
                with suppress(sqlite3.IntegrityError):  # not twice, where it has to be unique
                    connection.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = {row}")

    return plant


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """The names of a table's columns; none where there is no such table."""
    return [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


@contextmanager
def without_rules(connection: sqlite3.Connection, table: str) -> Iterator[None]:
    """A table whose columns take all values as they are."""
    query = "SELECT sql FROM sqlite_master WHERE name = ?"
    (text,) = connection.execute(query, (table,)).fetchone()
    free = text
    for word in ("TEXT", "JSON", "VARCHAR(32)"):
        free = free.replace(f" {word}", " BLOB")
    lines = [
        line if " INTEGER" not in line or is_key(line) else line.replace("INTEGER", "BLOB") for line in free.split("\n")
    ]
    set_text(connection, table, "\n".join(lines).replace(" NOT NULL", ""))
    try:
        yield
    finally:
        set_text(connection, table, text)


def is_key(line: str) -> bool:
    """Whether a column is SQLite's own row number, whose type must stay."""
    return line.split()[0] in ("id", "artifact_store_id")


def set_text(connection: sqlite3.Connection, table: str, text: str) -> None:
    """Change what a file says of a table, and let SQLite read it again."""
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (text, table))
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute(f"PRAGMA schema_version = {version + 1}")


def part_cases() -> Iterator[Case]:
    """Each kind of part, in the place of each table and beside it."""
    for kind, tables in CONDITIONS.items():
        for table in (*tables, "alembic_version"):
            for label, statements in PARTS.items():
                yield Case(f"{kind}: {label} {table}", kind, running(table, statements))


PARTS: dict[str, tuple[str, ...]] = {
    "an endless view as": (
        "ALTER TABLE {table} RENAME TO old",
        "CREATE VIEW {table} AS {endless} SELECT {columns} FROM n",
    ),
    "an endless view as, in capitals,": (
        "DROP TABLE {table}",
        "CREATE VIEW {capitals} AS {endless} SELECT {columns} FROM n",
    ),
    "a view as": ("ALTER TABLE {table} RENAME TO old", "CREATE VIEW {table} AS SELECT * FROM old"),
    "nothing as": ("DROP TABLE {table}",),
    "an empty table as": ("DELETE FROM {table}",),
    "a table of other columns as": ("DROP TABLE {table}", "CREATE TABLE {table} (x)"),
    "a table without numbers as": (
        "ALTER TABLE {table} RENAME TO old",
        "CREATE TABLE {table} ({columns_of}, PRIMARY KEY ({first})) WITHOUT ROWID",
        "INSERT OR IGNORE INTO {table} SELECT * FROM old",
    ),
    "a virtual table as": ("DROP TABLE {table}", "CREATE VIRTUAL TABLE {table} USING fts5({columns_of})"),
    "a virtual table beside": ("CREATE VIRTUAL TABLE v USING fts5(x)",),
    "a trigger on": ("CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",),
    "an endless view beside": ("CREATE VIEW v AS {endless} SELECT * FROM n, {table}",),
    "an index on": ("CREATE INDEX i ON {table} (hex({first} || zeroblob(1000)))",),
    "a column more in": ("ALTER TABLE {table} ADD COLUMN more AS (hex(zeroblob(100000000)))",),
    "a column renamed in": ("ALTER TABLE {table} RENAME COLUMN {first} TO other",),
    "a table beside": ("CREATE TABLE more (x)", "INSERT INTO more VALUES (zeroblob(1000000))"),
    "no indexes on": ("DELETE FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}'",),
    "a text that is no SQL for": ("UPDATE sqlite_master SET sql = 'none' WHERE name = '{table}'",),
}
"""What may be done to a table, as SQL."""


def running(table: str, statements: Sequence[str]) -> Callable[[sqlite3.Connection], None]:
    """Runs statements on a table."""

    def plant(connection: sqlite3.Connection) -> None:
        names = columns_of(connection, table)
        if not names:
            return  # of an older format
        words = {
            "table": table,
            "capitals": table.upper(),
            "endless": ENDLESS,
            "columns": ", ".join(f"i AS {name}" for name in names),
            "columns_of": ", ".join(names),
            "first": names[0],
        }
        connection.execute("PRAGMA legacy_alter_table = ON")
        for statement in statements:
            connection.execute(statement.format(**words))

    return plant


def make(home: Path, case: Case, *, is_older: bool) -> None:
    """Fill the directory that is the home, and the working directory, with the databases of a case.

    Args:
        is_older: whether they are of a format before this one, which is upgraded.
    """
    config = home / ".config" / "zprof"
    for name in (".config", "project"):
        shutil.rmtree(home / name, ignore_errors=True)
    (config / "profiles").mkdir(parents=True)
    paths = {"registry": config / "registry.db", "store": config / "profiles" / "default.db"}
    for path, dump in (
        (paths["registry"], "registry-1"),
        (paths["store"], "store-3"),
        (config / "profiles/staging.db", "store-3"),
    ):
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript((RELEASED / f"{dump}.sql").read_text())
        path.chmod(0o600)
    with closing(sqlite3.connect(paths["registry"], isolation_level=None)) as connection:
        for name in ("default", "staging"):
            url = sqlite_url(str(config / "profiles" / f"{name}.db"))
            connection.execute("UPDATE profile SET url = ?, active_stack = 'production' WHERE name = ?", (url, name))
    if not is_older:
        code, _, err = answered(("db", "upgrade", "--all"))
        assert code == 0, err
    with closing(sqlite3.connect(paths[case.kind], isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("PRAGMA synchronous = OFF")
        case.plant(connection)


class Hang(BaseException):
    """A command took too long."""


def problems(commands: Sequence[tuple[str, ...]] = COMMANDS) -> list[str]:
    """What zprof does wrong when it runs commands on what there is, one after the other."""
    found = []
    for words in commands:
        begun = time.monotonic()
        try:
            with limited():
                code, _, err = answered(words)
        except Hang:
            found.append(f"{' '.join(words)}: more than {LONGEST} s")
            continue
        if "is broken" in err or "Traceback" in err or code not in CODES:
            found.append(f"{' '.join(words)}: {code}, {time.monotonic() - begun:.1f} s: {err[-300:]}")
    return found


@contextmanager
def limited() -> Iterator[None]:
    """Time for one command."""

    def stop(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answered(words: tuple[str, ...]) -> tuple[int, str, str]:
    """Run a command in this process: its exit code, and what it printed."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = streams
    try:
        code = run(words)
    finally:
        sys.stdout, sys.stderr = kept
    for stream in streams:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return code, out, err


def main() -> None:
    """Run all commands on all databases, or on those whose names hold a word; for `make torture` and by hand."""
    home = Path(os.environ["HOME"])
    os.chdir(home)
    chosen = [case for case in cases() if all(word in case.name for word in sys.argv[1:])]
    count = 0
    for case in chosen:
        for is_older in (False, True):
            make(home, case, is_older=is_older)
            for problem in problems():
                count += 1
                print(f"{case.name}{' (older)' if is_older else ''}: {problem}", flush=True)
    print(f"{len(chosen)} databases, {count} problems")
    sys.exit(count > 0)


if __name__ == "__main__":
    main()
