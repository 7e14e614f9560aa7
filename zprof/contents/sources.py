"""The texts that documents are read from, files, directories and stdin, and the places in them that errors point at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from zprof.documents.reading import is_empty, place_in
from zprof.errors import InvalidInput
from zprof.files import read

MAX_BYTES = 64 * 1024 * 1024
"""Of a file."""
SUFFIXES = (".yaml", ".yml", ".json")
HINT = "`zprof schema` prints what documents look like."


class Source(NamedTuple):
    """A file, or stdin."""

    name: str
    text: str


class Place(NamedTuple):
    """Where something is in a document. As text: `staging.yaml:12:5`, looked up for that."""

    source: Source
    document: int
    path: tuple[str | int, ...] = ()

    def within(self, *steps: str | int) -> Place:
        """The place of a part of it."""
        return self._replace(path=self.path + steps)

    def __str__(self) -> str:
        line, column = place_in(self.source.text, self.document, self.path)
        return f"{self.source.name}:{line}:{column}"

    def refusal(self, sentence: str, hint: str = HINT) -> InvalidInput:
        """The error of what is wrong at this place."""
        return InvalidInput(f"{self}: {sentence}", hint)


def sources(path: str) -> Iterator[Source]:
    """The text of a file, of stdin, or of each file below a directory.

    Raises:
        InvalidInput: it can't be read, or says nothing.
    """
    role = "a file to read"
    if path == "-":
        yield said(Source("stdin", read("stdin", MAX_BYTES, "what to read", is_stdin=True)))
    elif os.path.isdir(os.path.expanduser(path)):
        files = sorted(files_below(os.path.expanduser(path)))
        if not files:
            raise InvalidInput(
                f"{path} contains no file that ends in {', '.join(SUFFIXES)}.", "Choose another directory."
            )
        for file in files:
            yield said(Source(file, read(file, MAX_BYTES, role)))
    else:
        yield said(Source(path, read(path, MAX_BYTES, role)))


def said(source: Source) -> Source:
    """A source that says something."""
    if is_empty(source.text):
        raise InvalidInput(f"{source.name} is empty.", "Give a file with JSON or YAML in it.")
    return source


def files_below(directory: str) -> Iterator[str]:
    """The paths of the files that are documents by their names; what is hidden, as `.github`, is of others."""

    def fail(error: OSError) -> None:
        raise InvalidInput(f"{error.filename} can't be read: {error.strerror}.", "Choose another directory.")

    for place, inner, names in os.walk(directory, onerror=fail):
        inner[:] = [name for name in inner if not name.startswith(".")]
        found = (os.path.join(place, name) for name in names if name.endswith(SUFFIXES) and not name.startswith("."))
        yield from (path for path in found if os.path.isfile(path))  # a pipe would be waited for
