"""The `zprof` command as a process: its streams, its exit code, and whether a shortcut answers it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from zprof import signals
from zprof.errors import BROKEN_PIPE
from zprof.streams import replace_streams


def main() -> None:
    """Run the command line on this process's words, and end the process."""
    if sys.platform == "win32":
        sys.exit("zprof runs on Linux and macOS, not on Windows.")
    # A command ends before cycles would matter, and looking for them takes half the time of a change of thousands.
    gc.disable()
    code = 1
    try:
        signals.listen()
        replace_streams()
        code = run(sys.argv[1:])
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError:  # not even the error can be told
        code = signals.exit_code() if signals.was_heard() else code or 1
    except KeyboardInterrupt:  # while still importing
        code = signals.exit_code()
    # All is flushed and every database closed; tearing the interpreter down would add up to 170 ms.
    os._exit(code)


def run(words: Sequence[str]) -> int:
    """Answer by a shortcut, or run the command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is no reason to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    from zprof import shortcuts

    if shortcuts.is_answered(words):
        return 0
    from zprof.cli.main import run as run_command

    return run_command(words)


if __name__ == "__main__":
    main()
