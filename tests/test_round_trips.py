"""How often a command waits for a server: each wait costs what the line is long, 50 ms between continents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from conftest import Zprof
from postgresql_server import Server
from proxy import Proxy

from zprof.records import Component
from zprof.store.change import StoreChange
from zprof.store.store import Store

ONE_WAY = 0.01
"""Seconds: on a faster line an answer may overtake what is still being sent."""
READ, CHANGE = 2, 4
"""The most round trips after connecting, and without waiting for a turn."""
MANDATORY = ("orchestrator", "artifact_store", "metadata_store")

READS: dict[str, Callable[[Store], Any]] = {
    "stacks": lambda store: store.stacks(),
    "some_stacks": lambda store: store.stacks(name="d*", uses="local", limit=1),
    "whole_stacks": lambda store: store.whole_stacks(limit=1),
    "graph": lambda store: store.graph("default"),
    "stack_names": lambda store: store.stack_names(),
    "stack": lambda store: store.stack("default"),
    "bundle": lambda store: store.bundle("default"),
    "violations": lambda store: store.violations("default"),
    "components": lambda store: store.components("orchestrator"),
    "shown": lambda store: store.shown("orchestrator", "default"),
    "component_and_flavor": lambda store: store.component_and_flavor("orchestrator", "spare"),
    "flavors": lambda store: store.flavors("orchestrator"),
    "idle_component": lambda store: store.idle_component("orchestrator", "spare"),
}
CHANGES: dict[str, Callable[[StoreChange], Any]] = {
    "nothing": lambda change: None,
    "register_component": lambda change: change.register_component("orchestrator", "new", "local", {}),
    "register_components": lambda change: change.register_components(
        Component("orchestrator", f"n{number}", "local", {}) for number in range(50)
    ),
    "update_component": lambda change: change.update_component("orchestrator", "spare", {"docker_parent_image": "x"}),
    "rename_component": lambda change: change.rename_component("orchestrator", "spare", "other"),
    "delete_component": lambda change: change.delete_component("orchestrator", "spare"),
    "register_stack": lambda change: change.register_stack("new", dict.fromkeys(MANDATORY, "default")),
    "update_stack": lambda change: change.update_stack("default", {"orchestrator": "spare"}),
    "update_stores": lambda change: change.update_stack("default", {"artifact_store": "default"}),
    "rename_stack": lambda change: change.rename_stack("default", "new"),
    "delete_stack": lambda change: change.delete_stack("default", with_components=True),
    "register_flavor": lambda change: change.register_flavor("alerter", "own", {"type": "object", "properties": {}}),
}


@pytest.fixture
def far(zprof: Zprof, postgresql: Server) -> Iterator[tuple[Store, Proxy]]:
    """A store at the end of a long line, with a component that no stack uses."""
    schema = postgresql.new_schema()
    url = postgresql.url(schema)
    assert zprof("profile", "create", "far", "--url", url).code == 0
    with Store(url).change() as change:
        change.register_component("orchestrator", "spare", "local_docker", {})
    with (
        Proxy(postgresql.port, one_way=ONE_WAY) as proxy,
        Store(url.replace(f":{postgresql.port}/", f":{proxy.port}/")) as store,
    ):
        yield store, proxy


@pytest.mark.parametrize("name", READS)
def test_a_read(far: tuple[Store, Proxy], name: str) -> None:
    store, proxy = far
    READS[name](store)
    assert 1 <= proxy.round_trips <= READ
    assert proxy.connections == 1


@pytest.mark.parametrize("name", CHANGES)
def test_a_change(far: tuple[Store, Proxy], name: str) -> None:
    store, proxy = far
    with store.change() as change:
        CHANGES[name](change)
    assert 1 <= proxy.round_trips <= CHANGE
    assert proxy.connections == 1


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "nothing"])
def test_an_undo_and_a_redo(far: tuple[Store, Proxy], name: str) -> None:
    store, proxy = far
    with store.change() as change:
        CHANGES[name](change)
    trips = proxy.round_trips
    for step in (store.undo, store.redo):
        step()
        assert 1 <= proxy.round_trips - trips <= CHANGE
        trips = proxy.round_trips


def test_one_connection_serves_a_handle(far: tuple[Store, Proxy]) -> None:
    store, proxy = far
    store.stacks()
    with store.change() as change:
        change.rename_stack("default", "new")
    assert store.stack_names() == ["new"]
    assert proxy.connections == 1


def test_waiting_one_by_one_is_seen(postgresql: Server) -> None:
    with Proxy(postgresql.port, one_way=ONE_WAY) as proxy:
        url = f"postgresql://zprof@127.0.0.1:{proxy.port}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(CHANGE + 1):
                connection.execute("SELECT 1")
            assert proxy.round_trips == CHANGE + 1
