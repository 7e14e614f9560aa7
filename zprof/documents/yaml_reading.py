"""YAML without its traps, in the types of JSON: by libyaml where there is one, else by PyYAML's own parser.

Values are made from the parser's events, one by one: anchors, which can blow a small file up, are refused before
anything is made of them, and a large document is read in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from zprof.documents.strict_json import MAX_DIGITS, MAX_DOCUMENT_NESTING, LongNumber, check_is_json, without_repetition

Path = tuple[str | int, ...]
"""The keys and the positions that lead to a value, from the outside in."""


def yaml_documents(text: str) -> list[Any]:
    """What each document of a YAML text says; None of an empty one.

    Raises:
        ValueError: it can't be read. The message quotes nothing of it.
    """
    found = [value for value, _ in Reading(text).documents()]
    check_is_json(found)
    return found


def yaml_place(text: str, document: int, path: Path) -> tuple[int, int]:
    """The line and the column, as a person counts, of a value in a YAML text that was read before."""
    for number, (_, places) in enumerate(Reading(text, marked=True).documents()):
        if number == document:
            return nearest(places, path)
    return 1, 1


def nearest(places: dict[Path, tuple[int, int]], path: Path) -> tuple[int, int]:
    """The place of a value, or of what it would be in."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, (1, 1))


class Reading:
    """The reading of one text.

    Args:
        marked: whether the places of all values are kept.
    """

    def __init__(self, text: str, *, marked: bool = False) -> None:
        import yaml

        self._yaml = yaml
        self._parser = parser_class()
        self._text = text
        self._marked = marked
        self._places: dict[Path, tuple[int, int]] = {}
        self._scalars: dict[str, Any] = {}
        self._resolvers = resolvers(yaml.SafeLoader.yaml_implicit_resolvers)
        self._make = {
            "tag:yaml.org,2002:null": lambda node: None,
            "tag:yaml.org,2002:bool": yaml.SafeLoader("").construct_yaml_bool,
            "tag:yaml.org,2002:int": whole_number_of(yaml.SafeLoader("")),
            "tag:yaml.org,2002:float": yaml.SafeLoader("").construct_yaml_float,
        }

    def documents(self) -> Iterator[tuple[Any, dict[Path, tuple[int, int]]]]:
        """Each document's value, and the places of the values in it."""
        yaml = self._yaml
        try:
            loader = self._parser(self._text)
            self._next = loader.get_event
            while not isinstance(event := self._next(), yaml.StreamEndEvent):
                if isinstance(event, yaml.DocumentStartEvent):
                    self._places = {}
                    yield self._value(self._next(), ()), self._places
        except UnicodeEncodeError:
            raise ValueError("it holds an unpaired surrogate") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None)
            # What a parser says of a character names it, and so do some problems of scanning; nothing names a value.
            raise ValueError(f"{problem or 'it is not YAML'}{f', {place(mark)}' if mark else ''}") from None

    def _value(self, event: Any, path: Path, depth: int = 1) -> Any:
        if isinstance(event, self._yaml.AliasEvent) or event.anchor:
            raise ValueError(f"it has an anchor, {place(event.start_mark)}")
        if event.tag:
            raise ValueError(f"it has a tag, {place(event.start_mark)}")
        if depth > MAX_DOCUMENT_NESTING:
            raise ValueError("it is nested too deeply")
        if self._marked:
            self._places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, self._yaml.ScalarEvent):
            return self._scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, self._yaml.SequenceStartEvent):
            return self._list(path, depth)
        return self._object(event, path, depth)

    def _list(self, path: Path, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self._next(), self._yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found)) if self._marked else path, depth + 1))
        return found

    def _object(self, start: Any, path: Path, depth: int) -> dict[str, Any]:
        pairs = []
        while not isinstance(event := self._next(), self._yaml.MappingEndEvent):
            key = self._value(event, path, depth + 1)
            if not isinstance(key, str):
                raise ValueError(f"a key is not text, {place(start.start_mark)}")
            inner = path
            if self._marked:
                inner = (*path, key)
                self._places[path] = (start.start_mark.line + 1, start.start_mark.column + 1)
            pairs.append((key, self._value(self._next(), inner, depth + 1)))
            if self._marked:  # a field is where its key is
                self._places[inner] = (event.start_mark.line + 1, event.start_mark.column + 1)
        return without_repetition(pairs)

    def _scalar(self, text: str) -> Any:
        """What a plain text is. The same text is always the same, and a document has the same ones often."""
        if text not in self._scalars:
            rules = [*self._resolvers.get(text[:1], ()), *self._resolvers.get(None, ())]
            tag = next((tag for tag, pattern in rules if pattern.match(text)), None)
            make = None if tag is None else self._make.get(tag)
            self._scalars[text] = text if make is None else make(self._yaml.ScalarNode(str(tag), text))
        return self._scalars[text]


def parser_class() -> Any:
    """The parser: libyaml's, which takes a tenth of the time, unless PyYAML was built without it."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def whole_number_of(loader: Any) -> Any:
    """PyYAML's reading of a whole number, unless it has too many digits."""

    def construct(node: Any) -> Any:
        if len(node.value) > MAX_DIGITS:
            raise LongNumber
        return loader.construct_yaml_int(node)

    return construct


def resolvers(usual: dict[Any, Any]) -> dict[Any, Any]:
    """The rules by which plain text becomes something else: those of PyYAML, whose files are read as they were meant.

    So `3e5` is text here, as PyYAML writes it, and a number is written `3.0e+5` or `300000`. Dates and numbers of base
    60 are text, too: PyYAML quotes the text that looks like one.
    """
    return {
        first: [
            (tag, without_base_60(pattern) if tag.endswith((":int", ":float")) else pattern)
            for tag, pattern in rules
            if not tag.endswith((":timestamp", ":value", ":merge"))
        ]
        for first, rules in usual.items()
    }


def without_base_60(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """A rule for numbers that takes none with a colon, as in `1:30`."""
    return re.compile(rf"(?![^:]*:)(?:{pattern.pattern})", pattern.flags)


def place(mark: Any) -> str:
    """Where in a document something is, as a person counts."""
    return f"line {mark.line + 1}, column {mark.column + 1}"
