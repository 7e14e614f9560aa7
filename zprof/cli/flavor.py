"""`zprof <type> flavor`."""

from __future__ import annotations

from typing import Any

import click

from zprof.cli.command import Command
from zprof.cli.component_group import pass_type
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_item, show_items
from zprof.component_types import ComponentType
from zprof.flavors.catalog import Flavor, is_secret, properties


@click.command("list", cls=Command, is_read=True)
@click.pass_obj
@pass_type
def list_(of_type: ComponentType, invocation: Invocation) -> None:
    """List the flavors of NOUNS."""
    items = [
        {"name": flavor.name, "integration": flavor.integration, "description": flavor.description}
        for flavor in invocation.store.flavors(of_type.name).values()
    ]
    columns = {"FLAVOR": "name", "INTEGRATION": "integration", "DESCRIPTION": "description"}
    show_items(invocation.output, "Flavor", items, columns, cut_first="DESCRIPTION")


@click.command(cls=Command, is_read=True)
@click.argument("name")
@click.pass_obj
@pass_type
def describe(of_type: ComponentType, invocation: Invocation, name: str) -> None:
    """Show a flavor and its attributes."""
    flavor = invocation.store.flavor(of_type.name, name)
    attributes = [attribute(flavor, key, schema) for key, schema in properties(flavor.schema).items()]
    show_item(
        invocation.output,
        "Flavor",
        {
            "name": flavor.name,
            "type": flavor.component_type,
            "integration": flavor.integration,
            "description": flavor.description,
            "attributes": attributes,
        },
        rows=[{key.upper(): value for key, value in row.items()} for row in attributes],
        title=f"'{flavor.name}' {of_type.noun}: {flavor.description}",
    )


FLAVOR_COMMANDS = (list_, describe)
"""In the order of help."""


def attribute(flavor: Flavor, key: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An attribute as it is shown."""
    return {
        "attribute": key,
        "type": schema.get("type", "any"),
        "required": key in flavor.schema.get("required", ()),
        "default": schema.get("default"),
        "secret": is_secret(schema),
        "description": schema.get("description", ""),
    }
