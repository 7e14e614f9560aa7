"""Sends the command a signal at its first step, its second step, … until it gets to its end.

A step is an SQL statement, or a file that is about to be made, linked, moved or removed: see `killing.py`. The signal
meets the program itself, or one of the places where Python drops exceptions. A script for `test_signals.py`; it forks
for each attempt, reads what to do as JSON from its first argument, and prints what it saw, one JSON object on a line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from contents import contents, damage, left_files
from killing import FILE_EVENTS, forked, preload

from zprof import __main__
from zprof.sqlite import driver

PAST_THE_END = 99


def main() -> None:
    task = json.loads(sys.argv[1])
    preload()
    for outcome in attempts(task):
        print(json.dumps(outcome), flush=True)


def attempts(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Send the signal at each step, or at every `stride`-th of them."""
    home, config = Path(task["home"]), Path(task["config"])
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        shutil.copytree(home, scratch / "template")
        for step in count(1, task.get("stride", 1)):
            refill(home, scratch / "template")
            _, code, out, err = forked(lambda step=step: signalled(task, step), scratch)  # type: ignore[misc]
            if code == PAST_THE_END:
                return
            yield {
                "step": step,
                "code": code,
                "said": out + err,
                "contents": contents(config),
                "damage": damage(config),
                "left": left_files(home),
            }


def refill(home: Path, template: Path) -> None:
    """Make the contents of a directory, in which processes are, those of another one."""
    for path in home.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(template, home, dirs_exist_ok=True)


class Dropping:
    """Whose destructor drops exceptions, as any does."""

    def __init__(self, send: Callable[[], None]) -> None:
        self.send = send

    def __del__(self) -> None:
        self.send()


class Referred:
    """What a weak reference leads to."""


def meet(how: str, send: Callable[[], None]) -> None:
    """Have the signal met in one of the places."""
    if how == "destructor":
        Dropping(send)
    elif how == "weakref":
        referred = Referred()
        reference = weakref.ref(referred, lambda _: send())
        del referred
        assert reference() is None
    else:
        send()


def signalled(task: dict[str, Any], step: int) -> int:
    """Run the command as a process of its own, up to its end or to the step and what follows from it."""
    how, left = task["how"], step

    def send() -> None:
        os.kill(os.getpid(), getattr(signal, task["signal"]))

    def count_down() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            meet(how, send)

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        is_new_file = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
        if (event in FILE_EVENTS or is_new_file) and str(arguments[0]).startswith(task["home"]):
            count_down()

    class Connection(driver.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            count_down()
            cursor = super().execute(*arguments)
            count_down()
            return cursor

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        chosen = options if how == "trace" else {**options, "factory": Connection}
        connection: sqlite3.Connection = real_connect(*arguments, **chosen)
        if how == "trace":
            connection.set_trace_callback(lambda _: count_down())
        return connection

    real_connect, real_exit = sqlite3.connect, os._exit
    sqlite3.connect = connect  # type: ignore[assignment]
    os._exit = lambda code: real_exit(code if left <= 0 else PAST_THE_END)  # type: ignore[assignment]
    if how != "trace":
        sys.addaudithook(audited)
    os.chdir(task["home"])
    sys.argv = ["zprof", *task["words"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    __main__.main()
    return 70


if __name__ == "__main__":
    main()
