"""`zprof stack describe --graph`: a stack as a tree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import click

from zprof.cli.fitting import cut_end
from zprof.cli.invocation import Invocation
from zprof.cli.output import cell_text
from zprof.cli.terminal import ELLIPSIS, PLAIN_ELLIPSIS, can_encode, columns_of, has_colours, terminal_width
from zprof.component_types import BY_NAME
from zprof.printable import printable
from zprof.records import Component
from zprof.store.graph import Graph, Others

TIED = ("artifact_store", "metadata_store")
NARROWEST = 8
"""Columns below which a value is left out rather than cut."""


class Node(NamedTuple):
    """A line of the tree and those below it. Its texts are safe to show."""

    text: str
    """What is never cut: names."""
    value: str = ""
    """What is cut at the terminal's edge."""
    is_aside: bool = False
    """Whether it is of less weight, and grey."""
    below: tuple[Node, ...] = ()


class Branches(NamedTuple):
    """The characters of a tree, each piece four columns wide."""

    fork: str
    end: str
    line: str
    ellipsis: str


LINES = Branches("├── ", "└── ", "│   ", ELLIPSIS)
PLAIN_LINES = Branches("|-- ", "`-- ", "|   ", PLAIN_ELLIPSIS)


def show_graph(invocation: Invocation, name: str | None, *, show_secrets: bool) -> None:
    """Print a stack as a tree.

    Args:
        name: the one in effect if left out.
    """
    if invocation.is_asked:
        raise click.UsageError("--graph can't be used with --output: leave out one of them.")
    active = invocation.active
    store = invocation.store
    found = active.found_in_effect(store.graph) if name is None else store.graph(name)
    root = tree(found, active.profile.name, is_active=found.stack.name == active.stack, show_secrets=show_secrets)
    branches = LINES if can_encode("".join(LINES)) else PLAIN_LINES
    for line in drawn(root, branches, terminal_width(), has_colours=has_colours(sys.stdout)):
        click.echo(line)


def tree(found: Graph, profile: str, *, is_active: bool, show_secrets: bool = False) -> Node:
    """The tree of a stack."""
    nodes = {
        of_type: component_node(found, component, show_secrets=show_secrets)
        for of_type, component in found.stack.components.items()
    }
    below = list(nodes.values())
    if all(of_type in nodes for of_type in TIED) and pair(found) in found.ties:
        pair_of_nodes = tuple(nodes.pop(of_type) for of_type in TIED)
        below = [Node("tied together", below=pair_of_nodes), *nodes.values()]
    stack = f"stack: {printable(found.stack.name)}{' (active)' if is_active else ''}"
    return Node(f"profile: {printable(profile)}", below=(Node(stack, below=tuple(below)),))


def component_node(found: Graph, component: Component, *, show_secrets: bool) -> Node:
    """A component, with the attributes that are given, and what else has to do with it."""
    config = component.guarded_config()
    shown = config if show_secrets else config.shown()
    given = {name: value for name, value in shown.items() if name not in config.resolved}
    below = list(partner_nodes(found, component))
    others = found.others.get(component.type)
    if others is not None:
        below.append(Node(others_text(others), is_aside=True))
    text = f"{BY_NAME[component.type].noun}: {component.name} ({component.flavor})"
    return Node(printable(text), printable(cell_text(given)), below=tuple(below))


def partner_nodes(found: Graph, component: Component) -> Iterator[Node]:
    """The store that one is tied to, where that is not in the stack."""
    if component.type not in TIED:
        return
    own = TIED.index(component.type)
    for tie in found.ties - {pair(found)}:
        if tie[own] == component.name:
            partner = f"{BY_NAME[TIED[1 - own]].noun} {tie[1 - own]}"
            yield Node(printable(f"tied to the {partner}, which is not in this stack"))


def pair(found: Graph) -> tuple[str, ...]:
    """The names of a stack's artifact store and metadata store."""
    return tuple(found.stack.components[of_type].name for of_type in TIED if of_type in found.stack.components)


def others_text(others: Others) -> str:
    """Other stacks that have a component."""
    more = others.number - len(others.names)
    named = ", ".join(map(printable, others.names))
    return f"also in {named}{f' and {more} more' if more else ''}"


def drawn(
    node: Node, branches: Branches, width: int | None, *, has_colours: bool, first: str = "", others: str = ""
) -> Iterator[str]:
    """The lines of a tree.

    Args:
        width: columns of the terminal; None where nothing is cut.
        first, others: what stands before its first line and before those that follow.
    """
    room = None if width is None else width - len(first) - columns_of(node.text) - 2
    value = node.value if room is None else shortened(node.value, room, branches.ellipsis)
    shown = click.style(node.text, dim=True) if node.is_aside and has_colours else node.text
    yield f"{first}{shown}{f'  {value}' if value else ''}"
    for position, each in enumerate(node.below, 1):
        is_last = position == len(node.below)
        yield from drawn(
            each,
            branches,
            width,
            has_colours=has_colours,
            first=others + (branches.end if is_last else branches.fork),
            others=others + ("    " if is_last else branches.line),
        )


def shortened(value: str, room: int, ellipsis: str) -> str:
    """A value that takes no more columns than there are; nothing where these are few."""
    if value.isascii() and len(value) <= room:
        return value
    if room < NARROWEST:
        return ""
    if value.isascii():
        return value[: room - len(ellipsis)] + ellipsis
    return cut_end(value, room)
