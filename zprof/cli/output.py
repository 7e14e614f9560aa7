"""How answers are printed: as a table, JSON, YAML, CSV or names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from zprof.cli.fitting import WHOLE, Fitting
from zprof.cli.terminal import has_colours, terminal_width
from zprof.documents.shape import DOCUMENTS, document, list_document
from zprof.errors import DamagedFile
from zprof.printable import printable

if TYPE_CHECKING:
    from zprof.cli.describing import Description

Columns = Mapping[str, str]
"""From the header of a table's column to the key of the item's field that it shows."""


WIDE = "zprof.cli.wide"
"""The key of click's notes on a run at which it stands that tables are to be shown whole."""
STEP_COLUMNS = {"VERB": "verb", "THING": "thing", "NAME": "name"}
"""Of what a change would do."""


def show_items(
    output: str,
    kind: str,
    items: Sequence[Mapping[str, Any]],
    columns: Columns,
    *,
    fitting: Fitting = WHOLE,
    told: Mapping[str, Any] = {},
) -> None:
    """Print a list.

    Args:
        output: one of `zprof.cli.options.FORMATS`.
        kind: of one item, in CamelCase.
        items: the fields of each, in snake_case, ready for JSON; each has a `name`. As JSON or YAML each is a document.
        fitting: how the table becomes narrower where the terminal is.
        told: what JSON and YAML tell of all of them.
    """
    if output in DOCUMENTS:
        show_list(output, kind, items, **told)
    elif output == "csv":
        show_csv(list(columns.values()), [[item[key] for key in columns.values()] for item in items])
    elif output == "name":
        show_lines(item["name"] for item in items)
    else:
        rows = [[item[key] for key in columns.values()] for item in items]
        show_table(list(columns), rows, fitting)


def show_list(output: str, kind: str, items: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Print a list as a JSON or YAML document.

    Args:
        items: documents, or their fields.
        more: what is told of all of them.
    """
    documents = [item if "apiVersion" in item else document(kind, item) for item in items]
    show_document(output, list_document(kind, documents, **more))


def show_item(
    output: str,
    kind: str,
    item: Mapping[str, Any],
    *,
    rows: Sequence[Mapping[str, Any]] = (),
    description: Description | None = None,
) -> None:
    """Print one thing.

    Args:
        item: its document, or the fields of it.
        rows: what its CSV has instead of the fields; the keys are the headers.
        description: what a person reads, where that is not the fields.
    """
    fields = {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}
    if output in DOCUMENTS:
        show_document(output, document(kind, fields))
    elif output == "csv":
        table = rows or [fields]
        show_csv([header.lower().replace(" ", "_") for header in table[0]], [list(row.values()) for row in table])
    elif output == "name":
        show_lines([item["name"]])
    else:
        from zprof.cli.describing import Description, described

        shown = description or Description(f"{kind} '{item['name']}'", fields)
        for line in described(shown, terminal_width(), has_colours=has_colours(sys.stdout)):
            click.echo(line)


def show_answer(output: str, kind: str, item: Mapping[str, Any] | None) -> None:
    """Print what a change answers a program with; a person has read its sentences.

    Args:
        item: as for `show_item`; None where nobody asked for it.
    """
    if item is not None and output != "table":
        show_item(output, kind, item)


def show_document(output: str, document: Mapping[str, Any]) -> None:
    """Print a JSON or YAML document."""
    click.echo(document_text(output, document), nl=False)


def document_text(output: str, document: Mapping[str, Any]) -> str:
    """A JSON or YAML document, in ASCII, so that no text from a store reaches a terminal as it is."""
    if output == "json":
        import json

        return json.dumps(document, indent=2, allow_nan=False) + "\n"
    from zprof.documents.writing import yaml_text

    return yaml_text(document)


def show_csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print comma-separated values, none of which a spreadsheet would run as a formula."""
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([guarded(printable(cell_text(value))) for value in row] for row in rows)


def guarded(text: str) -> str:
    """A text that is no formula, as OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def show_name(output: str, name: str) -> None:
    """Print the bare name of what is in effect; as CSV, below a header."""
    if output == "csv":
        show_csv(["name"], [[name]])
    else:
        show_lines([name])


def show_lines(lines: Iterable[str]) -> None:
    """Print one text on each line."""
    for line in lines:
        click.echo(printable(line))


def show_table(headers: Sequence[str], rows: Iterable[Sequence[Any]], fitting: Fitting = WHOLE) -> None:
    """Print a table: the mark of what is active, else text that is safe to show."""
    from zprof.cli.table import MARK, drawn  # with tabulate, which other answers do without

    texts = [
        [
            MARK if header == "ACTIVE" and value is True else printable(cell_text(value))
            for header, value in zip(headers, row, strict=True)
        ]
        for row in rows
    ]
    click.echo(drawn(headers, texts, None if is_wide() else terminal_width(), fitting))


def is_wide() -> bool:
    """Whether a table is asked for with all its columns, whole, as `-o wide` does."""
    context = click.get_current_context(silent=True)
    return context is not None and context.meta.get(WIDE, False) is True


def cell_text(value: Any) -> str:
    """A field as one line of text."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={cell_text(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(inner) for inner in value)
    return str(value)


def raise_left_out(errors: Sequence[DamagedFile]) -> None:
    """Raise what is wrong with rows that a list could not show, once the others are printed.

    Raises:
        DamagedFile: there is such a row. The hint is a line that fixes or removes all of them.
    """
    if not errors:
        return
    told = {error.message: error for error in errors}  # a row may have been met twice
    more = f" And {len(told) - MOST_TOLD} more." if len(told) > MOST_TOLD else ""
    message = " ".join([*told][:MOST_TOLD]) + more
    lines = [error.line for error in told.values() if error.line]
    hint = f"Nothing was changed in it. To fix or remove these rows, run: {' && '.join(lines)}"
    raise DamagedFile(f"{message} The rest is shown.", hint if len(lines) > 1 else errors[0].hint)


MOST_TOLD = 5
"""How many rows that are left out are named; the rest is counted."""
