"""Differences as people and programs read them; secrets are in neither."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from zprof.contents.comparing import AttributeChange, Difference
from zprof.documents.shape import KEPT
from zprof.documents.writing import MORE_THAN_TEXT
from zprof.records import told

MARKS = {"create": "+", "change": "~", "delete": "-"}
"""What stands before what comes, what changes and what goes."""


def fields(difference: Difference) -> dict[str, Any]:
    """The fields of a document of the kind Difference."""
    return {
        "name": difference.name,
        "verb": difference.verb,
        "thing": difference.kind,
        "attributes": [attribute_fields(change) for change in difference.attributes],
    }


def attribute_fields(change: AttributeChange) -> dict[str, Any]:
    """The fields of one attribute, what is a secret being the marker."""
    old, new = change.shown(KEPT, KEPT)
    return {"path": change.path, **told(old=old, new=new), "secret": change.is_secret}


def lines(difference: Difference) -> Iterator[tuple[str, str]]:
    """A mark and a text for each line: the thing, then each attribute, which is indented."""
    yield MARKS[difference.verb], f"{difference.kind} {difference.name}"
    for change in difference.attributes:
        yield attribute_line(change)


def attribute_line(change: AttributeChange) -> tuple[str, str]:
    """The mark and the text of one attribute."""
    old, new = shown_values(change)
    if change.old is None:
        return "+", f"  {change.path}: {new}"
    if change.new is None:
        return "-", f"  {change.path}: {old}"
    return "~", f"  {change.path}: {old} → {new}"


def shown_values(change: AttributeChange) -> tuple[str, str]:
    """Both values on one line each, empty where there is none."""
    text = str if change.is_secret else value_text
    old, new = ("" if value is None else text(value) for value in change.shown())
    return old, new


def value_text(value: Any) -> str:
    """A value on one line: a text as it is, and in quotes if it could be taken for another value."""
    is_plain = isinstance(value, str) and value.strip() == value != "" and MORE_THAN_TEXT.fullmatch(value) is None
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)
