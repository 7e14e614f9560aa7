"""Commands whose words are attributes of a component: `--key=value` where one is given, `key` where one is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import click

from zprof.cli.command import Command
from zprof.cli.spellings import is_alias_in_use
from zprof.errors import closest_names
from zprof.masking import looks_secret, without_credentials

_WORDS = "zprof.words"
"""Where a context keeps the words of a command, without attributes."""


class AttributeCommand(Command):
    """A command that takes a component's attributes as `--key=value`, whatever the keys.

    They are split off before click parses, and arrive as the argument `attributes`, from key to text.
    """

    ATTRIBUTE = re.compile(r"--([A-Za-z][\w-]*)=(.*)", re.DOTALL)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[--key=value]..."]

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        options = option_names(self, context)
        attributes: dict[str, str] = {}
        others: list[str] = []
        for position, word in enumerate(args):
            if word == "--":
                others += args[position:]
                break
            match = self.ATTRIBUTE.fullmatch(word)
            if match is None or f"--{match[1].replace('_', '-')}" in options:
                others.append(word)
                continue
            if is_alias_in_use(f"--{match[1]}", self.get_params(context), args):
                others.append(word)
                continue
            key = match[1]
            if any(key.replace("-", "_") == each.replace("-", "_") for each in attributes):
                raise click.UsageError(f"The attribute '{key}' is given twice.", context)
            attributes[key] = match[2]
        context.meta[_WORDS] = others
        check_dashes(context, others)
        try:
            rest = super().parse_args(context, [*others])  # which it empties
        except click.NoSuchOption as error:
            raise without_equals_sign(context, error, others, options, self.attribute_meant) from None
        context.params["attributes"] = attributes
        return rest

    def attribute_meant(self, context: click.Context, name: str) -> str:
        """The attribute that is meant by a name which is no option; the name itself where that is not known."""
        return name

    def typed_so_far(self, context: click.Context) -> dict[str, str]:
        """The options and arguments that are typed, by their names, whatever else is wrong with the words."""
        reading = click.Context(self, parent=context.parent, resilient_parsing=True, ignore_unknown_options=True)
        words = [word for word in context.meta.get(_WORDS, ()) if word not in context.help_option_names]
        options, _, _ = self.make_parser(reading).parse_args(words)
        return {name: value for name, value in options.items() if isinstance(value, str)}  # of others there is a mark


def without_equals_sign(
    context: click.Context,
    error: click.NoSuchOption,
    words: Sequence[str],
    options: Iterable[str],
    meant_by: Callable[[click.Context, str], str],
) -> click.UsageError:
    """The error of an option that there is not: it may be an attribute, whose value stands in a word of its own.

    Args:
        words: without the attributes.
        meant_by: gives the attribute that a name stands for.
    """
    unknown = error.option_name.replace("_", "-")
    position, typed = next(
        (each for each in enumerate(words) if each[1].replace("_", "-") == unknown), (len(words), unknown)
    )
    if not typed.startswith("--"):
        return error
    closest = closest_names(typed[2:], [name[2:] for name in options if name.startswith("--")])
    meant = f" Did you mean {' or '.join(f'--{name}' for name in closest)}?" if closest else ""
    follows = words[position + 1 : position + 2]
    value = follows[0] if follows and not follows[0].startswith("-") else "<value>"
    word = attribute_word(meant_by(context, typed[2:]), value)
    return Unwritten(f"There is no option {typed}.{meant}", f"For an attribute, write {word}", context)


class Unwritten(click.UsageError):
    """An attribute in another form than its own. The hint has it as it is to be typed."""

    def __init__(self, message: str, hint: str, context: click.Context) -> None:
        super().__init__(message, context)
        self.hint = hint


def attribute_word(name: str, value: str) -> str:
    """An attribute as a word of a line; what may be a secret by its name is not shown."""
    from shlex import quote  # on the way to an error alone

    shown = "<value>" if looks_secret(name) else without_credentials(value)
    return quote(f"--{name}={shown}")


def check_dashes(context: click.Context, words: Sequence[str]) -> None:
    """Refuse an attribute without its dashes, which would else be taken for a name.

    Raises:
        click.UsageError: there is one. What may be a secret by its name is not shown.
    """
    for before, word in pairwise(("", *words)):
        match = re.fullmatch(r"([A-Za-z_]\w*)=(.*)", word, re.DOTALL)
        if match is not None and not before.startswith("-"):
            raise click.UsageError(f"Write the attribute with dashes: {attribute_word(match[1], match[2])}", context)


class AttributeNamesCommand(Command):
    """A command whose last arguments are names of attributes, written `key` or `--key`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        options = option_names(self, context)
        names = [token for token in args if re.fullmatch(r"--[A-Za-z][\w-]*", token) and token not in options]
        others = [token for token in args if token not in names]
        return super().parse_args(context, [*others, *(name[2:] for name in names)])


def option_names(command: click.Command, context: click.Context) -> set[str]:
    """All names of a command's options, with their dashes."""
    return {name for parameter in command.get_params(context) for name in parameter.opts}
