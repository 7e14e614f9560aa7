"""Every example in the README is run, in its order, in a home where nothing was before, on a terminal of 80 columns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pexpect
import pytest
from commands import TYPES, Leaf, check_each_is_in, leaves, typed, with_dummy
from conftest import SCRIPT
from terminal import all_shown

from zprof.cli.command import AttributeCommand

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


def check_commands(known: list[Leaf]) -> None:
    """The table of commands in the README has each of them, and no option that a command has not."""
    section = (ROOT / "README.md").read_text().partition("\n## The commands\n")[2]
    items = list(commands_of(BLOCK.findall(section)[0][1]))
    check_each_is_in('the table in "The commands" of README.md', items, lambda leaf: " ".join(leaf.usage[1:]), known)
    for words in items:
        leaf = typed(words, known)
        assert leaf is not None, (
            f"take `zprof {' '.join(words)}` out of the table in README.md: there is no such command"
        )
        named = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", " ".join(words)))
        if isinstance(leaf.command, AttributeCommand):
            named -= {"--key"}  # which stands for any
        assert named <= leaf.options, f"`zprof {' '.join(words)}` in README.md: there is no {named - leaf.options}"


def commands_of(table: str) -> Iterator[list[str]]:
    """The words of each command, and those of its arguments."""
    noun: list[str] = []
    for line in table.splitlines():
        rest = line
        if line.startswith("zprof "):
            _, name, *others = line.split(maxsplit=2)
            noun = [TYPES[0] if name == "<type>" else name]
            rest = "".join(others)
        yield from ([*noun, *item.split()] for item in rest.split(" · "))


def argued(invocation: object, name: str) -> None:
    """Do nothing."""


def test_the_table_of_commands() -> None:
    check_commands(leaves())
    unknown = leaves(with_dummy(argued, params=[click.Argument(["name"])]))
    with pytest.raises(AssertionError, match=r'`zprof thing dummy` to the table in "The commands".*\n    dummy NAME'):
        check_commands(unknown)
    with pytest.raises(AssertionError, match=r"take `zprof status \[--check\]` out of the table"):
        check_commands([leaf for leaf in leaves() if leaf.words != ("status",)])
    assert list(commands_of("zprof <type>  list · get\n      set NAME")) == [
        ["orchestrator", "list"],
        ["orchestrator", "get"],
        ["orchestrator", "set", "NAME"],
    ]


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
