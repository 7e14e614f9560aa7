"""Signals: a command that one ends has done nothing or all, leaves no file behind, and shows no traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SCRIPT, Zprof
from contents import contents
from signalled import refill

SIGNALLED = Path(__file__).with_name("signalled.py")
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
STACK = ("-o", "default", "-a", "default", "-m", "default")
COMMANDS = {
    "stack register": ("stack", "register", "new", *STACK, "--set"),
    "stack rename": ("stack", "rename", "default", "renamed"),
    "profile create": ("profile", "create", "new"),
    "profile delete": ("profile", "delete", "second", "--yes"),
    "db backup": ("db", "backup", "copy.db"),
    "stack export": ("stack", "export", "default", "out.yaml"),
    "init": ("init", "."),
}
DROPPING = ("destructor", "weakref", "trace")
"""Where Python drops exceptions."""


def seen(home: Path, config: Path, command: str, **task: Any) -> list[dict[str, Any]]:
    """What `signalled.py` saw, signal by signal."""
    asked = {"home": str(home), "config": str(config), "words": COMMANDS[command], **task}
    done = subprocess.run([sys.executable, SIGNALLED, json.dumps(asked)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def states(home: Path, config: Path, command: str, scratch: Path) -> tuple[Any, Any]:
    """What the config directory holds before a command, and what after it; the home is as before."""
    shutil.copytree(home, scratch)
    before = contents(config)
    assert subprocess.run([SCRIPT, *COMMANDS[command]], cwd=home, capture_output=True, check=False).returncode == 0
    after = contents(config)
    refill(home, scratch)
    return before, after


def check_each(outcomes: list[dict[str, Any]], before: Any, after: Any, code: int) -> None:
    for outcome in outcomes:
        assert outcome["code"] in (0, code), outcome["said"]
        assert "Traceback" not in outcome["said"]
        assert "ignored" not in outcome["said"]
        assert outcome["damage"] == []
        assert outcome["left"] == []
        # What it says of itself is true: done, or interrupted with nothing or all of it done.
        assert outcome["contents"] in ([after] if outcome["code"] == 0 else [before, after]), outcome
    assert code in [outcome["code"] for outcome in outcomes]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_at_any_step(command: str, zprof: Zprof, home: Path, config: Path, tmp_path: Path) -> None:
    zprof("profile", "create", "second")
    before, after = states(home, config, command, tmp_path / "before")
    stride = 1 if command == "stack register" else 3
    check_each(seen(home, config, command, how="plain", signal="SIGINT", stride=stride), before, after, 130)


@pytest.mark.slow
@pytest.mark.parametrize("how", DROPPING)
def test_a_signal_that_python_drops(how: str, zprof: Zprof, home: Path, config: Path, tmp_path: Path) -> None:
    before, after = states(home, config, "stack register", tmp_path / "before")
    check_each(seen(home, config, "stack register", how=how, signal="SIGINT", stride=3), before, after, 130)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_signals_that_end_a_command(name: str, zprof: Zprof, home: Path, config: Path, tmp_path: Path) -> None:
    for command in ("db backup", "stack export"):
        before, after = states(home, config, command, tmp_path / command)
        check_each(seen(home, config, command, how="plain", signal=name, stride=3), before, after, CODES[name])


@pytest.mark.slow
def test_a_first_run_that_is_ended_leaves_nothing(
    zprof: Zprof, home: Path, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the files by which processes would queue for the databases that were not made."""
    shutil.rmtree(config)
    monkeypatch.setitem(COMMANDS, "first run", ("profile", "list"))
    _, after = states(home, config, "first run", tmp_path / "before")
    outcomes = seen(home, config, "first run", how="plain", signal="SIGTERM")
    assert {outcome["code"] for outcome in outcomes} == {0, 143}
    assert [outcome for outcome in outcomes if outcome["left"]] == []
    assert all(outcome["contents"] in (None, after) for outcome in outcomes)


@pytest.mark.parametrize("name", CODES)
def test_an_ignored_signal_stays_ignored(name: str, zprof: Zprof, home: Path) -> None:
    """As under `nohup`, and for Ctrl-C in a job that a script runs in the background."""
    program = """if True:
        import os, signal, sys
        from zprof import __main__, paths
        number = getattr(signal, sys.argv.pop(1))
        signal.signal(number, signal.SIG_IGN)
        real = paths.config_dir
        paths.config_dir = lambda: (os.kill(os.getpid(), number), real())[1]
        __main__.main()
    """
    done = subprocess.run([sys.executable, "-c", program, name, "stack", "get"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"default\n")


def test_the_library_hears_no_signals() -> None:
    program = "import signal, zprof.signals, zprof.store.store; print(signal.getsignal(15) is signal.SIG_DFL)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_second_signal_leaves_the_clean_up_of_the_first_alone() -> None:
    program = """if True:
        import os, signal, time
        from zprof import signals
        signals.listen()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            signals.GRACE = 0.0
            try:
                os.kill(os.getpid(), signal.SIGHUP)
            except KeyboardInterrupt:
                print("not for ever", signals.exit_code())
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "not for ever 143\n"
