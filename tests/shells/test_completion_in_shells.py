"""What a Tab makes of a line in real shells."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, Zprof

from zprof.cli.spellings import COMMAND_ALIASES
from zprof.shells.completion import completion_text

SHELLS = ["bash", "zsh", *(["fish"] if shutil.which("fish") else [])]
START = {"bash": ("--noprofile", "--norc", "-i"), "zsh": ("-f", "-i"), "fish": ("--no-config", "-i")}
PREPARED = {
    "bash": "bind 'set enable-bracketed-paste off'; source ./text",
    "zsh": "autoload -Uz compinit; compinit -u -D; source ./text",
    "fish": "source ./text",
}
HOSTILE = {
    "bash": ["set -eu", "IFS=aeiou", "shopt -s nocasematch failglob", "set -o noclobber", "alias local=false"],
    "zsh": ["setopt ksh_arrays sh_word_split no_unset noclobber glob_subst", "IFS=aeiou"],
    "fish": ["set -g IFS aeiou", "alias string=false"],
}
"""Settings of a user that must not matter."""
BEGINNING, END = "\x01", "\x05"


@pytest.fixture
def filled(zprof: Zprof, home: Path) -> Path:
    """A home with profiles, and with files to offer."""
    for words in (
        ("profile", "create", "laptop"),
        ("-p", "laptop", "stack", "register", "train", "-o", "default", "-a", "default", "-m", "default"),
        ("alerter", "register", "duty", "-f", "slack", "--slack_token={{a.b}}"),
    ):
        assert zprof(*words).code == 0
    for name in ("schema one.json", "plain.json", "it's.json"):
        (home / name).write_text("{}")
    (home / "below").mkdir()
    return home


class Terminal:
    """A shell in which somebody types."""

    def __init__(self, shell: str, home: Path, settings: list[str]) -> None:
        program = shutil.which(shell)
        assert program is not None, f"{shell} is missing: install it, as with `apt-get install {shell}`"
        (home / "text").write_text(completion_text(shell))
        environment = {**os.environ, "PATH": f"{SCRIPT.parent}:{os.environ['PATH']}", "TERM": "xterm"}
        self.child = pexpect.spawn(
            program, [*START[shell]], env=environment, encoding="utf-8", timeout=20, dimensions=(60, 250)
        )
        for line in (PREPARED[shell], *settings, "echo rea''dy"):
            self.child.sendline(line)
        self.child.expect("ready")

    def completed(self, line: str) -> list[str]:
        """The words of a line after a Tab at its end, and `zz`, which shows whether a blank has followed."""
        self.child.send(f"{line}\tzz{BEGINNING}printf '<%s>' {END}; echo '<en''d>'\n")
        self.child.expect(r"(<[^\x1b\r\n]*>)+<end>")
        match = self.child.match
        assert isinstance(match, re.Match)
        return re.findall("<([^>]*)>", match[0])[:-1]


@pytest.fixture
def terminal(shell: str, filled: Path, settings: list[str]) -> Iterator[Terminal]:
    found = Terminal(shell, filled, settings)
    yield found
    found.child.close(force=True)


LINES = [
    ("zprof -p lap", "zprof -p laptop zz"),
    ("zprof -p laptop stack set t", "zprof -p laptop stack set train zz"),
    ('zprof -p laptop stack set "t', "zprof -p laptop stack set train zz"),
    ("zprof -p laptop stack set --output='ya", "zprof -p laptop stack set --output=yaml zz"),
    ("zprof use laptop/t", "zprof use laptop/train zz"),
    ("zprof --profile=lap", "zprof --profile=laptop zz"),
    ("zprof alerter register x -f slack --slack_", "zprof alerter register x -f slack --slack_token=zz"),
    ("zprof stack list --output=ya", "zprof stack list --output=yaml zz"),
    ("zprof stack list -o ya", "zprof stack list -o yaml zz"),
    ("zprof alerter update du", "zprof alerter update duty zz"),
    ("zprof alerter flavor register x --schema pl", "zprof alerter flavor register x --schema plain.json zz"),
    ("zprof alerter flavor register x --schema=pl", "zprof alerter flavor register x --schema=plain.json zz"),
    ("zprof alerter flavor register x --schema sch", "zprof alerter flavor register x --schema schema_one.json zz"),
    ("zprof alerter register x --config @sch", "zprof alerter register x --config @schema_one.json zz"),
    ("zprof alerter update x --webhook=@it", "zprof alerter update x --webhook=@it's.json zz"),
    ("zprof init bel", "zprof init below/zz"),
    ("zprof nothing pl", "zprof nothing plzz"),
]


@pytest.mark.parametrize("settings", [[]], ids=[""])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_tab(terminal: Terminal) -> None:
    for line, completed in LINES:
        words = [word.replace("_one", " one") for word in completed.split(" ")]
        assert terminal.completed(line) == words, line


def is_completed(terminal: Terminal, group: str, word: str) -> bool:
    """Whether a word below a group is one that a Tab knows: then a blank follows it."""
    return terminal.completed(f"zprof {group} {word}".replace("  ", " "))[-2:] == [word, "zz"]


@pytest.mark.parametrize("settings", [[]], ids=[""])
@pytest.mark.parametrize("shell", SHELLS)
def test_words_of_other_tools_are_not_offered(terminal: Terminal) -> None:
    assert is_completed(terminal, "stack", "list")  # so would one be
    for group, aliases in COMMAND_ALIASES.items():
        for alias in aliases:
            assert not is_completed(terminal, group.replace("TYPE", "alerter"), alias), (group, alias)


@pytest.mark.parametrize(("shell", "settings"), [(shell, HOSTILE[shell]) for shell in SHELLS], ids=SHELLS)
def test_a_tab_whatever_is_set(terminal: Terminal) -> None:
    for line, completed in LINES[:6]:
        assert terminal.completed(line) == completed.split(" "), line


@pytest.mark.parametrize("settings", [[]], ids=[""])
@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "bash"])
def test_descriptions_are_shown(terminal: Terminal) -> None:
    terminal.child.send("zprof sta\t")
    terminal.child.expect("Compose stacks of components")
