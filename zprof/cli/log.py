"""`zprof log`: what was done to a profile or to the registry, one operation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from zprof.cli.command import Group
from zprof.cli.fitting import NARROWEST, Cut, Fitting, cut_end
from zprof.cli.invocation import Invocation
from zprof.cli.options import FORMATS
from zprof.cli.output import show_document, show_items
from zprof.cli.terminal import ellipsis
from zprof.documents.shape import document
from zprof.records import told
from zprof.url import is_sqlite, sqlite_path

if TYPE_CHECKING:
    from zprof.contents.comparing import Difference
    from zprof.history.history import History, LogEntry
    from zprof.history.reading import OperationRecord

DEFAULT_LIMIT = 20
COLUMNS = {"OPERATION": "name", "WHEN": "at", "WHO": "who", "COMMAND": "command"}
NOTES = ("(undo stops here)", "(shortened the log)")
"""What ends a command, and is not cut with it."""
CSV_COLUMNS = {**COLUMNS, "VERB": "verb", "ID": "id"}


def cut_command(text: str, limit: int) -> str:
    """A command, its end cut but for a note."""
    for note in NOTES:
        room = limit - len(note) - 1
        if text.endswith(note) and room >= 0:
            command = text.removesuffix(f" {note}")
            return f"{cut_end(command, room)} {note}" if room >= NARROWEST else ellipsis() + note
    return cut_end(text, limit)


FITTING = Fitting({"COMMAND": Cut(cut_command, readable=30)}, leaves_out=("WHO", "WHEN"))


def build(name: str) -> click.Command:
    """The group, for the table of commands."""
    return log


class LogGroup(Group):
    """A group that lists where no command of it is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_help = args in (["-h"], ["--help"])
        is_named = not set(self.list_commands(ctx)).isdisjoint(args)
        if not is_help and not is_named and all(word.startswith("-") for word in args[:1]):
            args = ["list", *args]
        return super().parse_args(ctx, args)


registry_option = click.option(
    "--registry", "is_registry", is_flag=True, help="Use the registry's log instead of the profile's."
)


@click.group(cls=LogGroup)
def log() -> None:
    """Show the history: who did what, and when.

    Without a command it lists the operations, like `zprof log list`.
    """


@log.command("list", is_read=True)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=DEFAULT_LIMIT,
    help="Show at most N operations (default: 20).",
)
@click.option("--entity", metavar="THING", help="Show only changes of this: stack/prod, artifact-store/s3, …")
@click.option(
    "--since",
    metavar="WHEN",
    help="Show only newer ones: 30m, 2h, 3d, or a UTC time such as 2026-11-01 or 2026-11-01T12:30.",
)
@registry_option
@click.pass_obj
def list_(invocation: Invocation, limit: int, entity: str | None, since: str | None, is_registry: bool) -> None:
    """List the operations, newest first.

    Each has an id for `zprof log show` and `zprof undo`. --entity follows a thing through its renames. The registry's
    log has the changes of profiles: created, renamed, deleted, switched to, protected, and their active stacks.
    """
    from zprof.history.history import thing_of
    from zprof.history.moments import moment

    thing = None if entity is None else thing_of(entity)
    if thing is not None and (thing[0] == "profile") is not is_registry:
        where = "the registry's log: add" if thing[0] == "profile" else "a profile's own log: leave out"
        raise click.UsageError(f"What was done to {entity} is in {where} --registry.")
    first = None if since is None else moment(since)
    entries = history_of(invocation, is_registry=is_registry).entries(limit=limit, since=first, thing=thing)
    if not entries:
        invocation.say("The log has no such operation." if entity or since else "The log is empty.")
    if invocation.output == "table":
        rows = [{**fields(entry), "command": sentence(entry)} for entry in entries]
        if rows:
            show_items("table", "Operation", rows, COLUMNS, fitting=FITTING)
    else:
        show_items(invocation.output, "Operation", [fields(entry) for entry in entries], CSV_COLUMNS)


@log.command(is_read=True, formats=tuple(name for name in FORMATS if name not in ("csv", "name")))
@click.argument("operation", required=False)
@click.option("--show-secrets", is_flag=True, help="Show secrets instead of masking them.")
@registry_option
@click.pass_obj
def show(invocation: Invocation, operation: str | None, show_secrets: bool, is_registry: bool) -> None:
    """Show what an operation changed, old and new.

    OPERATION is the beginning of an id from `zprof log list`; without it, shows the newest. Secrets are masked.
    """
    history = history_of(invocation, is_registry=is_registry)
    found = history.operation(operation, show_secrets=show_secrets)
    if invocation.wants_document:
        changes = [change_fields(each, show_secrets=show_secrets) for each in found.differences]
        entry = {**operation_fields(found.operation, found.took_back), "changes": changes}
        show_document(invocation.output, document("Operation", entry))
        return
    show_heading(found.operation, found.took_back)
    show_differences(found.differences, show_secrets=show_secrets)


