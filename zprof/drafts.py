"""Files that are not complete yet: made under a name that tells whose they are, and given their own at the end."""

from __future__ import annotations

import os
import re
from threading import get_ident

DRAFT = ".new"
"""How the names of files end that are not complete yet: `NAME.PROCESS.THREAD.new`."""


UNFINISHED = re.compile(rf"(?P<path>.*)\.(?P<process>\d+)\.\d+{re.escape(DRAFT)}(-journal)?", re.DOTALL)
"""A file that a thread of a process is about to give its proper name."""


def draft_of(path: str) -> str:
    """The name of a file while this thread makes it."""
    return f"{path}.{os.getpid()}.{get_ident()}{DRAFT}"


def asked_for(path: str) -> str:
    """The file that a draft is of, which is the one that was asked for; another path as it is."""
    match = UNFINISHED.fullmatch(path)
    return match["path"] if match else path
