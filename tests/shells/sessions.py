"""Lines that are run in a real shell, as its user types them or a script has them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, Result

from zprof.shells.kinds import SHELLS

NEEDED = ("bash", "zsh")
"""Without one of them the tests fail."""
BARE = {"bash": ("--noprofile", "--norc"), "zsh": ("-f",), "fish": ("--no-config",)}
"""What keeps the files of the machine's owner out."""
INTERACTIVE = {"bash": ("--noediting", "-i"), "zsh": ("+Z", "-i"), "fish": ("-i",)}
STAND_IN = f"""\
#!/bin/sh
if [ "$1" != prompt ]; then exec {SCRIPT} "$@"; fi
echo "$@" >> "$HOME/asked"
cat "$HOME/answer"
exit "$(cat "$HOME/code" 2> /dev/null || echo 0)"
"""

Run = Callable[..., Result]


def installed() -> list[str]:
    """The shells to test."""
    return [*NEEDED, *(["fish"] if shutil.which("fish") else [])]


def program(shell: str) -> str:
    found = shutil.which(shell)
    assert found is not None, f"{shell} is missing: install it, as with `apt-get install {shell}`"
    return found


def version(shell: str) -> str:
    """A shell's first line of `--version`; a sentence where it is missing."""
    if shutil.which(shell) is None:
        return f"{shell} is missing"
    return subprocess.run([shell, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def runner(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What runs lines in a shell.

    The lines `before` come before its hook is loaded by a line, that of the documentation unless another is given.
    """
    monkeypatch.setenv("PATH", f"{home / 'bin'}:{SCRIPT.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(home))

    def run(shell: str, *lines: str, before: str = "", line: str = "") -> Result:
        text = "\n".join((before, line or SHELLS[shell].line, *lines))
        done = subprocess.run(
            [program(shell), *BARE[shell], "-c", text], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    return run


ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()=>].?)|[\x0e\x0f\r]")


class Terminal:
    """An interactive shell, whose prompt ends with `@@ `."""

    def __init__(self, shell: str, *lines: str) -> None:
        self.child = pexpect.spawn(
            program(shell), [*BARE[shell], *INTERACTIVE[shell]], encoding="utf-8", timeout=20, echo=False,
            dimensions=(50, 200), env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        self.shell = shell
        for line in lines:
            self.child.sendline(line)
        self.child.sendline("echo begin''ning")
        self.child.expect("beginning")
        self.child.expect("@@ ")

    def type(self, line: str) -> str:
        """What a line prints, and the prompt after it."""
        self.child.sendline(line)
        before = ""
        if self.shell == "fish":  # which prints its prompt more than once
            self.child.sendline("echo do''ne")
            self.child.expect("\ndone\r?\n")
            before = str(self.child.before)
        self.child.expect("@@ ")
        return ESCAPES.sub("", before + str(self.child.before))

    def end(self) -> None:
        self.child.close(force=True)
