"""JSON and YAML that a person or another program wrote, read within bounds."""

from __future__ import annotations

import re
from typing import Any

from zprof.documents.strict_json import (
    MAX_DIGITS,
    MAX_DOCUMENT_NESTING,
    LongNumber,
    NotJson,
    check_is_json,
    parsed_json,
    without_repetition,
)
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
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidInput(f"{source} is larger than {MAX_BYTES // 1024} KiB.", "Split it.")
    try:
        if text.lstrip().startswith(("{", "[")):
            try:
                return parsed_json(text)
            except NotJson as error:
                reason = str(error)
                try:
                    return parsed_yaml(text)  # YAML in braces or brackets
                except ValueError:
                    raise ValueError(reason) from None
        return parsed_yaml(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        is_long = isinstance(error, LongNumber)
        hint = "Write it as text, in quotes." if is_long else "Write JSON, or YAML without anchors."
        raise InvalidInput(f"{source} can't be read: {reason}.", hint) from None


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


def parsed_yaml(text: str) -> Any:
    """What a YAML document says; ValueError where it can't be read."""
    import yaml

    class BoundedLoader(yaml.SafeLoader):
        """The safe loader for JSON's types alone, without anchors, tags, repeated keys or endless nesting."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = super().peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ValueError(f"it has an anchor, {place(event.start_mark)}")
            if getattr(event, "tag", None):
                raise ValueError(f"it has a tag, {place(event.start_mark)}")
            self.depth += 1
            if self.depth > MAX_DOCUMENT_NESTING:
                raise ValueError("it is nested too deep")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_yaml_int(self, node: Any) -> int:
            if len(node.value) > MAX_DIGITS:
                raise LongNumber
            return super().construct_yaml_int(node)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            pairs = [
                (self.construct_object(key, deep=True), self.construct_object(value, deep=True))
                for key, value in node.value
            ]
            if not all(isinstance(key, str) for key, _ in pairs):
                raise ValueError(f"a key is not text, {place(node.start_mark)}")
            return without_repetition(pairs)

    BoundedLoader.add_constructor("tag:yaml.org,2002:int", BoundedLoader.construct_yaml_int)
    BoundedLoader.yaml_implicit_resolvers = resolvers(yaml.SafeLoader.yaml_implicit_resolvers)
    try:
        found, *others = list(yaml.load_all(text, Loader=BoundedLoader)) or [None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None)
        # What PyYAML says of a character names it, and so do some problems of scanning; nothing names a value.
        raise ValueError(f"{problem or 'it is not YAML'}{f', {place(mark)}' if mark else ''}") from None
    if any(other is not None for other in others):  # an end mark alone begins one that is empty
        raise ValueError("it holds several documents, and one is taken")
    check_is_json(found)
    return found


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
