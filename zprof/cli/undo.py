"""`zprof undo` and `zprof redo`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from zprof.active.undoing import Request, take_back, take_back_in_registry
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import STEP_COLUMNS, show_items, show_lines
from zprof.errors import NothingToUndo
from zprof.hints import for_profile, option_of
from zprof.history.standing import Target
from zprof.profiles.undoing import CantUndoInRegistry

if TYPE_CHECKING:
    from zprof.profiles.undoing import ProfileReversal
    from zprof.store.reversals import Reversal

others_option = click.option("--others", is_flag=True, help="Include operations of other users.")
registry_option = click.option(
    "--registry", "is_registry", is_flag=True, help="Act on the registry instead of the profile's store."
)
dry_run_option = click.option(
    "--dry-run", "is_trial", is_flag=True, help="Show what would be done, and change nothing."
)


def build(name: str) -> click.Command:
    """The command of a name, for the table of commands."""
    return {"undo": undo, "redo": redo}[name]


@click.command(cls=Command)
@click.argument("operation", required=False, metavar="[OP]")
@registry_option
@others_option
@dry_run_option
@click.pass_obj
def undo(invocation: Invocation, operation: str | None, is_registry: bool, others: bool, is_trial: bool) -> None:
    """Undo the last operation.

    Type it again to undo the one before; `zprof redo` goes forward. With OP, an id from `zprof log`, it undoes an older
    operation, if nothing that it changed was changed since. An undo is an operation itself.
    """
    if is_registry:
        named = None if operation is None else invocation.registry.history.named(operation).id
        in_registry(invocation, Request(named, is_redo=False, others=others, is_trial=is_trial))
        return
    named = None if operation is None else invocation.store.history.named(operation).id
    in_store(invocation, Request(named, is_redo=False, others=others, is_trial=is_trial))


@click.command(cls=Command)
@registry_option
@others_option
@dry_run_option
@click.pass_obj
def redo(invocation: Invocation, is_registry: bool, others: bool, is_trial: bool) -> None:
    """Redo the operation that was undone last.

    Type it again to redo the next. After a new change there is nothing to redo.
    """
    if is_registry:
        in_registry(invocation, Request(None, is_redo=True, others=others, is_trial=is_trial))
        return
    in_store(invocation, Request(None, is_redo=True, others=others, is_trial=is_trial))


def in_store(invocation: Invocation, request: Request) -> None:
    """Take an operation back in the store of the profile in effect, and say so."""
    try:
        done = take_back(invocation.registry, invocation.surroundings, invocation.store, request)
    except NothingToUndo as error:
        raise with_way_back(invocation, error) from None
    is_done = not request.is_trial
    steps = [step_of(each, is_done=is_done) for each in done.in_store.reversals]
    steps += [profile_step(each, is_done=is_done) for each in done.in_registry]
    report(invocation, done.in_store.target, steps, request.is_trial, "")
    invocation.look_again()


def in_registry(invocation: Invocation, request: Request) -> None:
    """The same in the registry."""
    try:
        done = take_back_in_registry(invocation.registry, invocation.surroundings, request)
    except NothingToUndo as error:
        raise with_way_back(invocation, error, is_registry=True) from None
    except CantUndoInRegistry as error:
        raise with_line_for_profiles(invocation, error) from None
    steps = [profile_step(each, is_done=not request.is_trial) for each in done.reversals]
    report(invocation, done.target, steps, request.is_trial, option_of("registry"))


Step = dict[str, Any]
"""What is shown of one thing: the fields of the document, and the sentences."""


def step_of(reversal: Reversal, *, is_done: bool) -> Step:
    """What is shown of one thing in a store."""
    said = [reversal.sentence(is_done=is_done)]
    return {"verb": reversal.verb, "thing": reversal.thing, "name": reversal.short_name, "said": said}


def profile_step(reversal: ProfileReversal, *, is_done: bool) -> Step:
    """What is shown of one profile."""
    verb = "change" if reversal.before.name == reversal.after.name else "rename"
    return {"verb": verb, "thing": "profile", "name": reversal.name, "said": reversal.sentences(is_done=is_done)}


def report(invocation: Invocation, target: Target, steps: Iterable[Step], is_trial: bool, option: str) -> None:
    """Say what was done, or print what would be, and answer a program with the steps.

    Args:
        option: what the line that does the contrary needs besides.
    """
    shown = list(steps)
    subject = f"'{target.subject.command}' of {target.subject.who}, {ago(target.subject.at)}"
    is_again = target.operation.kind == "undo"
    if invocation.is_asked:
        items = [{key: step[key] for key in ("name", "verb", "thing")} for step in shown]
        show_items(invocation.output, "Step", items, STEP_COLUMNS)
    elif is_trial:
        show_lines([f"Would {'redo' if is_again else 'undo'} {subject}:"])
        show_lines(f"    {sentence}" for step in shown for sentence in step["said"])
    if is_trial:
        return
    for step in shown:
        for sentence in step["said"]:
            invocation.say(sentence)
    invocation.say(f"{'Redid' if is_again else 'Undid'} {subject}.")
    is_undo_next = target.step.kind == "redo" or target.step.redo_next is None
    line = f"`zprof undo{option}`" if is_undo_next else f"`zprof redo{option}`"
    invocation.say(for_profile(f"To undo that, run {line}.", invocation.profile))


def ago(moment: str) -> str:
    """How long ago a time of the log was, roughly; the time itself where a hand has written something else."""
    try:
        then = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return moment
    seconds = max(0, int((datetime.now(UTC) - then).total_seconds()))
    for name, length in UNITS.items():
        if seconds >= length:
            count = seconds // length
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


UNITS: Mapping[str, int] = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
"""The length of each unit of time in seconds."""


def with_line_for_profiles(invocation: Invocation, error: CantUndoInRegistry) -> CantUndoInRegistry:
    """An error that also says what brings back the profiles that went, and takes away those that came."""
    from zprof.active.floors import for_profiles  # on the way to an error alone

    error.hint = " ".join(["Nothing was changed.", *for_profiles(invocation.registry, error.made, error.deleted)])
    return error


def with_way_back(invocation: Invocation, error: NothingToUndo, *, is_registry: bool = False) -> NothingToUndo:
    """An error that also says how to take back what undo stops at, if there is a way."""
    if error.floor is not None:
        from zprof.active.floors import way_back  # on the way to an error alone

        hint = way_back(invocation.registry, None if is_registry else invocation.active.profile, error.floor)
        error.hint = f"Nothing was changed. {hint}"
    return error
