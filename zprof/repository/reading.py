"""What `.zprof/config.toml` and `.zprof/local.toml` name, as quickly as a shell's prompt has to know."""

from __future__ import annotations

import os
import stat

from zprof.errors import ZprofError
from zprof.names import is_name

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from typing import Any

KEYS = ("profile", "stack", "url")
MAX_BYTES = 64 * 1024
"""More than any file of names and comments has."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Malformed(Exception):
    """A file that can't be understood, and why: a signal between this room's modules, never shown."""


def names_at(path: str) -> dict[str, str]:
    """What a file names, by its keys; where there is no file, nothing.

    Raises:
        Malformed: it can't be understood.
        ZprofError: it can't be read.
    """
    text = text_of(path)
    return {} if text is None else names_in(parsed_toml(text))


def names_in(parsed: dict[str, Any]) -> dict[str, str]:
    """The names in what a file says, by their keys; a URL is any text, which nothing has looked at.

    Raises:
        Malformed: what should be a name is none.
    """
    for key in ("profile", "stack"):
        value = parsed.get(key)
        if value is not None and not (isinstance(value, str) and is_name(value)):
            shown = repr(value)
            raise Malformed(f"{key} is {shown if len(shown) <= 40 else shown[:39] + '…'}, not a name")
    return {key: parsed[key] for key in KEYS if isinstance(parsed.get(key), str)}


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
        return read.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8 text") from None


def parsed_toml(text: str) -> dict[str, Any]:
    """What a text says."""
    found = plainly(text)
    if found is not None:
        return found
    import tomllib  # 5 ms, for what a person has written

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except ValueError as error:  # tomllib's own is one; so is that of a number of too many digits
        raise Malformed(str(error).rstrip(".")) from None


def plainly(text: str) -> dict[str, Any] | None:
    """What a text says if it is written as zprof writes it: comments, and lines of `key = "text"`; None if not.

    A test compares it with tomllib.
    """
    if not text.replace("\n", "").replace("\t", "").isprintable():
        return None
    found: dict[str, Any] = {}
    for line in text.split("\n"):
        key, equals, value = (part.strip(" \t") for part in line.partition("="))
        if line.strip(" \t")[:1] in ("", "#"):
            continue
        inner, quote, rest = value[1:].partition('"')
        is_text = value[:1] == quote == '"' and "\\" not in inner and rest.strip(" \t")[:1] in ("", "#")
        if not (equals and key.isascii() and key.isidentifier() and key not in found and is_text):
            return None
        found[key] = inner
    return found


def unusable(path: str, error: OSError) -> ZprofError:
    """The error of a file or directory that the system withholds."""
    from zprof.system_errors import cause  # on the way to an error alone

    return cause(error, path) or ZprofError(f"{path} can't be used: {error.strerror}.", "Check its permissions.")
