"""The migrations: one head each, frozen, and making what the models declare."""

from __future__ import annotations

import ast
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from conftest import Zprof
from sqlalchemy import create_engine

from zprof.compatibility import Kind
from zprof.generated import formats
from zprof.schema import migration
from zprof.schema.models.registry import RegistryBase
from zprof.schema.models.store import StoreBase
from zprof.sqlite.database import Database
from zprof.sqlite.publishing import make_empty

ROOT = Path(__file__).parent.parent
KINDS: tuple[Kind, ...] = ("registry", "store")
BASES = {"registry": RegistryBase, "store": StoreBase}


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_make_what_models_declare(kind: Kind, tmp_path: Path) -> None:
    migrated, declared = tmp_path / "migrated.db", tmp_path / "declared.db"
    make_empty(str(migrated))
    migration.migrate_file(str(migrated), kind, migration.head(kind))
    engine = create_engine(f"sqlite:///{declared}")
    BASES[kind].metadata.create_all(engine)
    engine.dispose()
    assert described(migrated) == described(declared)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_generated_is_what_migrations_make(kind: Kind, tmp_path: Path) -> None:
    """To the letter, the order of parts and the rows included; also by a developer's `alembic upgrade`."""
    migrated, generated, by_hand = (tmp_path / f"{name}.db" for name in ("migrated", "generated", "by-hand"))
    make_empty(str(migrated))
    migration.migrate_file(str(migrated), kind, migration.head(kind))
    assert Database(str(generated), kind).create(lambda transaction: None)
    make_empty(str(by_hand))
    alembic("-n", kind, "-x", f"url={by_hand}", "upgrade", "head")
    wanted = dumped(migrated)
    assert dumped(generated) == wanted
    assert dumped(by_hand) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_what_alembic_prints_makes_the_same(kind: Kind, tmp_path: Path) -> None:
    migrated, printed = tmp_path / "migrated.db", tmp_path / "printed.db"
    make_empty(str(migrated))
    migration.migrate_file(str(migrated), kind, migration.head(kind))
    text = alembic("-n", kind, "upgrade", "head", "--sql")
    with closing(sqlite3.connect(printed)) as connection:
        connection.executescript(text)
    # Alembic prints its tables with blanks for tabs.
    assert [" ".join(each.split()) for each in dumped(printed)] == [" ".join(each.split()) for each in dumped(migrated)]


def test_a_history_is_not_run_on_the_other_kind(zprof: Zprof, config: Path) -> None:
    done = alembic_done("-n", "store", "-x", f"url={config / 'registry.db'}", "upgrade", "head")
    assert done.returncode != 0
    assert "This is a registry" in done.stderr


def alembic(*words: str) -> str:
    done = alembic_done(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def alembic_done(*words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("alembic")
    return subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def dumped(path: Path) -> list[str]:
    """All of a file: its marks and what SQLite's shell would dump."""
    with closing(sqlite3.connect(path)) as connection:
        marks = [str(connection.execute(f"PRAGMA {mark}").fetchone()) for mark in ("application_id", "user_version")]
        return [*marks, *connection.iterdump()]


def test_the_comparison_sees_a_difference(tmp_path: Path) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for path, check in zip(paths, ("x > 0", "x > 1"), strict=True):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"CREATE TABLE t (x INTEGER, CONSTRAINT ck CHECK ({check}))")
    assert described(paths[0]) != described(paths[1])


def described(path: Path) -> dict[str, Any]:
    """A schema by what SQLite says of it, and the checks by name, which it says only in its text."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            if name != "alembic_version"
        ]
        return {
            table: {
                "columns": sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({table})")),
                "foreign keys": sorted(row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({table})")),
                "indexes": sorted(indexes_of(connection, table)),
                "constraints": sorted(constraints_of(connection, table)),
            }
            for table in sorted(tables)
        }


def indexes_of(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return [
        (
            unique,
            origin,
            tuple(str(row[2]) for row in connection.execute(f"PRAGMA index_info({name})")),
            "" if origin != "c" else text_of(connection, name),
        )
        for _, name, unique, origin, _ in connection.execute(f"PRAGMA index_list({table})")
    ]


def constraints_of(connection: sqlite3.Connection, table: str) -> list[str]:
    lines = [line.strip().rstrip(",") for line in text_of(connection, table).splitlines()]
    return [re.sub(r"\s+", " ", line.replace('"', "")) for line in lines if "CONSTRAINT" in line]


def text_of(connection: sqlite3.Connection, name: str) -> str:
    return str(connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0])


@pytest.mark.parametrize("kind", KINDS)
def test_revisions_are_numbered_in_a_line(kind: Kind) -> None:
    script = ScriptDirectory.from_config(migration.alembic_config(kind))
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    assert [int(revision.partition("_")[0]) for revision in revisions] == list(range(1, len(revisions) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", revision) and len(revision) <= 32 for revision in revisions)
    assert revisions[-1] == formats.HEADS[kind]
    assert len(revisions) == formats.FORMATS[kind]


@pytest.mark.parametrize("path", sorted((ROOT / "migrations").glob("*/*.py")), ids=lambda path: path.parent.name)
def test_a_revision_imports_nothing_of_zprof(path: Path) -> None:
    assert not imports_zprof(path.read_text())


@pytest.mark.parametrize(
    "text", ["import zprof", "from zprof.schema import models", "import sqlalchemy, zprof.records"]
)
def test_an_import_of_zprof_is_seen(text: str) -> None:
    assert imports_zprof(text)


def imports_zprof(text: str) -> bool:
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return any(name.partition(".")[0] == "zprof" for name in names)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("command", "says"), [("current", "(head)"), ("check", "No new upgrade"), ("history", "0001")])
def test_alembic_works_from_a_checkout(zprof: Zprof, kind: Kind, command: str, says: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("alembic"), "-n", kind, command],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert says in done.stdout


def test_a_store_reads_well_in_sqlite3(zprof: Zprof, config: Path) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b")
    zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store:
        overview = store.execute(
            "select component_type, component_name, flavor, stacks, config from component_overview order by 1, 2"
        ).fetchall()
        assert store.execute("select kind, version from format").fetchall() == [("store", 6)]
        assert store.execute("PRAGMA application_id").fetchone() == (0x7A70726F,)
        assert store.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert overview == [
        ("artifact_store", "default", "local", "default", "{}"),
        ("artifact_store", "s3", "s3", "prod", '{"path": "s3://b"}'),
        ("metadata_store", "default", "sqlite", "default, prod", "{}"),
        ("orchestrator", "default", "local", "default, prod", "{}"),
    ]
