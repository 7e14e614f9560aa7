"""A directory with a file for each thing that a profile holds, brought up to date: for git, and for its review.

A file says in its first line that export wrote it. Only such a file is removed, or replaced without being asked for;
no link is followed below the directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from zprof.documents.writing import yaml_text
from zprof.errors import Conflict, ZprofError
from zprof.files import written_whole

HEADING = "# Written by zprof export"
NOTE = f"{HEADING}, which removes this file once the profile has no such thing.\n"
ROOMS = ("components", "flavors", "stacks")


class Update(NamedTuple):
    """What is to be done to a directory; nothing of it is done yet."""

    directory: str
    texts: Mapping[str, str]
    """By path within the directory, the files that are not there, or are others."""
    strangers: tuple[str, ...]
    """Those of them that are there and that export did not write."""
    removed: tuple[str, ...]
    """The files that export wrote before, and that nothing stands for any more."""
    unchanged: int


def planned(directory: str, documents: Mapping[str, Mapping[str, Any]]) -> Update:
    """What brings a directory up to date.

    Args:
        directory: there may be none yet.
        documents: by path within the directory.

    Raises:
        Conflict: two paths differ by case alone, and would be one file on other systems.
        ZprofError: a link, or something else, is where a file or a directory is to be.
    """
    _check_case(documents)
    texts, strangers, unchanged = {}, [], 0
    for path, each in documents.items():
        _check_way(directory, path)
        text = NOTE + yaml_text(each)
        existing = _text(os.path.join(directory, path))
        if existing == text:
            unchanged += 1
            continue
        texts[path] = text
        if existing is not None and not existing.startswith(HEADING):
            strangers.append(path)
    gone = tuple(sorted(path for path in _own_files(directory) if path not in documents))
    return Update(directory, texts, tuple(strangers), gone, unchanged)


def carry_out(update: Update) -> None:
    """Write and remove the files, each as a whole; what is removed goes last.

    Raises:
        ZprofError: one can't be written.
    """
    for path, text in update.texts.items():
        whole = os.path.join(update.directory, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        written_whole(whole, text)
    for path in update.removed:
        whole = os.path.join(update.directory, path)
        if _is_written(update, path):
            continue
        os.unlink(whole)
        with suppress(OSError):  # others may be in it
            os.rmdir(os.path.dirname(whole))


def _is_written(update: Update, path: str) -> bool:
    """Whether a file that goes is one that was written, where the system takes names that differ by case for one."""
    return any(
        path.casefold() == other.casefold()
        and os.path.samefile(os.path.join(update.directory, path), os.path.join(update.directory, other))
        for other in update.texts
    )


def _check_case(paths: Mapping[str, object]) -> None:
    by_folded: dict[str, str] = {}
    for path in paths:
        other = by_folded.setdefault(path.casefold(), path)
        if other != path:
            raise Conflict(
                f"{other} and {path} differ only in case, and are the same file on many systems.",
                "Nothing was written. Rename one of them, or export to a single file.",
            )


def _check_way(directory: str, path: str) -> None:
    """Refuse a link or a file where a directory is to be; a file that is to be is checked as it is written."""
    room = os.path.dirname(path)
    while room:
        whole = os.path.join(directory, room)
        if os.path.lexists(whole) and (os.path.islink(whole) or not os.path.isdir(whole)):
            raise ZprofError(
                f"{whole} is not a directory.", "Nothing was written. Move it, or choose another directory."
            )
        room = os.path.dirname(room)
    whole = os.path.join(directory, path)
    if os.path.lexists(whole) and (os.path.islink(whole) or not os.path.isfile(whole)):
        raise ZprofError(
            f"{whole} is not a regular file.", "Nothing was written. Move it, or choose another directory."
        )


def _text(path: str) -> str | None:
    """What a file holds; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _own_files(directory: str) -> Iterator[str]:
    """The files that export has written, by their paths within the directory."""
    if _is_own(os.path.join(directory, "ties.yaml")):
        yield "ties.yaml"
    to_visit = list(ROOMS)
    while to_visit:
        room = to_visit.pop()
        whole = os.path.join(directory, room)
        if os.path.islink(whole) or not os.path.isdir(whole):
            continue
        for name in sorted(os.listdir(whole)):
            path = f"{room}/{name}"
            if name.endswith(".yaml") and _is_own(os.path.join(directory, path)):
                yield path
            elif room in ("components", "flavors"):
                to_visit.append(path)


def _is_own(path: str) -> bool:
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(len(HEADING)) == HEADING.encode()
