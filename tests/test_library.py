"""The Python package."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Zprof

import zprof as library
from zprof.errors import InvalidConfig, NotFound, ZprofError


def test_active_stack(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b")
    zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores")
    assert library.active_stack().name == "default"
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "prod")
    stack = library.active_stack()
    assert stack.components["artifact_store"].config == {"path": "s3://b"}
    assert list(stack.components) == ["artifact_store", "metadata_store", "orchestrator"]
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "nope")
    with pytest.raises(NotFound, match="ZPROF_ACTIVATED_STACK"):
        library.active_stack()


def test_open_profile(zprof: Zprof) -> None:
    zprof("profile", "create", "staging")
    with library.open_profile("staging") as store:
        assert store.stack("default").components["artifact_store"].flavor == "local"
        with store.change() as change:
            change.register_component("artifact_store", "s3", "s3", {"path": "s3://b"})
            change.register_component("metadata_store", "runs", "sqlite", {})
            change.register_stack("prod", {"orchestrator": "default", "artifact_store": "s3", "metadata_store": "runs"})
        assert store.stack("prod").components["artifact_store"].config["path"] == "s3://b"
    assert library.active_profile().name == "default"
    with pytest.raises(NotFound) as raised:
        library.open_profile("stagin")
    assert raised.value.closest == ("staging",)
    assert raised.value.exit_code == 3


def test_a_change_is_all_or_nothing(zprof: Zprof) -> None:
    store = library.open_profile()
    with pytest.raises(InvalidConfig), store.change() as change:
        change.register_component("orchestrator", "good", "local", {})
        change.register_component("orchestrator", "bad", "local", {"nope": 1})
    with pytest.raises(ZeroDivisionError), store.change() as change:
        change.delete_stack("default")
        raise ZeroDivisionError
    assert [component.name for component in store.components("orchestrator")] == ["default"]
    assert store.stack_names() == ["default"]


def test_the_first_run_is_silent(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert library.active_profile().name == "default"
    assert capfd.readouterr() == ("", "")


def test_public_names() -> None:
    assert dir(library) == sorted(library.__all__)
    for name in library.__all__:
        assert getattr(library, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = library.nope


def test_a_row_is_visible_to_another_process_once_the_change_is_left(zprof: Zprof) -> None:
    """A driver that commits less than it says would pass each test within one process."""
    with library.open_profile().change() as change:
        change.register_component("orchestrator", "mine", "local", {})
    program = "import zprof; print([component.name for component in zprof.open_profile().components('orchestrator')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['default', 'mine']\n"


def test_what_is_refused_leaves_no_half_behind(zprof: Zprof) -> None:
    """A program may catch an error within the block and go on."""
    store = library.open_profile()
    with store.change() as change:
        change.register_component("orchestrator", "o2", "local_docker", {})
        change.register_component("container_registry", "hub", "default", {"uri": "gcr.io"})
        change.update_stack("default", {"container_registry": "hub"})

    def state() -> object:
        return store.stack("default"), [store.components(name) for name in ("orchestrator", "container_registry")]

    before = state()
    refusals: list[tuple[str, tuple[object, ...]]] = [
        ("update_stack", ("default", {"orchestrator": "o2", "alerter": "nope"})),
        ("remove_from_stack", ("default", ["container_registry", "orchestrator"])),
        ("register_stack", ("new", {"orchestrator": "o2", "artifact_store": "default", "metadata_store": "nope"})),
        ("update_component", ("orchestrator", "o2", {"nope": 1})),
        ("rename_component", ("orchestrator", "o2", "default")),
        ("delete_component", ("orchestrator", "default")),
        ("rename_stack", ("default", "../x")),
    ]
    for verb, arguments in refusals:
        with store.change() as change:
            with pytest.raises(ZprofError):
                getattr(change, verb)(*arguments)
            change.rename_component("orchestrator", "o2", "o3")
            change.rename_component("orchestrator", "o3", "o2")
        after = state()
        assert without_marks(after) == without_marks(before), verb


def without_marks(state: object) -> str:
    """What a state holds, without when and how often it was changed."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z|revision=\d+", "", str(state))


def test_a_type_is_written_as_it_is_stored(zprof: Zprof) -> None:
    store = library.open_profile()
    for call in (
        lambda: store.components("artifact-store"),
        lambda: store.component("artifact-store", "default"),
        lambda: store.component_of_stack("bogus", "default"),
        lambda: store.flavors("artifact-store"),
    ):
        with pytest.raises(NotFound, match="component type"):
            call()
    with store.change() as change:
        for verb, arguments in (
            ("register_component", ("artifact-store", "x", "local", {})),
            ("rename_component", ("artifact-store", "default", "x")),
            ("update_stack", ("default", {"artifact-store": "default"})),
            ("register_flavor", ("artifact-store", "x", {})),
        ):
            with pytest.raises(NotFound, match="component type"):
                getattr(change, verb)(*arguments)


def test_reading_what_one_changes_is_refused_at_once(zprof: Zprof) -> None:
    store = library.open_profile()
    with store.change() as change:
        change.register_component("orchestrator", "mine", "local", {})
        with pytest.raises(ZprofError, match="is being changed by this thread"):
            store.stacks()
        with pytest.raises(ZprofError, match="is being changed by this thread"), store.change():
            pass
    assert [component.name for component in store.components("orchestrator")] == ["default", "mine"]


def test_errors_travel_between_processes(zprof: Zprof) -> None:
    for make in (
        lambda: library.open_profile("nope"),
        lambda: library.open_profile().component("orchestrator", "nope"),
        lambda: library.open_profile().idle_component("orchestrator", "default"),
    ):
        with pytest.raises(ZprofError) as raised:
            make()
        sent = pickle.loads(pickle.dumps(raised.value))
        assert (type(sent), str(sent), sent.__dict__) == (type(raised.value), str(raised.value), raised.value.__dict__)


def test_a_program_makes_a_repository_and_switches_within_it(
    zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("profile", "create", "staging")
    zprof("stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default", "-p", "staging")
    (home / "project").mkdir()
    made = library.make_repository("project", profile="staging")
    assert (made.root, made.profile, made.stack) == (str(home / "project"), "staging", "default")
    with pytest.raises(library.errors.Conflict):
        library.make_repository("project")
    with pytest.raises(library.errors.NotFound):
        library.make_repository(str(home), profile="nope")
    assert library.active_profile().name == "default"

    monkeypatch.chdir(home / "project")
    library.switch_stack("prod")
    assert library.active_stack().name == "prod"
    with pytest.raises(library.errors.NotFound):
        library.switch_stack("nope")
    assert [library.switch_profile("default") for _ in range(2)] == [True, False]
    assert library.switch_profile("staging", everywhere=True)
    assert library.active_profile().name == "default"
    monkeypatch.chdir(home)
    assert library.active_profile().name == "staging"
    assert library.active_stack().name == "default"  # the project's choice was its own
    library.switch_stack("prod", everywhere=True)
    assert library.active_stack().name == "prod"
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "default")
    with pytest.raises(library.errors.Refused):
        library.switch_profile("staging")
