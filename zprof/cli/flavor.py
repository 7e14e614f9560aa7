"""`zprof <type> flavor`."""

from __future__ import annotations

from typing import Any

import click

from zprof.cli.command import Command
from zprof.cli.describing import Description, Paragraph, is_nested, scalar
from zprof.cli.filters import filter_options, one_more, told_of_limit, within_limit
from zprof.cli.fitting import Cut, Fitting, cut_end
from zprof.cli.invocation import Invocation
from zprof.cli.of_type import pass_type
from zprof.cli.options import FileName
from zprof.cli.output import raise_left_out, show_answer, show_item, show_items
from zprof.component_types import ComponentType
from zprof.documents.reading import MAX_BYTES, parsed_file
from zprof.errors import DamagedFile
from zprof.files import read
from zprof.flavors.custom import checked_schema, named_like_options, schema_of_class

FITTING = Fitting({"DESCRIPTION": Cut(cut_end, readable=24)}, leaves_out=("INTEGRATION", "DESCRIPTION"))


@click.command("list", cls=Command, is_read=True)
@filter_options("--name", "--limit")
@click.pass_obj
@pass_type
def list_(of_type: ComponentType, invocation: Invocation, **filters: Any) -> None:
    """List the flavors of NOUNS."""
    left_out: list[DamagedFile] = []
    flavors = list(invocation.store.flavors(of_type.name, left_out, **one_more(filters)).values())
    found = within_limit(invocation, flavors, filters)
    items = [flavor.to_dict() if invocation.wants_document else flavor._asdict() for flavor in found]
    columns = {"FLAVOR": "name", "INTEGRATION": "integration", "DESCRIPTION": "description"}
    told = told_of_limit(flavors, filters)
    show_items(invocation.output, "Flavor", items, columns, fitting=FITTING, told=told)
    raise_left_out(left_out)


@click.command(cls=Command, is_read=True)
@click.argument("name")
@click.pass_obj
@pass_type
def describe(of_type: ComponentType, invocation: Invocation, name: str) -> None:
    """Show a flavor and its attributes."""
    flavor = invocation.store.flavor(of_type.name, name)
    document = flavor.to_dict()
    show_item(
        invocation.output,
        "Flavor",
        document,
        rows=rows_of(document["attributes"]),
        description=description(of_type, document),
    )


def description(of_type: ComponentType, document: dict[str, Any]) -> Description:
    """A flavor as a person reads it, with a paragraph on each attribute."""
    heading = {key: document[key] for key in ("name", "type", "integration", "source", "description") if document[key]}
    paragraphs = [Paragraph(each["attribute"], fields_of(each)) for each in document["attributes"]]
    return Description(f"{of_type.noun.capitalize()} flavor '{document['name']}'", heading, paragraphs)


def fields_of(attribute: dict[str, Any]) -> dict[str, Any]:
    """What there is to tell of an attribute."""
    default, environment = attribute["default"], " ".join(attribute["environment"])
    fields = {
        "description": attribute["description"],
        "type": attribute["type"],
        "required": attribute["required"],
        "default": default if is_nested(default) or default is None else scalar(default),
        "secret": attribute["secret"],
        "environment": environment,
    }
    return {key: value for key, value in fields.items() if value not in (None, "", False)}


def rows_of(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The attributes as rows of a table, which tells of variables where there are some."""
    empty = set() if any(each["environment"] for each in attributes) else {"environment"}
    told = [{**each, "environment": " ".join(each["environment"])} for each in attributes]
    return [{key.upper(): value for key, value in each.items() if key not in empty} for each in told]


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option(
    "--schema",
    "schema_file",
    type=FileName(),
    metavar="FILE",
    help="File with a JSON Schema of its attributes, in JSON or YAML.",
)
@click.option("--source", metavar="MODULE:CLASS", help="Pydantic model of its attributes.")
@click.pass_obj
@pass_type
def register(
    of_type: ComponentType, invocation: Invocation, name: str | None, schema_file: str | None, source: str | None
) -> None:
    """Register a flavor of NOUNS.

    Give its attributes as a JSON Schema or as a pydantic model. A model is imported once, to store its schema. With
    --source the NAME is optional: the name of the class is used.
    """
    if schema_file is None and source is None and name is not None and "." in name:
        name, source = None, name  # as ZenML has it
    if (schema_file is None) == (source is None):
        raise click.UsageError("Give either --schema FILE or --source MODULE:CLASS.")
    if source is not None:
        class_name, schema = schema_of_class(of_type, source)
        name = name or class_name
    else:
        assert schema_file is not None
        schema = checked_schema(parsed_file(read(schema_file, MAX_BYTES, "the file of --schema"), schema_file))
    if name is None:
        raise click.UsageError("Give the flavor a NAME.")
    with invocation.store.change() as change:
        change.register_flavor(of_type.name, name, schema, source)
        made = change.flavor(of_type.name, name) if invocation.is_asked else None
    invocation.say(f"Registered {of_type.noun} flavor '{name}'.")
    for attribute in named_like_options(schema):
        invocation.say(f"--{attribute} is an option of zprof: set the attribute with --config, or when asked (-i).")
    show_answer(invocation.output, "Flavor", made and made.to_dict())


@click.command(cls=Command)
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Delete without asking.")
@click.pass_obj
@pass_type
def delete(of_type: ComponentType, invocation: Invocation, name: str, yes: bool) -> None:
    """Delete a custom flavor of NOUNS.

    Fails if a component uses it.
    """
    invocation.store.check_flavor_is_idle(of_type.name, name)
    invocation.confirm(f"Delete the {of_type.noun} flavor '{name}'?", is_confirmed=yes)
    with invocation.store.change() as change:
        going = change.flavor(of_type.name, name) if invocation.is_asked else None
        change.delete_flavor(of_type.name, name)
    invocation.say(f"Deleted {of_type.noun} flavor '{name}'.")
    show_answer(invocation.output, "Flavor", going and going.to_dict())


FLAVOR_COMMANDS = (register, list_, describe, delete)
"""In the order of help."""
