"""The group of one component type, and how its commands learn which type it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from functools import update_wrapper
from typing import Any

import click

from zprof.cli.attributes import AttributeCommand
from zprof.cli.command import Group
from zprof.component_types import ComponentType


class ComponentGroup(Group):
    """A group of commands that are the same for each type but for what they are about."""

    def __init__(self, of_type: ComponentType, name: str, commands: Iterable[click.Command], help_text: str) -> None:
        super().__init__(name, help=help_text)
        self.component_type = of_type
        for command in commands:
            self.add_command(about(command, of_type))


def about(command: click.Command, of_type: ComponentType) -> click.Command:
    """A copy of the command whose help names the type where it says A-NOUN, NOUNS or NOUN."""
    described = copy(command)
    help_text = command.help or ""
    for placeholder, words in (("A-NOUN", of_type.with_article), ("NOUNS", of_type.plural), ("NOUN", of_type.noun)):
        help_text = help_text.replace(placeholder, words)
    described.help = help_text
    return described


def pass_type(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the type of the group that it was called in, as its first argument."""

    def with_type(*arguments: Any, **options: Any) -> Any:
        return function(type_of(click.get_current_context()), *arguments, **options)

    return update_wrapper(with_type, function)


def type_of(context: click.Context) -> ComponentType:
    """The type of the group that a command was called in."""
    while not isinstance(context.command, ComponentGroup):
        assert context.parent is not None
        context = context.parent
    return context.command.component_type


class OfFlavorCommand(AttributeCommand):
    """A command that takes the attributes of a flavor: its help tells them, where the words say which flavor it is."""

    @property
    def has_flavor_option(self) -> bool:
        """Whether the flavor is named, rather than that of a component."""
        return any(parameter.name == "flavor" for parameter in self.params)

    def attribute_meant(self, context: click.Context, name: str) -> str:
        words = self.typed_so_far(context)
        if not words.get("flavor") and self.has_flavor_option:
            return name
        from zprof.cli.flavor_help import attribute_meant  # on the way to an error alone

        return attribute_meant(type_of(context), words, context, name)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(context, formatter)
        words = self.typed_so_far(context)
        if words.get("flavor") or (words.get("name") and not self.has_flavor_option):
            from zprof.cli.flavor_help import write_attributes  # for help alone

            write_attributes(type_of(context), words, context, formatter)
