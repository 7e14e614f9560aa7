"""Any sequence of operations, undone step by step, gives each earlier state back; redone, each later one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgresql_server import Server

from zprof.component_types import ALPHABETICAL
from zprof.errors import CantUndo, Conflict, NothingToUndo, ZprofError
from zprof.flavors.catalog import CUSTOM, Flavor
from zprof.generated import statements as sql
from zprof.profiles.making import add_default_stack
from zprof.records import Bundle, Component, json_object
from zprof.sqlite.database import Database
from zprof.sqlite.faults import faults
from zprof.store.store import Store
from zprof.url import sqlite_url

MANDATORY = ("orchestrator", "artifact_store", "metadata_store")
NAMES = st.sampled_from(["a", "b", "default"])
TYPES = st.sampled_from([*MANDATORY, "alerter"])
FLAVORS = {
    "orchestrator": "local_docker",
    "artifact_store": "local",
    "metadata_store": "sqlite",
    "alerter": "pager",
}
ATTRIBUTE = {"orchestrator": "docker_parent_image", "artifact_store": "path", "metadata_store": "uri", "alerter": "x"}
SCHEMAS: list[dict[str, Any]] = [{"properties": {"x": {"type": "string"}}}, {"properties": {"x": {}, "y": {}}}]
MEMBERS = st.fixed_dictionaries(dict.fromkeys(MANDATORY, NAMES), optional={"alerter": NAMES})


def bundle(members: dict[str, str], value: str, schema: int) -> Bundle:
    """A stack from elsewhere, with a flavor of its own."""
    components = {
        key: Component(key, name, FLAVORS[key], {ATTRIBUTE[key]: value} if value else {})
        for key, name in members.items()
    }
    pager = Flavor("alerter", "pager", SCHEMAS[schema], CUSTOM, "", None)
    return Bundle("it", components, {("alerter", "pager"): pager} if "alerter" in members else {})


def verb(name: str, *arguments: Any, **options: Any) -> st.SearchStrategy[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    return st.tuples(st.just(name), st.tuples(*arguments), st.fixed_dictionaries(options))


VERBS = st.one_of(
    TYPES.flatmap(lambda key: verb("register_component", st.just(key), NAMES, st.just(FLAVORS[key]), st.just({}))),
    TYPES.flatmap(
        lambda key: verb(
            "update_component",
            st.just(key),
            NAMES,
            st.dictionaries(st.just(ATTRIBUTE[key]), st.sampled_from(["/1", "/2"])),
        )
    ),
    verb("rename_component", TYPES, NAMES, NAMES),
    verb("delete_component", TYPES, NAMES),
    verb("register_stack", NAMES, MEMBERS, decouple_stores=st.booleans()),
    verb("update_stack", NAMES, st.dictionaries(TYPES, NAMES, min_size=1), decouple_stores=st.booleans()),
    verb("remove_from_stack", NAMES, st.just(["alerter"])),
    verb("rename_stack", NAMES, NAMES),
    verb("delete_stack", NAMES, with_components=st.booleans()),
    verb("register_flavor", st.just("alerter"), st.just("pager"), st.sampled_from(SCHEMAS)),
    verb("delete_flavor", st.just("alerter"), st.just("pager")),
    verb(
        "add_bundle",
        st.builds(bundle, MEMBERS, st.sampled_from(["", "/1", "/2"]), st.integers(0, 1)),
        NAMES,
        on_conflict=st.sampled_from(["rename", "overwrite", "use-existing"]),
        decouple_stores=st.booleans(),
    ),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.lists(VERBS, min_size=1, max_size=6)),
        st.tuples(st.just("change"), st.lists(VERBS, min_size=1, max_size=6)),
        st.tuples(st.just("change"), st.lists(VERBS, min_size=1, max_size=2)),
        st.tuples(st.sampled_from(["undo", "redo"]), st.none()),
        st.tuples(st.just("older"), st.integers(0, 100)),
    ),
    min_size=5,
    max_size=25,
)


def fill(store: Store) -> None:
    """A second component of each type, and a stack of them."""
    with store.change() as change:
        change.register_flavor("alerter", "pager", SCHEMAS[0])
        for type_name, flavor in FLAVORS.items():
            change.register_component(type_name, "a", flavor, {})
        change.register_stack("a", dict.fromkeys(MANDATORY, "a"))


def contents(store: Store) -> dict[str, Any]:
    """All that a store holds, but for revisions and the times of changes."""
    types = [sql.COMPONENTS(type=type_name) for type_name in ALPHABETICAL]
    stacks, flavors, *components = store._database.ask(sql.STACKS(), sql.ALL_FLAVORS(), *types)
    names = [row[1] for row in components[ALPHABETICAL.index("artifact_store")]]
    from zprof.history.log import as_json

    ties, *made = store._database.ask(
        sql.TIES_OF_ARTIFACT_STORES(names=as_json(names)), *(sql.STACK(stack=row[0]) for row in stacks)
    )
    return {
        "components": {(row[0], row[1]): (*row[2:5], row[7]) for rows in components for row in rows},
        "stacks": {row[0]: (row[1:], rows[0][1]) for row, rows in zip(stacks, made, strict=True)},
        "flavors": sorted(flavors, key=str),
        "ties": sorted(ties),
    }


def revisions(store: Store) -> dict[str, int]:
    """Of each component, by its place: a name may be another's by now, whose revisions are its own."""
    return {each.place: each.revision for type_name in ALPHABETICAL for each in store.components(type_name)}


