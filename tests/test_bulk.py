"""Many changes in one, and few in a large store: the database is asked little, whatever the number of rows."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

import zprof
from zprof.errors import AlreadyExists, NotFound
from zprof.generated import statements as sql
from zprof.store.change import StoreChange
from zprof.store.rows import MANY

DEFAULTS = {"orchestrator": "default", "artifact_store": "default", "metadata_store": "default"}
LARGE = 10 * MANY

pytestmark = pytest.mark.usefixtures("zprof")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that SQLAlchemy runs meanwhile."""
    statements: list[str] = []

    def count(connection: object, cursor: object, statement: str, *others: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def register_many(change: StoreChange, number: int) -> None:
    for index in range(number):
        change.register_component("orchestrator", f"o{index}", "local", {})
    for index in range(number):
        change.register_stack(f"s{index}", {**DEFAULTS, "orchestrator": f"o{index}"})


def test_many_registrations_ask_little() -> None:
    assert questions_of_many() < 4 * MANY


def test_asking_for_each_name_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.store.rows.MANY", 2 * LARGE)
    assert questions_of_many() > LARGE


def questions_of_many() -> int:
    with zprof.open_profile("default") as store, counted() as statements, store.change() as change:
        register_many(change, LARGE)
    assert len(store.components("orchestrator")) == len(store.stacks()) == LARGE + 1
    return sum(statement.startswith("SELECT") for statement in statements)


@pytest.mark.parametrize("number", [1, LARGE])
def test_what_one_change_has_made_it_can_use(number: int) -> None:
    """Whether names are asked for one by one or are all known: taken, gone, renamed and free again."""
    with zprof.open_profile("default") as store, store.change() as change:
        register_many(change, number)
        with pytest.raises(AlreadyExists):
            change.register_component("orchestrator", "o0", "local", {})
        with pytest.raises(AlreadyExists):
            change.register_stack("default", DEFAULTS)
        change.rename_component("orchestrator", "o0", "renamed")
        with pytest.raises(NotFound):
            change.delete_component("orchestrator", "o0")
        change.register_component("orchestrator", "o0", "local_docker", {})
        with pytest.raises(AlreadyExists):
            change.rename_component("orchestrator", "o0", "renamed")
        change.update_stack("s0", {"orchestrator": "o0"})
        change.delete_component("orchestrator", "renamed")
        change.rename_stack("s0", "renamed")
        change.register_stack("s0", DEFAULTS)
        change.delete_stack("renamed", with_components=True)
        with pytest.raises(NotFound):
            change.delete_stack("renamed")
        change.delete_stack("s0")
    assert len(store.stacks()) == number
    names = {component.name for component in store.components("orchestrator")}
    assert names == {"default", *(f"o{index}" for index in range(1, number))}


def test_a_flavor_of_the_same_change_can_be_used_and_no_longer_when_it_is_gone() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    with zprof.open_profile("default") as store, store.change() as change:
        change.register_flavor("orchestrator", "own", schema)
        change.register_component("orchestrator", "o", "own", {"a": "b"})
        change.delete_component("orchestrator", "o")
        change.delete_flavor("orchestrator", "own")
        with pytest.raises(NotFound):
            change.register_component("orchestrator", "o", "own", {})


def test_the_log_has_one_row_for_each_and_in_order() -> None:
    with zprof.open_profile("default") as store, store.change() as change:
        register_many(change, 2)
        change.rename_stack("s1", "last")
    with sqlite3.connect(store.url.removeprefix("sqlite://")) as connection:
        found = connection.execute(
            "SELECT operation = (SELECT operation FROM change ORDER BY id DESC), entity_name FROM change ORDER BY id"
        ).fetchall()
    assert [name for is_last, name in found if is_last] == ["orchestrator/o0", "orchestrator/o1", "s0", "s1", "s1"]


WHOLE = {"PROFILES", "FORMAT", "STACKS", "STACK_NAMES", "COMPONENTS", "COMPONENT_NAMES", "FLAVORS"}
"""Statements whose answer is all of a table, or of a type."""


def test_statements_for_one_thing_scan_no_table() -> None:
    store = zprof.open_profile("default")
    statements = {name: statement for name, statement in vars(sql).items() if isinstance(statement, sql.Statement)}
    assert statements.keys() > WHOLE
    with sqlite3.connect(store.url.removeprefix("sqlite://")) as connection:
        for name, statement in statements.items():
            if name in WHOLE or "profile" in statement.text:
                continue
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN {statement.text}", dict.fromkeys(re.findall(r":(\w+)", statement.text), "")
            )
            assert not [detail for *_, detail in plan if detail.startswith("SCAN")], name
