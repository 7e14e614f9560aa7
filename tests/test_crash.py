"""What a killed process leaves: the state before it or the state after it, and nothing to mend by hand."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Zprof
from contents import contents, damage
from killing import Steps, is_killed_in_a_change, restore

KILLING = Path(__file__).with_name("killing.py")
LISTS = [["-q", "profile", "list"], ["-q", "stack", "list"]]
STACK = ("-o", "default", "-a", "default", "-m", "default")

COMMANDS = {
    "stack register": ("stack", "register", "new", *STACK, "--set"),
    "stack update": ("stack", "update", "default", "-o", "other"),
    "stack rename": ("stack", "rename", "default", "renamed"),
    "component register": ("orchestrator", "register", "new", "--flavor", "local_docker"),
    "component update": ("orchestrator", "update", "other", "--docker_parent_image=new"),
    "component rename": ("orchestrator", "rename", "default", "renamed"),
    "profile create": ("profile", "create", "new"),
    "profile set": ("profile", "set", "second"),
    "profile rename": ("profile", "rename", "second", "renamed"),
    "profile delete": ("profile", "delete", "second", "--yes"),
    "profile restore": ("profile", "restore", "third"),
    "undo of a registration": ("undo",),
    "undo of a rename": ("undo",),
    "redo of a rename": ("redo",),
    "undo in the registry": ("undo", "--registry"),
}
BEFORE = {
    "undo of a registration": (("stack", "register", "new", *STACK, "--set"),),
    "undo of a rename": (("stack", "rename", "default", "renamed"),),
    "redo of a rename": (("stack", "rename", "default", "renamed"), ("undo",)),
    "undo in the registry": (("profile", "set", "second"),),
}
"""What is done before some of them."""
DONE_BEFORE = {"profile create": (4,), "profile delete": (3,), "profile restore": (3, 4)}
"""The exit codes of commands that are typed again though they got to their end; it is their files that matter here."""


def killed(**task: Any) -> list[dict[str, Any]]:
    """What `killing.py` saw, kill by kill."""
    done = subprocess.run([sys.executable, KILLING, json.dumps(task)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def filled(zprof: Zprof) -> None:
    """Enough for every command to have something to work on."""
    for words in (
        ("profile", "create", "second"),
        ("orchestrator", "register", "other", "--flavor", "local_docker", "--docker_parent_image=old"),
        ("stack", "register", "spare", *STACK),
        ("profile", "create", "third"),
        ("profile", "delete", "third", "--yes"),
    ):
        assert zprof(*words).code == 0


def neither(seen: list[dict[str, Any]], before: Any, allowed: tuple[Any, ...] = ()) -> list[int]:
    """The steps at which a kill left something that is neither the state before nor the one after."""
    after = seen[-1]["contents"]
    return [kill["step"] for kill in seen if kill["contents"] not in (before, after, *allowed)]


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_step_a_command_is_done_or_not_done(name: str, zprof: Zprof, config: Path) -> None:
    filled(zprof)
    for words in BEFORE.get(name, ()):
        assert zprof(*words).code == 0
    check_kills(name, config)


@pytest.mark.slow
def test_killed_at_any_statement_nothing_more_is_left_than_at_the_steps(
    zprof: Zprof, config: Path, tmp_path: Path
) -> None:
    """One command is killed before each statement that only reads, too: the others need not be."""
    filled(zprof)
    restore(config, tmp_path / "before")
    seen = check_kills("stack register", config, reads=True)
    restore(tmp_path / "before", config)
    at_steps = killed(config=str(config), words=COMMANDS["stack register"], probes=[])
    assert len(seen) > 2 * len(at_steps)
    assert any(kill["at"].lstrip().startswith("SELECT") for kill in seen)
    assert states(seen) == states(at_steps)


def check_kills(name: str, config: Path, *, reads: bool = False) -> list[dict[str, Any]]:
    before = contents(config)
    again = [COMMANDS[name]] if name in DONE_BEFORE else []
    seen = killed(config=str(config), words=COMMANDS[name], probes=[*LISTS, *again], reads=reads)
    *kills, last = seen
    assert (last["is_killed"], last["code"]) == (False, 0), last["said"]
    assert last["contents"] != before
    assert all(kill["is_killed"] for kill in kills)
    assert is_killed_in_a_change(kills)
    for kill in seen:
        assert kill["codes"][:2] == [0, 0], kill["probes_said"]
        assert kill["damage"] == []
        if again:  # typed again, it gets to its end
            assert kill["codes"][2] in (0, *DONE_BEFORE[name]), kill["probes_said"]
            assert names(kill) == names(last)
            if name == "profile restore":  # and what it had made before is used
                assert kill["files"] == last["files"]
        else:  # what only lists changes nothing
            assert kill["afterwards"] == kill["contents"]
    assert neither(seen, before, in_between(name, before, last["contents"])) == []
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("is_first", [True, False], ids=["on a fresh machine", "where a default gives way"])
def test_killed_at_any_step_moving_in_is_done_or_not_done(
    first_run: Zprof, config: Path, home: Path, *, is_first: bool
) -> None:
    """Typed again, it gets to its end, and no profile lacks its store."""
    if not is_first:
        assert first_run("profile", "list").code == 0
    source = home / "zenml"
    written = Path(__file__).parent / "data" / "zenml-0.13.2" / "config" / "profiles" / "default"
    for name in ("default", "second"):
        shutil.copytree(written, source / "profiles" / name)
    profiles = {name: {"active_stack": "default"} for name in ("default", "second")}
    (source / "config.yaml").write_text(json.dumps({"profiles": profiles, "version": "0.13.2"}) + "\n")
    before = contents(config)
    words = ("import-zenml", str(source))
    *kills, last = killed(config=str(config), words=words, probes=[*LISTS, words])
    assert (last["is_killed"], last["code"]) == (False, 0), last["said"]
    assert is_killed_in_a_change(kills)
    for kill in (*kills, last):
        assert kill["contents"] in (before, last["contents"])
        assert kill["codes"] == [0, 0, 0], kill["probes_said"]
        assert kill["damage"] == []
        assert names(kill) == ["default", "second"]
        assert kill["afterwards"]["stores"] == last["afterwards"]["stores"]


def states(seen: list[dict[str, Any]]) -> list[Any]:
    """What kills left, in order, each once."""
    left = [kill["contents"] for kill in seen]
    return [state for state, previous in zip(left, [None, *left], strict=False) if state != previous]


def test_what_writes_is_a_step() -> None:
    statements = [
        ("PRAGMA busy_timeout = 1", False),
        ("BEGIN", False),
        ("SELECT 1", False),
        ("COMMIT", False),  # of what only read
        ("\n  select name from profile", False),
        ("PRAGMA user_version", False),
        ("PRAGMA foreign_key_check(stack)", False),
        ('PRAGMA main.table_info("stack")', False),
        ('PRAGMA main.index_list("stack")', False),
        ("PRAGMA unknown", True),
        ("PRAGMA user_version = 2", True),
        ("PRAGMA journal_mode = DELETE", True),
        ("BEGIN", False),
        ("INSERT INTO stack SELECT * FROM stack", True),
        ("SELECT 1", False),
        ("COMMIT", True),
        ("BEGIN IMMEDIATE", True),
        ("SELECT 1", False),
        ("COMMIT", True),
        ("WITH all_names AS (SELECT 1) DELETE FROM stack", True),
        *(
            (statement, True)
            for statement in ("UPDATE stack SET name = ''", "CREATE VIEW a AS SELECT 1", "ATTACH '' AS a")
        ),
        *(
            (statement, True)
            for statement in ("DROP VIEW a", "ALTER TABLE a RENAME TO b", "REPLACE INTO a VALUES (1)", "VACUUM")
        ),
    ]
    is_step = Steps()
    assert [(statement, is_step(statement)) for statement, _ in statements] == statements
    is_step = Steps(counts_reads=True)
    assert [statement for statement, _ in statements if not is_step(statement)] == ["PRAGMA busy_timeout = 1"]


def in_between(name: str, before: Any, after: Any) -> tuple[Any, ...]:
    """What a kill may leave between the commits to the two files, in the order that is documented."""
    if name == "stack rename":
        return ({**before, "stores": after["stores"]},)  # the active stack has its new name, the registry the old one
    if name == "stack register":
        return ({**before, "stores": after["stores"]},)  # registered, but not yet switched to
    if name in ("undo of a registration", "undo of a rename", "redo of a rename"):
        return ({**before, "stores": after["stores"]},)  # done in the store, and not yet in the registry
    if name == "profile delete":
        return ({**before, "stores": {**before["stores"], "second": None}},)  # moved to the copies, the row still there
    return ()


@pytest.mark.slow
def test_the_check_sees_a_change_in_two_transactions(zprof: Zprof, config: Path) -> None:
    filled(zprof)
    before = contents(config)
    assert neither(killed(config=str(config), probes=[]), before) != []


@pytest.mark.slow
def test_killed_at_any_step_the_first_run_is_made_again(home: Path, config: Path) -> None:
    seen = killed(config=str(config), words=LISTS[0], probes=LISTS)
    *kills, last = seen
    assert (last["is_killed"], last["code"]) == (False, 0), last["said"]
    assert len(kills) > 40
    assert neither(seen, None) == []
    assert kills[0]["contents"] is None
    for kill in seen:
        assert kill["codes"] == [0, 0], kill["probes_said"]
        assert kill["damage"] == []
        assert kill["afterwards"] == last["contents"]


def names(kill: dict[str, Any]) -> list[str]:
    return [profile[0] for profile in kill["afterwards"]["profiles"]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_nothing_acknowledged_is_lost(seed: int, zprof: Zprof, config: Path) -> None:
    print("seed", seed)
    seen = killed(config=str(config), seed=seed, rounds=30)
    assert len(seen) == 30
    for kill in seen:
        assert kill["is_killed"]
        assert kill["one"] == kill["two"] == kill["added"]
        assert kill["one"] - kill["acknowledged"] in (0, 1)  # the last one may have been committed and not printed
        assert kill["damage"] == []
    assert seen[-1]["one"] > 0
    assert zprof("stack", "list").code == 0


@pytest.mark.parametrize(
    ("journal_mode", "is_whole"),
    [("DELETE", True), ("MEMORY", False), ("OFF", False)],
    ids=["as zprof has it", "without a journal on disk", "without a journal"],
)
def test_a_transaction_that_spilled_needs_its_journal(journal_mode: str, is_whole: bool, tmp_path: Path) -> None:
    """A kill is caught where a journal is missing, so the checks above would see one."""
    path = tmp_path / "counter.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE counter (value INTEGER, filling TEXT)")
        connection.executemany("INSERT INTO counter VALUES (0, ?)", [("x" * 400,)] * 2000)
    subprocess.run([sys.executable, KILLING, "before-commit", path, journal_mode], check=True)
    assert (path.with_name("counter.db-journal").exists()) == is_whole
    assert (distinct_values(path) == 1 and damage(tmp_path) == []) == is_whole


def distinct_values(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(DISTINCT value) FROM counter").fetchone()[0])


@pytest.mark.parametrize("words", [("stack", "list"), ("profile", "list"), ("stack", "describe")])
def test_a_read_plays_back_the_journal_of_a_killed_change(words: tuple[str, ...], zprof: Zprof, config: Path) -> None:
    filled(zprof)
    expected = zprof(*words)
    before = contents(config)
    for path, change in (
        (config / "profiles/default.db", "UPDATE component SET name = name || '-half', config = '{}'"),
        (config / "registry.db", "UPDATE profile SET name = name || '-half'"),
    ):
        half_changed(path, change)
        assert path.with_name(f"{path.name}-journal").stat().st_size > 0
    assert zprof(*words) == expected
    assert contents(config) == before
    assert damage(config) == []


def half_changed(path: Path, change: str) -> None:
    """Leave a change in a file that was not committed, with its journal."""
    program = """if True:
        import os, signal, sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE filling AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                           " WHERE i < 500) SELECT i, zeroblob(1000) FROM n")
        connection.execute(sys.argv[2])
        connection.execute("UPDATE filling SET i = i + 1")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", program, path, change], check=False)
