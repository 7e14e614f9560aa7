"""How answers are printed: as a table, JSON, YAML, CSV or names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import tabulate as tabulate_settings
from tabulate import DataRow, Line, TableFormat, tabulate

from zprof.cli.printable import printable

API_VERSION = "zprof/v1"
"""What JSON and YAML answers carry; it changes when a field goes or changes its meaning."""

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
ASCII_FRAME = TableFormat(
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
ELLIPSIS = "…"
NARROWEST = 6
"""Columns of text below which a cell is not cut."""

Columns = Mapping[str, str]
"""From the header of a table's column to the key of the item's field that it shows."""


def show_items(
    output: str, kind: str, items: Sequence[Mapping[str, Any]], columns: Columns, *, cut_first: str = ""
) -> None:
    """Print a list.

    Args:
        output: one of `zprof.cli.command.FORMATS`.
        kind: of one item, in CamelCase.
        items: the fields of each, in snake_case, ready for JSON; each has a `name`.
        cut_first: the header of the column to cut before others where the terminal is too narrow.
    """
    if output in ("json", "yaml"):
        show_document(output, {"apiVersion": API_VERSION, "kind": f"{kind}List", "items": list(items)})
    elif output == "csv":
        show_csv(list(columns.values()), [[item[key] for key in columns.values()] for item in items])
    elif output == "name":
        show_lines(item["name"] for item in items)
    else:
        show_table(list(columns), [[item[key] for key in columns.values()] for item in items], cut_first=cut_first)


def show_item(
    output: str, kind: str, item: Mapping[str, Any], *, rows: Sequence[Mapping[str, Any]] = (), title: str = ""
) -> None:
    """Print one thing.

    Args:
        rows: what its table has instead of a row for each field; the keys are the headers.
        title: a line above the table.
    """
    if output in ("json", "yaml"):
        show_document(output, {"apiVersion": API_VERSION, "kind": kind, "item": item})
    elif output == "csv":
        show_csv(list(item), [list(item.values())])
    elif output == "name":
        show_lines([item["name"]])
    else:
        if title:
            click.echo(printable(title))
        if rows:
            show_table(list(rows[0]), [list(row.values()) for row in rows])
        else:
            show_table(["PROPERTY", "VALUE"], [[key.upper(), value] for key, value in item.items()])


def show_name(output: str, kind: str, name: str) -> None:
    """Print what a `get` has found: the bare name, unless a document is asked for."""
    show_item("name" if output == "table" else output, kind, {"name": name})


def show_document(output: str, document: Mapping[str, Any]) -> None:
    """Print a JSON or YAML document."""
    if output == "json":
        import json

        # ASCII, so that no text from a store reaches the terminal as it is.
        click.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        import yaml

        click.echo(yaml.safe_dump(document, sort_keys=False), nl=False)


def show_csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print comma-separated values, none of which a spreadsheet would run as a formula."""
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([guarded(cell_text(value)) for value in row] for row in rows)


def guarded(text: str) -> str:
    """A text that is no formula, as OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def show_lines(lines: Iterable[str]) -> None:
    """Print one text on each line."""
    for line in lines:
        click.echo(printable(line))


def show_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], *, cut_first: str = "") -> None:
    """Print a table in the frame of ZenML 0.7, cut to the width of the terminal, if it is one."""
    is_plain = not can_encode(MARK + "┏")
    mark = "*" if is_plain else MARK
    texts = [[mark_of(value, mark) or printable(cell_text(value)) for value in row] for row in rows]
    cut_headers, texts = fitted(list(headers), texts, terminal_width(), cut_first)
    table = tabulate(
        texts,
        headers=cut_headers,
        tablefmt=ASCII_FRAME if is_plain else FRAME,
        colalign=["center" if header == "ACTIVE" else "left" for header in headers] if texts else None,
        disable_numparse=True,
        preserve_whitespace=True,
    )
    click.echo(table)


def mark_of(value: Any, mark: str) -> str:
    """The mark of the active row; nothing for what is not a yes or no."""
    return mark if value is True else ""


def cell_text(value: Any) -> str:
    """A field as one line of text."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={cell_text(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(inner) for inner in value)
    return str(value)


def can_encode(text: str) -> bool:
    """Whether the answer's stream has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def terminal_width() -> int | None:
    """Columns of the terminal that the answer goes to; None for a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else os.get_terminal_size(sys.stdout.fileno()).columns


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
    while excess > 0 and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
        excess -= 1
    cut_row = [[cut(text, limit) for text, limit in zip(row, widths, strict=True)] for row in (headers, *rows)]
    return cut_row[0], cut_row[1:]


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # tabulate has loaded it already

    return int(wcswidth(text))


def cut(text: str, limit: int) -> str:
    """The text, its end replaced by an ellipsis where it is wider than the limit."""
    if columns_of(text) <= limit:
        return text
    while columns_of(text) > limit - 1:
        text = text[:-1]
    return text + (ELLIPSIS if can_encode(ELLIPSIS) else "~")
