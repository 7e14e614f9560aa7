"""`zprof stack`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import click

from zprof.active.following import rename_active_stack
from zprof.active.idle import check_stack_is_idle
from zprof.active.presence import found_stack
from zprof.active.switching import check_stack_switch_shows, hiding_stack, personal_choice, switch_stack
from zprof.cli.command import Command, Group, built
from zprof.cli.describing import Description, Paragraph
from zprof.cli.filters import filter_options, is_narrowed, one_more, told_of_limit, within_limit
from zprof.cli.fitting import of_types
from zprof.cli.invocation import Invocation
from zprof.cli.options import decouple_option, if_revision_option
from zprof.cli.output import raise_left_out, show_answer, show_item, show_items, show_list, show_name
from zprof.cli.places import check_one_place, personal_option, place_options
from zprof.component_types import ALPHABETICAL, BY_NAME, COMPONENT_TYPES
from zprof.errors import DamagedFile
from zprof.records import Stack, marks
from zprof.repository import needed
from zprof.signals import undivided

TRANSFERS = ("copy", "export", "import", "validate")
"""The commands that `zprof.cli.transfer` makes, in the order of help."""


def build(name: str) -> click.Command:
    """The group, for the table of commands."""
    return stack


class ComposingCommand(Command):
    """A command with an option for each component type, some of them of two letters: `-al`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        for token in args:
            # click would read -alslack as -a lslack, which nobody means.
            match = re.fullmatch(r"(-(?:al|an|dv))([^=].*)", token)
            if match:
                raise click.UsageError(
                    f"Write the value of {match[1]} as a word of its own: {match[1]} {match[2]}", context
                )
        return super().parse_args(context, args)


class ListCommand(Command):
    """A list that needs no profile in effect where it is of all profiles."""

    def leads_out(self, context: click.Context) -> bool:
        return bool(context.params["all_profiles"])


def component_options(*, are_flags: bool = False) -> Callable[[Any], Any]:
    """An option for each component type, of the type's name.

    Args:
        are_flags: whether they take no name but only say which types are meant, the mandatory ones left out.
    """

    def decorate(function: Any) -> Any:
        for component_type in reversed(COMPONENT_TYPES):
            if are_flags and component_type.is_mandatory:
                continue
            kind: dict[str, Any] = {"is_flag": True} if are_flags else {"metavar": "NAME"}
            function = click.option(
                f"--{component_type.command}",
                component_type.option,
                component_type.name,
                help=f"{'Remove' if are_flags else 'Use'} {'its' if are_flags else 'this'} {component_type.noun}.",
                **kind,
            )(function)
        return function

    return decorate


@click.group(cls=Group)
def stack() -> None:
    """Compose stacks of components and switch between them.

    A stack has an orchestrator, an artifact store and a metadata store, and at most one component of each other type.
    """


@stack.command(cls=ComposingCommand)
@click.argument("name")
@component_options()
@click.option("--set", "is_set", is_flag=True, help="Switch to the new stack.")
@decouple_option
@click.pass_obj
def register(
    invocation: Invocation, /, name: str, is_set: bool, decouple_stores: bool, **components: str | None
) -> None:
    """Register a stack of registered components.

    An orchestrator, an artifact store and a metadata store are required.
    """
    if is_set:
        check_stack_switch_shows(invocation.registry, invocation.surroundings, name, is_new=True)
    with undivided():
        with invocation.store.change() as change:
            change.register_stack(name, given(components), decouple_stores=decouple_stores)
            made = change.stack(name) if invocation.is_asked else None
        invocation.say(f"Registered stack with name '{name}'.")
        invocation.say(f"Stack '{name}' successfully registered!")
        if is_set:
            activate(invocation, name, change.id)
    answer(invocation, made)


@stack.command("list", cls=ListCommand, is_read=True)
@click.option("--all-profiles", is_flag=True, help="List the stacks of every profile.")
@filter_options("--name", "--flavor", "--uses", "--limit")
@click.pass_obj
def list_(invocation: Invocation, /, all_profiles: bool, **filters: Any) -> None:
    """List the stacks.

    With --all-profiles, a store that can't be read gives a warning, and the others are still listed.
    """
    if all_profiles:
        from zprof.cli.all_profiles import list_of_all  # for this option alone

        list_of_all(invocation, filters)
        return
    left_out: list[DamagedFile] = []
    active = invocation.active.stack
    if invocation.wants_document:
        whole = invocation.store.whole_stacks(left_out, **one_more(filters))
        shown = within_limit(invocation, whole, filters)
        warn_of_missing_stack(invocation, [found.name for found in shown], filters)
        items = [found.to_dict(active=found.name == active) for found in shown]
        show_list(invocation.output, "Stack", items, **told_of_limit(whole, filters))
    else:
        stacks = within_limit(invocation, invocation.store.stacks(left_out, **one_more(filters)), filters)
        warn_of_missing_stack(invocation, [found.name for found in stacks], filters)
        used = [of_type for of_type in ALPHABETICAL if any(of_type in found.component_names for found in stacks)]
        columns = {"ACTIVE": "active", "STACK NAME": "name", **{of_type.upper(): of_type for of_type in used}}
        rows = [
            {"name": found.name, "active": found.name == active, **dict.fromkeys(used), **found.component_names}
            for found in stacks
        ]
        show_items(invocation.output, "Stack", rows, columns, fitting=of_types(used))
    raise_left_out(left_out)


