"""`explain`: a text of our own, through a pager on a terminal."""

from __future__ import annotations

import os

import pexpect
import pytest
from conftest import SCRIPT, Result, Zprof

from zprof.cli.explain import TYPES
from zprof.component_types import BY_NAME


@pytest.mark.parametrize("noun", ["profile", "stack", *BY_NAME])
def test_explain(first_run: Zprof, noun: str) -> None:
    explained = first_run(noun, "explain")
    assert explained == Result(0, explained.out, "")
    first = explained.out.splitlines()[0]
    assert first.startswith(("A ", "An "))
    assert noun.replace("_", " ") in first
    assert max(map(len, explained.out.splitlines())) <= 80


def test_each_type_has_a_text() -> None:
    assert TYPES.keys() == BY_NAME.keys()


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
