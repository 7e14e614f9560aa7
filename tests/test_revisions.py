"""Revision numbers: each change counts, and one that was decided on something older is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, Zprof

import zprof as library
from zprof.errors import Outdated

STORES = ("-a", "default", "-m", "default")


@pytest.fixture
def made(zprof: Zprof) -> Zprof:
    """The command, with a component and a stack at revision 1."""
    assert zprof("orchestrator", "register", "docker", "-f", "local_docker").code == 0
    assert zprof("data-validator", "register", "deep", "-f", "deepchecks").code == 0
    assert zprof("stack", "register", "prod", "-o", "docker", *STORES, "-dv", "deep").code == 0
    return zprof


def revision(zprof: Zprof, *words: str) -> int:
    return int(json.loads(zprof(*words, "-o", "json").out)["revision"])


def test_each_change_counts_and_no_change_does_not(made: Zprof) -> None:
    of_docker, of_prod = ("orchestrator", "describe", "docker"), ("stack", "describe", "prod")
    assert (revision(made, *of_docker), revision(made, *of_prod)) == (1, 1)
    for number, words in enumerate(
        [
            ("orchestrator", "update", "docker", "--docker_parent_image=a"),
            ("orchestrator", "update", "docker", "--docker_parent_image=b"),
            ("orchestrator", "remove-attribute", "docker", "docker_parent_image"),
        ],
        start=2,
    ):
        assert made(*words).code == 0
        assert revision(made, *of_docker) == number
    made("orchestrator", "rename", "docker", "other")
    assert revision(made, "orchestrator", "describe", "other") == 5
    assert revision(made, *of_prod) == 1  # the stack has the same component as before
    assert made("stack", "update", "prod", "-o", "other").code == 0
    assert revision(made, *of_prod) == 1
    made("stack", "update", "prod", "-o", "default")
    made("stack", "remove-component", "prod", "-dv")
    made("stack", "rename", "prod", "production")
    assert revision(made, "stack", "describe", "production") == 4
    assert "\nrevision:   4\n" in made("stack", "describe", "production").out
    assert "\nrevision:   5\n" in made("orchestrator", "describe", "other").out


@pytest.mark.parametrize(
    "words",
    [
        ("orchestrator", "update", "docker", "--docker_parent_image=new"),
        ("orchestrator", "remove-attribute", "docker", "docker_parent_image"),
        ("orchestrator", "rename", "docker", "new"),
        ("orchestrator", "delete", "docker", "--yes"),
        ("stack", "update", "prod", "-o", "docker"),
        ("stack", "remove-component", "prod", "-dv"),
        ("stack", "rename", "prod", "new"),
        ("stack", "delete", "prod", "--yes"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_an_older_revision_is_refused_and_the_present_one_is_not(made: Zprof, words: tuple[str, ...]) -> None:
    made("orchestrator", "update", "docker", "--docker_parent_image=first")
    made("stack", "update", "prod", "-o", "default")
    kind, name = words[0], words[2]
    described = (kind, "describe", name, "-o", "json")
    before = made(*described).out
    refused = made(*words, "--if-revision", "1")
    assert (refused.code, refused.out) == (4, "")
    assert refused.err.splitlines()[-2:] == [
        f"Error: The {kind} '{name}' is at revision 2, not 1: it has changed in the meantime.",
        f"Nothing was changed. Check it with `zprof {kind} describe {name}`, and try again with 2.",
    ]
    assert made(*described).out == before
    done = made(*words, "--if-revision", "2")
    assert done.code == 0, done.err


@pytest.mark.parametrize("number", ["0", "-1", "one", ""])
def test_what_is_no_revision(made: Zprof, number: str) -> None:
    refused = made("stack", "rename", "prod", "new", "--if-revision", number)
    assert refused.code == 2
    assert "is not a valid revision" in refused.err or "is not in the range x>=1" in refused.err


def test_the_library_says_so_too(made: Zprof) -> None:
    with library.open_profile() as store:
        seen = store.component("orchestrator", "docker")
        made("orchestrator", "update", "docker", "--docker_parent_image=theirs")
        with pytest.raises(Outdated) as caught, store.change() as change:
            change.update_component(
                "orchestrator", "docker", {"docker_parent_image": "mine"}, if_revision=seen.revision
            )
        assert caught.value.revision == 2
        assert store.component("orchestrator", "docker").config == {"docker_parent_image": "theirs"}


@pytest.mark.parametrize(("kind", "name"), [("orchestrator", "docker"), ("stack", "prod")])
def test_what_changes_while_the_question_stands_is_not_deleted(made: Zprof, kind: str, name: str, config: Path) -> None:
    made("stack", "update", "prod", "-o", "default")
    asking = pexpect.spawn(str(SCRIPT), [kind, "delete", name], encoding="utf-8", timeout=30)
    asking.expect_exact("[y/N]")
    if kind == "stack":
        made("stack", "update", "prod", "-o", "docker")
    else:
        made("orchestrator", "update", "docker", "--docker_parent_image=theirs")
    asking.sendline("y")
    asking.expect("it has changed in the meantime")
    asking.expect(pexpect.EOF)
    asking.close()
    assert asking.exitstatus == 4
    assert made(kind, "describe", name).code == 0
