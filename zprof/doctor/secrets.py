"""Examining a store for secrets in plain text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from zprof.component_types import ComponentType, component_type
from zprof.doctor.finding import Finding, command
from zprof.flavors.catalog import Flavor, builtin_flavors, secret_attributes
from zprof.flavors.config import aware, worth_a_warning
from zprof.masking import looks_secret, may_hold_credentials
from zprof.records import json_object
from zprof.sqlite.database import Transaction
from zprof.store.rows import flavor_of

# In words that every format understands: the statements of `zprof.generated.statements` are for the newest one.
CONFIGS = "SELECT type, name, flavor, config FROM component WHERE config <> '{}' ORDER BY type, name"
FLAVORS = "SELECT component_type, name, source, config_schema FROM flavor"
REFERENCED = re.compile(r'"[A-Za-z0-9_]+": "(\{\{[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\}\}|\$\{env:[A-Za-z_][A-Za-z0-9_]*\})"')
"""An attribute in a config whose value is a secret reference of the usual kind."""


def secret_findings(where: str, words: tuple[str, ...], transaction: Transaction) -> Iterator[Finding]:
    """The finding of a store with secrets in plain text.

    Args:
        where: what the store is called in findings.
        words: what names it on the command line.
    """
    custom = {(row[0], row[1]): flavor_of(row) for row in transaction.answers(FLAVORS)}

    @cache
    def known(type_: str, flavor: str) -> tuple[Flavor | None, tuple[str, ...]]:
        """A flavor, unless it is gone, and the attributes that it marks secret."""
        found = custom.get((type_, flavor)) or builtin_flavors(type_).get(flavor)
        return found, () if found is None else tuple(secret_attributes(found))

    holders = []
    for type_, name, flavor_name, config in transaction.answers(CONFIGS):
        flavor, secret = known(type_, flavor_name)
        if may_hold_secret(config, secret):
            holders.append(holder(type_, name, flavor, json_object(config)))
    yield from plain_secrets(where, words, holders)


class Holder(NamedTuple):
    """A component, and what in it is a secret in plain text."""

    type: ComponentType
    name: str
    options: dict[str, str]
    """What to type in place of each such attribute, by its name."""
    is_known: bool
    """Whether its flavor is there, without which it can't be updated."""


def holder(type_name: str, name: str, flavor: Flavor | None, config: Mapping[str, Any]) -> Holder:
    """A component with what in it is worth a warning, which may be nothing."""
    attributes = worth_a_warning(config, aware(flavor, config).hiding())
    options = {
        attribute: "<object with references>" if isinstance(config[attribute], dict | list) else "<reference>"
        for attribute in attributes
    }
    return Holder(component_type(type_name), name, options, flavor is not None)


def plain_secrets(where: str, words: tuple[str, ...], holders: list[Holder]) -> Iterator[Finding]:
    """The one finding of a store that holds secrets in plain text, with the line for the first component."""
    found = [found for found in holders if found.options]
    if not found:
        return
    first = next((one for one in found if one.is_known), found[0])
    more = {1: "", 2: ", and so does another"}.get(len(found), f", and so do {len(found) - 1} more")
    held = f"The {first.type.noun} '{first.name}' holds {' and '.join(first.options)} in plain text{more}."
    line = ["update", first.name, *(f"--{name}={stands_for}" for name, stands_for in first.options.items())]
    if not first.is_known:
        line = ["describe", first.name]
    yield Finding("plain_secret", "warning", where, held, command("zprof", *words, first.type.command, *line))


def may_hold_secret(config: str, names: Collection[str]) -> bool:
    """Whether a config must be looked at attribute by attribute, which takes thirty times as long as this.

    Args:
        names: the attributes that its flavor marks secret.
    """
    rest = REFERENCED.sub("", config)
    values = rest.replace('": ', " ")  # what parts a name from its value is no sign of anything
    return looks_secret(rest) or may_hold_credentials(values) or any(name in rest for name in names)
