"""Protected profiles: each change to the contents is refused unless it is confirmed by name; reads are not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pexpect
import pytest
from commands import Leaf, check_each_is_in, leaves, with_dummy
from conftest import SCRIPT, Zprof, made_by, move_in

import zprof as library
from zprof.cli.invocation import Invocation
from zprof.errors import Refused

STACK = ("-o", "default", "-a", "default", "-m", "default")
CHANGES = [
    ("orchestrator", "register", "new", "-f", "local"),
    ("orchestrator", "update", "docker", "--docker_parent_image=new"),
    ("orchestrator", "remove-attribute", "docker", "docker_parent_image"),
    ("orchestrator", "rename", "docker", "new"),
    ("orchestrator", "copy", "docker", "new"),
    ("orchestrator", "delete", "docker", "--yes"),
    ("alerter", "flavor", "register", "new", "--schema", "schema.json"),
    ("alerter", "flavor", "delete", "pager", "--yes"),
    ("stack", "register", "new", *STACK),
    ("stack", "update", "prod", "-o", "docker"),
    ("stack", "remove-component", "prod", "-al"),
    ("stack", "rename", "prod", "new"),
    ("stack", "copy", "prod", "new"),
    ("stack", "import", "prod.yaml", "--name", "new"),
    ("stack", "delete", "prod", "--yes"),
    ("apply", "-f", "changed.yaml", "--yes"),
    ("edit", "profile", "--yes"),
    ("log", "prune", "--keep", "0", "--yes"),
    ("undo",),
    ("redo",),
]
CHANGED = """
apiVersion: zprof/v1
kind: Component
type: orchestrator
name: docker
flavor: local_docker
config: {docker_parent_image: new}
"""
READS = [
    ("stack", "list"),
    ("stack", "describe", "prod"),
    ("stack", "export", "prod"),
    ("stack", "validate", "--all"),
    ("orchestrator", "list"),
    ("alerter", "flavor", "list"),
    ("profile", "list"),
    ("status",),
    ("log",),
    ("log", "show"),
    ("undo", "--dry-run"),
    ("redo", "--dry-run"),
    ("undo", "--registry", "--dry-run"),
    ("stack", "copy", "prod", "new", "--dry-run"),
    ("stack", "copy", "prod", "new", "--to", "second"),
    ("stack", "set", "prod"),
]


@pytest.fixture(scope="session")
def with_all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(
        tmp_path_factory.mktemp("all-kinds") / "home",
        ("profile", "create", "second"),
        ("orchestrator", "register", "docker", "-f", "local_docker", "--docker_parent_image=first"),
        ("alerter", "flavor", "register", "pager", "--schema", "schema.json"),
        ("alerter", "register", "ops", "-f", "slack", "--slack_token=${env:TOKEN}"),
        ("stack", "register", "prod", *STACK, "-al", "ops"),
        ("stack", "export", "prod", "prod.yaml"),
        ("orchestrator", "register", "undone", "-f", "local"),
        ("undo",),
        ("profile", "protect", "default"),
        files={"schema.json": '{"type": "object", "properties": {}}', "changed.yaml": CHANGED},
    )


@pytest.fixture
def guarded(zprof: Zprof, with_all_kinds: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Zprof:
    """The command, with a protected default profile that has something of each kind, and an editor."""
    monkeypatch.setenv("EDITOR", "sed -i s/first/new/")
    move_in(with_all_kinds, home)
    return zprof


def check_changes(known: Iterable[Leaf]) -> None:
    check_each_is_in(
        "CHANGES in tests/test_protection.py",
        CHANGES,
        lambda leaf: leaf.row,
        [leaf for leaf in known if ".change(" in leaf.source],
    )


def changing(invocation: Invocation) -> None:
    """Change."""
    with invocation.store.change():
        pass


def test_each_change_of_a_store_is_in_the_table() -> None:
    check_changes(leaves())
    with pytest.raises(AssertionError, match=r"line for `zprof thing dummy` to CHANGES in tests/test_protection.py"):
        check_changes(leaves(with_dummy(changing)))


def dump(config: Path) -> list[str]:
    with closing(sqlite3.connect(config / "profiles/default.db")) as store:
        return list(store.iterdump())


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_a_change_is_refused_unless_confirmed(guarded: Zprof, config: Path, words: tuple[str, ...]) -> None:
    before = dump(config)
    for confirmation in ((), ("--confirm", "second"), ("--confirm", "Default")):
        refused = guarded(*words, *confirmation)
        assert (refused.code, refused.out) == (7, ""), confirmation
        assert refused.err.splitlines()[-2:] == [
            "Error: The profile 'default' is protected.",
            "Nothing was changed. To change it anyway, add --confirm default.",
        ]
    assert dump(config) == before
    assert guarded(*words, "--confirm", "default").code == 0
    assert dump(config) != before


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_what_changes_nothing_in_it_is_not_refused(guarded: Zprof, config: Path, words: tuple[str, ...]) -> None:
    before = dump(config)
    done = guarded(*words)
    assert done.code == 0, done.err
    assert dump(config) == before


@pytest.mark.parametrize("words", [words for words in CHANGES if "delete" in words], ids=" ".join)
def test_nothing_is_asked_before_it_is_refused(guarded: Zprof, words: tuple[str, ...]) -> None:
    asking = pexpect.spawn(str(SCRIPT), list(words[:-1]), encoding="utf-8", timeout=30)
    assert asking.expect_exact(["is protected", "[y/N]"]) == 0
    asking.close()


def test_a_protected_profile_is_shown_and_not_deleted(guarded: Zprof, config: Path) -> None:
    assert "PROTECTED" in guarded("profile", "list").out
    assert guarded("profile", "list", "-o", "csv").out.splitlines()[1].endswith(",yes")
    assert guarded("profile", "set", "second").code == 0
    refused = guarded("profile", "delete", "default", "--yes")
    assert refused.code == 7
    assert "zprof profile unprotect default" in refused.err
    assert guarded("profile", "unprotect", "default").err.endswith("Unprotected profile 'default'.\n")
    assert guarded("profile", "unprotect", "default").err.endswith("Profile 'default' is not protected.\n")
    assert "PROTECTED" not in guarded("profile", "list").out
    assert guarded("profile", "delete", "default", "--yes").code == 0


def test_it_is_each_users_own_guard(guarded: Zprof, config: Path) -> None:
    """Another profile with the same store, as another user has it, is not guarded."""
    guarded("profile", "create", "mine", "--url", str(config / "profiles/default.db"))
    assert guarded("-p", "mine", "orchestrator", "register", "new", "-f", "local").code == 0


def test_a_profile_that_is_not_there(guarded: Zprof) -> None:
    for verb in ("protect", "unprotect"):
        refused = guarded("profile", verb, "defualt")
        assert refused.code == 3
        assert "Did you mean 'default'?" in refused.err
    again = guarded("profile", "protect", "default")
    assert again.err.endswith("Profile 'default' is already protected.\n")


def test_the_library_keeps_to_it(guarded: Zprof) -> None:
    with library.open_profile("default") as store, pytest.raises(Refused), store.change():
        raise AssertionError("the block is not entered")
    with library.open_profile("default", confirm="default") as store, store.change() as change:
        change.register_component("orchestrator", "new", "local", {})
    assert library.open_profile().component("orchestrator", "new").revision == 1
