"""How `describe` shows a thing to a person: a title, lines of `key: value`, and paragraphs. Nothing is cut.

What is within a value is YAML, written here: the words of a description may be wrapped, which is the same YAML, while a
word that is wider than the terminal stays whole, so that it can be copied. Importing PyYAML would take longer than all
else that `describe` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import click

from zprof.cli.terminal import columns_of
from zprof.documents.writing import MORE_THAN_TEXT
from zprof.masking import MASK
from zprof.printable import escaped, printable

WIDEST = 100
"""Columns that wrapped text takes at most: longer lines are hard to read, however wide the terminal is."""
INDENT = 2

_BREAK = re.compile(r"(?<! ) (?! )")
"""Where a line may be wrapped: a single blank, as which YAML reads the break."""
_PLAIN = re.compile(r"[^ \-?:,\[\]{}#&*!|>'\"%@`](?:[^:# ]|:(?=[^ ])|(?<=[^ ])#| (?=[^# ]))*")
"""What is text in YAML without quotes, unless it is more than text."""


class Paragraph(NamedTuple):
    """A part of a thing, such as a component of a stack."""

    heading: str
    fields: Mapping[str, Any]


class Description(NamedTuple):
    """A thing as a person reads it. The text of a field is shown as it is, and what is within one as YAML."""

    title: str
    fields: Mapping[str, Any]
    paragraphs: Sequence[Paragraph] = ()


class Line(NamedTuple):
    """A line before it is wrapped."""

    indent: int
    lead: str
    """What stands before the text: a key, the dash of a list's item."""
    text: str
    hanging: int
    """The column that its rows may begin at which follow the first."""
    is_whole: bool = False
    """Whether it is one of a text of several lines, and is not wrapped."""


def described(found: Description, width: int | None, *, has_colours: bool) -> Iterator[str]:
    """The lines that show a thing.

    Args:
        width: columns of the terminal; None where nothing is wrapped.
    """
    yield bold(printable(found.title), has_colours)
    yield ""
    yield from paragraph(found.fields, 0, width, has_colours)
    for part in found.paragraphs:
        yield ""
        yield bold(f"{scalar(part.heading)}:", has_colours)
        yield from paragraph(part.fields, INDENT, width, has_colours)


def bold(text: str, has_colours: bool) -> str:
    """A heading."""
    return click.style(text, bold=True) if has_colours else text


def paragraph(fields: Mapping[str, Any], indent: int, width: int | None, has_colours: bool) -> Iterator[str]:
    """The lines of fields, with the values below each other."""
    column = max((len(key) for key, value in fields.items() if not is_nested(value)), default=0) + 2
    for key, value in fields.items():
        lines = yaml_lines({key: value}, indent) if is_nested(value) else field_lines(key, value, indent, column)
        for line in lines:
            yield from wrapped(line, width, has_colours)


def field_lines(key: str, value: Any, indent: int, column: int) -> Iterator[Line]:
    """The line of a field; of a text of several lines, as many."""
    first, *others = value.split("\n") if isinstance(value, str) else [scalar(value)]
    yield Line(indent, f"{key}:".ljust(column), printable(first), indent + INDENT)
    for text in others:
        yield Line(indent, " " * column, printable(text), indent + INDENT)


def is_nested(value: Any) -> bool:
    """Whether a value has lines of its own."""
    return isinstance(value, dict | list | tuple) and bool(value)


def yaml_lines(value: Any, indent: int = 0, dash: str = "") -> Iterator[Line]:
    """The lines of an object, or of a list, as YAML in block style.

    Args:
        dash: what the first line begins with, where the value is an item of a list.
    """
    parts = value.items() if isinstance(value, Mapping) else [(None, each) for each in value]
    for key, part in parts:
        lead = f"{dash}- " if key is None else f"{dash}{key_scalar(str(key))}:"
        inner = indent + len(dash)
        if is_nested(part):
            if key is None:
                yield from yaml_lines(part, indent, lead)
            else:
                yield Line(indent, lead, "", inner)
                yield from yaml_lines(part, inner + INDENT)
        else:
            yield from value_lines(indent, lead if key is None else f"{lead} ", part, inner + INDENT)
        indent, dash = inner, ""


def value_lines(indent: int, lead: str, value: Any, inner: int) -> Iterator[Line]:
    """The line of a value; a text of several lines has them as they are, below."""
    lines = value.split("\n") if isinstance(value, str) else []
    # A text that begins with a blank would say where its lines begin, and a last line is one only with its end.
    if len(lines) < 2 or not lines[0] or value.startswith(" ") or not all(map(is_whole_line, lines)):
        yield Line(indent, lead, scalar(value), inner)
        return
    ends = len(lines) - len(value.rstrip("\n").split("\n"))
    yield Line(indent, lead, ("|-", "|", "|+")[min(ends, 2)], inner)
    for text in lines[:-1] if ends else lines:
        yield Line(inner if text else 0, "", text, inner, is_whole=True)


def is_whole_line(text: str) -> bool:
    """Whether a line can be shown as it is."""
    return text.isprintable() and not (text and text.isspace())


def scalar(value: Any) -> str:
    """A value as YAML, on one line, safe to show. What stands for a secret is no value, and has no quotes."""
    if isinstance(value, str):
        return text_scalar(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        shown = repr(value)
        return shown.replace("e", ".0e") if "e" in shown and "." not in shown else shown
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list | tuple) else str(value)


def key_scalar(text: str) -> str:
    """A key as YAML: no secret, even where it is written as one is shown."""
    return f"'{text}'" if text == MASK else text_scalar(text)


def text_scalar(text: str) -> str:
    """A text as YAML: in quotes where it would else be read as more than text."""
    if not text.isprintable():
        marked = text.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(each if each.isprintable() else escaped(each) for each in marked) + '"'
    if text == MASK or (_PLAIN.fullmatch(text) and not MORE_THAN_TEXT.fullmatch(text)):
        return text
    return "'" + text.replace("'", "''") + "'"


def wrapped(line: Line, width: int | None, has_colours: bool) -> Iterator[str]:
    """A line as the terminal shows it, in as many as it needs."""
    key = click.style(line.lead, dim=True) if has_colours and line.lead.strip() else line.lead
    before = " " * line.indent
    if width is None or line.is_whole:
        yield f"{before}{key}{line.text}".rstrip(" ") if not line.is_whole else f"{before}{line.text}"
        return
    column = line.indent + columns_of(line.lead)
    words = _BREAK.split(line.text)
    fits = column + max(map(columns_of, words)) <= width
    # Where a word is too wide to stand beside the key, the text begins below it, further to the left.
    hanging = column if fits and column <= WIDEST // 2 else line.hanging
    is_beside = column + columns_of(words[0]) <= width
    first, *others = rows(words, min(width, WIDEST), column if is_beside else hanging, hanging)
    if is_beside:
        yield f"{before}{key}{first}".rstrip(" ")
    else:
        yield f"{before}{key}".rstrip(" ")
        yield f"{' ' * hanging}{first}"
    for text in others:
        yield f"{' ' * hanging}{text}"


def rows(words: Sequence[str], width: int, column: int, hanging: int) -> Iterator[str]:
    """Words in rows that end before a column, as far as the words allow that.

    Args:
        column: where the first row begins.
        hanging: where the others begin.
    """
    row, end = words[0], column + columns_of(words[0])
    for word in words[1:]:
        end += 1 + columns_of(word)
        if end <= width:
            row += f" {word}"
        else:
            yield row
            row, end = word, hanging + columns_of(word)
    yield row
