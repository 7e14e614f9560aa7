"""Configs are checked before a command takes its turn, and once more where what was looked at has changed meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Zprof

import zprof as library
from zprof.flavors import check
from zprof.flavors.catalog import Flavor
from zprof.store.store import Store

COMMANDS = {
    "register": ("alerter", "register", "new", "-f", "own", "--url=x"),
    "update": ("alerter", "update", "duty", "--url=y"),
    "remove-attribute": ("alerter", "remove-attribute", "duty", "url"),
    "import": ("stack", "import", "prod.yaml", "--name", "again", "--on-conflict", "rename"),
}


@pytest.fixture
def own(zprof: Zprof, home: Path) -> Path:
    """The path of a store with a custom flavor, a component of it, and a stack with that, which was exported."""
    (home / "schema.json").write_text(
        '{"properties": {"url": {"type": "string", "pattern": "^(a+)+$|x|y|z"}, "note": {}}}'
    )
    for words in (
        ("alerter", "flavor", "register", "own", "--schema", "schema.json"),
        ("alerter", "register", "duty", "-f", "own", "--url=x"),
        ("stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default", "-al", "duty"),
        ("stack", "export", "prod", "prod.yaml"),
    ):
        assert zprof(*words).code == 0, words
    return Path(library.open_profile().url.removeprefix("sqlite://"))


Check = Callable[[Flavor, Mapping[str, Any]], dict[str, Any]]


def watched(monkeypatch: pytest.MonkeyPatch, before: Callable[[], None]) -> list[str]:
    """Call something before each check; the flavors that were checked."""
    seen: list[str] = []
    checked: Check = check.checked

    def watching(flavor: Flavor, config: Mapping[str, Any]) -> dict[str, Any]:
        seen.append(flavor.name)
        before()
        return checked(flavor, config)

    monkeypatch.setattr(check, "checked", watching)
    return seen


def write_at_once(store: Path) -> None:
    """Take the lock that a change has, and fail where another has it."""
    with closing(sqlite3.connect(store, timeout=0, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize("name", COMMANDS)
def test_nobody_waits_for_a_check(name: str, own: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch, lambda: write_at_once(own))
    done = zprof(*COMMANDS[name])
    assert done.code == 0, done.err
    assert "own" in seen


def test_a_check_within_a_turn_would_be_seen(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, lambda: write_at_once(own))
    with pytest.raises(sqlite3.OperationalError, match="locked"), Store(f"sqlite://{own}").change() as change:
        change.register_component("alerter", "new", "own", {"url": "x"})


def test_a_flavor_that_changes_meanwhile_is_checked_once_more(
    own: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_the_schema() -> None:
        with closing(sqlite3.connect(own, isolation_level=None)) as connection:
            connection.execute(
                "UPDATE flavor SET config_schema = ? WHERE name = 'own'",
                ('{"properties": {"url": {"enum": ["q"]}}, "type": "object"}',),
            )

    seen = watched(monkeypatch, change_the_schema)
    refused = zprof("-q", "alerter", "register", "new", "-f", "own", "--url=x")
    assert (refused.code, "must be 'q'" in refused.err) == (2, True), refused.err
    assert seen == ["own", "own"]


def test_a_component_that_changes_meanwhile_is_checked_once_more(
    own: Path, zprof: Zprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[str] = []

    def change_the_config() -> None:
        if not changed:
            changed.append("once")
            with closing(sqlite3.connect(own, isolation_level=None)) as connection:
                connection.execute("UPDATE component SET config = '{\"note\": \"n\"}' WHERE name = 'duty'")

    seen = watched(monkeypatch, change_the_config)
    assert zprof("-q", "alerter", "update", "duty", "--url=z").code == 0
    assert seen == ["own", "own"]
    assert library.open_profile().component("alerter", "duty").config == {"note": "n", "url": "z"}
