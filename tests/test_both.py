"""Each operation of a store gives the same on a file and on a server.

The command line's tests that are marked `on_both` go further; this one sees to it that none of the operations is left
out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Zprof
from postgresql_server import Server

import zprof as library
from zprof.contents.reading import documents_of
from zprof.contents.side import Moment
from zprof.contents.sources import Source
from zprof.errors import InUse
from zprof.records import Component
from zprof.store.operation import Operation
from zprof.store.planning import Planning
from zprof.store.store import Store

MANDATORY = ("orchestrator", "artifact_store", "metadata_store")
SCHEMA = {"properties": {"url": {"type": "string"}, "token": {"type": "string", "writeOnly": True}}}
PAGER = {"url": "https://é", "token": "{{a.b}}"}


class Recording:
    """A store, or a change, that writes down which of its operations are used."""

    def __init__(self, thing: object, used: set[str]) -> None:
        self._thing = thing
        self._used = used

    def __getattr__(self, name: str) -> Any:
        self._used.add(name)
        return getattr(self._thing, name)


def operations(of: type) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_") and callable(getattr(of, name))}


def unused(store: Store, used: set[str]) -> set[str]:
    """The operations that a store and its changes have and that are not in a set."""
    with store.change(is_trial=True) as change:
        return (operations(type(store)) | (operations(type(change)) - operations(Operation))) - used


APPLIED = {
    "apiVersion": "zprof/v1",
    "kind": "ProfileContents",
    "components": [{"type": "orchestrator", "name": "yak", "flavor": "local_docker", "config": {}}],
    "stacks": [{"name": "applied", "components": {**dict.fromkeys(MANDATORY, "default"), "orchestrator": "yak"}}],
}
"""What is applied: a component with another flavor, and a new stack of it."""


def answers(real: Store, used: set[str]) -> Iterator[object]:
    """What each operation answers, one after the other, on a new store."""
    store: Any = Recording(real, used)
    store.check_unprotected()
    with store.change() as opened:
        change: Any = Recording(opened, used)
        change.register_flavor("alerter", "pager", SCHEMA, "mine:Pager")
        change.register_flavor("alerter", "spare", {"properties": {}})
        change.register_component("alerter", "duty", "pager", PAGER)
        change.register_component("orchestrator", "docker", "local_docker", {"docker_parent_image": "one"})
        change.register_components([Component("orchestrator", name, "local", {}) for name in ("Zebra", "yak")])
        change.register_stack("prod", {**dict.fromkeys(MANDATORY, "default"), "alerter": "duty"})
        change.register_stacks({"spare": dict.fromkeys(MANDATORY, "default")})
    yield from answers_of_reads(store)
    bundle = store.bundle("prod")
    component = store.component("alerter", "duty")
    with store.change() as opened:
        change = Recording(opened, used)
        change.update_component("orchestrator", "docker", {"docker_parent_image": "two"})
        change.rename_component("orchestrator", "docker", "whale")
        change.delete_component("orchestrator", "Zebra")
        change.update_stack("prod", {"orchestrator": "whale"})
        change.rename_stack("prod", "live")
        change.remove_from_stack("live", ["alerter"])
        change.delete_stack("spare")
        change.delete_flavor("alerter", "spare")
        yield change.missing_secrets(bundle)
        yield change.stack("live")
        yield change.component("orchestrator", "whale")
        yield change.flavor("alerter", "pager")
        yield change.add_bundle(bundle, "again", on_conflict="rename")
        change.add_component(component, "night", None)
    store.register_component("later", store.flavor("alerter", "pager"), PAGER)
    store.update_component(*store.component_and_flavor("alerter", "later"), {"url": "https://x"}, ["token"])
    yield from answers_of_reads(store)
    with store.change(is_trial=True) as opened:
        Recording(opened, used).delete_stack("live")
    for step in (store.undo, store.undo, store.undo, store.redo):
        yield [(each.verb, each.name) for each in step().reversals]
    planning = Planning(documents_of([Source("file.json", json.dumps(APPLIED))]))
    with store.change() as opened:
        plan = planning.plan(real.contents())
        yield [(step.verb, step.name) for step in plan.steps]
        Recording(opened, used).apply(planning, plan)
    yield from answers_of_reads(store)
    yield store.stack_names()
    store.close()


def answers_of_reads(store: Any) -> Iterator[object]:
    names = store.stack_names()
    yield names
    yield store.stacks()
    yield store.stacks(name="*e*", uses="alerter:pager", limit=1)
    for name in names:
        yield store.stack(name)
        yield store.bundle(name)
        yield store.graph(name)
        yield store.violations(name)
        yield store.stored_stack(name)
        yield store.component_of_stack("alerter", name)
    for type_name in (*MANDATORY, "alerter"):
        yield store.components(type_name)
        yield store.components(type_name, name="?*", used_by="d*", limit=2)
        yield store.flavors(type_name)
    yield store.all_violations()
    yield store.whole_stacks()
    contents = store.contents()
    yield [*contents.components.values()], sorted(contents.stacks.items()), sorted(contents.ties)
    yield sorted(store.past_contents(Moment("-1", back=1)).stacks.items())
    yield store.component("alerter", "duty")
    yield store.component_and_flavor("alerter", "duty")
    yield store.shown("alerter", "prod")
    yield store.flavor("alerter", "pager")
    for operation, name in ((store.idle_component, "duty"), (store.check_flavor_is_idle, "pager")):
        try:
            yield operation("alerter", name)
        except InUse as error:
            yield str(error)


def without_times(value: Any) -> Any:
    """A record and all that is in it, as plain values, without when it was made, and its random place."""
    if hasattr(value, "_asdict"):
        fields = value._asdict().items()
        return {name: without_times(each) for name, each in fields if name not in ("created_at", "updated_at", "place")}
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items()}
    if isinstance(value, str):
        return re.sub("/[0-9a-f]{32}", "/PLACE", value)
    return [without_times(each) for each in value] if isinstance(value, (list, tuple)) else value


@pytest.fixture
def used_on_both(zprof: Zprof, postgresql: Server) -> tuple[Store, set[str], list[object], list[object]]:
    """A store on the server, what was used of it, and what it and a file answered."""
    assert zprof("profile", "create", "there", "--url", postgresql.url(postgresql.new_schema())).code == 0
    here, there = library.open_profile("default"), library.open_profile("there")
    used: set[str] = set()
    on_file = [without_times(answer) for answer in answers(here, set())]
    on_server = [without_times(answer) for answer in answers(there, used)]
    return there, used, on_file, on_server


Used = tuple[Store, set[str], list[object], list[object]]


def test_each_operation_answers_the_same(used_on_both: Used) -> None:
    _, _, on_file, on_server = used_on_both
    assert on_server == on_file
    assert on_file[0] == ["default", "prod", "spare"]
    assert on_file[-1] == ["again", "applied", "default", "live"]


def test_no_operation_is_left_out(used_on_both: Used) -> None:
    store, used, _, _ = used_on_both
    assert unused(store, used) == set()
    assert unused(store, used - {"rename_stack", "stacks"}) == {"rename_stack", "stacks"}  # it would be seen
