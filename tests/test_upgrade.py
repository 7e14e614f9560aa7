"""Databases of an older and of a newer zprof. The next release is this one with another revision in each history."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from conftest import Result, Zprof
from contents import contents, damage, files, rows
from newer import FAILURES, FORMATS, REVISIONS, migrations_of_next_release

from zprof.errors import ZprofError
from zprof.generated import formats
from zprof.profiles.registry import open_registry
from zprof.schema import migration

HERE = Path(__file__).parent
STACK = ("-o", "default", "-a", "default", "-m", "default")
DATA = {
    "stacks": "SELECT id, name, created_at, updated_at FROM stack ORDER BY id",
    "components": "SELECT id, type, name, flavor, config, created_at, updated_at FROM component ORDER BY id",
    "members": "SELECT * FROM stack_component ORDER BY 1, 2, 3",
    "changes": "SELECT * FROM change ORDER BY id",
    "overview": "SELECT * FROM stack_overview ORDER BY 1",
}

Release = Callable[..., None]


@pytest.fixture
def old(zprof: Zprof, config: Path) -> Zprof:
    """The command, with databases of this release that hold something."""
    for words in (
        ("orchestrator", "register", "docker", "-f", "local_docker", "--docker_parent_image=python:3.11"),
        ("stack", "register", "prod", "-o", "docker", "-a", "default", "-m", "default"),
        ("profile", "create", "second"),
    ):
        assert zprof(*words).code == 0
    return zprof


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """Makes the program in this process the next release, or one with a revision that fails."""

    def become(failure: str | None = None) -> None:
        directory = migrations_of_next_release(tmp_path / f"migrations-{failure}", failure)
        monkeypatch.setattr(migration, "migrations_dir", lambda: directory)
        for kind, version in FORMATS.items():
            monkeypatch.setitem(formats.FORMATS, kind, version)

    return become


def data(store: Path) -> dict[str, Any]:
    return {what: rows(store, query) for what, query in DATA.items()}


def kind_of(database: Path) -> str:
    """Of a database or a copy of one."""
    return "registry" if database.name.startswith("registry.") else "store"


def backups(config: Path) -> list[str]:
    """The copies, by what they are copies of."""
    directory = config / "backups"
    return sorted(path.name.split(".")[0] for path in directory.iterdir()) if directory.is_dir() else []


def dump(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize(
    "words",
    [("stack", "list"), ("orchestrator", "register", "new", "-f", "local"), ("stack", "set", "prod")],
    ids=["a read", "a change", "a switch"],
)
def test_an_old_file_is_upgraded_once(words: tuple[str, ...], old: Zprof, config: Path, release: Release) -> None:
    registry, store, second = (config / name for name in ("registry.db", "profiles/default.db", "profiles/second.db"))
    before, dumps = data(store), {"registry": dump(registry), "default": dump(store)}
    other = files(config)["profiles/second.db"]
    release()
    assert old(*words).code == 0
    assert backups(config) == ["default", "registry"]
    for copy in (config / "backups").iterdir():
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert dump(copy) == dumps[copy.name.split(".")[0]]
        assert rows(copy, "PRAGMA user_version") == [[FORMATS[kind_of(copy)] - 1]]
        assert rows(copy, "PRAGMA application_id") == [[0x7A70726F]]
    assert stat.S_IMODE((config / "backups").stat().st_mode) == 0o700
    for database in (registry, store):
        version = FORMATS[kind_of(database)]
        assert rows(database, "PRAGMA user_version") == [[version]]
        min_writer = {"registry": 3, "store": 6}[kind_of(database)]  # as it was
        assert rows(database, "SELECT version, min_reader, min_writer FROM format") == [[version, 1, min_writer]]
        assert rows(database, "SELECT version_num FROM alembic_version") == [[REVISIONS[kind_of(database)]]]
    after = data(store)
    assert {what: after[what][: len(before[what])] for what in before} == before
    assert rows(store, "SELECT DISTINCT note FROM component") == [["none"]]
    assert damage(config) == []
    assert files(config)["profiles/second.db"] == other  # what was not used is not touched
    # Once is enough, and what comes after is a command like any other.
    assert old("stack", "describe", "prod").code == 0
    assert old("orchestrator", "register", "newer", "-f", "local").code == 0
    assert backups(config) == ["default", "registry"]
    assert old("-p", "second", "stack", "list").code == 0
    assert backups(config) == ["default", "registry", "second"]
    assert rows(second, "PRAGMA user_version") == [[FORMATS["store"]]]


def test_the_data_that_is_compared_would_miss_what_a_careless_upgrade_loses(old: Zprof, config: Path) -> None:
    """The same revision with foreign keys on empties the stacks, and no check of SQLite's says so."""
    store = config / "profiles/default.db"
    before = data(store)
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM stack")
    assert damage(config) == []
    assert data(store) != before


