"""Files of a process: those that are not complete yet have names that tell whose they are, and their own at the end."""

from __future__ import annotations

import os
import re
from _thread import get_ident  # the threading's own, without its other classes: for prompts

DRAFT = ".new"
"""How the names of files end that are not complete yet: `NAME.PROCESS.THREAD.new`."""
UNFINISHED = rf"(?P<path>.*)\.(?P<process>\d+)\.\d+{re.escape(DRAFT)}(-journal)?"
"""The same as a pattern."""


def draft_of(path: str) -> str:
    """The name of a file while this thread makes it."""
    return f"{path}.{os.getpid()}.{get_ident()}{DRAFT}"


def unfinished(path: str) -> re.Match[str] | None:
    """The parts of a draft's name, with its file's in `path` and its process in `process`; None for another file."""
    return re.fullmatch(UNFINISHED, path, re.DOTALL)


def asked_for(path: str) -> str:
    """The file that a draft is of, which is the one that was asked for; another path as it is."""
    match = unfinished(path)
    return match["path"] if match else path


def is_running(process: int) -> bool:
    """Whether there is a process of a number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
