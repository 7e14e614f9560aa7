"""A component's config as the command line gives it: `--key=value`, `--key=@FILE`, `--config @FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zprof.errors import InvalidInput
from zprof.files import read
from zprof.flavors.catalog import Flavor
from zprof.flavors.config import refuse_malformed_references, refuse_placeholders, typed

MAX_VALUE_BYTES = 64 * 1024
"""Of a file that holds one attribute's value."""


def given_config(flavor: Flavor, config_file: str | None, attributes: Mapping[str, str]) -> dict[str, Any]:
    """The attributes that were given, typed by the flavor's schema; those of the command line win over the file's.

    Raises:
        InvalidInput: a file can't be read, or a value is not of its type, only stands for one, or is a misspelled
            reference.
    """
    from_file = config_of(config_file) if config_file is not None else {}
    refuse_placeholders(flavor, {**from_file, **attributes})  # what @FILE holds is meant as it is
    config = {**from_file, **typed(flavor, {key: value_of(key, text) for key, text in attributes.items()})}
    refuse_malformed_references(flavor, config)
    return config


def config_of(given: str) -> dict[str, Any]:
    """The attributes in the file of `--config`."""
    from zprof.documents.reading import MAX_BYTES, parsed_file

    if given != "-" and not given.startswith("@"):
        raise InvalidInput("--config takes the name of a file after an @, or - for stdin.", "Write --config @FILE.")
    source = "stdin" if given == "-" else given[1:]
    document = parsed_file(read(source, MAX_BYTES, "the file of --config", is_stdin=given == "-"), source)
    if not isinstance(document, dict):
        raise InvalidInput(f"{source} has no attributes.", "Write an object from attributes to their values.")
    return document


def value_of(attribute: str, text: str) -> str:
    """The text of an attribute: `@FILE` is the file's content, `@@…` is a text that begins with @."""
    if text.startswith("@@"):
        return text[1:]
    if not text.startswith("@"):
        return text
    # Editors end a file with a newline that no one means as part of the value.
    hint = "To start a text with @, write @@."
    read_text = read(text[1:], MAX_VALUE_BYTES, f"the file of --{attribute}", hint=hint)
    return read_text.removesuffix("\n").removesuffix("\r")
