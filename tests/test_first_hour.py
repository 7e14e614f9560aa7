"""What a newcomer sees in a first hour, at each width, in colour and without: a change of it is made knowingly."""

from __future__ import annotations

import difflib
from pathlib import Path

import first_hour
import pytest
from first_hour import COMMANDS, TERMINALS, Terminal, as_anywhere


@pytest.mark.slow
@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.file.stem)
def test_the_screen_is_as_it_was(terminal: Terminal) -> None:
    check(first_hour.session(terminal), terminal)


def check(shown: str, terminal: Terminal) -> None:
    known = terminal.file.read_text()
    difference = "\n".join(difflib.unified_diff(known.splitlines(), shown.splitlines(), "known", "shown", lineterm=""))
    assert shown == known, f"{difference}\nIf that is meant, run `make screens` and commit what it writes."


def test_a_screen_that_changed_is_seen() -> None:
    known = TERMINALS[0].file.read_text()
    with pytest.raises(AssertionError, match="run `make screens`"):
        check(known.replace("default", "defualt", 1), TERMINALS[0])


def test_there_are_fifteen_commands_and_six_terminals() -> None:
    assert len(COMMANDS.splitlines()) == 15
    assert {(each.columns, each.has_colours) for each in TERMINALS} == {
        (columns, has_colours) for columns in (60, 80, 120) for has_colours in (False, True)
    }
    assert {each.file for each in TERMINALS} == set(first_hour.SNAPSHOTS.iterdir())


def test_nothing_of_this_run_is_in_a_screen() -> None:
    home = Path("/tmp/kxqz")
    for text, expected in [
        ("sqlite:///tmp/kxqz/a", "sqlite:///home/ann/a"),
        ("sqlite:///tmp/kx…", "sqlite:///home/a…"),
        ("…/kxqz/a.db", "…e/ann/a.db"),
        ("1f2e3d4c5b6a done at 2031-05-06 11:12:13", "0123456789ab done at 2026-01-02 03:04:05"),
    ]:
        assert as_anywhere(text, home) == expected
