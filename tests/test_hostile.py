"""Databases that somebody else has written to: they are told as damaged, and what is whole in them works."""

from __future__ import annotations

import json
import random
import shlex
import signal
import sqlite3
import subprocess
from contextlib import closing
from itertools import product
from pathlib import Path

import hostile
import pytest
from conftest import Zprof
from contents import rows
from hostile import Case, without_rules

from zprof.errors import DamagedFile, InvalidInput
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS, TABLES
from zprof.library import open_profile
from zprof.sqlite import watch
from zprof.sqlite.connection import connect
from zprof.sqlite.errors import translating
from zprof.transaction import Statement

CHANCE = random.Random(12)
VALUES = CHANCE.sample(list(hostile.value_cases()), 30)
SHUFFLED = sorted(hostile.part_cases(), key=lambda case: CHANCE.random())
PARTS = {case.name.rpartition(" ")[0]: case for case in SHUFFLED}
"""One of each kind of part, in some table's place."""
STORE, REGISTRY = ".config/zprof/profiles/default.db", ".config/zprof/registry.db"
ENDLESS = f"{hostile.ENDLESS} SELECT count(*) FROM n"
CLAIM = Case("nothing", "store", lambda connection: None)


@pytest.fixture
def team(first_run: Zprof, home: Path) -> Zprof:
    """The command, on the databases of `hostile`, in which nothing is wrong yet."""
    hostile.make(home, CLAIM, is_older=False)
    return first_run


def planted(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "is_older"),
    [(case, bool(number % 2)) for number, case in enumerate([*VALUES, *PARTS.values()])],
    ids=lambda value: value.name if isinstance(value, Case) else ("older" if value else "newest"),
)
def test_nothing_breaks(case: Case, is_older: bool, home: Path) -> None:
    hostile.make(home, case, is_older=is_older)
    assert hostile.problems() == []


def test_the_grammar_has_every_column_and_every_table() -> None:
    names = {case.name for case in hostile.cases()}
    assert len(names) == len(hostile.cases())
    for kind, tables in TABLES.items():
        for table in tables:
            assert f"{kind}: an endless view as {table}" in names
    assert {"store: a blob as component.config", "registry: nothing as profile.url"} <= names


