"""What a shell asks at each prompt and at each Tab, answered without click, and without what importing typing costs.

What is not plain, such as `zprof prompt --help`, is left to the command itself.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Sequence

PROMPT, COMPLETE = "prompt", "__complete"
"""The first words of them. The second is no command: only the texts in `zprof/shells` use it."""


def exit_code(words: Sequence[str]) -> int | None:
    """Answer a prompt or a Tab; the exit code, or None to run the command."""
    if words[0] == COMPLETE:
        from zprof.keystrokes.completion.candidates import lines

        return printed(lines(words[1:]))
    return prompt(words)


def word(noun: str) -> int | None:
    """Answer `zprof profile get` or `zprof stack get`; its exit code, or None to run the command."""
    from zprof.keystrokes import words

    try:
        found = words.word(noun)
        print(found, flush=True)
    except Exception:  # the command meets it, too, and tells, also of a stdout that can't be written
        return None
    return 0


def prompt(words: Sequence[str]) -> int | None:
    """Answer `zprof prompt`; its exit code, or None to run the command."""
    form = None
    if len(words) == 3 and words[1] == "--format":
        form = words[2]
    elif len(words) == 2 and words[1].startswith("--format="):
        form = words[1].removeprefix("--format=")
    elif len(words) > 1:
        return None
    from zprof.errors import Busy, InvalidInput
    from zprof.keystrokes.glance import Unsettled
    from zprof.keystrokes.prompt import line

    try:
        found = line(form)
    except InvalidInput:  # for the command to tell
        return None
    except Unsettled:
        return Busy.exit_code
    return printed([found] if found else [])


def printed(lines: Sequence[str]) -> int:
    """Print lines, which nobody is told of if it can't be done; the exit code."""
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except Exception:  # a pipe that is closed, a disk that is full
        return 1
    return 0
