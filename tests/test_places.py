"""A local component has a place of its own: a directory that no other component, user or machine has."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from contents import rows
from hostile import without_rules
from postgresql_server import Server
from test_released import STORES, restored

import zprof as library
from zprof.errors import DamagedFile
from zprof.flavors.catalog import builtin_flavors
from zprof.records import Component
from zprof.store.own_places import FILES
from zprof.store.store import Store

STORE = "profiles/default.db"
PLACES = "SELECT type || '/' || name, place FROM component ORDER BY 1"


def places(database: Path) -> dict[str, str]:
    return {str(name): str(place) for name, place in rows(database, PLACES)}


def all_places(config: Path) -> list[str]:
    """Those of all stores of this user, as often as there are components with them."""
    return [place for path in (config / "profiles").glob("*.db") for place in places(path).values()]


def path_of(name: str = "default", profile: str | None = None) -> str:
    with library.open_profile(profile) as store:
        return str(store.component("artifact_store", name).config["path"])


def test_the_default_stack_has_a_directory(zprof: Zprof, home: Path, config: Path) -> None:
    place = places(config / STORE)["artifact_store/default"]
    path = library.active_stack().components["artifact_store"].config["path"]
    assert path == str(home / ".local/share/zprof" / place)
    uri = library.active_stack().components["metadata_store"].config["uri"]
    assert uri == str(home / ".local/share/zprof" / places(config / STORE)["metadata_store/default"] / "metadata.db")
    assert library.active_stack().components["orchestrator"].config == {}


def test_a_read_makes_no_directory(zprof: Zprof, home: Path) -> None:
    assert zprof("artifact-store", "describe").code == 0
    assert not os.path.exists(library.active_stack().components["artifact_store"].config["path"])
    assert not (home / ".local").exists()


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [("XDG_DATA_HOME", "/data", "/data/zprof"), ("XDG_DATA_HOME", "data", "{home}/.local/share/zprof")],
)
def test_the_data_directory_is_the_platforms(
    name: str, value: str, where: str, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert os.path.dirname(path_of()) == where.format(home=home)


def test_a_config_directory_of_ones_own_has_its_data(
    zprof: Zprof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZPROF_CONFIG_PATH", str(tmp_path / "other"))
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert os.path.dirname(path_of()) == str(tmp_path / "other/data")


@pytest.mark.parametrize(("type_name", "flavor"), FILES)
def test_each_attribute_is_one_of_the_catalog_that_says_so(type_name: str, flavor: str) -> None:
    attribute, _ = FILES[type_name, flavor]
    attributes = builtin_flavors(type_name)[flavor].schema["properties"]
    assert "if empty, one that belongs to the component" in attributes[attribute]["description"]


def test_no_attribute_of_the_catalog_is_left_out() -> None:
    catalog = Path(library.__file__).parent / "flavors/catalog"
    said = sum(path.read_text().count("if empty, one that belongs to the component") for path in catalog.glob("*.json"))
    assert said == len(FILES)


def test_a_place_is_kept_by_what_changes_the_component(zprof: Zprof, config: Path) -> None:
    zprof("artifact-store", "register", "mine", "-f", "local")
    before = path_of("mine")
    assert zprof("artifact-store", "update", "mine", "--path=/elsewhere").code == 0
    assert path_of("mine") == "/elsewhere"
    assert zprof("artifact-store", "remove-attribute", "mine", "path").code == 0
    assert zprof("artifact-store", "rename", "mine", "ours").code == 0
    assert path_of("ours") == before
    assert zprof("db", "backup", "copy.db").code == 0
    assert zprof("artifact-store", "delete", "ours", "-y").code == 0
    assert zprof("db", "restore", "copy.db", "-y").code == 0
    assert path_of("ours") == before


def test_the_log_has_the_place(zprof: Zprof, config: Path) -> None:
    zprof("artifact-store", "register", "mine", "-f", "local")
    place = places(config / STORE)["artifact_store/mine"]
    zprof("artifact-store", "rename", "mine", "ours")
    zprof("artifact-store", "delete", "ours", "-y")
    states = rows(config / STORE, "SELECT before, after FROM change WHERE entity_name LIKE 'artifact_store/%rs'")
    states += rows(config / STORE, "SELECT before, after FROM change WHERE entity_name = 'artifact_store/mine'")
    found = [json.loads(str(state))["place"] for change in states for state in change if state is not None]
    assert len(found) >= 3
    assert set(found) == {place}


@pytest.mark.parametrize(
    "words",
    [
        ("artifact-store", "copy", "local", "other"),
        ("artifact-store", "copy", "local", "other", "--to", "second"),
        ("stack", "copy", "default", "other", "--to", "second", "--on-conflict", "rename"),
        ("-p", "second", "stack", "import", "mine.yaml", "--name", "other"),
        ("profile", "create", "third", "--from", "default"),
    ],
    ids=["a copy", "a copy into another profile", "a copied stack", "an imported stack", "a clone"],
)
def test_a_copy_has_a_place_of_its_own(words: tuple[str, ...], zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    zprof("artifact-store", "rename", "default", "local")
    before = len(all_places(config))
    assert zprof("stack", "export", "default", "mine.yaml").code == 0
    exported = Path("mine.yaml").read_text()
    assert not any(place in exported for place in places(config / STORE).values())
    Path("mine.yaml").write_text(exported.replace("name: default", "name: local"))
    assert zprof(*words).code == 0
    assert len(set(all_places(config))) == len(all_places(config)) > before


def test_a_clone_on_a_server_has_places_of_its_own(zprof: Zprof, config: Path, postgresql: Server) -> None:
    url = postgresql.url(postgresql.new_schema())
    assert zprof("profile", "create", "there", "--url", url, "--from", "default").code == 0
    here = library.active_stack().components["artifact_store"]
    with library.open_profile("there") as store:
        there = store.stack("default").components["artifact_store"]
    assert len(there.place) == 32
    assert there.place != here.place


@pytest.mark.parametrize("dump", STORES, ids=lambda path: str(path.stem))
def test_the_upgrade_gives_each_component_its_place(dump: Path, zprof: Zprof, tmp_path: Path) -> None:
    database = restored(dump, tmp_path / "team.db")
    assert zprof("profile", "create", "team", "--url", str(database)).code == 0
    found = places(database)
    ((count,),) = rows(database, "SELECT count(*) FROM component")
    assert len(found) == len(set(found.values())) == count
    assert path_of(profile="team").endswith(found["artifact_store/default"])
    assert zprof("-p", "team", "artifact-store", "rename", "default", "first").code == 0
    assert places(database)["artifact_store/first"] == found["artifact_store/default"]


def test_an_older_copy_is_examined_as_it_is_and_restored(zprof: Zprof, tmp_path: Path, config: Path) -> None:
    (without_places,) = [dump for dump in STORES if dump.stem == "store-4"]
    copy = restored(without_places, tmp_path / "copy.db")
    assert zprof("db", "restore", str(copy), "-y").code == 0
    assert rows(config / STORE, "PRAGMA user_version") == [[4]]
    assert zprof("artifact-store", "list", "-o", "name").out == "default\ns3\n"
    assert len(places(config / STORE)) == 7


def test_describe_shows_the_place_and_documents_leave_the_attribute_empty(zprof: Zprof) -> None:
    path = path_of()
    shown = zprof("artifact-store", "describe", "default").out
    assert f"{path} (empty, so its own place, different for each user and machine)" in shown
    assert path in zprof("stack", "describe").out
    described = json.loads(zprof("artifact-store", "describe", "default", "-o", "json").out)
    assert (described["config"], described["resolved"]) == ({}, {"path": path})
    of_stack = json.loads(zprof("stack", "describe", "-o", "json").out)["components"]
    assert of_stack["artifact_store"]["resolved"] == {"path": path}
    assert "resolved" not in of_stack["orchestrator"]
    assert "path" not in zprof("stack", "export", "default", "-").out


def test_a_place_that_is_given_is_as_given(zprof: Zprof) -> None:
    zprof("artifact-store", "register", "given", "-f", "local", "--path=/given")
    zprof("artifact-store", "register", "empty", "-f", "local", "--path=")
    assert path_of("given") == "/given"
    assert path_of("empty").endswith(library.open_profile().component("artifact_store", "empty").place)
    assert "resolved" not in zprof("artifact-store", "describe", "given", "-o", "json").out


def test_what_a_program_got_is_stored_as_it_was_given(zprof: Zprof, config: Path) -> None:
    """Else a copy would write into the place of what it is a copy of."""
    with library.open_profile() as store:
        found = store.component("artifact_store", "default")
        with store.change() as change:
            change.register_components([found._replace(name="copy")])
            change.add_component(found, "another", None)
        flavor = store.flavor("artifact_store", "local")
        store.update_component(found, flavor, {}, if_revision=1)
    assert {path_of(name) for name in ("copy", "another")}.isdisjoint({found.config["path"]})
    assert rows(config / STORE, "SELECT DISTINCT config FROM component WHERE type = 'artifact_store'") == [["{}"]]


@pytest.mark.parametrize("place", ["../../../.ssh", "", "ABCDEF" * 5 + "AB", "a" * 33])
def test_a_hostile_place_leads_nowhere(place: str, zprof: Zprof, config: Path) -> None:
    plant(config / STORE, place)
    if place:
        with pytest.raises(DamagedFile, match=r"The component 'default' of the type .* has an invalid place"):
            library.active_stack()
        described = zprof("artifact-store", "describe", "default")
        assert (described.code, described.out) == (6, "")
    for words in (
        ("artifact-store", "list"),
        ("artifact-store", "list", "-o", "json"),
        ("stack", "list", "-o", "json"),
    ):
        listed = zprof(*words)
        assert ("default" in listed.out, place in listed.out and place != "") == (True, False)
        assert (listed.code, "`zprof db check`" in listed.err) == ((6, True) if place else (0, False))
    checked = json.loads(zprof("db", "check", "-o", "json").out)["items"]
    (cure,) = [item["cure"] for item in checked if item["cure"]]
    assert os.system(cure) == 0
    assert len(Path(path_of()).name) == 32


def plant(database: Path, place: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA writable_schema = ON")
        with without_rules(connection, "component"):
            connection.execute("UPDATE component SET place = ? WHERE type = 'artifact_store'", (place,))


def test_a_place_is_unique_and_checked(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / STORE)) as connection:
        for value in ("'..'", "NULL", "(SELECT place FROM component WHERE id = 1)", "x'00'"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(f"UPDATE component SET place = {value} WHERE id = 2")


def test_10_000_components_have_as_many_places(zprof: Zprof, config: Path) -> None:
    with Store(f"sqlite://{config / STORE}").change() as change:
        change.register_components(Component("orchestrator", f"c{number}", "local", {}) for number in range(10_000))
    assert rows(config / STORE, "SELECT count(DISTINCT place) - count(*) FROM component") == [[0]]
