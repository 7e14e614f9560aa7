"""Tests read like the shell: `zprof("profile", "list")`, in a home of their own, on real files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from zprof.cli.main import run

SCRIPT = Path(sys.executable).with_name("zprof")
"""The installed command."""


class Result(NamedTuple):
    """What a command printed and returned."""

    code: int
    out: str
    err: str


Zprof = Callable[..., Result]

BANNER = "Running without an active repository root.\nRunning with active profile: 'default' (global)\n"
"""What most commands print first on stderr."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, which is the working directory too, and an environment without a trace of zprof."""
    path = tmp_path / "home"
    path.mkdir()
    for name in [name for name in os.environ if name.startswith(("ZPROF_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def config(home: Path) -> Path:
    """The config directory; nothing is there until the first command."""
    return home / ("Library/Application Support/zprof" if sys.platform == "darwin" else ".config/zprof")


@pytest.fixture
def first_run(home: Path, capsys: pytest.CaptureFixture[str]) -> Zprof:
    """The command, in this process, before its first run."""

    def call(*words: str) -> Result:
        capsys.readouterr()
        code = run(words)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def zprof(first_run: Zprof) -> Zprof:
    """The command, in this process, with the default profile in place."""
    assert first_run("-q", "profile", "list").code == 0
    return first_run


@pytest.fixture
def script(home: Path) -> Zprof:
    """The installed command, in a process of its own: what only that can prove."""

    def call(*words: str, stdin: str = "", timeout: float = 60.0) -> Result:
        done = subprocess.run(
            [SCRIPT, *words], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call
