"""`zprof edit`: change a thing by its document, in an editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import click

from zprof import paths
from zprof.active.idle import check_stacks_are_idle
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.output import document_text
from zprof.cli.plans import question, show_plan, warn_of_plain_secrets
from zprof.component_types import BY_NAME
from zprof.contents.reading import Documents, documents_of
from zprof.contents.sources import Source
from zprof.documents.reading import is_empty
from zprof.documents.shape import TELLING
from zprof.errors import InvalidInput, SecretsMissing, ZprofError
from zprof.files import read
from zprof.names import is_name
from zprof.printable import in_shell
from zprof.records import Bundle
from zprof.signals import left_to_another
from zprof.store.planning import Plan, Planning

MAX_BYTES = 64 * 1024 * 1024
EDITORS = ("VISUAL", "EDITOR")
"""The variables that name the editor, the first one first."""
HEADING = "# Save the file to see what would change. To cancel, leave it unchanged or empty it.\n"
CANCELLED = "Edit cancelled, no changes made."


class Edited(NamedTuple):
    """What is edited."""

    kind: str
    """`profile`, `stack`, or a type of component."""
    name: str
    text: str
    """Its document, as it is."""


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return edit


@click.command(cls=Command)
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option("--prune", is_flag=True, help="Delete what you removed from the document of a profile.")
@click.option("--yes", "-y", is_flag=True, help="Apply the changes without asking.")
@click.pass_obj
def edit(invocation: Invocation, kind: str | None, name: str | None, prune: bool, yes: bool) -> None:
    """Edit a stack, a component or a profile in your editor.

    Opens it as YAML in $VISUAL, $EDITOR or vi. KIND is stack, a component type such as alerter, or profile (the active
    one, with all that it has). Without KIND and NAME, opens the active stack. Shows the changes and asks before it
    applies them. A secret is kept as long as its marker is.
    """
    if prune and kind != "profile":
        raise click.UsageError("--prune can only be used with a profile.")
    invocation.store.check_unprotected()
    edited = chosen(invocation, kind, name)
    with draft(edited) as path:
        found = accepted(invocation, edited, path, prune=prune)
        if found is None:
            invocation.say(CANCELLED)
            return
        planning, plan = found
        show_plan(invocation, plan if edited.kind == "profile" else plan._replace(staying=()))
        invocation.confirm(question(plan, invocation.active.profile.name), is_confirmed=yes)
        check_is_idle(invocation, plan)  # somebody may have switched meanwhile
        with invocation.store.change() as change:
            change.apply(planning, plan)
    warn_of_plain_secrets(invocation, plan)
    invocation.say("Edited.")


def chosen(invocation: Invocation, kind: str | None, name: str | None) -> Edited:
    """What is to be edited, with its document.

    Raises:
        NotFound: there is none of the name.
    """
    if kind == "profile":
        if name is not None:
            raise click.UsageError("Give the name of a profile with --profile.")
        from zprof.contents.writing import contents_document

        document = contents_document(invocation.store.contents(), show_secrets=False)
        return Edited("profile", invocation.active.profile.name, document_text("yaml", document))
    if kind in (None, "stack"):
        found = invocation.store.stack(invocation.active.stack_name() if name is None else name)
        document = Bundle(found.name, found.components, found.flavors).to_dict()
        return Edited("stack", found.name, document_text("yaml", document))
    type_name = str(kind).replace("-", "_")
    if type_name not in BY_NAME:
        raise click.UsageError(f"'{kind}' can't be edited: give stack, profile or the type of a component.")
    if name is None:
        raise click.UsageError("Give the NAME of the component.")
    component = without_telling(invocation.store.component(type_name, name).to_dict())
    return Edited(type_name, name, document_text("yaml", component))


def without_telling(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a component without what only tells."""
    return {key: value for key, value in document.items() if key not in TELLING}


class Typed(NamedTuple):
    """What a draft says."""

    text: str
    above: int
    """How many lines of comments are above it, which are left out."""


@contextmanager
def draft(edited: Edited) -> Iterator[str]:
    """A file of this user alone with the document; it stays where what was typed in it has not come to its end.

    The error of whatever keeps it from that names the file.
    """
    directory = tempfile.mkdtemp(prefix="zprof-edit-")
    # A name that is none, and that could lead anywhere, is brought about by a hand that edits the store.
    path = os.path.join(directory, f"{edited.name if is_name(edited.name) else edited.kind}.yaml")
    try:
        yield path
    except BaseException as error:
        if is_changed(path, edited):
            kept = f"What you typed is kept in {path}"
            if isinstance(error, ZprofError):
                error.hint = f"{error.hint} {kept}".strip()
            else:
                click.echo(f"\n{kept}", err=True)
        else:
            remove(path)
        raise
    shutil.rmtree(directory, ignore_errors=True)  # with the copies that an editor makes


