"""`explain`: a text of our own, through a pager on a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pexpect
import pytest
from commands import leaves
from conftest import SCRIPT, Result, Zprof

from zprof.cli.explain import TYPES
from zprof.component_types import BY_NAME

NOUNS = [leaf.words[0] for leaf in leaves(has_all_types=True) if leaf.words[1:] == ("explain",)]


@pytest.mark.parametrize("noun", NOUNS)
def test_explain(first_run: Zprof, noun: str) -> None:
    explained = first_run(noun, "explain")
    assert explained == Result(0, explained.out, "")
    first = explained.out.splitlines()[0]
    assert first.startswith(("A ", "An "))
    assert noun.replace("-", " ") in first
    assert max(map(len, explained.out.splitlines())) <= 80


def check_texts(texts: Iterable[str]) -> None:
    for name in BY_NAME:
        assert name in texts, f'add a line for {name} to TYPES in zprof/cli/explain.py:\n    "{name}": "What it does.",'
    assert sorted(texts) == sorted(BY_NAME)


def test_each_type_has_a_text() -> None:
    check_texts(TYPES)
    with pytest.raises(AssertionError, match=r"add a line for alerter to TYPES in zprof/cli/explain.py"):
        check_texts(TYPES.keys() - {"alerter"})


def test_a_terminal_gets_a_pager(script: Zprof, home: os.PathLike[str]) -> None:
    pager = os.path.join(home, "pager")
    with open(pager, "w") as file:
        file.write("#!/bin/sh\necho PAGED\nexec cat\n")
    os.chmod(pager, 0o755)
    environment = {**os.environ, "PAGER": pager, "TERM": "xterm"}
    shown = pexpect.spawn(str(SCRIPT), ["stack", "explain"], env=environment, encoding="utf-8", timeout=60).read()
    assert "PAGED" in shown
    assert "A stack is the infrastructure" in shown
    assert "PAGED" not in script("stack", "explain").out


def test_a_narrow_terminal(script: Zprof, home: os.PathLike[str]) -> None:
    environment = {**os.environ, "PAGER": "cat", "TERM": "xterm", "COLUMNS": "40"}
    shown = pexpect.spawn(str(SCRIPT), ["alerter", "explain"], env=environment, encoding="utf-8", timeout=60).read()
    assert "    zprof alerter register NAME --flavor FLAVOR --key=value" in shown  # as it is typed
    assert max(len(line) for line in shown.splitlines() if not line.startswith("    ")) <= 40
