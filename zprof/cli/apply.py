"""`zprof apply`: make a profile equal to documents."""

from __future__ import annotations

from collections.abc import Collection

import click

from zprof.active.following import check_repository_keeps_its_stack
from zprof.active.idle import check_stacks_are_idle
from zprof.active.switching import check_stack_switch_shows, switch_stack
from zprof.cli.command import Command
from zprof.cli.invocation import Invocation
from zprof.cli.options import FileName
from zprof.cli.plans import asked_secrets, given_secrets, question, show_plan, told, warn_of_plain_secrets
from zprof.contents.reading import Documents, read_documents
from zprof.contents.record import Contents
from zprof.errors import AlreadyExists, Refused
from zprof.names import checked_name
from zprof.printable import in_shell
from zprof.refusals import no_stack
from zprof.store.planning import Plan, Planning
from zprof.url import is_same_store, normalised


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return apply


class ApplyCommand(Command):
    """A command that tells by its exit code whether something would change, where it is only tried."""

    def tells_difference(self, context: click.Context) -> bool:
        return bool(context.params["is_trial"])


@click.command(cls=ApplyCommand)
@click.option(
    "--file",
    "-f",
    "files",
    multiple=True,
    required=True,
    type=FileName(),
    metavar="FILE",
    help="File or directory to apply, or - for stdin. Can be repeated.",
)
@click.option("--dry-run", "is_trial", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--prune", is_flag=True, help="Delete what is missing from the file.")
@click.option("--yes", "-y", is_flag=True, help="Apply without asking.")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="TYPE/NAME.KEY=VALUE",
    help="Set a secret that the file leaves out. Can be repeated.",
)
@click.option("--create", "new_profile", metavar="NAME", help="Create a profile of this name from the file.")
@click.option(
    "--url",
    "-u",
    metavar="URL",
    help="With --create, where to keep its store: a path or postgresql://…. By default a new file.",
)
@click.option("--active", "active_stack", metavar="STACK", help="Switch to this stack afterwards.")
@click.pass_obj
def apply(
    invocation: Invocation,
    files: tuple[str, ...],
    is_trial: bool,
    prune: bool,
    yes: bool,
    secrets: tuple[str, ...],
    new_profile: str | None,
    url: str | None,
    active_stack: str | None,
) -> None:
    """Make a profile match a file.

    Reads what `zprof export` and `describe -o yaml` write: stacks, components, custom flavors and ties. Shows the plan
    and asks first. Whatever is missing from the file stays in the profile, unless --prune is given. A secret that the
    file leaves out is kept. With --dry-run it exits with 0 if nothing would change, and with 1 if something would.
    """
    if url is not None and new_profile is None:
        raise click.UsageError("--url can only be used with --create.")
    documents = read_documents(files)
    if new_profile is not None:
        create(invocation, documents, new_profile, url, secrets, active_stack, is_trial=is_trial, yes=yes)
        return
    if not is_trial:
        invocation.store.check_unprotected()
    planning, plan = planned(invocation, documents, invocation.store.contents(), secrets, prune=prune)
    going = [step.name for step in plan.steps if step.kind == "stack" and step.verb == "delete"]
    check_active(invocation, plan, going, active_stack)
    if is_trial:
        answer(invocation, plan)
        return
    if plan.steps:
        show_plan(invocation, plan)
        invocation.confirm(question(plan, invocation.active.profile.name), is_confirmed=yes)
        check_active(invocation, plan, going, active_stack)  # somebody may have switched meanwhile
        with invocation.store.change() as change:
            change.apply(planning, plan)
        warn_of_plain_secrets(invocation, plan)
        invocation.say(f"Updated profile '{invocation.active.profile.name}'.")
    else:
        say_nothing_to_do(invocation, plan)
    if active_stack is not None:
        activate(invocation, going, active_stack)
    show_steps(invocation, plan)


def create(
    invocation: Invocation,
    documents: Documents,
    name: str,
    url: str | None,
    secrets: tuple[str, ...],
    active_stack: str | None,
    *,
    is_trial: bool,
    yes: bool,
) -> None:
    """Make a profile from documents."""
    checked_name("profile", name)
    if url is not None:
        normalised(url)
    if any(profile.name.lower() == name.lower() for profile in invocation.registry.profiles()):
        hint = f"Leave out --create to change it: `zprof apply -f FILE --profile {in_shell(name)}`."
        raise AlreadyExists("profile", name, hint)
    _, plan = planned(invocation, documents, Contents(), secrets, prune=False)
    if active_stack is not None and active_stack not in plan.after.stacks:
        raise no_stack(active_stack, plan.after.stacks)
    if is_trial:
        answer(invocation, plan, is_new=True)
        return
    show_plan(invocation, plan)
    invocation.confirm(f"Create the profile '{name}'?", is_confirmed=yes)
    invocation.registry.create_profile_of(name, plan, url, active_stack)
    warn_of_plain_secrets(invocation, plan)
    invocation.say(f"Profile '{name}' successfully created.")
    show_steps(invocation, plan)


def planned(
    invocation: Invocation, documents: Documents, before: Contents, secrets: tuple[str, ...], *, prune: bool
) -> tuple[Planning, Plan]:
    """The plan, once the secrets are known that it needs; they are asked for where there is a terminal."""
    given = given_secrets(documents, before, secrets)
    missing = Planning(documents, prune=prune, secrets=given).missing_secrets(before)
    given |= asked_secrets(documents, before, missing)
    planning = Planning(documents, prune=prune, secrets=given)
    return planning, planning.plan(before)


def check_active(invocation: Invocation, plan: Plan, going: Collection[str], active_stack: str | None) -> None:
    """Refuse to delete a stack that is active, unless another one is named; and to activate one that is not there."""
    if active_stack is not None:
        if active_stack not in plan.after.stacks:
            raise no_stack(active_stack, plan.after.stacks)
        check_stack_switch_shows(invocation.registry, invocation.surroundings, active_stack)
        check_repository_keeps_its_stack(invocation.registry, invocation.surroundings, going)
    elif going:
        try:
            check_stacks_are_idle(invocation.registry, invocation.surroundings, going)
        except Refused as error:
            error.hint = f"Nothing was changed. {error.hint} Or choose the active one with --active STACK."
            raise


def activate(invocation: Invocation, going: Collection[str], name: str) -> None:
    """Make a stack the active one, also of other profiles with the store that had one active that is gone."""
    url = invocation.active.profile.url
    for profile in invocation.registry.profiles():
        if profile.active_stack in going and is_same_store(profile.url, url):
            invocation.registry.set_active_stack(profile.name, name)
    switch_stack(invocation.registry, invocation.surroundings, name)
    invocation.say(f"Active stack set to: '{name}'")


def answer(invocation: Invocation, plan: Plan, *, is_new: bool = False) -> None:
    """Print what would be done; the exit code tells whether it is anything.

    Args:
        is_new: whether the profile would be made.
    """
    from zprof.cli.diff import show

    show(invocation.output, plan.steps)
    for sentence in told(plan):
        invocation.say(sentence)
    if plan.steps or is_new:
        click.get_current_context().exit(1)
    invocation.say("Nothing would change.")


def say_nothing_to_do(invocation: Invocation, plan: Plan) -> None:
    """Say that the profile is as the documents say."""
    for sentence in told(plan):
        invocation.say(sentence)
    invocation.say("Nothing was changed: the profile already matches the file.")


def show_steps(invocation: Invocation, plan: Plan) -> None:
    """Print what was done, if a program asked for it."""
    if invocation.is_asked:
        from zprof.cli.diff import show

        show(invocation.output, plan.steps)
