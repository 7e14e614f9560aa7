"""Commands in processes of their own: with what they print, a deadline and, if wanted, a signal in between."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from zprof.__main__ import main

LONGEST = 10.0
"""Seconds that a command may take, but for waiting for others, which it says."""
DEADLINE = 90.0
"""Seconds after which one is killed: more than it may wait for others."""
CODES = {0, 1, 2, 3, 4, 5, 6, 7}
"""The exit codes of the design, but for an interrupt."""
STAGGER = 0.01
"""Seconds, at most, between the beginnings of commands that are run at once."""
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""The signals that a command may answer."""


class Ran(NamedTuple):
    """A command that has ended."""

    words: tuple[str, ...]
    code: int
    """Its exit code, or as a shell has it, 128 and the signal's number."""
    out: str
    err: str
    seconds: float
    is_hung: bool
    """Whether it had to be killed at the deadline."""

    @property
    def problem(self) -> str:
        """What no command may do, if it did."""
        said = self.out + self.err
        waited = "Waiting" in self.err
        if self.is_hung or (self.seconds > LONGEST and not waited):
            return f"`{' '.join(self.words)}` hung for {self.seconds:.0f} s: {said[-300:]!r}"
        if "is broken" in said or "Traceback" in said:
            return f"`{' '.join(self.words)}` broke: {said[-600:]!r}"
        if self.code not in CODES and self.code - 128 not in (*ENDING, signal.SIGKILL):
            return f"`{' '.join(self.words)}` gave {self.code}: {said[-300:]!r}"
        return ""

    def __str__(self) -> str:
        return f"`{' '.join(self.words)}` gave {self.code}: {(self.out + self.err)[-300:]!r}"


class Started:
    """A command that is running."""

    def __init__(self, words: tuple[str, ...], scratch: Path) -> None:
        """Start one.

        Args:
            scratch: a directory for what it prints.
        """
        self.words = words
        self.begun = time.monotonic()
        self._scratch = scratch
        scratch.mkdir(exist_ok=True)
        self._reading, writing = os.pipe()
        # One that comes before the command has begun waits until then.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        self._child = os.fork()
        if self._child == 0:
            os.close(self._reading)
            be_command(words, scratch)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        os.close(writing)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self._child, number)

    def ended(self) -> Ran:
        """Wait for its end, or end it at the deadline."""
        # The other end of the pipe is closed by the end of the process alone.
        is_over = bool(select.select([self._reading], [], [], DEADLINE)[0])
        if not is_over:
            self.signal(signal.SIGKILL)
        os.close(self._reading)
        _, status = os.waitpid(self._child, 0)
        seconds = time.monotonic() - self.begun
        code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
        out, err = (path.read_text(errors="replace") if path.exists() else "" for path in streams(self._scratch))
        return Ran(self.words, code, out, err, seconds, not is_over)


def ran(words: tuple[str, ...], scratch: Path) -> Ran:
    """Run a command."""
    return Started(words, scratch).ended()


def signalled(words: tuple[str, ...], scratch: Path, number: int, wait: Callable[[], None]) -> Ran:
    """Run a command that gets a signal.

    Args:
        wait: takes the time until then.
    """
    started = Started(words, scratch)
    wait()
    started.signal(number)
    return started.ended()


def ran_at_once(commands: Sequence[tuple[str, ...]], scratch: Path, chance: Random) -> list[Ran]:
    """Run commands at the same time, begun in any order within a few milliseconds."""
    started: dict[int, Started] = {}
    for index in chance.sample(range(len(commands)), len(commands)):
        started[index] = Started(commands[index], scratch / str(index))
        time.sleep(chance.uniform(0, STAGGER))
    return [started[index].ended() for index in range(len(commands))]


def streams(scratch: Path) -> tuple[Path, Path]:
    """The files that hold what a command prints."""
    return scratch / "out", scratch / "err"


def be_command(words: tuple[str, ...], scratch: Path) -> None:
    """End this process as a command, which hears all signals whatever the process before it did with them."""
    try:
        for path, descriptor in zip(streams(scratch), (1, 2), strict=True):
            os.dup2(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for each in ENDING:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        sys.argv = ["zprof", *words]
        main()
    finally:
        os._exit(70)