def test_a_broken_command_would_be_seen(team: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.profiles.registry.profile_of", lambda row: row.nothing)
    assert hostile.problems([("profile", "list")])


BAD = {
    "name": ("component", "name", "x'00ff'", "blob"),
    "time": ("component", "created_at", "x'00ff'", "blob"),
    "flavor": ("component", "flavor", "CAST('local' AS BLOB)", "blob"),
    "revision": ("component", "revision", "1e30", "real"),
    "text revision": ("component", "revision", "'many'", "text"),
    "stack": ("stack", "name", "x'00ff'", "blob"),
    "stack revision": ("stack", "revision", "18446744073709551616", "real"),
}


@pytest.mark.parametrize("is_older", [False, True], ids=["newest", "older"])
@pytest.mark.parametrize(("table", "column", "value", "what"), BAD.values(), ids=BAD)
def test_a_bad_row_is_told_and_the_others_work(
    table: str, column: str, value: str, what: str, is_older: bool, first_run: Zprof, home: Path
) -> None:
    hostile.make(home, CLAIM, is_older=is_older)
    zprof, store = first_run, home / STORE
    planted(store, f"UPDATE {table} SET {column} = {value} WHERE id = 1")
    before = store.read_bytes()
    sentence = f"Row 1 of {table} has invalid values: {column} ({what})."
    reads = ("orchestrator", "list") if table == "component" else ("stack", "list")
    told = zprof(*reads, "-o", "json")
    if column == "name" or table == "component":
        assert told.code == 6
        names = {item["name"] for item in json.loads(told.out)["items"]}
        assert names == ({"docker"} if table == "component" else {"production"})
        error = json.loads(told.err.splitlines()[-1])
        assert (error["code"], sentence in error["message"]) == ("damaged_file", True)
    assert sentence in zprof("db", "check").out
    assert [finding["problem"] for finding in findings(zprof) if finding["name"] == "row"] == [sentence]
    assert zprof("stack", "describe", "production").code == 0
    assert zprof("stack", "get").out == "production\n"
    assert zprof("alerter", "describe", "duty").code == 0
    assert zprof("-p", "staging", "stack", "list").code == 0
    assert store.read_bytes() == before
    assert rows(store, "PRAGMA user_version") == [[3 if is_older else FORMATS["store"]]]


def test_rows_that_are_broken_hide_no_others(team: Zprof, home: Path) -> None:
    """One whose JSON is none, one that is no text in UTF-8, and one of another type: a line fixes all of them."""
    for name in ("a", "b", "c", "good"):
        assert team("orchestrator", "register", name, "-f", "local").code == 0
    planted(
        home / STORE,
        "UPDATE component SET config = '{x}' WHERE name = 'a'",
        "UPDATE component SET flavor = CAST(x'ff' AS TEXT) WHERE name = 'b'",
        "UPDATE component SET revision = x'00' WHERE name = 'c'",
    )
    for words in (("-o", "json"), ("-o", "yaml"), ("-o", "name"), ()):
        told = team("-q", "orchestrator", "list", *words)
        assert (told.code, "Traceback" in told.err) == (6, False)
        assert "good" in told.out
    names = [item["name"] for item in json.loads(team("orchestrator", "list", "-o", "json").out)["items"]]
    assert (names.count("good"), set("abc") & set(names)) == (1, set())
    assert told.err.count(" of component ") == 3
    assert team("alerter", "list").code == 0
    line = told.err.partition("run: ")[2].strip()
    assert subprocess.run(line, shell=True, check=False).returncode == 0
    again = team("orchestrator", "list")
    line = again.err.partition("run: ")[2].strip()
    assert again.code == 0 or subprocess.run(line, shell=True, check=False).returncode == 0
    assert team("orchestrator", "list").code == 0


@pytest.mark.parametrize("noun", ["profile", "stack", "flavor"])
def test_each_list_shows_the_good_ones(noun: str, team: Zprof, home: Path) -> None:
    (home / "s.json").write_text('{"type": "object", "properties": {"a": {"type": "string"}}}')
    for name in ("bad", "good"):
        team("profile", "create", name)
        team("stack", "copy", "production", name)
        team("alerter", "flavor", "register", name, "--schema", "s.json")
    places = {"profile": (REGISTRY, "updated_at"), "stack": (STORE, "name"), "flavor": (STORE, "config_schema")}
    file, column = places[noun]
    planted(home / file, f"UPDATE {noun} SET {column} = x'00' WHERE name = 'bad'")
    words = ("alerter", "flavor", "list") if noun == "flavor" else (noun, "list")
    told = team(*words, "-o", "json")
    names = {item["name"] for item in json.loads(told.out)["items"]}
    assert (told.code, {"good", "bad"} & names) == (6, {"good"})
    error = json.loads(told.err.splitlines()[-1])
    assert (f" of {noun} " in error["message"], "run: sqlite3 " in error["hint"]) == (True, True)


def test_doctor_names_a_config_that_is_no_json(team: Zprof, home: Path) -> None:
    planted(home / STORE, "UPDATE component SET config = '{x}' WHERE id = 1")
    (found,) = [finding for finding in findings(team) if finding["name"] == "json"]
    assert found["problem"] == "The config of row 1 of component is not a JSON object."
    assert found["cure"].startswith("sqlite3 ")


def findings(zprof: Zprof) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(zprof("doctor", "-o", "json").out)["items"]
    return found


@pytest.mark.parametrize(
    ("label", "kind", "is_older"),
    [(label, kind, number % 3 == 0) for number, (label, kind) in enumerate(product(hostile.VALUES, TABLES))],
)
def test_what_is_printed_fixes_or_removes_a_row(
    label: str, kind: str, is_older: bool, first_run: Zprof, home: Path
) -> None:
    """The lines are typed as they stand, until the database is whole; then it is upgraded and changed."""
    zprof, database = first_run, home / (STORE if kind == "store" else REGISTRY)
    columns = {"store": [("component", "name"), ("stack", "revision"), ("change", "before"), ("flavor", "name")]}
    hostile.make(home, CLAIM, is_older=is_older)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA writable_schema = ON")
        for table, column in columns.get(kind, [("profile", "active_stack"), ("profile", "updated_at")]):
            hostile.writing(table, column, hostile.VALUES[label])(connection)
    target = ("--registry",) if kind == "registry" else ()
    for _ in range(20):
        found = json.loads(zprof("db", "check", *target, "-o", "json").out)["items"]
        lines = [item["cure"] for item in found if item["cure"]]
        if not lines:
            break
        for line in lines:
            type_in(line)
    assert [item["problem"] for item in found if item["code"] != "foreign_keys"] == []
    for words in (("profile", "list"), ("stack", "list"), ("alerter", "list"), ("doctor",)):
        assert zprof(*words).code in (0, 1), words
    assert zprof("profile", "rename", "staging", "next").code == 0
    assert zprof("-p", "next", "orchestrator", "register", "new", "-f", "local").code == 0
    assert zprof("orchestrator", "register", "new", "-f", "local").code == 0
    assert rows(database, "PRAGMA user_version") == [[FORMATS["store" if kind == "store" else "registry"]]]


def test_a_row_whose_name_is_taken_is_removed(team: Zprof, home: Path) -> None:
    planted(home / STORE, "UPDATE component SET name = CAST('default' AS BLOB) WHERE name = 'docker'")
    refused = team("orchestrator", "list")
    assert "To remove that row, run: " in refused.err
    type_in(refused.err.partition("run: ")[2].strip())
    assert team("orchestrator", "list", "-o", "name").out == "default\n"
    assert team("db", "check").code == 0
    assert team("stack", "describe", "production", "-o", "json").code == 0


def test_a_name_that_is_free_is_kept(team: Zprof, home: Path) -> None:
    planted(home / STORE, "UPDATE component SET name = CAST('dock' AS BLOB), revision = 'x' WHERE name = 'docker'")
    refused = team("orchestrator", "list")
    assert "To fix that row, run: " in refused.err
    type_in(refused.err.partition("run: ")[2].strip())
    assert team("orchestrator", "list", "-o", "name").out == "default\ndock\n"


@pytest.mark.parametrize("text", ["{no json}", '{"a": NaN}', '{"a": 1, "a": 2}'])
def test_json_that_is_none_is_told_by_name(text: str, team: Zprof, home: Path) -> None:
    planted(home / STORE, f"UPDATE component SET config = '{text}' WHERE name = 'docker'")
    refused = team("orchestrator", "describe", "docker")
    assert refused.code == 6
    assert "The config of the component 'docker' of the type orchestrator is not a JSON object." in refused.err
    (line,) = [line for line in team("db", "check").out.splitlines() if line.startswith("    ")]
    type_in(line)
    assert team("db", "check").code == 0


@pytest.mark.parametrize("value", ["7", "x'00'", "'0001_initial_'", "'²²²²'", "'00031'"])
def test_an_older_file_at_no_point_of_the_history(value: str, first_run: Zprof, home: Path) -> None:
    case = Case("", "store", hostile.writing("alembic_version", "version_num", value))
    hostile.make(home, case, is_older=True)
    for words in (("stack", "list"), ("orchestrator", "register", "new", "-f", "local")):
        refused = first_run(*words)
        assert (refused.code, "a revision that this version of zprof doesn't have" in refused.err) == (6, True)
    assert first_run("db", "check").code == 1


def type_in(line: str) -> None:
    """What SQLite's shell does with a line."""
    program, path, statements = shlex.split(line)
    assert program == "sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(statements)


@pytest.mark.parametrize("name", [STORE, REGISTRY], ids=["store", "registry"])
def test_a_bad_row_stops_an_upgrade_before_anything_changed(name: str, first_run: Zprof, home: Path) -> None:
    hostile.make(home, CLAIM, is_older=True)
    zprof, database = first_run, home / name
    table, option = ("component", ()) if name == STORE else ("profile", ("--registry",))
    planted(database, f"UPDATE {table} SET updated_at = x'00ff' WHERE id = 2")
    before = database.read_bytes()
    change = ("orchestrator", "register", "new", "-f", "local") if name == STORE else ("profile", "protect", "staging")
    for words in (change, ("db", "upgrade", *option)):
        refused = zprof(*words)
        assert refused.code == 6, words
        assert f"Row 2 of {table} has invalid values: updated_at (blob)." in refused.err
        assert "To fix that row, run: sqlite3 " in refused.err
    for read in (("stack", "list"), ("stack", "get"), ("profile", "get"), ("orchestrator", "describe", "docker")):
        assert zprof(*read).code == 0, read
    assert database.read_bytes() == before
    copies = home / ".config/zprof/backups"
    assert not copies.exists() or not list(copies.glob(f"{database.stem}.*"))
    type_in(refused.err.partition("run: ")[2].strip())
    assert zprof(*change).code == 0


def test_the_oldest_store_with_a_bad_row_tells_it(first_run: Zprof, home: Path) -> None:
    """The statements of this program can't read format 1."""
    hostile.make(home, CLAIM, is_older=True)
    store = home / STORE
    store.unlink()
    with closing(sqlite3.connect(store)) as connection:
        connection.executescript((hostile.RELEASED / "store-1.sql").read_text())
        connection.execute("UPDATE stack SET updated_at = x'00' WHERE id = 1")
        connection.commit()
    for words in (("stack", "list"), ("stack", "describe", "production")):
        refused = first_run(*words)
        assert refused.code == 6
        assert "Row 1 of stack has invalid values: updated_at (blob)." in refused.err


def test_every_column_has_its_check(team: Zprof, home: Path) -> None:
    """A row that zprof would not write is refused by the file itself, whoever writes it."""
    assert team("profile", "create", "another").code == 0  # so that the registry's log has a change
    for name, kind in ((STORE, "store"), (REGISTRY, "registry")):
        with closing(sqlite3.connect(home / name, isolation_level=None)) as connection:
            for table in TABLES[kind].keys() - {"alembic_version"}:
                for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                    with pytest.raises(sqlite3.IntegrityError, match=f"ck_{table}_{column}|datatype mismatch"):
                        connection.execute(f"UPDATE {table} SET {column} = x'00'")


def test_a_name_of_a_gigabyte_is_not_loaded(team: Zprof, home: Path) -> None:
    store = home / STORE
    planted(store, f"UPDATE component SET name = CAST(zeroblob({watch.MAX_LENGTH + 1}) AS TEXT) WHERE id = 1")
    refused = team("orchestrator", "list")
    assert refused.code == 6
    assert "Row 1 of component has invalid values: name (too long)." in refused.err
    assert team("artifact-store", "list").code == 0
    type_in(refused.err.partition("run: ")[2].strip())
    assert team("orchestrator", "list", "-o", "name").out == "docker\n"


def test_what_is_too_long_is_not_written(team: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_LENGTH", 100_000)
    store = open_profile("default")
    with pytest.raises(InvalidInput, match="larger than"), store.change() as change:
        change.register_component("artifact_store", "big", "local", {"path": "x" * 100_000})
    assert team("artifact-store", "list", "-o", "name").out == "default\ns3\n"


def test_a_revision_that_can_not_be_counted_on(team: Zprof, home: Path) -> None:
    planted(home / STORE, f"UPDATE component SET revision = {2**63 - 1} WHERE name = 'docker'")
    refused = team("orchestrator", "update", "docker", "--docker_parent_image=x")
    assert (refused.code, "contains the largest possible number" in refused.err) == (6, True)


def test_no_active_profile_that_can_be_read_is_a_bad_row(team: Zprof, home: Path) -> None:
    planted(home / REGISTRY, "UPDATE profile SET is_active = 'yes' WHERE name = 'default'")
    refused = team("stack", "list")
    assert (refused.code, "Row 1 of profile" in refused.err) == (6, True)


@pytest.mark.parametrize("table", sorted(TABLES["store"]))
def test_a_view_in_a_tables_place_is_not_read(table: str, team: Zprof, home: Path) -> None:
    hostile.running(table, hostile.PARTS["an endless view as, in capitals,"])(
        connection := sqlite3.connect(home / STORE, isolation_level=None)
    )
    connection.close()
    for words in (
        ("stack", "list"),
        ("orchestrator", "register", "new", "-f", "local"),
        ("db", "check"),
        ("db", "backup"),
    ):
        refused = team(*words)
        told = refused.out + refused.err
        assert f"has a view, '{table.upper()}', that would run when it is used" in told, words
    assert "foreign_file" in [finding["name"] for finding in findings(team)]
    assert team("-p", "staging", "stack", "list").code == 0


@pytest.mark.parametrize("text", ["GENERATED ALWAYS AS (hex(name))", "\tas(hex(name))", "/**/AS/**/(hex(name)) STORED"])
def test_a_column_that_runs_code_is_not_read(text: str, team: Zprof, home: Path) -> None:
    with closing(sqlite3.connect(home / STORE, isolation_level=None)) as connection:
        (table,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'component'").fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        hostile.set_text(connection, "component", table.replace("flavor TEXT", f"flavor TEXT {text}"))
    refused = team("orchestrator", "list")
    assert refused.code == 6
    assert "has a table with a generated column, 'component', that would run when it is used" in refused.err
    planted(home / STORE.replace("default", "staging"), "CREATE TABLE mine (x, y AS (hex(x)))")
    assert team("-p", "staging", "orchestrator", "list").code == 0


@pytest.mark.parametrize("table", ["component", "change", "stack_component"])
def test_a_table_of_other_columns_is_damage(table: str, team: Zprof, home: Path) -> None:
    with closing(sqlite3.connect(home / STORE, isolation_level=None)) as connection:
        hostile.running(table, hostile.PARTS["a table of other columns as"])(connection)
    assert hostile.problems() == []
    stack = ("stack", "register", "another", "-o", "default", "-a", "default", "-m", "default")
    assert team("-p", "default", *stack).code == 6
    assert team("-p", "next", *stack).code == 0


def test_a_store_without_a_table_is_damaged(team: Zprof, home: Path) -> None:
    planted(home / STORE, "DROP TABLE change")
    refused = team("stack", "list")
    assert (refused.code, "has no table change" in refused.err) == (6, True)


def test_a_signal_ends_a_statement(team: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "LISTED_STACKS", Statement("LISTED_STACKS", ENDLESS, "", "I"))
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        assert team("stack", "list").code == 130
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert team("stack", "describe").code == 0


@pytest.mark.parametrize("seconds", [0.003, 0.2], ids=["before the first look", "later"])
def test_an_exception_of_a_handler_ends_a_statement_as_it_is(team: Zprof, home: Path, seconds: float) -> None:
    class Ended(BaseException):
        pass

    def end(*_: object) -> None:
        raise Ended

    before = signal.signal(signal.SIGALRM, end)
    try:
        with (
            closing(connect(str(home / STORE))) as connection,
            pytest.raises(Ended),
            translating("a store", "store"),
        ):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            connection.execute(ENDLESS).fetchone()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_endless_statement_ends(team: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_STEPS", 3 * watch.STEPS_AT_ONCE)
    with (
        closing(connect(str(home / STORE))) as connection,
        pytest.raises(DamagedFile, match="endlessly"),
        translating("a store", "store"),
    ):
        connection.execute(ENDLESS).fetchone()


def test_the_rules_of_a_table_come_back(team: Zprof, home: Path) -> None:
    """What `hostile` writes with is not what it leaves."""
    query = "SELECT name, sql FROM sqlite_master ORDER BY 1"
    before = rows(home / STORE, query)
    with closing(sqlite3.connect(home / STORE, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        with without_rules(connection, "component"):
            assert rows(home / STORE, query) != before
    assert rows(home / STORE, query) == before
