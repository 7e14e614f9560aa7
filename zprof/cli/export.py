"""`zprof export`: all that a profile holds, as a document."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.options import FileName
from zprof.cli.output import document_text
from zprof.component_types import component_type

if TYPE_CHECKING:
    from zprof.contents.directory import Update
    from zprof.contents.record import Contents

MOST_TOLD = 5
"""How many components whose secrets are left out are named, and how many files; the rest is counted."""


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return export


@click.command(cls=Command, is_read=True, has_banner=False, formats=("yaml", "json"))
@click.argument("file", default="-", type=FileName())
@click.option("--show-secrets", is_flag=True, help="Write secrets in plain text.")
@click.option("--yes", "-y", is_flag=True, help="Replace existing files without asking.")
@click.pass_obj
def export(invocation: Invocation, file: str, show_secrets: bool, yes: bool) -> None:
    """Write a whole profile to a file.

    Writes components, stacks, custom flavors and ties: as YAML, or as JSON with --output json or to a FILE that ends in
    .json. Without a FILE, prints them. A directory as FILE, or a name that ends in a slash, gets a file for each thing;
    files of an earlier export that are out of date are removed. Secrets in plain text are left out.
    """
    contents = invocation.store.contents()
    if file != "-" and (file.endswith("/") or os.path.isdir(file)):
        update = update_of(invocation, contents, file, show_secrets=show_secrets)
        if update.strangers:
            invocation.confirm(question_of(update), is_confirmed=yes)
        write_directory(invocation, update)
    else:
        if file != "-" and os.path.lexists(file):
            invocation.confirm(f"Replace {file}?", is_confirmed=yes)
        write_file(invocation, contents, file, show_secrets=show_secrets)
    if not show_secrets:
        warn_of_what_is_left_out(invocation, contents)


def write_file(invocation: Invocation, contents: Contents, file: str, *, show_secrets: bool) -> None:
    """Write all of a profile as one document."""
    from zprof.contents.writing import contents_document
    from zprof.files import written_whole
    from zprof.sqlite.files import check_is_no_database

    exported = contents_document(contents, show_secrets=show_secrets)
    text = document_text("json" if invocation.output == "json" or file.endswith(".json") else "yaml", exported)
    if file == "-":
        click.echo(text, nl=False)
        return
    check_is_no_database(file)
    written_whole(file, text)
    invocation.say(f"Exported profile '{invocation.active.profile.name}' to {file}.")


def update_of(invocation: Invocation, contents: Contents, directory: str, *, show_secrets: bool) -> Update:
    """What makes a directory hold a profile, as a file for each thing."""
    from zprof.contents.directory import planned
    from zprof.contents.writing import documents_by_path

    if invocation.output == "json":
        raise click.UsageError("A directory is written as YAML. Leave out --output json, or name a file.")
    return planned(directory, documents_by_path(contents, show_secrets=show_secrets))


def question_of(update: Update) -> str:
    """Whether to replace the files that others wrote."""
    named = ", ".join(os.path.join(update.directory, path) for path in update.strangers[:MOST_TOLD])
    more = len(update.strangers) - MOST_TOLD
    return f"Replace {named}{f' and {more} more' if more > 0 else ''}, which export did not write?"


def write_directory(invocation: Invocation, update: Update) -> None:
    """Write and remove files, and say so."""
    from zprof.contents.directory import carry_out

    carry_out(update)
    for path in update.texts:
        invocation.say(f"Wrote {os.path.join(update.directory, path)}")
    for path in update.removed:
        invocation.say(f"Removed {os.path.join(update.directory, path)}")
    counted = f"{len(update.texts)} written, {len(update.removed)} removed, {update.unchanged} unchanged"
    invocation.say(f"Exported profile '{invocation.active.profile.name}' to {update.directory}: {counted}.")


def warn_of_what_is_left_out(invocation: Invocation, contents: Contents) -> None:
    """Say of which components secrets are left out."""
    found = [
        (component_type(of_type).noun, name, component.guarded_config().hiding())
        for (of_type, name), component in sorted(contents.components.items(), key=lambda item: item[0])
    ]
    hiding = [each for each in found if each[2]]
    for noun, name, secrets in hiding[:MOST_TOLD]:
        invocation.warn(f"{' and '.join(secrets)} of the {noun} '{name}' is left out, as a secret.")
    if len(hiding) > MOST_TOLD:
        invocation.warn(f"Secrets of {len(hiding) - MOST_TOLD} more components left out.")
