"""`zprof orchestrator`, `zprof artifact-store` and the ten others: one definition of the commands for all types."""

from __future__ import annotations

from typing import Any

import click

from zprof.cli.command import AttributeCommand, AttributeNamesCommand, Command
from zprof.cli.component_group import ComponentGroup, pass_type
from zprof.cli.config_input import given_config
from zprof.cli.explain import explain
from zprof.cli.flavor import FLAVOR_COMMANDS
from zprof.cli.interview import asked_config
from zprof.cli.invocation import Invocation, about
from zprof.cli.options import if_revision_option
from zprof.cli.output import raise_left_out, show_item, show_items, show_name
from zprof.component_types import ComponentType, component_type
from zprof.errors import DamagedFile
from zprof.flavors.config import masked, plain_secrets, spelled, worth_a_warning
from zprof.records import Component
from zprof.refusals import not_in_stack
from zprof.store.own_places import telling
from zprof.store.store import Shown

config_option = click.option(
    "--config", "config_file", metavar="@FILE", help="Attributes as JSON or YAML; - reads stdin."
)
OWN_PLACE = "left empty: a place of its own, another for each user and machine"
show_secrets_option = click.option("--show-secrets", is_flag=True, help="Show the values of secret attributes.")


def build(name: str) -> click.Command:
    """The group of a type, for the table of commands."""
    of_type = component_type(name.replace("-", "_"))
    group = ComponentGroup(of_type, of_type.command, COMPONENT_COMMANDS, of_type.purpose)
    about_flavors = f"See which kinds of {of_type.noun} there are, and add your own."
    group.add_command(ComponentGroup(of_type, "flavor", FLAVOR_COMMANDS, about_flavors))
    return group


