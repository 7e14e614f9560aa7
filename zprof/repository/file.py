"""`.zprof/config.toml` and `.zprof/local.toml`: reading the names in one, and changing them while all else in it stays.

    # Written by zprof; safe to commit.
    profile = "staging"
    stack = "prod"
    url = "postgresql://db.example.org:5432/ml?schema=zprof&sslmode=verify-full"

Other keys are left to newer versions, and comments to people.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from zprof.errors import ZprofError
from zprof.files import numbered, written_whole
from zprof.repository.reading import Malformed, names_in, parsed_toml, text_of, unusable

HEADER = "# Written by zprof; safe to commit.\n"
PERSONAL_HEADER = "# Written by zprof; yours alone, and not to be committed.\n"
ASSIGNMENT = r"""(?sx)
    (?P<start> \s* (?P<quote>["']?) (?P<key>profile|stack|url) (?P=quote) \s*=\s* ) ( "[^"\\]*" | '[^']*' ) (?P<end>.*)
"""
"""A line that names a profile, a stack or a URL, as zprof or a person would write it."""


class Names(NamedTuple):
    """What a file names; None is left to whatever is active outside of it."""

    profile: str | None = None
    stack: str | None = None
    url: str | None = None
    """Where the profile's store is, for those who lack the profile: any text, which nothing has looked at."""


class Content(NamedTuple):
    """What the file holds."""

    text: str
    parsed: dict[str, Any]
    names: Names


def content(path: str) -> Content | None:
    """What a file holds; None where there is no file, which is a repository that names nothing.

    Raises:
        Malformed: it can't be understood.
        ZprofError: it can't be read.
    """
    text = text_of(path)
    if text is None:
        return None
    parsed = parsed_toml(text)
    return Content(text, parsed, Names(**names_in(parsed)))


class Changed(NamedTuple):
    """What became of a file."""

    names: Names
    kept: str | None
    """Where what could not be understood is kept, if it made way for a new file."""


def change(path: str, changed: Callable[[Names], Names], *, header: str, is_mending: bool = False) -> Changed:
    """Change the names in a file, which is made where there is none.

    Args:
        changed: from the names that the file has to those that it shall have.
        header: how a new file begins.
        is_mending: replace a malformed file, as if it had named nothing, and keep it under another name.

    Raises:
        Malformed: it can't be understood.
        ZprofError: it can't be read or written, or not without changing more than the names.
    """
    with alone_in(os.path.dirname(path)):
        kept = None
        try:
            before = content(path)
        except Malformed:
            if not is_mending:
                raise
            before, kept = None, kept_aside(path)
        text, parsed, names = before or Content(header, {}, Names())
        wanted = changed(names)
        if before is None or wanted != names:
            write(path, edited(text, names, wanted), parsed, names, wanted)
    return Changed(wanted, kept)


def kept_aside(path: str) -> str | None:
    """Give a file another name beside its own, by which it is kept when it is replaced; None for what is no file."""
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    aside = numbered(path)
    try:
        os.link(path, aside)
    except OSError as error:
        raise unusable(aside, error) from None
    return aside


@contextmanager
def alone_in(directory: str) -> Iterator[None]:
    """Keep other processes of zprof out, by a lock on the directory itself: a file for it might be committed."""
    import fcntl

    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise unusable(directory, error) from None
    try:
        with suppress(OSError):  # some network file systems lock no directory: there, the last one wins
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(path: str, text: str, parsed: dict[str, Any], before: Names, wanted: Names) -> None:
    """Put a text in the file's place, if it changes nothing but the names.

    Args:
        parsed: what the file said.
        before: what of it are names.
    """
    if os.path.islink(path):
        raise ZprofError(f"{path} is a symbolic link, which is left unchanged.", "Edit what it points to.")
    if os.path.lexists(path) and not os.access(path, os.W_OK):
        raise ZprofError(f"{path} is read-only.", "Nothing was changed. Check its permissions.")
    others = {key: value for key, value in parsed.items() if key not in given(before)}
    try:
        is_as_meant = parsed_toml(text) == others | given(wanted)
    except Malformed:
        is_as_meant = False
    if not is_as_meant:
        raise ZprofError(f"{path} is written in a way that zprof can't change.", "Nothing was changed. Edit it.")
    written_whole(path, text, usual_mode(path))


def usual_mode(path: str) -> int:
    """The mode of a file that is written again. It is not only for this user: a new one has that of its directory."""
    there = path if os.path.lexists(path) else os.path.dirname(path)
    return stat.S_IMODE(os.stat(there).st_mode) & 0o666


def given(names: Names) -> dict[str, str]:
    """The names that there are, by their keys."""
    return {key: name for key, name in names._asdict().items() if name is not None}


def edited(text: str, before: Names, wanted: Names) -> str:
    """A file's text with other names; a line whose name stays is left as it is.

    Only lines before the first table are looked at, each by itself, so what comes out must be checked.
    """
    missing = dict(given(wanted).items() - given(before).items())
    gone = given(before).keys() - given(wanted).keys()
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    top: list[tuple[str | None, str]] = []
    for line in lines[:end]:
        match = re.fullmatch(ASSIGNMENT, line)
        key = match["key"] if match else None
        if match is not None and key in missing:
            top.append((key, f"{match['start']}{in_toml(missing.pop(key))}{match['end']}"))
        elif key is None or key not in gone:
            top.append((key, line))
    for key in (each for each in Names._fields if each in missing):
        top.insert(place_for(key, top), (key, f"{key} = {in_toml(missing[key])}"))
    return "\n".join([line for _, line in top] + lines[end:])


def place_for(key: str, top: list[tuple[str | None, str]]) -> int:
    """Where the line of a name goes: after those of the names that come before it, or after the first comment."""
    before = Names._fields[: Names._fields.index(key)]
    after_these = [number for number, (of, _) in enumerate(top, 1) if of in before]
    first = next((number for number, (_, line) in enumerate(top) if not line.startswith("#")), len(top))
    return max(after_these, default=first)


def in_toml(value: str) -> str:
    """A text without control characters as TOML has it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
