"""Databases that released formats have left, with data in them: each is upgraded, and nothing is lost.

`released/` has a dump of each, made by the program of that format: `KIND-FORMAT.sql`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from contents import damage, rows

from zprof.compatibility import Kind
from zprof.generated import formats
from zprof.schema import migration
from zprof.sqlite.database import Database

RELEASED = sorted((Path(__file__).parent / "released").glob("*-*.sql"))
STORES = [path for path in RELEASED if path.name.startswith("store-")]
REGISTRIES = [path for path in RELEASED if path.name.startswith("registry-")]


def restored(dump: Path, database: Path) -> Path:
    """The database that a dump was made of."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(dump.read_text())
    return database


def data(database: Path) -> dict[str, list[list[object]]]:
    """All rows of all tables of a program's data, in the columns of the first format."""
    with closing(sqlite3.connect(":memory:")) as first:
        kind = "registry" if database.name == "registry.db" else "store"
        first.executescript((Path(__file__).parent / "released" / f"{kind}-1.sql").read_text())
        tables = [name for (name,) in first.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {table: [row[1] for row in first.execute(f"PRAGMA table_info({table})")] for table in tables}
    return {
        table: rows(database, f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2")
        for table, names in columns.items()
        if table not in ("alembic_version", "format")
    }


def schema(database: Path) -> list[list[object]]:
    return rows(database, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")


def test_each_released_format_has_a_dump() -> None:
    assert {path.stem for path in RELEASED} >= {"registry-1", "store-1"}
    for kind, newest in formats.FORMATS.items():
        dumped = [int(path.stem.partition("-")[2]) for path in RELEASED if path.name.startswith(f"{kind}-")]
        assert set(dumped) >= set(range(1, newest))


@pytest.mark.parametrize("dump", STORES, ids=lambda path: str(path.stem))
def test_a_store_of_a_released_format_is_upgraded(dump: Path, zprof: Zprof, tmp_path: Path, config: Path) -> None:
    database = restored(dump, tmp_path / "team.db")
    before = data(database)
    assert zprof("profile", "create", "team", "--url", str(database)).code == 0
    assert data(database) == before
    assert before["change"], "a table that is empty shows nothing"
    assert rows(database, "PRAGMA user_version") == [[formats.FORMATS["store"]]]
    assert schema(database) == schema(config / "profiles/default.db")
    assert damage(tmp_path) == []
    described = json.loads(zprof("-p", "team", "stack", "describe", "production", "-o", "json").out)
    assert described["components"]["alerter"] == {
        "name": "duty",
        "flavor": "pager",
        "config": {"team": "night", "token": "${env:PAGER}"},
    }
    changes = 1 if dump.stem == "store-1" else 2  # format 1 counted none: its first change is not known
    assert described["revision"] == changes
    assert zprof("-p", "team", "orchestrator", "update", "docker", "--docker_parent_image=x").code == 0
    assert rows(database, "SELECT revision FROM component WHERE name = 'docker'") == [[changes + 1]]


@pytest.mark.parametrize("dump", REGISTRIES, ids=lambda path: str(path.stem))
def test_a_registry_of_a_released_format_is_upgraded(
    dump: Path, zprof: Zprof, tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = restored(dump, tmp_path / "old" / "registry.db")
    before = data(database)
    monkeypatch.setenv("ZPROF_CONFIG_PATH", str(database.parent))
    assert zprof("profile", "list", "-o", "name").out == "default\nstaging\n"
    assert data(database) == before
    assert schema(database) == schema(config / "registry.db")


STRANGERS = {
    "registry": ("CREATE VIEW mine AS SELECT name FROM profile", "CREATE INDEX its ON profile (url)"),
    "store": (
        "CREATE VIEW mine AS SELECT * FROM stack_overview",
        'CREATE VIEW "the ""names""" AS SELECT name FROM component',
        "CREATE INDEX its ON component (flavor)",
    ),
}


@pytest.mark.parametrize("dump", RELEASED, ids=lambda path: str(path.stem))
def test_views_and_indexes_of_others_stay(dump: Path, home: Path) -> None:
    kind: Kind = "registry" if dump in REGISTRIES else "store"
    database = restored(dump, home / "database.db")
    with closing(sqlite3.connect(database)) as connection:
        for statement in STRANGERS[kind]:
            connection.execute(statement)
        query = "SELECT name FROM sqlite_master WHERE type IN ('view', 'index') AND sql IS NOT NULL ORDER BY name"
        before = connection.execute(query).fetchall()
    migration.upgrade(Database(str(database), kind))
    assert {name for (name,) in before} <= {name for (name,) in rows(database, query)}
    assert rows(database, "SELECT count(*) FROM mine") != [[0]]


@pytest.mark.parametrize("dump", RELEASED, ids=lambda path: str(path.stem))
def test_a_dump_names_nobody(dump: Path) -> None:
    assert set(re.findall(r"'([\w.-]+@[\w.-]+)'", dump.read_text())) <= {"ana@laptop"}


def test_migrations_have_a_number_for_each_format() -> None:
    assert {kind: int(migration.head(kind).partition("_")[0]) for kind in ("registry", "store")} == formats.FORMATS


@pytest.mark.parametrize("dump", STORES, ids=lambda path: str(path.stem))
def test_the_log_is_whole_after_an_upgrade_and_undo_goes_back_to_it(dump: Path, zprof: Zprof, tmp_path: Path) -> None:
    database = restored(dump, tmp_path / "team.db")
    before = rows(database, "SELECT operation FROM change GROUP BY operation ORDER BY min(id) DESC")
    assert zprof("profile", "create", "team", "--url", str(database)).code == 0
    found = json.loads(zprof("-p", "team", "log", "list", "--limit", "1000", "-o", "json").out)["items"]
    assert [[item["id"]] for item in found] == [[found[0]["id"]], *before]
    assert [item["verb"] for item in found] == ["floor", *["change"] * len(before)]
    assert zprof("-p", "team", "log", "show", before[0][0]).code == 0
    was = zprof("-p", "team", "export").out
    assert zprof("-p", "team", "orchestrator", "update", "docker", "--docker_parent_image=x").code == 0
    assert zprof("-p", "team", "undo").code == 0
    assert zprof("-p", "team", "export").out == was
    assert zprof("-p", "team", "undo").code == 4
