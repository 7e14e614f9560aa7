"""Runs a command again and again, in each attempt with another call to the operating system that goes wrong.

A script for `test_faults.py`, to be started under `faulty.c`; it imports everything once and forks for each attempt. It
reads what to do as JSON from its first argument and prints one JSON object on a line for each attempt.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from contents import contents, damage
from killing import forked, preload, restore

from zprof.__main__ import run

PAST_THE_END = 1_000_000
EFFECTS = {"killed": 0, "slow": -1}


def main() -> None:
    task = json.loads(sys.argv[1])
    preload()
    for outcome in attempts(task):
        print(json.dumps(outcome), flush=True)


def attempts(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Let each call of a kind go wrong, every `step`-th of them, until the command gets past the last one."""
    config, words, call = Path(task["config"]), task["words"], task["call"]
    how = EFFECTS.get(task["how"], task["how"])
    library = ctypes.CDLL(None)

    def armed(nth: int) -> int:
        library.arm(call.encode(), nth, how)
        code = run(words)
        seen = nth - library.calls_left()
        library.arm(b"", 0, 0)
        os.write(3, b"%d" % seen)
        return code

    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        template = scratch / "template"
        restore(config, template)
        for nth in count(1, task.get("step", 1)):
            restore(template, config)
            tally = os.open(scratch / "tally", os.O_CREAT | os.O_TRUNC | os.O_RDWR)
            os.dup2(tally, 3)
            begun = time.monotonic()
            signal_, code, out, err = forked(lambda nth=nth: armed(nth), scratch)  # type: ignore[misc]
            seconds = time.monotonic() - begun
            copy = scratch / "copy"
            restore(config, copy)
            probe = forked(lambda: run(["-q", "stack", "list"]), scratch)
            yield {
                "nth": nth,
                "is_killed": signal_ == signal.SIGKILL,
                "code": code,
                "said": out + err,
                "seconds": seconds,
                "contents": contents(copy, copied_from=config),
                "probe": probe[1],
                "probe_said": probe[2] + probe[3],
                "damage": damage(config),
                "afterwards": contents(config),
            }
            seen = int((scratch / "tally").read_text() or PAST_THE_END)
            if seen < nth or how == EFFECTS["slow"]:
                return


if __name__ == "__main__":
    main()
