"""JSON and YAML that a person or another program wrote, read within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zprof.documents.strict_json import LongNumber, NotJson, parsed_json
from zprof.errors import InvalidInput

MAX_BYTES = 1024 * 1024
"""Of a document."""


def parsed(text: str, source: str) -> Any:
    """What a JSON or YAML document says, in the types of JSON.

    JSON is tried first where it begins like JSON. YAML is read without its traps: no anchors, which can blow a small
    file up, no key given twice, no tags, dates or base-60 numbers. Errors quote nothing of the document, which may
    hold secrets.

    Args:
        source: what to call the document in errors.

    Raises:
        InvalidInput: it is neither, or beyond the bounds.
    """
    check_size(text, source, MAX_BYTES)
    with unreadable(source):
        found, *others = documents_in(text) or [None]
        if any(other is not None for other in others):  # an end mark alone begins one that is empty
            raise ValueError("it holds several documents, and only one is allowed")
        return found


def parsed_all(text: str, source: str, max_bytes: int) -> list[Any]:
    """What each document of a text says, as for `parsed`; None of one that is empty."""
    check_size(text, source, max_bytes)
    with unreadable(source):
        return documents_in(text)


def check_size(text: str, source: str, max_bytes: int) -> None:
    """Refuse a text that is too large."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise InvalidInput(f"{source} is larger than {max_bytes // 1024} KiB.", "Split it.")


@contextmanager
def unreadable(source: str) -> Iterator[None]:
    """What is wrong with a text, as an error that names it."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        is_long = isinstance(error, LongNumber)
        hint = "Write it as text, in quotes." if is_long else "Write JSON, or YAML without anchors."
        raise InvalidInput(f"{source} can't be read: {reason}.", hint) from None


def documents_in(text: str) -> list[Any]:
    """What each document of a text says; one that is JSON is all of it. ValueError where it can't be read."""
    if begins_like_json(text):
        try:
            return [parsed_json(text)]
        except NotJson as error:
            reason = str(error)
            try:
                return documents_in_yaml(text)  # YAML in braces or brackets
            except ValueError:
                raise ValueError(reason) from None
    return documents_in_yaml(text)


def begins_like_json(text: str) -> bool:
    """Whether a text may be JSON with something in it."""
    return text.lstrip().startswith(("{", "["))


def documents_in_yaml(text: str) -> list[Any]:
    """What each document of a YAML text says."""
    from zprof.documents.yaml_reading import yaml_documents  # where JSON is given, there is no need of it

    return yaml_documents(text)


def place_in(text: str, document: int, path: tuple[str | int, ...]) -> tuple[int, int]:
    """The line and the column, as a person counts, of a value in a text that was read before.

    Args:
        document: the position of the document in the text.
        path: the keys and the positions that lead to the value.
    """
    from zprof.documents.json_places import json_place  # on the way to an error alone
    from zprof.documents.yaml_reading import yaml_place

    if begins_like_json(text):
        try:
            parsed_json(text)
        except ValueError:
            return yaml_place(text, document, path)
        return json_place(text, path)
    return yaml_place(text, document, path)


def parsed_file(text: str, source: str) -> Any:
    """The same of a file that is there to say something.

    Raises:
        InvalidInput: it says nothing, or can't be read.
    """
    if is_empty(text):
        raise InvalidInput(f"{source} is empty.", "Give a file with JSON or YAML in it.")
    return parsed(text, source)


def is_empty(text: str) -> bool:
    """Whether a text says nothing: it has no lines but blank ones, comments and marks of YAML's."""
    lines = (line.strip() for line in text.splitlines())
    return all(line in ("", "---", "...") or line.startswith("#") for line in lines)
