"""The registry's log: each change of each command has its rows, and what changes nothing has none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from logs import profiles_by_log, registry_log

from zprof.errors import DamagedFile
from zprof.history.log import Log
from zprof.profiles.operation import in_log
from zprof.profiles.registry import Registry, open_registry

STACK = ("-o", "default", "-a", "default", "-m", "default")

CHANGES: dict[tuple[str, ...], int] = {
    ("profile", "create", "staging"): 1,
    ("profile", "create", "clone", "--from", "default"): 1,
    ("profile", "set", "staging"): 2,
    ("profile", "rename", "staging", "team"): 1,
    ("stack", "copy", "default", "prod"): 0,
    ("stack", "set", "prod"): 1,
    ("stack", "rename", "prod", "main"): 1,
    ("stack", "register", "quick", *STACK, "--set"): 1,
    ("profile", "protect", "team"): 1,
    ("profile", "unprotect", "team"): 1,
    ("profile", "delete", "clone", "--yes"): 1,
    ("profile", "restore", "clone"): 1,
}
"""Commands one after another, each with the number of profiles that it changes."""

NO_CHANGES = (
    ("profile", "set", "default"),
    ("profile", "unprotect", "default"),
    ("stack", "set", "default"),
)


@pytest.fixture
def registry(zprof: Zprof, config: Path) -> Registry:
    """One whose log begins where it was made."""
    assert zprof("profile", "list").code == 0
    return Registry(str(config))


def test_each_change_of_each_command_is_in_the_log(zprof: Zprof, registry: Registry) -> None:
    for words, count in CHANGES.items():
        before = len(registry_log(registry))
        result = zprof(*words)
        assert result.code == 0, result
        log = registry_log(registry)
        assert [len(changes) for _, changes in log[before:]] == ([count] if count else []), words
        if count:
            assert log[-1][0].command == " ".join(("zprof", *words))
        assert profiles_by_log(registry) == {found.name: in_log(found) for found in registry.profiles()}


def test_a_change_that_is_not_logged_is_found(zprof: Zprof, registry: Registry) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Log, "add", lambda *_, **__: None)
        registry.set_active_stack("default", "other")
    assert profiles_by_log(registry) != {found.name: in_log(found) for found in registry.profiles()}


def test_what_changes_nothing_leaves_no_trace(zprof: Zprof, registry: Registry) -> None:
    before = registry_log(registry)
    for words in NO_CHANGES:
        assert zprof(*words).code == 0
    assert registry_log(registry) == before


def test_what_fails_leaves_no_trace(zprof: Zprof, registry: Registry) -> None:
    before = registry_log(registry)
    assert zprof("profile", "set", "nope").code == 3
    assert zprof("profile", "create", "DEFAULT").code == 4
    assert zprof("profile", "delete", "default", "--yes").code == 7
    assert registry_log(registry) == before


def test_the_first_run_is_a_floor_of_both_databases(zprof: Zprof, registry: Registry, config: Path) -> None:
    [(operation, [change])] = registry_log(registry)
    assert (operation.kind, operation.previous, operation.undo_next) == ("floor", None, 1)
    assert change.before is None
    assert change.after is not None
    assert change.after["name"] == "default"
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection:
        assert connection.execute("SELECT id, kind FROM operation").fetchall() == [(operation.id, "floor")]


@pytest.mark.parametrize(
    "words",
    [
        ("stack", "register", "quick", *STACK, "--set"),
        ("stack", "rename", "default", "main"),
        ("profile", "create", "staging"),
    ],
)
def test_a_change_of_both_databases_has_one_id(
    zprof: Zprof, registry: Registry, config: Path, words: tuple[str, ...]
) -> None:
    assert zprof(*words).code == 0
    store = "staging.db" if "staging" in words else "default.db"
    with closing(sqlite3.connect(config / "profiles" / store)) as connection:
        newest = connection.execute("SELECT id FROM operation ORDER BY number DESC").fetchone()
    assert newest == (registry_log(registry)[-1][0].id,)


def test_a_switch_by_the_library_says_what_was_active(zprof: Zprof, registry: Registry) -> None:
    zprof("profile", "create", "staging")
    open_registry(registry.directory).activate("staging")
    operation, changes = registry_log(registry)[-1]
    assert operation.command == "python"
    states = [(each.name, each.before or {}, each.after or {}) for each in changes]
    told = [(name, before["is_active"], after["is_active"]) for name, before, after in states]
    assert told == [("default", True, False), ("staging", False, True)]


def test_a_switch_from_a_profile_that_zprof_would_not_write_says_so(
    zprof: Zprof, registry: Registry, config: Path
) -> None:
    zprof("profile", "create", "staging")
    with closing(sqlite3.connect(config / "registry.db")) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE profile SET active_stack = x'00' WHERE name = 'default'")
    with pytest.raises(DamagedFile):
        registry.activate("staging")
