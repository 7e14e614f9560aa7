"""`zprof profile`."""

from __future__ import annotations

from typing import Any

import click

from zprof.cli.command import Group
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_item, show_items, show_name
from zprof.records import Profile
from zprof.scope import Active, check_profile_is_idle, check_switch_shows


def build(name: str) -> click.Command:
    """The group, for the table of commands."""
    return profile


@click.group(cls=Group)
def profile() -> None:
    """Create profiles, list them and switch between them.

    A profile is a named, isolated context: its own store of stacks and components.
    """


@profile.command()
@click.argument("name")
@click.option("--url", "-u", help="Where its store is, or shall be: sqlite:///PATH, or a path. A store is joined.")
@click.pass_obj
def create(invocation: Invocation, name: str, url: str | None) -> None:
    """Create a profile.

    A new store gets a stack 'default' of three local components. What is active stays so.
    """
    invocation.registry.create_profile(name, url)
    invocation.say(f"Profile '{name}' successfully created.")


@profile.command("list", is_read=True)
@click.pass_obj
def list_(invocation: Invocation) -> None:
    """List the profiles."""
    items = [item(found, invocation.active_or_none) for found in invocation.registry.profiles()]
    columns = {
        "ACTIVE": "active",
        "PROFILE NAME": "name",
        "STORE TYPE": "store_type",
        "URL": "url",
        "ACTIVE STACK": "active_stack",
    }
    if any(found["protected"] for found in items):
        columns["PROTECTED"] = "protected"
    show_items(invocation.output, "Profile", items, columns, cut_first="URL")


@profile.command(is_read=True)
@click.argument("name", required=False)
@click.pass_obj
def describe(invocation: Invocation, name: str | None) -> None:
    """Show a profile.

    Without a NAME, the profile in effect.
    """
    found = invocation.active.profile if name is None else invocation.registry.profile(name)
    show_item(invocation.output, "Profile", item(found, invocation.active_or_none))


@profile.command(is_read=True, has_banner=False)
@click.pass_obj
def get(invocation: Invocation) -> None:
    """Print the name of the profile in effect."""
    show_name(invocation.output, "Profile", invocation.active.profile.name)


@profile.command("set")
@click.argument("name")
@click.option("--global", "-g", "is_global", is_flag=True, help="Switch for all shells and projects.")
@click.pass_obj
def set_(invocation: Invocation, name: str, is_global: bool) -> None:
    """Switch to a profile."""
    check_switch_shows("profile", name)
    is_changed = invocation.registry.activate(name)
    invocation.say(f"Active profile changed to: '{name}'" if is_changed else f"Profile '{name}' is already active.")


@profile.command()
@click.argument("name")
@click.argument("new_name")
@click.pass_obj
def rename(invocation: Invocation, name: str, new_name: str) -> None:
    """Give a profile another name.

    Its store stays where it is.
    """
    invocation.registry.rename_profile(name, new_name)
    invocation.say(f"Profile '{name}' renamed to '{new_name}'.")


@profile.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.pass_obj
def delete(invocation: Invocation, name: str, yes: bool) -> None:
    """Forget a profile.

    A store in the config directory is kept as a file in its backups; one elsewhere is left alone.
    """
    check_profile_is_idle(invocation.registry, invocation.active_or_none, name)
    invocation.confirm(f"Delete the profile '{name}'?", is_confirmed=yes)
    kept = invocation.registry.delete_profile(name)
    invocation.say(f"Deleted profile '{name}'.")
    if kept is not None:
        invocation.say(f"Its store is kept as {kept}")


def item(found: Profile, active: Active | None) -> dict[str, Any]:
    """A profile as it is shown: the one in effect with the stack in effect, the others with their own."""
    is_in_effect = active is not None and found.name == active.profile.name
    return {
        "name": found.name,
        "active": is_in_effect,
        "store_type": found.store_type,
        "url": found.url,
        "active_stack": active.stack if active is not None and is_in_effect else found.active_stack,
        "protected": found.is_protected,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }
