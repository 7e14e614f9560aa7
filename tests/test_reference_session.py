"""The session of ZenML's profiles page, typed into a terminal of 80 columns, gives that page's screen.

The differences: the program's name, STORE TYPE `sqlite` for `local`, and the URL.
"""

from __future__ import annotations

import os
import re
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

    for command, _, expected in steps:
        shown = in_terminal(command.removeprefix("zprof "), columns=80)
        assert shown == with_url_of(home, expected.rstrip("\n")), command


def with_url_of(home: Path, screen: str) -> str:
    """The screen with what is shown of our URLs: the cell is as wide as it was, and their ends are different."""
    url = f"sqlite://{home}"
    cells = {"default": f"{url[:11]}…/default.db", "zenml": f"{url[:13]}…/zenml.db"}
    for name, cell in cells.items():
        assert len(cell) == len("sqlite:///home/stefan/…")
        screen = re.sub(rf"(│ {name} +│ sqlite     │ )sqlite:///home/stefan/…", rf"\g<1>{cell}", screen)
    return screen


def test_a_wide_terminal_cuts_nothing(zprof: Zprof, home: Path) -> None:
    shown = in_terminal("profile list", columns=400)
    assert f"│ sqlite://{home}/.config/zprof/profiles/default.db │" in shown


def in_terminal(arguments: str, columns: int) -> str:
    """What a terminal of that width shows, stdout and stderr together."""
    environment = {**os.environ, "TERM": "xterm"}
    child = pexpect.spawn(
        str(SCRIPT), arguments.split(), env=environment, dimensions=(60, columns), encoding="utf-8", timeout=60
    )
    shown = all_shown(child)
    assert child.exitstatus == 0, shown
    return shown.rstrip("\n")
