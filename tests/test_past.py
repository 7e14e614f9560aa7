"""What a profile held earlier: any sequence of changes, taken back step by step, gives each state that there was."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgresql_server import Server

from zprof.contents.past import LogRow, rewound
from zprof.contents.record import Contents
from zprof.contents.side import Moment
from zprof.errors import DamagedFile, NoSuchTime, ZprofError
from zprof.generated import statements as sql
from zprof.profiles.registry import open_registry
from zprof.store.change import StoreChange
from zprof.store.store import Store

FLAVORS = {"orchestrator": "local_docker", "artifact_store": "local", "metadata_store": "sqlite", "alerter": "mine"}
ATTRIBUTES = {
    "orchestrator": "docker_parent_image",
    "artifact_store": "path",
    "metadata_store": "uri",
    "alerter": "pin",
}
SCHEMA = {"type": "object", "properties": {"pin": {"type": "string", "writeOnly": True}}}
Names = st.sampled_from(["a", "b", "default"])
Types = st.sampled_from([*FLAVORS])
Change = Callable[[StoreChange], None]


def registering(type_name: str, name: str) -> Change:
    return lambda change: change.register_component(type_name, name, FLAVORS[type_name], {})


def updating(type_name: str, name: str, value: str) -> Change:
    return lambda change: change.update_component(type_name, name, {ATTRIBUTES[type_name]: value})


def renaming(type_name: str, name: str, new_name: str) -> Change:
    return lambda change: change.rename_component(type_name, name, new_name)


def deleting(type_name: str, name: str) -> Change:
    return lambda change: change.delete_component(type_name, name)


def composing(name: str, members: dict[str, str], *, is_new: bool) -> Change:
    def run(change: StoreChange) -> None:
        (change.register_stack if is_new else change.update_stack)(name, members, decouple_stores=True)

    return run


def with_flavor(is_new: bool) -> Change:
    if is_new:
        return lambda change: change.register_flavor("alerter", "mine", SCHEMA, "a.b:C")
    return lambda change: change.delete_flavor("alerter", "mine")


MEMBERS = st.fixed_dictionaries(dict.fromkeys(("orchestrator", "artifact_store", "metadata_store"), Names))
CHANGES = st.one_of(
    st.builds(registering, Types, Names),
    st.builds(updating, Types, Names, st.sampled_from(["/x", "/y"])),
    st.builds(renaming, Types, Names, Names),
    st.builds(deleting, Types, Names),
    st.builds(composing, Names, MEMBERS, is_new=st.just(True)),
    st.builds(composing, Names, MEMBERS, is_new=st.booleans()),
    st.builds(lambda name, new_name: lambda change: change.rename_stack(name, new_name), Names, Names),
    st.builds(lambda name: lambda change: change.delete_stack(name), Names),
    st.builds(with_flavor, st.booleans()),
)
STEPS = st.lists(st.lists(CHANGES, min_size=1, max_size=4), max_size=20)
"""Several changes in each operation, of which some can't be made, and then none of the operation is."""


def plain(contents: Contents) -> Any:
    """What counts of contents."""
    components = {key: (each.flavor, dict(each.config)) for key, each in contents.components.items()}
    flavors = {key: (dict(each.schema), each.source) for key, each in contents.flavors.items()}
    return flavors, components, {name: dict(parts) for name, parts in contents.stacks.items()}, contents.ties


def newest_number(store: Store) -> int:
    """Of the operations of its log."""
    return int(store._database.ask(sql.NEWEST_OPERATION())[0][0][0])


def check_each_state_comes_back(store: Store, steps: list[list[Change]]) -> None:
    states, number = [store.contents()], newest_number(store)
    for step in steps:
        try:
            with store.change() as change:
                for each in step:
                    each(change)
        except ZprofError:
            assert plain(store.contents()) == plain(states[-1])
            continue
        if newest_number(store) > number:  # what stays the same leaves no trace
            states.append(store.contents())
        number = newest_number(store)
    for back, state in enumerate(reversed(states[:-1]), start=1):
        assert plain(store.past_contents(Moment(f"-{back}", back=back))) == plain(state)


@settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
@given(STEPS)
def test_each_state_comes_back(steps: list[list[Change]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        registry = open_registry(directory)
        check_each_state_comes_back(registry.store(registry.profile("default")), steps)


@settings(max_examples=4, deadline=None, suppress_health_check=[*HealthCheck])
@given(STEPS)
def test_each_state_comes_back_on_a_server(postgresql: Server, tmp_path: Path, steps: list[list[Change]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        registry = open_registry(directory)
        profile = registry.create_profile("there", postgresql.url(postgresql.new_schema()))
        with registry.store(profile) as store:
            check_each_state_comes_back(store, steps)


def test_two_names_that_change_places_are_followed() -> None:
    with tempfile.TemporaryDirectory() as directory:
        registry = open_registry(directory)
        store = registry.store(registry.profile("default"))
        with store.change() as change:
            for name in ("a", "b"):
                change.register_component("artifact_store", name, "local", {"path": f"/{name}"})
                change.register_component("metadata_store", name, "sqlite", {"uri": f"/{name}"})
                parts = {"orchestrator": "default", "artifact_store": name, "metadata_store": name}
                change.register_stack(name, parts)
        before = store.contents()
        with store.change() as change:
            for name, new_name in (("a", "c"), ("b", "a"), ("c", "b")):
                change.rename_component("artifact_store", name, new_name)
        assert store.contents().ties == {("default", "default"), ("b", "a"), ("a", "b")}
        assert plain(store.past_contents(Moment("-1", back=1))) == plain(before)
        assert plain(store.past_contents(Moment("-2", back=2)))[1].keys() == {
            (each, "default") for each in ("orchestrator", "artifact_store", "metadata_store")
        }
        with pytest.raises(NoSuchTime):
            store.past_contents(Moment("-99", back=99))


@pytest.mark.parametrize(
    "row",
    [
        LogRow("component", {}, None),
        LogRow("component", {"type": "alerter", "name": "a", "flavor": "x", "config": 3}, None),
        LogRow("stack", None, {}),
        LogRow("stack", {"name": "a", "components": [1]}, None),
        LogRow("association", {"artifact_store": "a"}, None),
        LogRow("flavor", {"type": "alerter", "name": ["a"], "schema": {}}, None),
    ],
)
def test_a_row_that_zprof_would_not_write_is_told(row: LogRow) -> None:
    with pytest.raises(DamagedFile):
        rewound(Contents(), [row])
