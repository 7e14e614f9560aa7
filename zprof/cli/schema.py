"""`zprof schema`."""

from __future__ import annotations

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_document, show_lines


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return schema


@click.command(cls=Command, is_read=True, has_banner=False)
@click.argument("kind", required=False)
@click.pass_obj
def schema(invocation: Invocation, kind: str | None) -> None:
    """Print the JSON Schema of zprof's documents.

    These are the documents that commands print with -o json or -o yaml, and read. Give a KIND such as Stack or
    StackList, or none for all. Prints JSON, or YAML with -o yaml; -o name lists the kinds.
    """
    from zprof.documents.schema import kinds, schema

    if invocation.output == "name" and kind is None:
        show_lines(kinds())
    else:
        show_document("yaml" if invocation.output == "yaml" else "json", schema(kind))
