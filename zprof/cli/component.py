"""`zprof orchestrator`, `zprof artifact-store` and the ten others: one definition of the commands for all types."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from zprof.cli.attributes import AttributeNamesCommand
from zprof.cli.command import Command
from zprof.cli.config_input import given_config
from zprof.cli.describing import Description
from zprof.cli.explain import explain
from zprof.cli.filters import filter_options, one_more, told_of_limit, within_limit
from zprof.cli.fitting import AT_END, Fitting
from zprof.cli.flavor import FLAVOR_COMMANDS
from zprof.cli.interview import asked_config
from zprof.cli.invocation import Invocation, about
from zprof.cli.of_type import ComponentGroup, OfFlavorCommand, pass_type
from zprof.cli.options import if_revision_option, same_name
from zprof.cli.output import raise_left_out, show_answer, show_item, show_items, show_list, show_name
from zprof.component_types import ComponentType, component_type
from zprof.documents.shape import is_kept
from zprof.errors import DamagedFile, NotFound, NothingActive
from zprof.flavors.config import plain_secrets, spelled, worth_a_warning
from zprof.flavors.properties import properties
from zprof.flavors.stack_rules import needs
from zprof.records import Component
from zprof.refusals import not_in_stack
from zprof.store.listing import Shown

FITTING = Fitting({"CONFIG": AT_END}, leaves_out=("CONFIG", "FLAVOR"))

config_option = click.option(
    "--config", "config_file", metavar="@FILE", help="Read attributes from a JSON or YAML file, or from stdin (-)."
)
OWN_PLACE = "empty, so its own place, different for each user and machine"
show_secrets_option = click.option("--show-secrets", is_flag=True, help="Show secrets instead of masking them.")


def build(name: str) -> click.Command:
    """The group of a type, for the table of commands."""
    of_type = component_type(name.replace("-", "_"))
    group = ComponentGroup(of_type, of_type.command, COMPONENT_COMMANDS, of_type.purpose)
    about_flavors = f"Show the flavors of {of_type.plural}, and add your own."
    group.add_command(ComponentGroup(of_type, "flavor", FLAVOR_COMMANDS, about_flavors))
    return group


@click.command(cls=OfFlavorCommand)
@click.argument("name")
@click.option("--flavor", "-f", metavar="FLAVOR", required=True, help="Its flavor: `flavor list` shows them all.")
@config_option
@click.option("--interactive", "-i", is_flag=True, help="Ask for each attribute that is not given.")
@click.pass_obj
@pass_type
def register(
    of_type: ComponentType,
    invocation: Invocation,
    name: str,
    flavor: str,
    config_file: str | None,
    interactive: bool,
    attributes: dict[str, str],
) -> None:
    """Register A-NOUN.

    Give its attributes as --key=value, or as --key=@FILE to read a value from a file. `flavor describe FLAVOR` shows
    the attributes of a flavor.
    """
    found = invocation.store.flavor(of_type.name, flavor)
    config = given_config(found, config_file, attributes)
    if interactive:
        config = asked_config(found, config)
    made = invocation.store.register_component(name, found, config, is_asked=invocation.is_asked)
    invocation.say(f"Registered {of_type.noun} '{name}'.")
    invocation.warn_of_secrets(name, worth_a_warning(config, plain_secrets(found, config)))
    beside = needs(Component(of_type.name, name, flavor, config))
    if beside:
        invocation.say(f"In a stack it needs {'; '.join(beside)}.")
    answer(invocation, of_type, made)


@click.command("list", cls=Command, is_read=True)
@filter_options("--name", "--flavor", "--used-by", "--limit")
@show_secrets_option
@click.pass_obj
@pass_type
def list_(of_type: ComponentType, invocation: Invocation, show_secrets: bool, **filters: Any) -> None:
    """List the NOUNS."""
    left_out: list[DamagedFile] = []
    found = invocation.store.shown(of_type.name, invocation.active.stack, left_out=left_out, **one_more(filters))
    shown = found._replace(components=within_limit(invocation, found.components, filters))
    warn_of_missing_stack(invocation, shown)
    if invocation.wants_document:
        told = told_of_limit(found.components, filters)
        show_list(invocation.output, "Component", documents(shown, show_secrets=show_secrets), **told)
    else:
        rows = [
            {
                "active": component.name == shown.active,
                "name": component.name,
                "flavor": component.flavor,
                "config": as_stored(component, show_secrets=show_secrets),
            }
            for component in shown.components
        ]
        columns = {"ACTIVE": "active", "NAME": "name", "FLAVOR": "flavor", "CONFIG": "config"}
        show_items(invocation.output, "Component", rows, columns, fitting=FITTING)
    raise_left_out(left_out)


@click.command(cls=Command, is_read=True)
@click.argument("name", required=False)
@show_secrets_option
@click.pass_obj
@pass_type
def describe(of_type: ComponentType, invocation: Invocation, name: str | None, show_secrets: bool) -> None:
    """Show A-NOUN.

    Without a NAME, shows the one in the active stack.
    """
    wanted = component_in_effect(invocation, of_type) if name is None else name
    shown = invocation.store.shown(of_type.name, invocation.active.stack, wanted)
    warn_of_missing_stack(invocation, shown)
    (document,) = documents(shown, show_secrets=show_secrets)
    config = as_stored(shown.components[0], show_secrets=show_secrets)
    own = {key: f"{path} ({OWN_PLACE})" for key, path in document.get("resolved", {}).items()}
    heading = {key: document[key] for key in HEADING}
    rows = [
        {"PROPERTY": key, "VALUE": value}
        for key, value in {**{key.upper(): value for key, value in heading.items()}, **config, **own}.items()
    ]
    title = f"{of_type.noun.capitalize()} '{wanted}'{' (active)' if document['active'] else ''}"
    nested = {key: values for key, values in (("config", config), ("resolved", own)) if values}
    description = Description(title, {**heading, **nested})
    show_item(invocation.output, "Component", document, rows=rows, description=description)


HEADING = ("name", "active", "type", "flavor", "created_at", "updated_at", "revision")
"""The fields that stand before the attributes."""


@click.command(cls=Command, is_read=True, has_banner=False)
@click.pass_obj
@pass_type
def get(of_type: ComponentType, invocation: Invocation) -> None:
    """Print the name of the active NOUN.

    That is the one in the active stack. With -o json or -o yaml, prints the whole component.
    """
    name = component_in_effect(invocation, of_type)
    if invocation.wants_document:
        answer(invocation, of_type, invocation.store.component(of_type.name, name))
    else:
        show_name(invocation.output, name)


@click.command(cls=OfFlavorCommand)
@click.argument("name", required=False)
@config_option
@if_revision_option
@click.pass_obj
@pass_type
def update(
    of_type: ComponentType,
    invocation: Invocation,
    name: str | None,
    config_file: str | None,
    if_revision: int | None,
    attributes: dict[str, str],
) -> None:
    """Set attributes of A-NOUN.

    Give them as --key=value, or as --key=@FILE to read a value from a file; the others stay. Without a NAME, changes
    the one in the active stack.
    """
    changed = component_in_effect(invocation, of_type) if name is None else name
    component, flavor = invocation.store.component_and_flavor(of_type.name, changed)
    config = given_config(flavor, config_file, attributes)
    config = {key: value for key, value in config.items() if not (is_kept(value) and key in component.config)}
    if not config:
        raise click.UsageError("Give at least one attribute, as --key=value.")
    updated = invocation.store.update_component(
        component, flavor, config, if_revision=if_revision, is_asked=invocation.is_asked
    )
    invocation.say(f"Updated {of_type.noun} '{changed}'.")
    invocation.warn_of_secrets(changed, worth_a_warning(config, plain_secrets(flavor, config)))
    answer(invocation, of_type, updated)


@click.command("remove-attribute", cls=AttributeNamesCommand)
@click.argument("name")
@click.argument("attributes", nargs=-1, required=True, metavar="ATTRIBUTE...")
@if_revision_option
@click.pass_obj
@pass_type
def remove_attribute(
    of_type: ComponentType, invocation: Invocation, name: str, attributes: tuple[str, ...], if_revision: int | None
) -> None:
    """Remove attributes of A-NOUN.

    The defaults of its flavor are used instead.
    """
    component, flavor = invocation.store.component_and_flavor(of_type.name, name)
    known = {*component.config, *properties(flavor.schema)}
    without = [spelled(attribute, known) for attribute in attributes]
    updated = invocation.store.update_component(
        component, flavor, {}, without, if_revision=if_revision, is_asked=invocation.is_asked
    )
    invocation.say(f"Updated {of_type.noun} '{name}'.")
    answer(invocation, of_type, updated)


@click.command(cls=Command)
@click.argument("name")
@click.argument("new_name")
@if_revision_option
@click.pass_obj
@pass_type
def rename(of_type: ComponentType, invocation: Invocation, name: str, new_name: str, if_revision: int | None) -> None:
    """Rename A-NOUN.

    Stacks that use it keep it.
    """
    with invocation.store.change() as change:
        change.rename_component(of_type.name, name, new_name, if_revision=if_revision)
        renamed = change.component(of_type.name, new_name) if invocation.is_asked else None
    invocation.say(f"Renamed {of_type.noun} '{name}' to '{new_name}'.")
    answer(invocation, of_type, renamed)


@click.command(cls=Command)
@click.argument("source")
@click.argument("target", required=False)
@click.option("--from", "from_profile", metavar="PROFILE", help="Copy from this profile instead of the active one.")
@click.option("--to", "to_profile", metavar="PROFILE", help="Copy to this profile instead of the active one.")
@click.pass_obj
@pass_type
def copy(
    of_type: ComponentType,
    invocation: Invocation,
    source: str,
    target: str | None,
    from_profile: str | None,
    to_profile: str | None,
) -> None:
    """Copy A-NOUN.

    Copies it to the name TARGET, or from one profile to another. A custom flavor is copied too.
    """
    if target is None:
        target = same_name(source, from_profile, to_profile)
    with about(from_profile):
        component, flavor = invocation.store_of(from_profile).component_and_flavor(of_type.name, source)
    with about(to_profile), invocation.store_of(to_profile).change() as change:
        change.add_component(component, target, flavor if flavor.is_custom else None)
        copied = change.component(of_type.name, target) if invocation.is_asked else None
    invocation.say(f"Copied {of_type.noun} '{source}' to '{target}'.")
    invocation.warn_of_secrets(target, worth_a_warning(component.config, plain_secrets(flavor, component.config)))
    answer(invocation, of_type, copied, to_profile)


@click.command(cls=Command)
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Delete without asking.")
@if_revision_option
@click.pass_obj
@pass_type
def delete(of_type: ComponentType, invocation: Invocation, name: str, yes: bool, if_revision: int | None) -> None:
    """Delete A-NOUN.

    Fails if a stack uses it.
    """
    seen = invocation.store.idle_component(of_type.name, name)
    invocation.confirm(f"Delete the {of_type.noun} '{name}'?", is_confirmed=yes)
    with invocation.store.change() as change:
        going = change.component(of_type.name, name) if invocation.is_asked else None
        change.delete_component(of_type.name, name, if_revision=if_revision or (None if yes else seen.revision))
    invocation.say(f"Deleted {of_type.noun} '{name}'.")
    answer(invocation, of_type, going)


COMPONENT_COMMANDS = (register, list_, describe, get, update, remove_attribute, rename, copy, delete, explain)
"""In the order of help."""


def component_in_effect(invocation: Invocation, of_type: ComponentType) -> str:
    """The name of the component of a type in the stack in effect.

    Raises:
        NothingActive: the stack has none of this type.
        NotFound: the stack is gone.
    """
    stack = invocation.active.found_in_effect(invocation.store.stored_stack)
    if of_type.name not in stack.components:
        raise not_in_stack(of_type.name, stack.name)
    return stack.components[of_type.name].name


def warn_of_missing_stack(invocation: Invocation, shown: Shown) -> None:
    """Say that the stack in effect is gone: in a list, no more than a mark is missing."""
    if invocation.active.stack is not None and not shown.is_stack_there:
        invocation.warn(invocation.active.without_stack())


def documents(shown: Shown, *, show_secrets: bool = False) -> list[dict[str, Any]]:
    """Components as documents."""
    return [
        component.to_dict(show_secrets=show_secrets, active=component.name == shown.active)
        for component in shown.components
    ]


def as_stored(component: Component, *, show_secrets: bool) -> dict[str, Any]:
    """The attributes of a component that are given, as a table shows them."""
    config = component.guarded_config()
    shown = config if show_secrets else config.shown()
    return {name: value for name, value in shown.items() if name not in config.resolved}


def answer(invocation: Invocation, of_type: ComponentType, found: Component | None, profile: str | None = None) -> None:
    """Print a component as what a change answers with, if a program asked for it.

    Args:
        profile: the one that it is in; that in effect if left out.
    """
    if found is not None:
        active = None
        with suppress(NotFound, NothingActive):
            if profile in (None, invocation.active.profile.name):
                active = invocation.store.component_of_stack(of_type.name, invocation.active.stack_name())
        show_answer(invocation.output, "Component", found.to_dict(active=found.name == active))