@pytest.mark.parametrize("failure", FAILURES)
def test_a_revision_that_fails_changes_nothing(failure: str, old: Zprof, config: Path, release: Release) -> None:
    store = config / "profiles/default.db"
    old("orchestrator", "register", "unused", "-f", "local")
    before = dump(store)
    release(failure)
    result = old("stack", "list")
    assert (result.code, result.out) in [(1, ""), (6, "")]
    assert "Traceback" not in result.err
    assert dump(store) == before
    assert rows(store, "PRAGMA user_version") == [[FORMATS["store"] - 1]]
    assert damage(config) == []
    release()
    assert old("stack", "list", "-o", "name")[:2] == (0, "default\nprod\n")
    assert rows(store, "PRAGMA user_version") == [[FORMATS["store"]]]
    assert damage(config) == []


@pytest.mark.slow
def test_killed_at_any_step_an_upgrade_is_done_or_not_done(old: Zprof, config: Path, tmp_path: Path) -> None:
    migrations = migrations_of_next_release(tmp_path / "migrations")
    before = contents(config)
    assert before is not None
    lists = [["-q", "stack", "list"], ["-q", "profile", "list"]]
    task = {"config": str(config), "migrations": str(migrations), "words": ["stack", "list"], "probes": lists}
    done = subprocess.run(
        [sys.executable, HERE / "killing.py", json.dumps(task)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert (seen[-1]["is_killed"], seen[-1]["code"]) == (False, 0)
    after = seen[-1]["contents"]
    assert after["format"] != before["format"]
    # Registry and store are two files, of which the registry comes first.
    registry_only = {**after, "stores": before["stores"]}
    states = [kill["contents"] for kill in seen]
    assert [state for state in states if state not in (before, registry_only, after)] == []
    assert all(state in states for state in (before, registry_only, after))
    at = [" ".join(kill["at"].split()) for kill in seen]
    assert {step: at.count(step) for step in ("BEGIN IMMEDIATE", "os.link", "COMMIT")} == {
        "BEGIN IMMEDIATE": 2, "os.link": 2, "COMMIT": 2,
    }  # fmt: skip
    assert "DROP TABLE component" in at
    for kill in seen:
        assert kill["codes"] == [0, 0], kill["probes_said"]
        assert kill["damage"] == []
        assert kill["afterwards"] == after


@pytest.mark.slow
def test_one_of_six_processes_upgrades(old: Zprof, config: Path, tmp_path: Path) -> None:
    migrations = migrations_of_next_release(tmp_path / "migrations")
    command = [sys.executable, str(HERE / "newer.py"), str(migrations), "stack", "list", "-o", "name"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(6)]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    results = []
    for process in processes:
        out, err = process.communicate(timeout=100)
        results.append(Result(process.returncode, out, err))
    assert [(result.code, result.out) for result in results] == [(0, "default\nprod\n")] * 6, results
    assert backups(config) == ["default", "registry"]
    assert damage(config) == []


def test_one_of_six_threads_upgrades_each_of_several_stores(old: Zprof, config: Path, release: Release) -> None:
    """Alembic keeps what it is doing in globals of the process."""
    for name in ("third", "fourth"):
        assert old("profile", "create", name).code == 0
    release()
    registry = open_registry(str(config))
    stores = [registry.store(registry.profile(name)) for name in ("default", "second", "third", "fourth")]
    barrier = Barrier(len(stores) * 2)

    def names(number: int) -> list[str]:
        barrier.wait(60)
        return stores[number % len(stores)].stack_names()

    with ThreadPoolExecutor(len(stores) * 2) as executor:
        found = list(executor.map(names, range(len(stores) * 2)))
    assert found == [["default", "prod"], ["default"], ["default"], ["default"]] * 2
    assert backups(config) == ["default", "fourth", "registry", "second", "third"]
    for name in ("default", "second", "third", "fourth"):
        store = config / f"profiles/{name}.db"
        assert rows(store, "PRAGMA user_version") == [[FORMATS["store"]]]
        assert rows(store, "SELECT DISTINCT note FROM component") == [["none"]]


def test_formats_are_told_without_an_upgrade(old: Zprof, config: Path, release: Release) -> None:
    release()
    before = files(config)
    told = json.loads(old("db", "status", "--all", "-o", "json").out)["items"]
    assert [item["newest_format"] - item["format"] for item in told] == [1, 1, 1]
    assert {item["upgrade"] for item in told} == {f"to format {version}, after a copy" for version in FORMATS.values()}
    trial = old("db", "upgrade", "--all", "--dry-run", "--output", "json")
    assert [(item["database"], item["name"]) for item in json.loads(trial.out)["items"]] == [
        ("registry", REVISIONS["registry"]), ("default", REVISIONS["store"]), ("second", REVISIONS["store"]),
    ]  # fmt: skip
    assert old("db", "check").code == 0
    assert changed(before, files(config)) == []


def test_all_are_upgraded_past_a_broken_one(old: Zprof, config: Path, release: Release) -> None:
    (config / "profiles/default.db").write_text("broken")
    release()
    result = old("db", "upgrade", "--all")
    assert (result.code, result.out) == (6, "")
    assert f"{config}/profiles/default.db is not a SQLite database" in result.err
    assert backups(config) == ["registry", "second"]
    for name, kind in (("registry.db", "registry"), ("profiles/second.db", "store")):
        assert rows(config / name, "PRAGMA user_version") == [[FORMATS[kind]]]
    (config / "profiles/default.db").unlink()
    assert old("db", "upgrade", "-p", "second").err.endswith("and needs no upgrade.\n")
    assert old("db", "upgrade", "--all").code == 1


def test_an_older_copy_is_restored_and_upgraded_by_the_next_command(old: Zprof, config: Path, release: Release) -> None:
    store = config / "profiles/default.db"
    before = data(store)
    copy = old("db", "backup").out.strip()
    release()
    assert old("stack", "list").code == 0
    assert old("db", "restore", copy, "-y").code == 0
    assert rows(store, "PRAGMA user_version") == [[FORMATS["store"] - 1]]
    assert data(store) == before
    assert old("stack", "list", "-o", "name").out == "default\nprod\n"
    assert rows(store, "PRAGMA user_version") == [[FORMATS["store"]]]


def test_copies_stay_beside_the_registry_that_they_are_of(
    old: Zprof, config: Path, home: Path, release: Release
) -> None:
    """A program may use another config directory than the user's own."""
    other = home / "other"
    shutil.copytree(config, other)
    release()
    open_registry(str(other)).profiles()
    assert backups(other) == ["registry"]
    assert backups(config) == []


def test_without_a_copy_there_is_no_upgrade(old: Zprof, config: Path, release: Release) -> None:
    (config / "backups").write_text("in the way")
    before = files(config)
    release()
    for words in (("stack", "list"), ("stack", "register", "new", *STACK)):
        result = old(*words)
        assert (result.code, result.out) == (1, "")
        assert "Traceback" not in result.err
        assert str(config / "backups") in result.err
        assert "Nothing was changed" in result.err
    assert changed(before, files(config)) == []
    (config / "backups").unlink()
    assert old("stack", "list", "-o", "name").out == "default\nprod\n"


def test_a_damaged_file_is_not_upgraded(old: Zprof, config: Path, release: Release) -> None:
    store = config / "profiles/default.db"
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'uq_stack_name' OR name = 'sqlite_autoindex_stack_1'"
        ((page,),) = connection.execute(query).fetchall()
        ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    with store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    release()
    before = files(config)["profiles/default.db"]
    result = old("stack", "list")
    assert (result.code, result.out) == (6, ""), result.err
    assert "Traceback" not in result.err
    assert files(config)["profiles/default.db"][2] == before[2]
    assert old("profile", "set", "second").code == 0


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs, the queue's sidecars apart, and the directories that they are made in."""
    return [
        path
        for path in {**before, **after}
        if before.get(path) != after.get(path) and path not in (".", "profiles") and not path.endswith(".lock")
    ]


def make_newer(database: Path, version: int, min_reader: int, min_writer: int) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {version}")
        marks = (version, min_reader, min_writer)
        connection.execute("UPDATE format SET version = ?, min_reader = ?, min_writer = ?", marks)


READ, CHANGE, SWITCH = ("stack", "list"), ("stack", "register", "new", *STACK), ("stack", "set", "prod")
PROFILES, PROFILE_SET = ("profile", "list"), ("profile", "set", "second")


@pytest.mark.parametrize(
    ("name", "marks", "refused", "done"),
    [
        ("profiles/default.db", (9, 9, 9), [READ, CHANGE, SWITCH], [PROFILES]),
        ("profiles/default.db", (9, 1, 9), [CHANGE], [READ, SWITCH, PROFILES]),
        ("profiles/default.db", (9, 1, 1), [], [READ, SWITCH, PROFILES, CHANGE]),
        ("registry.db", (9, 9, 9), [READ, CHANGE, SWITCH, PROFILES, PROFILE_SET], []),
        ("registry.db", (9, 1, 9), [SWITCH, PROFILE_SET, ("profile", "create", "new")], [READ, PROFILES]),
        ("registry.db", (9, 1, 1), [], [READ, CHANGE, SWITCH, PROFILES, PROFILE_SET]),
    ],
    ids=[f"{how} {kind}" for kind in ("store", "registry") for how in ("unreadable", "readable", "compatible")],
)
def test_a_newer_file_is_left_as_it_is(
    name: str,
    marks: tuple[int, int, int],
    refused: list[tuple[str, ...]],
    done: list[tuple[str, ...]],
    old: Zprof,
    config: Path,
) -> None:
    make_newer(config / name, *marks)
    before = files(config)
    for words in refused:
        result = old(*words)
        assert (result.code, result.out) == (6, ""), words
        message, hint = result.err.splitlines()[-2:]
        assert message.startswith(f"Error: {config / name} was written by a newer zprof")
        assert "run `git pull` and `pip install .`" in hint
    assert changed(before, files(config)) == []
    for words in done:
        assert old(*words).code == 0, words
    assert rows(config / name, "PRAGMA user_version") == [[9]]
    assert backups(config) == []


def test_the_library_says_so_too(old: Zprof, config: Path) -> None:
    make_newer(config / "profiles/default.db", 9, 9, 9)
    registry = open_registry(str(config))
    store = registry.store(registry.active())
    with pytest.raises(ZprofError) as caught:
        store.stacks()
    assert (caught.value.code, caught.value.exit_code) == ("newer_schema", 6)
