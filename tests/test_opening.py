"""How often a command opens a store: what it shows comes from one look."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from conftest import Zprof

import zprof as library
from zprof.records import Component
from zprof.sqlite.driver import sqlite3 as quick

MOST = {
    "stack list": 1,
    "stack get": 2,
    "stack describe": 1,
    "stack describe default": 1,
    "stack validate --all": 1,
    "stack export default": 1,
    "alerter list": 1,
    "alerter describe a0": 1,
    "alerter get": 1,
    "alerter update a0 --url=y": 2,
    "alerter register new -f own --url=y": 2,
    "alerter rename a0 new": 1,
    "alerter delete a0 -y": 2,
    "orchestrator register new -f local": 1,
    "stack register new -o default -a default -m default": 1,
    "stack rename default new": 1,
}
"""One to look, and one to change what was looked at; at a glance, one to see that there is no log, and one to look."""


@pytest.fixture
def many(zprof: Zprof, home: Path) -> Zprof:
    """A default profile with 51 components of a custom flavor, one of them in the default stack."""
    with library.open_profile().change() as change:
        change.register_flavor("alerter", "own", {"type": "object", "properties": {"url": {"type": "string"}}})
        change.register_components(Component("alerter", f"a{number}", "own", {"url": "x"}) for number in range(51))
        change.update_stack("default", {"alerter": "a50"})
    return zprof


def opened_by(zprof: Zprof, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """How often a command opens the store of the default profile."""
    opened: list[str] = []
    connect = sqlite3.connect

    def counting(path: str, **options: object) -> sqlite3.Connection:
        opened.append(path)
        connection: sqlite3.Connection = connect(path, **options)  # type: ignore[call-overload]
        return connection

    with monkeypatch.context() as patch:
        for module in (sqlite3, quick):
            patch.setattr(module, "connect", counting)
        done = zprof(*words)
    assert done.code == 0, done.err
    return sum("default.db" in path for path in opened)


@pytest.mark.parametrize("line", MOST)
def test_no_command_opens_a_store_more_often_than_it_needs(
    many: Zprof, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    assert opened_by(many, monkeypatch, *line.split()) == MOST[line]


def test_opening_again_would_be_seen(many: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened_by(many, monkeypatch, "profile", "create", "copy", "--from", "default") > 1
