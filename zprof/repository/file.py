"""`.zprof/config.toml`: reading the names in it, and changing them while all else in it stays as it is.

    # Written by zprof; safe to commit.
    profile = "staging"
    stack = "prod"

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
from zprof.files import written_whole
from zprof.names import VALID

HEADER = "# Written by zprof; safe to commit.\n"
MAX_BYTES = 64 * 1024
"""More than any file of names and comments has."""

ASSIGNMENT = r"""(?sx)
    (?P<start> \s* (?P<quote>["']?) (?P<key>profile|stack) (?P=quote) \s*=\s* ) ( "[^"\\]*" | '[^']*' ) (?P<end>.*)
"""
"""A line that names a profile or a stack, as zprof or a person would write it."""


class Malformed(Exception):
    """A file that can't be understood, and why: a signal between this module and `Repository`, never shown."""


class Names(NamedTuple):
    """What a repository names; None is left to whatever is active outside of it."""

    profile: str | None = None
    stack: str | None = None


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
    for key in Names._fields:
        value = parsed.get(key)
        if value is not None and not (isinstance(value, str) and VALID.fullmatch(value)):
            shown = repr(value)
            raise Malformed(f"{key} is {shown if len(shown) <= 40 else shown[:39] + '…'}, not a name")
    return Content(text, parsed, Names(parsed.get("profile"), parsed.get("stack")))


def text_of(path: str) -> str | None:
    """A file's text; None where there is no file."""
    try:
        # A pipe of this name must not make anyone wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(path, error) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Malformed("it is not a regular file")
        read = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(read) > MAX_BYTES:
        raise Malformed(f"it is larger than {MAX_BYTES // 1024} KiB")
    try:
        return read.decode()
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8 text") from None


def parsed_toml(text: str) -> dict[str, Any]:
    """What a text says."""
    import tomllib  # paid where there is a file to read

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except ValueError as error:  # tomllib's own is one; so is that of a number of too many digits
        raise Malformed(str(error).rstrip(".")) from None


def change(path: str, changed: Callable[[Names], Names], *, is_mending: bool = False) -> Names:
    """Change the names in a file, which is made where there is none; the names that it has then.

    Args:
        changed: from the names that the file has to those that it shall have.
        is_mending: write a malformed file anew, as if it had named nothing.

    Raises:
        Malformed: it can't be understood.
        ZprofError: it can't be read or written, or not without changing more than the names.
    """
    with alone_in(os.path.dirname(path)):
        try:
            before = content(path)
        except Malformed:
            if not is_mending:
                raise
            before = None
        text, parsed, names = before or Content(HEADER, {}, Names())
        wanted = changed(names)
        if before is None or wanted != names:
            write(path, edited(text, wanted), parsed, wanted)
    return wanted


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


def write(path: str, text: str, before: dict[str, Any], names: Names) -> None:
    """Put a text in the file's place, if it changes nothing but the names.

    Args:
        before: what the file said.
    """
    if os.path.islink(path):
        raise ZprofError(f"{path} is a symbolic link, which is left as it is.", "Change by hand what it leads to.")
    if os.path.lexists(path) and not os.access(path, os.W_OK):
        raise ZprofError(f"{path} is read-only.", "Nothing was changed. Check its permissions.")
    others = {key: value for key, value in before.items() if key not in Names._fields}
    named = {key: name for key, name in names._asdict().items() if name is not None}
    try:
        is_as_meant = parsed_toml(text) == others | named
    except Malformed:
        is_as_meant = False
    if not is_as_meant:
        raise ZprofError(f"{path} is written in a way that zprof can't change.", "Nothing was changed. Edit it.")
    # Not only for this user: a new file has the permissions of its directory, and so the umask's.
    there = path if os.path.lexists(path) else os.path.dirname(path)
    written_whole(path, text, stat.S_IMODE(os.stat(there).st_mode) & 0o666)


def edited(text: str, names: Names) -> str:
    """A file's text with other names.

    Only lines before the first table are looked at, each by itself, so what comes out must be checked.
    """
    missing = {key: name for key, name in names._asdict().items() if name is not None}
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    place = next((number for number, line in enumerate(lines) if not line.startswith("#")), end)
    top: list[str] = []
    for line in lines[:end]:
        match = re.fullmatch(ASSIGNMENT, line)
        if match is None:
            top.append(line)
        elif match["key"] in missing:
            top.append(f'{match["start"]}"{missing.pop(match["key"])}"{match["end"]}')
            if match["key"] == "profile":
                place = len(top)
    place = min(place, len(top))
    top[place:place] = [f'{key} = "{name}"' for key, name in missing.items()]
    return "\n".join(top + lines[end:])


def unusable(path: str, error: OSError) -> ZprofError:
    """The error of a file or directory that the system withholds."""
    from zprof.system_errors import cause  # on the way to an error alone

    return cause(error, path) or ZprofError(f"{path} can't be used: {error.strerror}.", "Check its permissions.")
