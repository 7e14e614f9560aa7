"""`.zprof/.gitignore`, which keeps a personal choice out of a project's history."""

from __future__ import annotations

import os

from zprof.files import written_whole
from zprof.repository.file import alone_in, usual_mode
from zprof.repository.reading import Malformed, text_of


def keep_out_of_git(path: str) -> None:
    """Have git ignore a file, and what it leaves beside it; a `.gitignore` that is there keeps its other lines.

    One that is a symbolic link or no text, which git does not follow or understand either, is left as it is.

    Raises:
        ZprofError: it can't be read or written.
    """
    directory, name = os.path.split(path)
    ignore = os.path.join(directory, ".gitignore")
    if os.path.islink(ignore):
        return
    with alone_in(directory):
        try:
            text = text_of(ignore) or ""
        except Malformed:
            return
        lines = {line.strip().removeprefix("/") for line in text.splitlines()}
        if lines & {name, f"{name}*", "*"}:
            return
        begun = f"{text}\n" if text and not text.endswith("\n") else text
        written_whole(ignore, f"{begun}{name}\n{name}.*\n", usual_mode(ignore))