@stack.command(is_read=True)
@click.argument("name", required=False)
@click.option("--graph", "is_graph", is_flag=True, help="Draw a tree of the stack and of what is connected with it.")
@click.option("--show-secrets", is_flag=True, help="Show secrets instead of masking them.")
@click.pass_obj
def describe(invocation: Invocation, name: str | None, is_graph: bool, show_secrets: bool) -> None:
    """Show a stack and its components.

    Without a NAME, shows the active stack. `zprof stack import` reads what -o yaml and -o json print.
    """
    if is_graph:
        from zprof.cli.graph import show_graph  # for this option alone

        show_graph(invocation, name, show_secrets=show_secrets)
        return
    store = invocation.store
    found = invocation.active.stack_in(store) if name is None else store.stack(name)
    is_active = found.name == invocation.active.stack
    show_item(
        invocation.output,
        "Stack",
        found.to_dict(show_secrets=show_secrets, active=is_active) if invocation.wants_document else found._asdict(),
        rows=[
            {
                "COMPONENT TYPE": BY_NAME[type_name].noun,
                "COMPONENT NAME": component.name,
                "FLAVOR": component.flavor,
                "CONFIG": component.config if show_secrets else component.guarded_config().shown(),
            }
            for type_name, component in found.components.items()
        ],
        description=description(found, is_active=is_active, show_secrets=show_secrets),
    )


def description(found: Stack, *, is_active: bool, show_secrets: bool) -> Description:
    """A stack as a person reads it, with a paragraph on each component."""
    paragraphs = []
    for type_name, component in found.components.items():
        config = component.config if show_secrets else component.guarded_config().shown()
        fields = {"name": component.name, "flavor": component.flavor, **({"config": config} if config else {})}
        paragraphs.append(Paragraph(type_name, fields))
    heading = {"name": found.name, "active": is_active, **marks(found)}
    return Description(f"Stack '{found.name}'{' (active)' if is_active else ''}", heading, paragraphs)


@stack.command(is_read=True, has_banner=False)
@click.pass_obj
def get(invocation: Invocation) -> None:
    """Print the name of the active stack.

    With -o json or -o yaml, prints the whole stack. Fails if the stack does not exist in a store that is a file; a
    server is not asked.
    """
    if invocation.wants_document:
        answer(invocation, invocation.active.stack_in(invocation.store))
    else:
        show_name(invocation.output, found_stack(invocation.active, invocation.caller))


@stack.command("set")
@click.argument("name")
@place_options
@click.pass_obj
def set_(invocation: Invocation, name: str, is_global: bool, is_personal: bool) -> None:
    """Switch to a stack of the active profile.

    In a repository (see `zprof init`) this switches the repository; elsewhere, or with --global or --profile, it
    switches everywhere. With --personal, it switches the repository only for you.
    """
    check_one_place(is_global, is_personal)
    activate(invocation, name, is_global=is_global, is_personal=is_personal)
    answer(invocation, invocation.store.stack(name) if invocation.is_asked else None)


@stack.command()
@personal_option
@click.pass_obj
def unset(invocation: Invocation, is_personal: bool) -> None:
    """Remove a repository's choice of a stack.

    The repository then uses the active stack of its profile. With --personal, removes only your own choice, and the
    repository's choice is used.
    """
    repository = needed()
    file = repository.file(is_personal=is_personal)
    is_changed = file.forget_stack()
    subject = file.path if is_personal else f"The repository at {repository.root}"
    invocation.say(f"{subject} {'no longer names a stack' if is_changed else 'names no stack'}.")
    invocation.warn_if_hidden(personal_choice("stack", repository) if not is_personal else None)
    invocation.look_again()
    answer(invocation, invocation.active.stack_in(invocation.store) if invocation.is_asked else None)


@stack.command()
@click.argument("name")
@click.argument("new_name")
@if_revision_option
@click.pass_obj
def rename(invocation: Invocation, name: str, new_name: str, if_revision: int | None) -> None:
    """Rename a stack.

    An active stack stays active.
    """
    with undivided():
        with invocation.store.change() as change:
            change.rename_stack(name, new_name, if_revision=if_revision)
            renamed = change.stack(new_name) if invocation.is_asked else None
        invocation.say(f"Renamed stack '{name}' to '{new_name}'.")
        rename_active_stack(invocation.registry, invocation.surroundings, name, new_name, change.id)
    answer(invocation, renamed)


