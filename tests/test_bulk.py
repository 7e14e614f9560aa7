"""Many changes in one, and few in a large store: the database is asked little, whatever the number of rows."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

import zprof
from zprof import Component
from zprof.errors import AlreadyExists, NotFound
from zprof.generated import statements as sql
from zprof.store.change import StoreChange
from zprof.transaction import Statement, Transaction

DEFAULTS = {"orchestrator": "default", "artifact_store": "default", "metadata_store": "default"}
LARGE = 300

pytestmark = pytest.mark.usefixtures("zprof")


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many questions and batches each exchange with the database has."""
    exchanges: list[int] = []
    ask = Transaction.ask

    def counting(self: Transaction, *calls: object) -> object:
        exchanges.append(len(calls) + len(self._queued))
        return ask(self, *calls)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "ask", counting)
        yield exchanges


def register_many(change: StoreChange, number: int) -> None:
    change.register_components(Component("orchestrator", f"o{index}", "local", {}) for index in range(number))
    change.register_stacks({f"s{index}": {**DEFAULTS, "orchestrator": f"o{index}"} for index in range(number)})


def register_one_by_one(change: StoreChange, number: int) -> None:
    for index in range(number):
        change.register_component("orchestrator", f"o{index}", "local", {})
    for index in range(number):
        change.register_stack(f"s{index}", {**DEFAULTS, "orchestrator": f"o{index}"})


def test_many_registrations_ask_little(monkeypatch: pytest.MonkeyPatch) -> None:
    with zprof.open_profile("default") as store:
        with counted(monkeypatch) as exchanges, store.change() as change:
            register_many(change, LARGE)
        assert len(store.components("orchestrator")) == len(store.stacks()) == LARGE + 1
        assert sum(exchanges) < 30
        with pytest.raises(ZeroDivisionError), counted(monkeypatch) as exchanges, store.change() as change:
            register_one_by_one_again(change)
        assert sum(exchanges) > LARGE, "asking for each name would be seen"


def register_one_by_one_again(change: StoreChange) -> None:
    for index in range(LARGE):
        change.register_component("orchestrator", f"again{index}", "local", {})
    raise ZeroDivisionError


def test_a_list_is_added_wholly_or_not_at_all() -> None:
    with zprof.open_profile("default") as store:
        twice = [Component("orchestrator", "o", "local", {})] * 2
        with pytest.raises(AlreadyExists), store.change() as change:
            change.register_components(twice)
        with pytest.raises(NotFound), store.change() as change:
            change.register_stacks({"a": DEFAULTS, "b": {**DEFAULTS, "orchestrator": "gone"}})
        assert store.stack_names() == ["default"]


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


WHOLE = {
    "PROFILES", "LISTED_PROFILES", "FORMAT", "STACKS", "LISTED_STACKS",
    "WHOLE_STACKS", "MEMBERS_OF_WHOLE_STACKS", "TYPES_OF_WHOLE_STACKS",
    "STACK_NAMES", "COMPONENTS", "LISTED_COMPONENTS", "COMPONENT_NAMES", "FLAVORS", "ALL_FLAVORS",
    "COMPONENTS_WITH_FLAVOR", "COMPONENT_NAMES_WITH_FLAVOR", "MEMBERS_BESIDE_COMPONENT",
    "ROWS_OF_COMPONENT", "ROWS_OF_STACK", "ROWS_OF_STACK_COMPONENT", "ROWS_OF_STORE_ASSOCIATION", "ROWS_OF_FLAVOR",
    "ROWS_OF_CHANGE", "ALL_COMPONENTS", "ALL_MEMBERS", "ALL_TIES", "REMOVE_CHANGES", "CHANGES_SINCE",
    "NUMBER_OF_ROWS",
}  # fmt: skip
"""Statements whose answer is all of a table, of a type, or of what has a flavor, unless it is narrowed."""
OF_A_TYPE = {
    "COMPONENTS",
    "LISTED_COMPONENTS",
    "COMPONENT_NAMES",
    "FLAVORS",
    "COMPONENTS_WITH_FLAVOR",
    "COMPONENT_NAMES_WITH_FLAVOR",
}
"""Those that search an index by its first column, the type, alone."""
FROM_ONE_END = {
    "OLDEST_OPERATION", "OPERATION_BEFORE", "OPERATION_UNTIL", "OPERATION_TO_UNDO", "CHANGES_TO_UNDO",
    "OPERATION_TO_REDO", "CHANGES_TO_REDO", "OPERATION_BEFORE_REDO", "FIRST_TO_UNDO", "FIRST_TO_REDO", "FIRST_OF_ID",
}  # fmt: skip
"""Those that read operations in the order of their numbers, and stop at the first that fits."""
BY_CASE = {"PROFILES", "PROFILE_IGNORING_CASE"}
"""Those of the registry, which has few rows, that no index of a column serves."""


def plans() -> Iterator[tuple[str, list[str]]]:
    registry = zprof.open_registry().path
    store = zprof.open_profile("default").url.removeprefix("sqlite://")
    statements = {name: found for name, found in vars(sql).items() if isinstance(found, Statement)}
    assert statements.keys() > WHOLE | OF_A_TYPE | BY_CASE
    for name, statement in statements.items():
        with closing(sqlite3.connect(store if statement.postgresql else registry)) as connection:
            parameters = dict.fromkeys(re.findall(r":(\w+)", statement.sqlite), "[]")
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", parameters)
            yield name, [detail for *_, detail in plan]


def test_statements_for_one_thing_scan_no_table() -> None:
    for name, details in plans():
        if name in WHOLE | BY_CASE | FROM_ONE_END:
            continue
        tables = [detail for detail in details if not re.search(r"listed_names|beside|(?i:subquery)", detail)]
        scans = [detail for detail in tables if detail.startswith("SCAN")]
        assert scans == [], name


def test_indexes_are_searched_by_all_columns_of_the_key() -> None:
    """`SEARCH … (type=?)` reads all rows of a type, be the plan ever so short."""
    for name, details in plans():
        if name in OF_A_TYPE:
            continue
        partly = [detail for detail in details if re.search(r"\((type|component_type)=\?\)", detail)]
        assert partly == [], name


def test_a_scan_is_seen() -> None:
    seen = {name: details for name, details in plans() if any(detail.startswith("SCAN") for detail in details)}
    assert {"STACK_NAMES", "ALL_FLAVORS"} <= seen.keys()
