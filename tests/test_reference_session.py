"""The session of ZenML's profiles page, typed into a terminal of 80 columns, gives that page's screen.

The differences: the program's name, STORE TYPE `sqlite` for `local`, and the URL.
"""

from __future__ import annotations

import os
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, Zprof
from terminal import all_shown

SCREEN = (Path(__file__).parent / "data" / "reference_session.txt").read_text()


@pytest.mark.slow
def test_the_reference_session(home: Path) -> None:
    steps = [step.partition("\n") for step in SCREEN.removeprefix("$ ").split("\n\n$ ")]
    assert len(steps) == 11

    url = f"sqlite://{home}/.config/zprof/profiles/default.db"
    for command, _, expected in steps:
        shown = in_terminal(command.removeprefix("zprof "), columns=80)
        assert shown == expected.rstrip("\n").replace("sqlite:///home/stefan/…", f"{url[:22]}…"), command


def test_a_wide_terminal_cuts_nothing(zprof: Zprof, home: Path) -> None:
    shown = in_terminal("profile list", columns=400)
    assert f"│ sqlite://{home}/.config/zprof/profiles/default.db │" in shown


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 80, 81, 100])
def test_a_narrow_terminal_shows_all_columns(zprof: Zprof, columns: int) -> None:
    lines = in_terminal("-q profile list", columns=columns).splitlines()
    assert {len(line) + line.count("👉") for line in lines} == {max(columns - 1, 5 * 4 + 3 * 5 + 1)}


def in_terminal(arguments: str, columns: int) -> str:
    """What a terminal of that width shows, stdout and stderr together."""
    environment = {**os.environ, "TERM": "xterm"}
    child = pexpect.spawn(
        str(SCRIPT), arguments.split(), env=environment, dimensions=(60, columns), encoding="utf-8", timeout=60
    )
    shown = all_shown(child)
    assert child.exitstatus == 0, shown
    return shown.rstrip("\n")
