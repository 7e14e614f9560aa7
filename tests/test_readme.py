"""Every example in the README is run, in its order, in a home where nothing was before, on a terminal of 80 columns."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT
from terminal import all_shown

ROOT = Path(__file__).parent.parent
SQLITE3 = """\
#!{python}
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*("" if value is None else value for value in row), sep="|")
"""
"""SQLite's shell as far as the examples go, for a machine without it."""

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_examples(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = home / "bin" / "sqlite3"
    shell.parent.mkdir()
    shell.write_text(SQLITE3.format(python=SCRIPT.with_name("python")))
    shell.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shell.parent}:{SCRIPT.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("NO_COLOR", "1")
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    assert {language for language, _ in blocks} == {"sh", "console", "python", "text"}
    steps = 0
    for language, text in blocks:
        if language == "python":
            (home / "example.py").write_text(text)
            shown = shown_by(f"{SCRIPT.with_name('python')} example.py")
            assert shown == ("docker\n" if "sqlalchemy" in text else "s3://acme-ml/artifacts\nlocal_docker\n")
        elif language == "console":
            for command, expected in steps_of(text):
                steps += 1
                assert shown_by(command.replace("/home/ann", str(home))) == as_shown_here(expected, home), command
    assert steps >= 20


def test_the_set_up_is_in_the_makefile() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^make (\w+)|`make (\w+)`", readme, re.MULTILINE))
    assert len(targets) >= 4
    for target in ("".join(pair) for pair in targets):
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), target


def steps_of(text: str) -> list[tuple[str, str]]:
    """The commands of a block, each with what it shows."""
    steps = [step.partition("\n") for step in re.split(r"(?m)^\$ ", text)[1:]]
    return [(command, shown) for command, _, shown in steps]


def as_shown_here(expected: str, home: Path) -> str:
    shown = expected.replace("sqlite:///home/ann/.co…", f"{f'sqlite://{home}'[:22]}…")
    return shown.replace("/home/ann", str(home))


def shown_by(command: str) -> str:
    child = pexpect.spawn(
        "/bin/bash", ["-c", command], dimensions=(60, 80), encoding="utf-8", timeout=60,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    return all_shown(child)
