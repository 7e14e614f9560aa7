"""The `zprof` command as a process: its streams, its exit code, and whether a shortcut answers it."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = (["profile", "get"], ["stack", "get"])
"""The commands that print one word, as scripts and prompts type them."""


def main() -> None:
    """Run the command line on this process's words, and end the process."""
    if sys.platform == "win32":
        sys.exit("zprof runs on Linux and macOS, not on Windows.")
    # A command ends before cycles would matter, and looking for them takes half the time of a change of thousands.
    gc.disable()
    try:
        code = answered(sys.argv[1:], has_own_streams=False)
    except KeyboardInterrupt:
        code = 130
    if code is None:
        code = whole()
    # All is flushed and every database closed; tearing the interpreter down would add up to 170 ms.
    os._exit(code)


def answered(words: Sequence[str], *, has_own_streams: bool = True) -> int | None:
    """Answer what a shell asks at each prompt and each Tab, and scripts for a word; the exit code, None for all else.

    `zprof run` as scripts type it becomes the program here: the streams and the signals are the program's to set up.

    Args:
        has_own_streams: whether a word can be printed without a loss.
    """
    if words and words[0] == "run":
        from zprof import shortcuts

        shortcuts.become_program(words[1:])
        return None
    is_word = list(words) in WORDS
    if not is_word and (not words or words[0] not in ("prompt", "__complete")):
        return None
    from zprof.keystrokes import answering

    if not is_word:
        return answering.exit_code(words)
    if not has_own_streams:
        from zprof.streams import replace_streams

        replace_streams()
    return answering.word(words[0])


def whole() -> int:
    """Run a command with streams of our own and signals that end it well; its exit code."""
    from zprof import signals
    from zprof.errors import BROKEN_PIPE
    from zprof.streams import replace_streams

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
    return code


def run(words: Sequence[str]) -> int:
    """Answer by a shortcut, or run the command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is no reason to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    from zprof import shortcuts

    code = answered(words)
    if code is not None:
        return code
    if shortcuts.is_answered(words):
        return 0
    from zprof.cli.main import run as run_command

    return run_command(words)


if __name__ == "__main__":
    main()