def is_changed(path: str, edited: Edited) -> bool:
    """Whether a draft says something else than at first, be it something that can't be read."""
    try:
        return os.path.exists(path) and typed_in(path).text != edited.text
    except ZprofError:
        return True


def remove(path: str) -> None:
    """Remove a draft in which nothing was typed, and its directory unless an editor has left something to recover."""
    with suppress(OSError):
        os.unlink(path)
    with suppress(OSError):
        os.rmdir(os.path.dirname(path))


def accepted(invocation: Invocation, edited: Edited, path: str, *, prune: bool) -> tuple[Planning, Plan] | None:
    """Open the editor until what was typed can be done; its plan, None where nothing is to be changed."""
    text, problem = edited.text, ""
    while True:
        write(path, HEADING + problem + text)
        open_editor(path)
        typed = typed_in(path)
        if typed.text == edited.text or is_empty(typed.text):
            return None
        try:
            planning, plan = planned(invocation, edited, typed, path, prune=prune)
        except ZprofError as error:
            if problem and typed.text == text:
                raise  # nobody is there who would correct it
            text, problem = typed.text, commented(error)
            with_problem = typed._replace(above=(HEADING + problem).count("\n"))
            try:
                planned(invocation, edited, with_problem, path, prune=prune)
            except ZprofError as lower:  # the same, where it is now that the file tells of it
                problem = commented(lower)
            continue
        return (planning, plan) if plan.steps else None


def planned(invocation: Invocation, edited: Edited, typed: Typed, path: str, *, prune: bool) -> tuple[Planning, Plan]:
    """The plan of what was typed."""
    documents = documents_of([Source(path, "\n" * typed.above + typed.text)])
    check_names(edited, documents)
    planning = Planning(documents, prune=prune)
    try:
        plan = planning.plan(invocation.store.contents())
    except SecretsMissing as error:
        error.hint = "Nothing was changed. Replace the marker of each with the secret, or with a reference to it."
        raise
    check_is_idle(invocation, plan)
    return planning, plan


def check_is_idle(invocation: Invocation, plan: Plan) -> None:
    """Refuse to delete a stack that is active."""
    going = [step.name for step in plan.steps if step.kind == "stack" and step.verb == "delete"]
    check_stacks_are_idle(invocation.registry, invocation.surroundings, going)


def check_names(edited: Edited, documents: Documents) -> None:
    """Refuse a document of another thing: what is renamed here would be another one beside it.

    Raises:
        InvalidInput: it is.
    """
    if edited.kind == "profile":
        return
    if edited.kind == "stack":
        names, command = list(documents.contents.stacks), "stack"
    else:
        names = [name for of_type, name in documents.contents.components if of_type == edited.kind]
        command = BY_NAME[edited.kind].command
    if names == [edited.name]:
        return
    if len(names) == 1:
        raise InvalidInput(
            f"The name is not '{edited.name}'.",
            f"To rename it, run: zprof {command} rename {in_shell(edited.name)} {in_shell(names[0])}",
        )
    raise InvalidInput(f"The document is not only that of '{edited.name}'.", "Edit one thing at a time.")


def commented(problem: ZprofError) -> str:
    """What is wrong as the top of a file."""
    return "".join(f"# {line}\n" for line in f"{problem.message} {problem.hint}".strip().splitlines())


def write(path: str, text: str) -> None:
    """Write the draft, in a directory that nobody else can look into."""
    with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def typed_in(path: str) -> Typed:
    """What a draft says below the comments at its top; nothing where the editor has removed it."""
    if not os.path.lexists(path):
        return Typed("", 0)
    lines = read(path, MAX_BYTES, "what was typed", hint="Save it as text in UTF-8.").splitlines(keepends=True)
    above = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return Typed("".join(lines[above:]), above)


def open_editor(path: str) -> None:
    """Let the user edit a file.

    Raises:
        ZprofError: the editor can't be started, or says that it failed.
    """
    variable = next((name for name in EDITORS if paths.variable(name)), None)
    command = "vi" if variable is None else str(paths.variable(variable))
    named = "vi, which is used where neither $VISUAL nor $EDITOR is set," if variable is None else f"${variable}"
    try:
        words = shlex.split(command)
        with left_to_another():
            code = subprocess.run([*words, path], check=False).returncode  # noqa: S603  the user's own choice
    except (OSError, ValueError):
        raise InvalidInput(f"{named} can't be started.", "Nothing was changed. Set EDITOR to an editor.") from None
    if code:
        raise ZprofError(f"The editor, {named}, exited with code {code}.", "Nothing was changed.")