def own(found: dict[str, Any], place: str) -> Any:
    """What a store holds of one component, with its name."""
    return next((item for item in found["components"].items() if item[1][-1] == place), None)


class Walk:
    """What a store should hold as operations are done and taken back, and the revisions that each thing has had."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.history = [contents(store)]
        self.future: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.highest = revisions(store)
        self.seen: dict[str, Any] = {}

    def newest(self) -> Any:
        return self.store._database.ask(sql.NEWEST_OPERATION())[0][0]

    def change(self, verbs: list[Any]) -> None:
        before = self.newest()
        with self.store.change() as change:
            for name, arguments, options in verbs:
                with suppress(ZprofError):
                    getattr(change, name)(*arguments, **options)
        if self.newest() != before:
            self.ids.append(self.newest()[1])
            self.history.append(contents(self.store))
            self.future.clear()
            self.highest |= revisions(self.store)
        else:
            assert contents(self.store) == self.history[-1]

    def undo(self) -> None:
        if len(self.history) == 1:
            with pytest.raises(NothingToUndo):
                self.store.undo()
            return
        self.seen = contents(self.store)
        trial = self.store.undo(is_trial=True)
        assert self.store.undo().reversals == trial.reversals
        self.future.append(self.history.pop())
        self.check()

    def redo(self) -> None:
        if not self.future:
            with pytest.raises(NothingToUndo):
                self.store.redo()
            return
        self.seen = contents(self.store)
        self.store.redo()
        self.history.append(self.future.pop())
        self.check()

    def older(self, which: int) -> None:
        if not self.ids:
            return
        before, newest = contents(self.store), self.newest()
        self.seen = before
        try:
            self.store.undo(self.ids[which % len(self.ids)])
        except Conflict as error:
            assert isinstance(error, CantUndo | NothingToUndo), error
            assert contents(self.store) == before
            assert self.newest() == newest
            return
        if self.newest()[9] is not None:  # it was the newest one: an undo like any other
            self.future.append(self.history.pop())
        else:
            self.future.clear()
            self.history.append(contents(self.store))
        self.check()

    def check(self) -> None:
        """What is there is what was there, and counts on."""
        assert contents(self.store) == self.history[-1]
        now = revisions(self.store)
        for key, revision in now.items():
            is_same = own(self.seen, key) == own(self.history[-1], key)
            assert revision >= self.highest.get(key, 0) + (0 if is_same else 1), key
        self.highest |= now
        check_counts_on(self.store)
        check_rules(self.store)


def check_counts_on(store: Store) -> None:
    """What the newest undo or redo wrote counts on from what was there, or from what was when it went: stacks, too."""
    (newest,) = store._database.ask(sql.NEWEST_OPERATION())[0]
    (taken_back,) = store._database.ask(sql.OPERATION(number=newest[6]))[0]
    written, target = (
        [(kind, name, *(text and json_object(text) for text in texts)) for kind, name, _, *texts in rows]
        for rows in store._database.ask(
            sql.CHANGES_OF_OPERATION(operation_id=newest[1]), sql.CHANGES_OF_OPERATION(operation_id=taken_back[1])
        )
    )
    went: dict[tuple[str, str], list[int]] = {}
    for kind, name, before, after in target:
        if after is None and kind in ("component", "stack"):
            went.setdefault((kind, name), []).append(before["revision"])
    for kind, name, before, after in written:
        if after is None or kind not in ("component", "stack"):
            continue
        counted = went[kind, name].pop() if before is None else before["revision"]
        assert after["revision"] > counted, (kind, name)


def check_rules(store: Store) -> None:
    """What holds of any store."""
    found = contents(store)
    for members, _ in found["stacks"].values():
        by_type = dict(zip(ALPHABETICAL, members, strict=True))
        assert all(by_type[of_type] for of_type in MANDATORY)
    assert len({tie[0] for tie in found["ties"]}) == len({tie[1] for tie in found["ties"]}) == len(found["ties"])
    flavors = {row[1] for row in found["flavors"]}
    assert all(row[0] in flavors for (key, _), row in found["components"].items() if key == "alerter")
    if isinstance(store._database, Database):
        with store._database.read() as transaction:
            assert faults(transaction, "store") == []


def walked(store: Store, steps: list[tuple[str, Any]]) -> None:
    """Walk, then back to the beginning, and again to the end."""
    walk = Walk(store)
    fill(store)
    walk.history.append(contents(store))
    walk.highest |= revisions(store)
    for kind, argument in steps:
        getattr(walk, kind)(*(() if argument is None else (argument,)))
    length = len(walk.history)
    for _ in range(length):
        walk.undo()
    for _ in range(length + len(walk.future)):
        walk.redo()


def new_store(url: str) -> Store:
    store = Store(url)
    assert store._database.create(lambda new: add_default_stack(new, store._database.caller))
    return store


def on_files() -> Iterator[Store]:
    directory = Path(tempfile.mkdtemp())
    yield new_store(sqlite_url(str(directory / "it.db")))
    rmtree(directory)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_operations_are_undone_and_redone_step_by_step(steps: list[tuple[str, Any]]) -> None:
    for store in on_files():
        walked(store, steps)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_operations_are_undone_on_a_server(steps: list[tuple[str, Any]], postgresql: Server) -> None:
    with closing(new_store(postgresql.url(postgresql.new_schema()))) as store:
        walked(store, steps)
