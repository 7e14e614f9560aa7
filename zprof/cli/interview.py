"""Asking for a component's attributes, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from zprof.cli.config_input import value_of
from zprof.errors import InvalidInput, Refused
from zprof.flavors.catalog import Flavor
from zprof.flavors.config import refuse_malformed_references, refuse_placeholders, typed
from zprof.flavors.properties import is_secret, properties
from zprof.printable import printable
from zprof.streams import has_terminal


def asked_config(flavor: Flavor, given: Mapping[str, Any]) -> dict[str, Any]:
    """A config with what was given, and with what a person answers for each other attribute.

    What is secret is not shown while it is typed. An answer that the attribute does not take is asked for again, with
    the reason; an empty one leaves an optional attribute unset.

    Raises:
        Refused: there is no terminal to ask on.
    """
    if not has_terminal():
        raise Refused("There is no terminal to ask on.", "Leave out --interactive, and give attributes as --key=value.")
    config = dict(given)
    required = flavor.schema.get("required", ())
    for attribute, schema in properties(flavor.schema).items():
        if attribute not in config and not schema.get("deprecated"):
            answer = answered(flavor, attribute, schema, is_required=attribute in required)
            if answer is not None:
                config[attribute] = answer
    return config


def answered(flavor: Flavor, attribute: str, schema: Mapping[str, Any], *, is_required: bool) -> Any:
    """The value of one attribute; None where it is to stay unset."""
    description = printable(schema.get("description", ""))
    if description:
        click.echo(description, err=True)
    note = "required" if is_required else f"optional, {schema['default']!r}" if "default" in schema else "optional"
    while True:
        text = click.prompt(
            f"{attribute} ({printable(note)})",
            default="" if not is_required else None,
            show_default=False,
            hide_input=is_secret(dict(schema)),
            err=True,
        )
        if not text:
            return None
        try:
            return fitting(flavor, attribute, text)
        except InvalidInput as error:
            problems = getattr(error, "problems", (error.message,))
            click.echo(printable(" ".join(problems)), err=True)


def fitting(flavor: Flavor, attribute: str, text: str) -> Any:
    """The value that a text means, if the attribute takes it.

    Raises:
        InvalidInput: it does not.
    """
    from zprof.flavors.check import checked

    refuse_placeholders(flavor, {attribute: text})
    alone = {key: part for key, part in flavor.schema.items() if key not in ("required", "allOf")}
    value = typed(flavor, {attribute: value_of(attribute, text)})
    refuse_malformed_references(flavor, value)
    checked(flavor._replace(schema=alone), value)
    return value[attribute]