@stack.command(cls=ComposingCommand)
@click.argument("name", required=False)
@component_options()
@decouple_option
@if_revision_option
@click.pass_obj
def update(
    invocation: Invocation,
    /,
    name: str | None,
    decouple_stores: bool,
    if_revision: int | None,
    **components: str | None,
) -> None:
    """Add or replace components of a stack.

    Each replaces the one of its type; the others stay. Without a NAME, changes the active stack. --decouple-stores can
    be given alone.
    """
    changed = invocation.active.stack_name() if name is None else name
    chosen = given(components)
    if not chosen and not decouple_stores:
        raise click.UsageError("Give at least one component to put into the stack.")
    with invocation.store.change() as change:
        change.update_stack(changed, chosen, decouple_stores=decouple_stores, if_revision=if_revision)
        updated = change.stack(changed) if invocation.is_asked else None
    invocation.say(f"Updated stack '{changed}'.")
    answer(invocation, updated)


@stack.command("remove-component", cls=ComposingCommand)
@click.argument("name", required=False)
@component_options(are_flags=True)
@if_revision_option
@click.pass_obj
def remove_component(invocation: Invocation, /, name: str | None, if_revision: int | None, **types: bool) -> None:
    """Remove components from a stack.

    Give the flag of each type to remove. Without a NAME, changes the active stack. The components stay in the
    profile.
    """
    changed = invocation.active.stack_name() if name is None else name
    chosen = [type_name for type_name, is_chosen in types.items() if is_chosen]
    if not chosen:
        raise click.UsageError("Give at least one type to remove from the stack.")
    with invocation.store.change() as change:
        lacking = change.remove_from_stack(changed, chosen, may_lack=True, if_revision=if_revision)
        updated = change.stack(changed) if invocation.is_asked else None
    for type_name in lacking:
        invocation.say(f"The stack '{changed}' has no {BY_NAME[type_name].noun}.")
    if len(lacking) < len(chosen):
        invocation.say(f"Updated stack '{changed}'.")
    answer(invocation, updated)


@stack.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Delete without asking.")
@click.option("--with-components", is_flag=True, help="Delete its components too, except those that other stacks use.")
@if_revision_option
@click.pass_obj
def delete(invocation: Invocation, name: str, yes: bool, with_components: bool, if_revision: int | None) -> None:
    """Delete a stack.

    Its components stay, unless --with-components is given.
    """
    invocation.store.check_unprotected()
    seen = invocation.store.stored_stack(name)
    check_stack_is_idle(invocation.registry, invocation.surroundings, name)
    along = " and those of its components that no other stack uses" if with_components else ""
    invocation.confirm(f"Delete the stack '{name}'{along}?", is_confirmed=yes)
    with invocation.store.change() as change:
        asked_about = None if yes else seen.revision
        going = change.stack(name) if invocation.is_asked else None
        deleted = change.delete_stack(name, with_components=with_components, if_revision=if_revision or asked_about)
    invocation.say(f"Deleted stack '{name}'.")
    for type_name, component in deleted:
        invocation.say(f"Deleted {BY_NAME[type_name].noun} '{component}'.")
    answer(invocation, going)


def explain() -> click.Command:
    """The command that tells what a stack is."""
    from zprof.cli.explain import STACK, explain_command

    return explain_command(STACK, "stack")


# Taking stacks from place to place needs more than the other commands do.
stack.later |= {name: partial(built, "zprof.cli.transfer", name) for name in TRANSFERS}
stack.later["explain"] = explain


def given(components: dict[str, str | None]) -> dict[str, str]:
    """The components that options named, by type."""
    return {type_name: name for type_name, name in components.items() if name is not None}


def activate(
    invocation: Invocation,
    name: str,
    operation_id: str | None = None,
    *,
    is_global: bool = False,
    is_personal: bool = False,
) -> None:
    """Make a stack the active one of the profile in effect, and say so.

    Args:
        operation_id: that of the operation that registered it.
    """
    around = invocation.registry, invocation.surroundings
    switch_stack(*around, name, operation_id, is_global=is_global, is_personal=is_personal)
    alone = ", only for you" if is_personal else ""
    invocation.say(f"Active {'global ' if is_global else ''}stack set to: '{name}'{alone}")
    invocation.warn_if_hidden(hiding_stack(invocation.registry, invocation.surroundings, name))


def answer(invocation: Invocation, found: Stack | None, profile: str | None = None) -> None:
    """Print a stack as what a change answers with, if a program asked for it.

    Args:
        profile: the one that it is in; that in effect if left out.
    """
    if found is not None:
        invocation.look_again()
        active = invocation.active_or_none
        is_here = active is not None and profile in (None, active.profile.name)
        is_active = is_here and active is not None and found.name == active.stack
        show_answer(invocation.output, "Stack", found.to_dict(active=is_active))


def warn_of_missing_stack(invocation: Invocation, names: Collection[str], filters: Mapping[str, Any]) -> None:
    """Say that the stack in effect is none of those that there are: in a list, no more than a mark is missing.

    Where the list is narrowed, it may be one that is not listed.
    """
    if is_narrowed(filters):
        return
    if invocation.active.stack is not None and invocation.active.stack not in names:
        invocation.warn(invocation.active.without_stack())
