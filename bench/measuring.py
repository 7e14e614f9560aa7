"""Whole processes, measured from outside.

Why there is a loop of our own: a verdict needs CPU time, wall time, runs that alternate with those of the other side
(A B A B), and a state that is put back in between. pyperf's `bench_command` (2.11) measures wall time alone, and one
command after the other. hyperfine (1.20) has CPU time and `--prepare`, but its runs don't alternate (its issue 21 is
open), and many machines lack it. What is left is one `os.wait4`, which is in `launcher.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

LAUNCHER = str(Path(__file__).with_name("launcher.py"))
ZPROF = str(Path(sys.executable).with_name("zprof"))
"""The installed command, which is what people start."""
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in one of what `ru_maxrss` counts."""


class CommandFailed(Exception):
    """A command that was to be measured ended with another code than 0."""


class Sample(NamedTuple):
    """One run of a program."""

    cpu: float
    """Seconds, user and system, with the children that it waited for."""
    wall: float
    """Seconds."""
    memory: int
    """The peak, in bytes."""


def measure(words: Sequence[str], environment: Mapping[str, str], directory: str | None = None) -> Sample:
    """Run a program once, in a directory, which is its home unless another is given.

    Raises:
        CommandFailed: its exit code is not 0.
    """
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as errors, os.fdopen(reading) as report:
        try:
            launcher = subprocess.run(
                [sys.executable, "-I", "-S", LAUNCHER, str(writing), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[writing],
                env=environment,
                cwd=directory or environment["HOME"],
                check=False,
            )
        finally:
            os.close(writing)
        reported = report.read().split()
        if launcher.returncode != 0 or reported[0] != "0":
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            code = reported[0] if reported else launcher.returncode
            raise CommandFailed(f"`{' '.join(words)}` ended with {code}: {said}")
    return Sample(float(reported[1]), float(reported[2]), int(reported[3]) * MAXRSS_UNIT)


def cpu(samples: Sequence[Sample]) -> float:
    """The median, in milliseconds."""
    return 1000 * median(sample.cpu for sample in samples)


def wall(samples: Sequence[Sample]) -> float:
    """The median, in milliseconds."""
    return 1000 * median(sample.wall for sample in samples)


def memory(samples: Sequence[Sample]) -> float:
    """The median of the peaks, in MiB."""
    return median(sample.memory for sample in samples) / 2**20