@click.command(cls=AttributeCommand)
@click.argument("name")
@click.option("--flavor", "-f", required=True, help="Which implementation it is.")
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

    Its attributes are given as --key=value, or --key=@FILE for what a file holds.
    """
    found = invocation.store.flavor(of_type.name, flavor)
    config = given_config(found, config_file, attributes)
    if interactive:
        config = asked_config(found, config)
    invocation.store.register_component(name, found, config)
    invocation.say(f"Registered stack component with type '{of_type.name}' and name '{name}'.")
    invocation.say(f"Successfully registered {of_type.noun} `{name}`.")
    invocation.warn_of_secrets(name, worth_a_warning(config, plain_secrets(found, config)))


@click.command("list", cls=Command, is_read=True)
@show_secrets_option
@click.pass_obj
@pass_type
def list_(of_type: ComponentType, invocation: Invocation, show_secrets: bool) -> None:
    """List the NOUNS."""
    left_out: list[DamagedFile] = []
    shown = invocation.store.shown(of_type.name, invocation.active.stack, left_out=left_out)
    warn_of_missing_stack(invocation, shown)
    items = [item(shown, component, show_secrets=show_secrets) for component in shown.components]
    columns = {"ACTIVE": "active", "NAME": "name", "FLAVOR": "flavor", "CONFIG": "config"}
    show_items(invocation.output, "Component", items, columns, cut_first="CONFIG")
    raise_left_out(left_out)


@click.command(cls=Command, is_read=True)
@click.argument("name", required=False)
@show_secrets_option
@click.pass_obj
@pass_type
def describe(of_type: ComponentType, invocation: Invocation, name: str | None, show_secrets: bool) -> None:
    """Show A-NOUN.

    Without a NAME, that of the stack in effect.
    """
    wanted = component_in_effect(invocation, of_type) if name is None else name
    shown = invocation.store.shown(of_type.name, invocation.active.stack, wanted)
    warn_of_missing_stack(invocation, shown)
    component = shown.components[0]
    fields = item(shown, component, show_secrets=show_secrets) | telling(component)
    own = {key: f"{path} ({OWN_PLACE})" for key, path in fields.get("resolved", {}).items()}
    heading = {key.upper(): fields[key] for key in fields if key not in ("config", "resolved")}
    rows = [{"PROPERTY": key, "VALUE": value} for key, value in {**heading, **fields["config"], **own}.items()]
    show_item(invocation.output, "Component", fields, rows=rows)


@click.command(cls=Command, is_read=True, has_banner=False)
@click.pass_obj
@pass_type
def get(of_type: ComponentType, invocation: Invocation) -> None:
    """Print the name of the NOUN in effect.

    That is the one in the stack in effect.
    """
    show_name(invocation.output, "Component", component_in_effect(invocation, of_type))


@click.command(cls=AttributeCommand)
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

    They are given as --key=value, or --key=@FILE for what a file holds; the others stay. Without
    a NAME, that of the stack in effect.
    """
    changed = component_in_effect(invocation, of_type) if name is None else name
    component, flavor = invocation.store.component_and_flavor(of_type.name, changed)
    config = given_config(flavor, config_file, attributes)
    if not config:
        raise click.UsageError("No attribute is given to set: write --key=value.")
    invocation.store.update_component(component, flavor, config, if_revision=if_revision)
    invocation.say(f"Successfully updated {of_type.noun} `{changed}`.")
    invocation.warn_of_secrets(changed, worth_a_warning(config, plain_secrets(flavor, config)))


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

    The flavor's defaults act in their place.
    """
    component, flavor = invocation.store.component_and_flavor(of_type.name, name)
    without = [spelled(attribute, component.config) for attribute in attributes]
    invocation.store.update_component(component, flavor, {}, without, if_revision=if_revision)
    invocation.say(f"Successfully updated {of_type.noun} `{name}`.")


@click.command(cls=Command)
@click.argument("name")
@click.argument("new_name")
@if_revision_option
@click.pass_obj
@pass_type
def rename(of_type: ComponentType, invocation: Invocation, name: str, new_name: str, if_revision: int | None) -> None:
    """Give A-NOUN another name.

    The stacks that it is in follow.
    """
    with invocation.store.change() as change:
        change.rename_component(of_type.name, name, new_name, if_revision=if_revision)
    invocation.say(f"Renamed {of_type.noun} '{name}' to '{new_name}'.")


@click.command(cls=Command)
@click.argument("source")
@click.argument("target")
@click.option("--from", "from_profile", metavar="PROFILE", help="Copy out of this profile.")
@click.option("--to", "to_profile", metavar="PROFILE", help="Copy into this profile.")
@click.pass_obj
@pass_type
def copy(
    of_type: ComponentType,
    invocation: Invocation,
    source: str,
    target: str,
    from_profile: str | None,
    to_profile: str | None,
) -> None:
    """Copy A-NOUN.

    Under another name, or from one profile to another, with its flavor if that is a custom one.
    """
    with about(from_profile):
        component, flavor = invocation.store_of(from_profile).component_and_flavor(of_type.name, source)
    with about(to_profile), invocation.store_of(to_profile).change() as change:
        change.add_component(component, target, flavor if flavor.is_custom else None)
    invocation.say(f"Copied {of_type.noun} '{source}' to '{target}'.")
    invocation.warn_of_secrets(target, worth_a_warning(component.config, plain_secrets(flavor, component.config)))


@click.command(cls=Command)
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@if_revision_option
@click.pass_obj
@pass_type
def delete(of_type: ComponentType, invocation: Invocation, name: str, yes: bool, if_revision: int | None) -> None:
    """Delete A-NOUN.

    One that a stack uses is not deleted.
    """
    seen = invocation.store.idle_component(of_type.name, name)
    invocation.confirm(f"Delete the {of_type.noun} '{name}'?", is_confirmed=yes)
    with invocation.store.change() as change:
        change.delete_component(of_type.name, name, if_revision=if_revision or (None if yes else seen.revision))
    invocation.say(f"Deleted {of_type.noun} '{name}'.")


COMPONENT_COMMANDS = (register, list_, describe, get, update, remove_attribute, rename, copy, delete, explain)
"""In the order of help."""


def component_in_effect(invocation: Invocation, of_type: ComponentType) -> str:
    """The name of the component of a type in the stack in effect.

    Raises:
        NothingActive: the stack has none of this type.
        NotFound: the stack is gone.
    """
    stack, _ = invocation.active.found_in_effect(invocation.store.stack_and_flavors)
    if of_type.name not in stack.components:
        raise not_in_stack(of_type.name, stack.name)
    return stack.components[of_type.name].name


def warn_of_missing_stack(invocation: Invocation, shown: Shown) -> None:
    """Say that the stack in effect is gone: in a list, no more than a mark is missing."""
    if invocation.active.stack is not None and not shown.is_stack_there:
        invocation.warn(invocation.active.without_stack())


def item(shown: Shown, component: Component, *, show_secrets: bool) -> dict[str, Any]:
    """A component as it is shown."""
    config = dict(component.config)
    return {
        "name": component.name,
        "active": component.name == shown.active,
        "type": component.type,
        "flavor": component.flavor,
        "config": config if show_secrets else masked(shown.flavors.get(component.flavor), config),
        "created_at": component.created_at,
        "updated_at": component.updated_at,
        "revision": component.revision,
    }
