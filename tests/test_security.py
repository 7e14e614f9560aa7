"""What others can put before zprof: a registry, a store, a name, a value. And what it never shows or runs."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from contents import contents, damage, rows

from zprof.sqlite.connection import connect

STACK = ("-o", "default", "-a", "default", "-m", "default")
SECRET = "hush-hush-hush"
NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


# Whose registry it is.


def test_a_registry_that_is_a_link_is_refused(zprof: Zprof, home: Path, config: Path) -> None:
    elsewhere = home / "elsewhere.db"
    (config / "registry.db").rename(elsewhere)
    (config / "registry.db").symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    for words in (("profile", "list"), ("profile", "create", "new"), ("stack", "list")):
        refused = zprof(*words)
        assert (refused.code, refused.out) == (7, "")
        assert "is a symbolic link" in refused.err
    assert elsewhere.read_bytes() == before
    assert not (config / "registry.db.lock").is_symlink()


@needs_root
def test_a_registry_of_another_user_is_refused(zprof: Zprof, config: Path) -> None:
    registry = config / "registry.db"
    os.chown(registry, NOBODY, NOBODY)
    for words in (("profile", "list"), ("profile", "set", "default"), ("stack", "register", "new", *STACK)):
        refused = zprof(*words)
        assert (refused.code, refused.out) == (7, "")
        assert f"belongs to another user (uid {NOBODY})" in refused.err
    os.chown(registry, os.geteuid(), os.getegid())
    assert zprof("profile", "list").code == 0


@needs_root
def test_sudo_makes_nothing_in_a_users_home(
    first_run: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(home, NOBODY, NOBODY)
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    refused = first_run("profile", "list")
    assert (refused.code, refused.out) == (7, "")
    assert "Leave out sudo" in refused.err
    assert list(home.iterdir()) == []
    os.chown(home, 0, 0)  # `sudo -H`: root's own
    assert first_run("profile", "list").code == 0


# What a store may hide.

HOSTILE = {
    "trigger": """
        CREATE TRIGGER evil AFTER INSERT ON stack BEGIN
            UPDATE component SET config = '{"owned": true}';
        END
    """,
    "trigger on a view": """
        CREATE TRIGGER evil INSTEAD OF INSERT ON stack_overview BEGIN DELETE FROM stack; END
    """,
    "virtual table": "CREATE VIRTUAL TABLE evil USING rtree(id, low, high)",
}


def plant(store: Path, what: str) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        try:
            connection.execute(HOSTILE[what])
        except sqlite3.OperationalError as error:
            pytest.skip(str(error))


@pytest.mark.parametrize("what", HOSTILE)
def test_a_store_with_code_in_it_is_not_used(what: str, zprof: Zprof, home: Path, config: Path) -> None:
    store = config / "profiles/default.db"
    zprof("profile", "create", "second")
    before = contents(config)
    plant(store, what)
    planted = store.read_bytes()
    for words in (
        ("stack", "list"),
        ("stack", "describe", "default"),
        ("stack", "register", "new", *STACK),
        ("profile", "create", "joined", "--url", str(store)),
        ("profile", "create", "copied", "--from", "default"),
    ):
        refused = zprof(*words)
        assert (refused.code, refused.out) == (6, ""), words
        assert "'evil', that would run when it is used" in refused.err
    assert store.read_bytes() == planted
    found = contents(config)
    assert found is not None
    assert before is not None
    assert found["stores"]["default"]["components"] == before["stores"]["default"]["components"]
    assert zprof("profile", "list", "-o", "name").out == "default\nsecond\n"
    assert zprof("profile", "set", "second").code == 0


def test_such_a_trigger_would_have_run(zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    plant(store, "trigger")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("INSERT INTO stack (name, created_at, updated_at) VALUES ('new', '', '')")
    assert rows(store, "SELECT DISTINCT config FROM component") == [['{"owned": true}']]


def test_no_extension_is_loaded(zprof: Zprof, config: Path) -> None:
    """Not even by a view that asks for it: no command reads a view, and what is not trusted may not call it."""
    store = config / "profiles/default.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("DROP VIEW component_overview")
        (definition,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'stack_overview'").fetchone()
        connection.execute("DROP VIEW stack_overview")
        connection.execute(definition.replace("stack.name AS", "load_extension('/tmp/evil.so') AS", 1))
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    with closing(connect(str(store))) as connection, pytest.raises(sqlite3.OperationalError, match="unsafe use"):
        connection.execute("SELECT * FROM stack_overview")


def test_the_class_behind_a_flavor_is_not_imported_from_what_a_store_says(
    zprof: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "evil_module.py").write_text("open('imported', 'w').close()\nclass Model: pass\n")
    monkeypatch.syspath_prepend(str(home))
    with closing(sqlite3.connect(config / "profiles/default.db")) as connection, connection:
        connection.execute(
            "INSERT INTO flavor VALUES (1, 'alerter', 'evil', 'evil_module:Model', '{\"properties\": {}}', '2026')"
        )
    for words in (
        ("alerter", "flavor", "list"),
        ("alerter", "flavor", "describe", "evil"),
        ("alerter", "register", "a", "-f", "evil"),
        ("alerter", "describe", "a"),
        ("stack", "update", "default", "-al", "a"),
        ("stack", "export", "default", "bundle.yaml"),
        ("stack", "import", "bundle.yaml", "--name", "again"),
        ("profile", "create", "copied", "--from", "default"),
    ):
        assert zprof(*words).code == 0, words
    assert not (home / "imported").exists()
    # A person who names it on the command line asks for it.
    zprof("alerter", "flavor", "register", "--source", "evil_module:Model")
    assert (home / "imported").exists()


# Names and values that are more than they seem.

NAMES = [
    "",
    ".",
    "..",
    "../up",
    "/etc/passwd",
    "a/b",
    "-x",
    "a b",
    "a\n",
    "a\0b",
    "\x1b[31m",
    "\u202egpj",
    "é",
    "e\u0301",
    "Ａ",
    "a" * 65,
    "'; DROP TABLE stack; --",
    '" OR 1=1',
    "%s",
    "{{a}}",
    "$(id)",
    "sqlite_master;",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_hostile_name_is_refused_for_every_noun(name: str, zprof: Zprof, home: Path, config: Path) -> None:
    before, made = contents(config), sorted(str(path) for path in home.rglob("*") if path.suffix != ".lock")
    for words in (
        ("profile", "create", "--", name),
        ("profile", "rename", "--", "default", name),
        ("stack", "register", *STACK, "--", name),
        ("stack", "rename", "--", "default", name),
        ("orchestrator", "register", "-f", "local", "--", name),
        ("orchestrator", "rename", "--", "default", name),
    ):
        refused = zprof(*words)
        assert (refused.code, refused.out) == (2, ""), words
        assert "Traceback" not in refused.err
        assert refused.err.replace("\n", "").isprintable()
    assert contents(config) == before
    assert sorted(str(path) for path in home.rglob("*") if path.suffix != ".lock") == made


VALUES = [
    "'; DROP TABLE stack; --",
    '"); DELETE FROM component; --',
    "%(name)s :name ?1 ${x}",
    "\\'",
    "👉\u202e\x1b[2J",
]


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_a_value_is_stored_as_it_is_and_nothing_else(value: str, zprof: Zprof, config: Path) -> None:
    assert zprof("orchestrator", "register", "o", "-f", "local_docker", f"--docker_parent_image={value}").code == 0
    item = json.loads(zprof("orchestrator", "describe", "o", "-o", "json").out)
    assert item["config"] == {"docker_parent_image": value}
    for words in (("orchestrator", "describe", value), ("stack", "describe", value), ("profile", "describe", value)):
        missing = zprof(*words)
        assert (missing.code, missing.out) == (3, "")
        assert missing.err.replace("\n", "").isprintable()
    errors = zprof("stack", "describe", value, "-o", "json")
    assert errors.err.isascii()
    assert json.loads(errors.err)["code"] == "not_found"
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    assert damage(config) == []


# What is never shown, and never started.


@pytest.fixture
def failing(zprof: Zprof, home: Path, config: Path) -> list[tuple[str, ...]]:
    """Commands that are given a secret, and fail with it at hand."""
    (home / "broken.yaml").write_text(f"slack_token: [{SECRET}\n")
    (home / "odd.yaml").write_text(f"slack_token: {{a: {SECRET}}}\n")
    (home / "twice.json").write_text(f'{{"slack_token": "{SECRET}", "slack_token": "{SECRET}"}}')
    return [
        ("alerter", "register", "a", "-f", "slack", f"--slack_token={SECRET}", "--nonsense=1"),
        ("alerter", "register", "a/b", "-f", "slack", f"--slack_token={SECRET}"),
        ("alerter", "register", "a", "-f", "slakc", f"--slack_token={SECRET}"),
        *[("alerter", "register", "a", "-f", "slack", "--config", f"@{name}") for name in sorted(os.listdir(home))],
        ("profile", "create", "p", "--url", f"postgresql+psycopg://me:{SECRET}@localhost:1/db"),
        ("profile", "create", "p", "--url", f"mysql://me:{SECRET}@localhost/db"),
        ("-p", "nope", "alerter", "register", "a", "-f", "slack", f"--slack_token={SECRET}"),
    ]


def test_a_traceback_shows_no_secret(
    failing: list[tuple[str, ...]], zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZPROF_DEBUG", "1")
    for words in failing:
        refused = zprof(*words)
        assert refused.code != 0, words
        assert SECRET not in refused.out + refused.err, words
    # Where the database itself refuses, a traceback shows where, and neither the statement nor its values.
    driver_connect = sqlite3.connect

    def connect_to_full_disk(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = driver_connect(*arguments, **options)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_to_full_disk)
    long = SECRET * 3000
    refused = zprof("alerter", "register", "a", "-f", "slack", f"--slack_token={long}")
    assert refused.code == 1
    assert "Traceback" in refused.err
    assert "OperationalError: database or disk is full" in refused.err
    assert SECRET not in refused.err


def test_a_secret_is_nowhere_in_the_log_but_in_the_values(zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    for verb, options in (("register", ("-f", "slack")), ("update", ())):
        assert zprof("alerter", verb, "a", *options, f"--slack_token={SECRET}-{verb}").code == 0
    logged = rows(store, "SELECT command FROM change WHERE entity_name = 'alerter/a' ORDER BY id")
    assert [SECRET in command for (command,) in logged] == [False, False]
    assert all("********" in command for (command,) in logged)
    for output in ("table", "json", "yaml", "csv"):
        for words in (("list",), ("describe", "a")):
            shown = zprof("alerter", *words, "--output", output)
            assert shown.code == 0
            assert SECRET not in shown.out + shown.err
    assert SECRET in zprof("alerter", "describe", "a", "--show-secrets").out


@pytest.mark.parametrize("is_misbehaving", [False, True], ids=["zprof", "a program that starts one"])
def test_no_process_is_started(is_misbehaving: bool, zprof: Zprof) -> None:
    """What is not started has no arguments for `ps` to show."""
    program = """if True:
        import subprocess, sys
        from zprof.__main__ import run
        started = []
        names = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn", "pty.spawn"}
        sys.addaudithook(lambda event, arguments: started.append(event) if event in names else None)
        for words in (
            ["profile", "create", "other"], ["alerter", "register", "a", "-f", "slack", "--slack_token=x"],
            ["stack", "update", "default", "-al", "a"], ["stack", "export", "default", "-"], ["status"],
            ["profile", "delete", "other", "--yes"],
        ):
            assert run(words) == 0, words
        if sys.argv[1] == "True":
            subprocess.run([sys.executable, "-c", ""])
        sys.exit(f"started: {started}" if started else 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", program, str(is_misbehaving)], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) != is_misbehaving, done.stderr


# What a review found in a store that somebody else may write.


@pytest.mark.parametrize("spelling", ["Trigger", "TRIGGER", "TABLE", "View"])
def test_a_part_is_known_however_its_kind_is_spelled(zprof: Zprof, config: Path, spelling: str) -> None:
    """SQLite compares the word without case."""
    kind = spelling.lower()
    made = {
        "trigger": "CREATE TRIGGER evil AFTER INSERT ON change BEGIN DELETE FROM stack; END",
        "table": "CREATE VIRTUAL TABLE evil USING fts5(x)",
        "view": "CREATE VIEW evil AS SELECT 1",
    }[kind]
    with closing(sqlite3.connect(config / "profiles/default.db", isolation_level=None)) as connection:
        connection.execute(made)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET type = ? WHERE name = 'evil'", (spelling,))
    for words in (("orchestrator", "register", "new", "-f", "local"), ("stack", "list")):
        assert zprof(*words).code == 6, words
    assert rows(config / "profiles/default.db", "SELECT name FROM stack") == [["default"]]


def add_to_table(database: Path, table: str, text: str) -> None:
    """Put something into the definition of a table, as whoever writes the file can."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
        connection.execute("PRAGMA writable_schema = ON")
        changed = f"{sql[: sql.rindex(')')]}, {text})"
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (changed, table))


@pytest.mark.parametrize("table", ["component", "stack", "change", "format"])
def test_a_check_of_somebody_else_is_never_run(zprof: Zprof, config: Path, table: str) -> None:
    add_to_table(config / "profiles/default.db", table, "CHECK (edit('x', 'touch pwned') IS NOT 1)")
    refused = zprof("orchestrator", "register", "new", "-f", "local")
    assert (refused.code, f"The table {table} of" in refused.err) == (6, True)
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    assert zprof("profile", "create", "other").code == 0
    assert zprof("stack", "copy", "default", "taken", "--to", "other").code == 0
    for words in (("db", "check"), ("doctor",), ("db", "backup"), ("profile", "create", "copy", "--from", "default")):
        assert "is broken" not in zprof(*words).err, words


def test_no_line_is_printed_that_would_run_a_check_of_somebody_else(zprof: Zprof, config: Path) -> None:
    """Typed into sqlite3's own shell, it would have that shell's functions, one of which starts programs."""
    store = config / "profiles/default.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE component SET revision = 'x' WHERE type = 'orchestrator'")
    assert "sqlite3 " in zprof("orchestrator", "list").err
    add_to_table(store, "component", "CHECK (edit(revision, 'touch pwned') IS NOT 1)")
    for words in (("orchestrator", "list"), ("db", "check"), ("doctor",)):
        told = zprof(*words)
        assert told.code in (1, 6), words
        assert "sqlite3 /" not in told.out + told.err, words


@pytest.mark.parametrize("table", ["component", "stack"])
def test_an_order_of_somebody_else_is_damage(zprof: Zprof, config: Path, table: str) -> None:
    with closing(sqlite3.connect(config / "profiles/default.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        changed = "replace(sql, 'name TEXT NOT NULL', 'name TEXT COLLATE mine NOT NULL')"
        connection.execute(f"UPDATE sqlite_master SET sql = {changed} WHERE type = 'table' AND name = ?", (table,))
    assert zprof("profile", "create", "other").code == 0
    for words in (("orchestrator", "list"), ("stack", "list"), ("stack", "describe"), ("db", "check"), ("doctor",)):
        told = zprof(*words)
        assert told.code in (0, 1, 6), words
        assert "is broken" not in told.err, words


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm", ".lock"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_copy_has_no_name_of_a_part_of_a_database(
    zprof: Zprof, home: Path, config: Path, suffix: str, is_there: bool
) -> None:
    """SQLite would take it for the journal of the database beside it, and remove it."""
    base = config / "profiles/default.db" if is_there else home / "later.db"
    refused = zprof("db", "backup", f"{base}{suffix}", "--yes")
    assert (refused.code, "or one of its files" in refused.err) == (2, True)
