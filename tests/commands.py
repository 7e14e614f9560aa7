"""All commands, for the tables in the tests that must know each of them: a check names the line that is missing."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import click

from zprof.cli.command import Command, Group
from zprof.cli.main import zprof
from zprof.component_types import COMPONENT_TYPES

TYPES = [of_type.command for of_type in COMPONENT_TYPES]


class Leaf(NamedTuple):
    """A command that is no group."""

    words: tuple[str, ...]
    """As it is typed, without `zprof`."""
    command: Command

    @property
    def usage(self) -> tuple[str, ...]:
        """Its words and those that stand for its arguments, as a line of a table begins."""
        context = click.Context(self.command)
        arguments = [found.make_metavar(context) for found in self.command.params if isinstance(found, click.Argument)]
        return (*self.words, *arguments)

    @property
    def row(self) -> str:
        """The same as a tuple in a table."""
        return f"({', '.join(json.dumps(word) for word in self.usage)}),"

    @property
    def source(self) -> str:
        """Its function, as text."""
        assert self.command.callback is not None
        return inspect.getsource(inspect.unwrap(self.command.callback))

    @property
    def options(self) -> set[str]:
        """All names of its options, with their dashes."""
        return {name for parameter in self.command.params for name in parameter.opts if name.startswith("-")}


def leaves(root: click.Group = zprof, *, has_all_types: bool = False) -> list[Leaf]:
    """All commands below a group.

    Args:
        has_all_types: whether those of the twelve types are all in it, or those of the first alone, since they are one
            definition.
    """
    found = []
    context = click.Context(root)
    for name in root.list_commands(context):
        if name in TYPES[1:] and not has_all_types:
            continue
        command = root.get_command(context, name)
        if isinstance(command, click.Group):
            found += [Leaf((name, *leaf.words), leaf.command) for leaf in leaves(command)]
        else:
            assert isinstance(command, Command)
            found.append(Leaf((name,), command))
    return found


def typed(words: Iterable[str], known: Iterable[Leaf]) -> Leaf | None:
    """The command that words run, whatever follows it; one of any of the twelve types is that of the first."""
    first, *rest = words
    written = (TYPES[0] if first in TYPES else first, *rest)
    return next((leaf for leaf in known if written[: len(leaf.words)] == leaf.words), None)


def check_each_is_in(
    table: str, entries: Iterable[Iterable[str]], line: Callable[[Leaf], str], needed: Iterable[Leaf]
) -> None:
    """Fail where a table lacks a command, with the line to add.

    Args:
        table: its name and file, as a sentence goes on with it.
        entries: what it has, each the words of a command and what follows them.
        line: what to add for a command.
        needed: the commands that must be in it.
    """
    needed = list(needed)
    there = {found.words for entry in entries if (found := typed(entry, needed)) is not None}
    missing = [
        f"add a line for `zprof {' '.join(leaf.words)}` to {table}:\n    {line(leaf)}"
        for leaf in needed
        if leaf.words not in there
    ]
    assert not missing, "\n".join(missing)


def with_dummy(function: Callable[..., Any] | None = None, **attributes: Any) -> click.Group:
    """All commands and one more, `zprof thing dummy`, which no table knows: each check is seen to fail on it."""

    def nothing(invocation: object) -> None:
        """Do nothing."""

    thing = Group("thing", help="Be a noun.")
    thing.command("dummy", **attributes)(function or nothing)
    root = Group("zprof")
    for name in zprof.list_commands(click.Context(zprof)):
        command = zprof.get_command(click.Context(zprof), name)
        assert command is not None
        root.add_command(command)
    root.add_command(thing)
    return root
