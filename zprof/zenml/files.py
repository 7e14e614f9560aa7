"""Foreign files, read within bounds, and what they hold, taken only in the shape that it should have."""

from __future__ import annotations

import os
import re
from typing import Any

from zprof.documents.reading import MAX_BYTES, parsed
from zprof.errors import DamagedFile, InvalidInput
from zprof.files import text_in_utf8
from zprof.system_errors import cause

RESTORE = "Nothing was imported. Restore it from a copy, or fix it by hand."


def damaged(path: str, what: str, hint: str = RESTORE) -> DamagedFile:
    """The error for a file that doesn't hold what it should."""
    return DamagedFile(f"{path} {what}.", hint)


def text_of(path: str) -> str:
    """A file's text, of at most `documents.MAX_BYTES`."""
    check_is_file(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise cause(error, path) or InvalidInput(
            f"{path} can't be read: {error.strerror}.", "Check its permissions."
        ) from None
    if len(content) > MAX_BYTES:
        raise damaged(
            path, f"is larger than {MAX_BYTES // 1024} KiB", "Nothing was imported. ZenML does not write such files."
        )
    try:
        return text_in_utf8(content)
    except UnicodeDecodeError:
        raise damaged(path, "is not text in UTF-8") from None


def check_is_file(path: str) -> None:
    """See that a file is there: a pipe would be waited for, a device may have no end."""
    if not os.path.isfile(path):
        raise damaged(path, "is not a file" if os.path.lexists(path) else "does not exist")


def yaml_of(path: str) -> dict[str, Any]:
    """The mapping in a YAML file that ZenML wrote.

    ZenML writes in place, so that an interrupted command leaves half a file, which may well be YAML. Whole ones end
    with a line break.
    """
    text = text_of(path)
    if not text.endswith("\n"):
        raise damaged(path, "is incomplete" if text else "is empty", f"Its last line has no newline. {RESTORE}")
    return mapping(path, document(path, text))


def document(path: str, text: str) -> Any:
    """What a document says, in plain JSON values."""
    try:
        return parsed(text, path)
    except InvalidInput as error:
        line = re.search(r", line (\d+), column", error.message)
        raise damaged(path, f"is not valid YAML{f', from line {line[1]} on' if line else ''}") from None


def mapping(path: str, value: object, what: str = "") -> dict[str, Any]:
    """The value, if it is a mapping."""
    if not isinstance(value, dict):
        raise damaged(path, f"must contain a mapping{what and f' as {what}'}")
    return value


def mappings(path: str, value: object, what: str) -> list[dict[str, Any]]:
    """The value, if it is a list of mappings."""
    if not isinstance(value, list):
        raise damaged(path, f"must contain a list as {what}")
    return [mapping(path, item, f"each of {what}") for item in value]


def text(path: str, value: object, what: str) -> str:
    """The value, if it is text."""
    if not isinstance(value, str):
        raise damaged(path, f"must contain text as {what}")
    return value


def optional_text(path: str, value: object, what: str) -> str | None:
    """The value, if it is text or null."""
    return None if value is None else text(path, value, what)


def inside(directory: str, name: str) -> str | None:
    """The path that a name leads to, or None if it would lead out of the directory.

    A plain name is taken as it is: where a link below the directory points is its owner's to choose.
    """
    path = os.path.join(directory, name)
    if "/" not in name and name not in ("", ".", ".."):
        return path
    try:
        resolved, root = os.path.realpath(path), os.path.realpath(directory)
    except (OSError, ValueError):
        return None
    return path if resolved.startswith(root.rstrip("/") + "/") else None
