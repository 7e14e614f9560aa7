"""Fitting a table into the terminal: what is long and no name is cut, then columns are left out. Names stay whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from zprof.cli.terminal import columns_of, ellipsis
from zprof.component_types import MANDATORY

READABLE = 12
"""Columns below which a cell is not cut while there is a column to leave out."""
NARROWEST = 4
"""Columns below which a cell is not cut at all."""
FRAME = 3
"""Columns that the frame and the padding of a column take."""


def cut_end(text: str, limit: int) -> str:
    """The text, its end replaced by an ellipsis where it is wider than the limit."""
    if columns_of(text) <= limit:
        return text
    mark = ellipsis()
    return beginning(text, limit - len(mark)) + mark


def cut_middle(text: str, limit: int) -> str:
    """A URL or a path, its middle replaced: its end tells it from others, and its scheme what it is."""
    if columns_of(text) <= limit:
        return text
    mark = ellipsis()
    room = limit - len(mark)
    scheme = text[: text.find("://") + 3] if "://" in text else ""
    root = "/" if text[len(scheme) :].startswith("/") else ""
    head = columns_of(scheme + root)
    tail = end(text, room - head if head <= room // 2 else room - 1 - room // 4)
    slash = tail.find("/")
    if 0 < slash < len(tail) // 2:  # whole names, if not much is lost by that
        tail = tail[slash:]
    return beginning(text, room - columns_of(tail)) + mark + tail


def beginning(text: str, limit: int) -> str:
    """As much of a text as so many columns have room for."""
    text = text[: max(limit, 0)]
    while columns_of(text) > limit and text:
        text = text[:-1]
    return text


def end(text: str, limit: int) -> str:
    """The same of its end."""
    text = text[-limit:] if limit > 0 else ""
    while columns_of(text) > limit and text:
        text = text[1:]
    return text


class Cut(NamedTuple):
    """How the cells of a column are cut."""

    to: Callable[[str, int], str]
    """Makes a text as narrow as so many columns."""
    readable: int = READABLE
    """Columns that it has at least while there is another column to leave out."""


class Fitting(NamedTuple):
    """How a table becomes narrower. A column that neither field names is shown whole, whatever the terminal."""

    cuts: Mapping[str, Cut] = {}
    """By header, of columns whose texts are long, and no names."""
    leaves_out: Sequence[str] = ()
    """Headers of columns that may be left out, in the order in which they are."""


WHOLE = Fitting()
"""All is shown: there are names alone."""


class Column(NamedTuple):
    """A column of a table."""

    texts: Sequence[str]
    """Its header, then its cells."""
    width: int
    cut: Cut | None = None

    def least(self, readable: int | None = None) -> int:
        """How narrow it may become."""
        return self.width if self.cut is None else min(self.width, readable or self.cut.readable)

    def at(self, width: int) -> Sequence[str]:
        """Its texts when it is as wide as that; its header is, so that the frame fills the terminal."""
        if self.cut is None or width >= self.width:
            return self.texts
        header, *cells = [self.cut.to(text, width) for text in self.texts]
        return [header + " " * (width - columns_of(header)), *cells]


def fitted(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, fitting: Fitting
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """The headers and rows of a table that is one column narrower than the terminal, if that can be.

    Args:
        width: columns of the terminal; None where all is shown.
    """
    if width is None:
        return headers, rows
    columns = [
        Column(texts, max(map(columns_of, texts)), fitting.cuts.get(texts[0]))
        for texts in zip(headers, *rows, strict=True)
    ]
    room = width - 1 - len("┃")  # each column has its share of the frame, but for what closes it
    shown = remaining(columns, room, fitting.leaves_out)
    texts = [column.at(limit) for column, limit in zip(shown, narrowed(shown, room), strict=True)]
    header, *others = zip(*texts, strict=True)
    return header, others


def remaining(columns: Sequence[Column], room: int, leaves_out: Sequence[str]) -> Sequence[Column]:
    """The columns that are shown, and one more whose header says how many are left out."""
    out: list[str] = []
    shown = columns
    for header in leaves_out:
        if fits(shown, room):
            break
        out.append(header)
        shown = without(columns, out)
    for header in reversed(out):  # what is narrower than others may still have room
        more = without(columns, [each for each in out if each != header])
        if fits(more, room):
            out.remove(header)
            shown = more
    return shown


def fits(columns: Sequence[Column], room: int) -> bool:
    """Whether columns have room, cut as far as they can be read."""
    return sum(column.least() + FRAME for column in columns) <= room


def without(columns: Sequence[Column], headers: Sequence[str]) -> Sequence[Column]:
    """The columns but for some, with their number as the header of a last one."""
    kept = [column for column in columns if column.texts[0] not in headers]
    if len(kept) == len(columns):
        return columns
    number = f"+{len(columns) - len(kept)}"
    return [*kept, Column([number, *[""] * (len(columns[0].texts) - 1)], len(number))]


def narrowed(columns: Sequence[Column], room: int) -> list[int]:
    """How wide each column is: what is widest gives way first."""
    widths = [column.width for column in columns]
    excess = sum(widths) + FRAME * len(widths) - room
    for readable in (None, NARROWEST):
        least = [column.least(readable) for column in columns]
        while excess > 0 and widths != least:
            widest = max((i for i in range(len(widths)) if widths[i] > least[i]), key=widths.__getitem__)
            widths[widest] -= 1
            excess -= 1
    return widths


AT_END, IN_MIDDLE = Cut(cut_end), Cut(cut_middle)


def of_types(used: Sequence[str]) -> Fitting:
    """How a list with a column for each component type becomes narrower: the mandatory types stay longest.

    Args:
        used: the types, in the order of their columns.
    """
    last_first = [*reversed(used)]
    optional = [of_type.upper() for of_type in last_first if of_type not in MANDATORY]
    return Fitting(leaves_out=(*optional, *[of_type.upper() for of_type in last_first if of_type in MANDATORY]))
