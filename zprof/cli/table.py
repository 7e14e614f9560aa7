"""Drawing tables: the frame, and fitting it into the terminal. Imports tabulate, half of what a list costs to start."""

from __future__ import annotations

from collections.abc import Sequence

import tabulate as tabulate_settings
from tabulate import DataRow, Line, TableFormat, tabulate

from zprof.cli.fitting import Fitting, fitted
from zprof.cli.terminal import ELLIPSIS, can_encode

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


def drawn(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, fitting: Fitting) -> str:
    """A table in the frame of ZenML 0.7.

    Args:
        width: columns of the terminal; None where all is shown.
        fitting: how it becomes narrower where the terminal is.
    """
    is_plain = not can_encode(MARK + ELLIPSIS + "┏")
    texts = [[PLAIN_MARK if text == MARK and is_plain else text for text in row] for row in rows]
    fitted_headers, fitted_rows = fitted(headers, texts, width, fitting)
    return tabulate(
        fitted_rows,
        headers=fitted_headers,
        tablefmt=PLAIN_FRAME if is_plain else FRAME,
        colalign=["center" if header == "ACTIVE" else "left" for header in fitted_headers] if rows else None,
        disable_numparse=True,
        preserve_whitespace=True,
    )
