"""Drawing tables: the frame, and fitting it into the terminal. Imports tabulate, half of what a list costs to start."""

from __future__ import annotations

from collections.abc import Sequence

import tabulate as tabulate_settings
from tabulate import DataRow, Line, TableFormat, tabulate
from wcwidth import wcswidth

from zprof.cli.terminal import ELLIPSIS, PLAIN_ELLIPSIS, can_encode, terminal_width

# Else headers are padded by two columns more than cells. There is no argument for it.
tabulate_settings.MIN_PADDING = 0

FRAME = TableFormat(
    lineabove=Line("┏", "━", "┯", "┓"),
    linebelowheader=Line("┠", "─", "┼", "┨"),
    linebetweenrows=None,
    linebelow=Line("┗", "━", "┷", "┛"),
    headerrow=DataRow("┃", "│", "┃"),
    datarow=DataRow("┃", "│", "┃"),
    padding=1,
    with_header_hide=None,
)
PLAIN_FRAME = TableFormat(
    lineabove=Line("+", "-", "+", "+"),
    linebelowheader=Line("+", "-", "+", "+"),
    linebetweenrows=None,
    linebelow=Line("+", "-", "+", "+"),
    headerrow=DataRow("|", "|", "|"),
    datarow=DataRow("|", "|", "|"),
    padding=1,
    with_header_hide=None,
)

MARK = "👉"
PLAIN_MARK = "*"
"""The mark of what is active, and what stands for it where the output's encoding is poor."""
NARROWEST = 4
"""Columns of text below which a cell is not cut."""


def drawn(headers: Sequence[str], rows: Sequence[Sequence[str]], *, cut_first: str = "") -> str:
    """A table in the frame of ZenML 0.7, cut to the width of the terminal, if the answer goes to one.

    Args:
        cut_first: the header of the column to cut before others.
    """
    is_plain = not can_encode(MARK + ELLIPSIS + "┏")
    texts = [[PLAIN_MARK if text == MARK and is_plain else text for text in row] for row in rows]
    fitted_headers, fitted_rows = fitted(list(headers), texts, terminal_width(), cut_first)
    return tabulate(
        fitted_rows,
        headers=fitted_headers,
        tablefmt=PLAIN_FRAME if is_plain else FRAME,
        colalign=["center" if header == "ACTIVE" else "left" for header in headers] if rows else None,
        disable_numparse=True,
        preserve_whitespace=True,
    )


def fitted(
    headers: list[str], rows: list[list[str]], width: int | None, cut_first: str
) -> tuple[list[str], list[list[str]]]:
    """The texts cut so that the table is one column narrower than the terminal, if that can be."""
    if width is None:
        return headers, rows
    widths = [max(map(columns_of, column)) for column in zip(headers, *rows, strict=True)]
    excess = sum(widths) + 3 * len(widths) + 1 - (width - 1)
    if cut_first in headers and excess > 0:
        first = headers.index(cut_first)
        taken = min(excess, max(0, widths[first] - NARROWEST))
        widths[first] -= taken
        excess -= taken
    # The first column tells what a row is about, so it is cut last.
    for candidates in (range(1, len(widths)), range(len(widths))):
        while excess > 0 and candidates:
            widest = max(candidates, key=widths.__getitem__)
            if widths[widest] <= NARROWEST:
                break
            widths[widest] -= 1
            excess -= 1
    cut_row = [[cut(text, limit) for text, limit in zip(row, widths, strict=True)] for row in (headers, *rows)]
    return cut_row[0], cut_row[1:]


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else int(wcswidth(text))


def cut(text: str, limit: int) -> str:
    """The text, its end replaced by an ellipsis where it is wider than the limit."""
    if columns_of(text) <= limit:
        return text
    while columns_of(text) > limit - 1:
        text = text[:-1]
    return text + (ELLIPSIS if can_encode(ELLIPSIS) else PLAIN_ELLIPSIS)