@log.command()
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="Keep the newest N operations.")
@click.option(
    "--older-than", metavar="WHEN", help="Remove operations older than this: 30d, or before 2026-11-01 (UTC)."
)
@click.option("--secrets", is_flag=True, help="Remove plain-text secrets that only the log still has.")
@click.option("--dry-run", is_flag=True, help="Show how many would be removed, and remove none.")
@click.option("--yes", "-y", is_flag=True, help="Remove without asking.")
@registry_option
@click.pass_obj
def prune(
    invocation: Invocation,
    keep: int | None,
    older_than: str | None,
    secrets: bool,
    dry_run: bool,
    yes: bool,
    is_registry: bool,
) -> None:
    """Remove old operations, or old secrets, from the log.

    What is removed can no longer be undone. The database file is rewritten without it; earlier backups still have it.
    On PostgreSQL the server's VACUUM, which runs by itself, removes it from disk.
    """
    from zprof.history.moments import moment

    if [keep is not None, older_than is not None, secrets].count(True) != 1:
        raise click.UsageError("Use one of --keep, --older-than and --secrets.")
    history = history_of(invocation, is_registry=is_registry)
    planned = None
    if secrets:
        count = history.count_old_secrets()
        going = f"the secrets that are stored nowhere else from {counted(count, 'entry', 'entries')} of the log"
    else:
        planned = history.planned_prune(keep=keep, before=None if older_than is None else moment(older_than))
        count = planned.number_of_operations
        going = f"{counted(count, 'operation', 'operations')} from the log"
    if not count:
        invocation.say("There is nothing to remove.")
        answer(invocation, [])
        return
    if dry_run:
        click.echo(f"This would remove {going}.")
        return
    invocation.confirm(f"Remove {going}, for good?", is_confirmed=yes)
    if planned is None:
        count = history.remove_old_secrets()
        going = f"the secrets that are stored nowhere else from {counted(count, 'entry', 'entries')} of the log"
    else:
        history.prune(planned)
    invocation.say(f"Removed {going}.")
    tell_of_copies(invocation, is_registry=is_registry)
    answer(invocation, history.entries(limit=1) if invocation.is_asked else [])


def tell_of_copies(invocation: Invocation, *, is_registry: bool) -> None:
    """Say where copies of the file are that still have what was removed."""
    from zprof.sqlite.backups import copies, directory_of  # of no use to who looks

    url = invocation.active.profile.url
    path = invocation.registry.path if is_registry else sqlite_path(url) if is_sqlite(url) else None
    number = 0 if path is None else len(copies(path))
    if path is not None and number:
        keep = "copy of the file that was made before keeps" if number == 1 else "copies of the file made before keep"
        invocation.say(f"{number} {keep} what was in the log then, in {directory_of(path)}.")


def answer(invocation: Invocation, entries: list[LogEntry]) -> None:
    """Print what notes it in the log, if a program asked."""
    if invocation.is_asked:
        show_items(invocation.output, "Operation", [fields(entry) for entry in entries], CSV_COLUMNS)


def counted(count: int, one: str, many: str) -> str:
    """A number of things, in words."""
    return f"{count} {one if count == 1 else many}"


def history_of(invocation: Invocation, *, is_registry: bool) -> History:
    """The history that is meant."""
    return invocation.registry.history if is_registry else invocation.store.history


def fields(entry: LogEntry) -> dict[str, Any]:
    """The fields of a document of the kind Operation, without what changed."""
    return operation_fields(entry.operation, entry.took_back)


def operation_fields(operation: OperationRecord, took_back: OperationRecord | None) -> dict[str, Any]:
    """The same of its parts."""
    return {
        "name": operation.short_id,
        "id": operation.id,
        "at": operation.at,
        "who": operation.who,
        "command": operation.command,
        "verb": operation.kind,
        **told(took_back=None if took_back is None else took_back.id),
    }


def sentence(entry: LogEntry) -> str:
    """What an operation did, on one line."""
    command, kind = entry.operation.command, entry.operation.kind
    other = "what was pruned" if entry.took_back is None else f"{entry.took_back.short_id}: {entry.took_back.command}"
    match kind:
        case "undo":
            return f"{command} (undid {other})"
        case "redo":
            return f"{command} (redid, by undoing {other})"
        case "floor":
            return f"{command} (undo stops here)"
        case "prune":
            return f"{command} (shortened the log)"
    return command


def show_heading(operation: OperationRecord, took_back: OperationRecord | None) -> None:
    """Print what an operation was, before what it changed."""
    from zprof.printable import printable

    lines = {
        "operation": operation.id,
        "at": operation.at,
        "who": operation.who,
        "command": operation.command,
        "verb": operation.kind,
        "undid": "" if took_back is None else f"{took_back.short_id}: {took_back.command}",
    }
    for key, value in lines.items():
        if value:
            click.echo(f"{key}: {printable(value)}")
    click.echo()


def change_fields(difference: Difference, *, show_secrets: bool) -> dict[str, Any]:
    """The fields of one changed thing."""
    from zprof.contents.telling import attribute_fields, fields

    attributes = [
        {**attribute_fields(each._replace(is_secret=each.is_secret and not show_secrets)), "secret": each.is_secret}
        for each in difference.attributes
    ]
    return {**fields(difference._replace(attributes=())), "attributes": attributes}


def show_differences(found: list[Difference], *, show_secrets: bool) -> None:
    """Print what changed, as `zprof diff` does."""
    from zprof.cli.diff import show

    if show_secrets:
        found = [
            each._replace(attributes=tuple(change._replace(is_secret=False) for change in each.attributes))
            for each in found
        ]
    show("table", found)
