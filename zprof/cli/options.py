"""The options that commands have in common, and what options take."""

from __future__ import annotations

from typing import Any

import click

from zprof.cli.invocation import Invocation
from zprof.cli.output import WIDE

FORMATS = ("table", "wide", "json", "yaml", "csv", "name")
"""What `--output` takes. `wide` is a table that is not cut to the terminal."""


class Seconds(click.ParamType[float]):
    """A time to wait, more than nothing and less than a day."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0.0
        if not 0.0 < seconds <= 86400.0:
            self.fail(f"'{value}' is not a number of seconds between 0 and 86400.", param, ctx)
        return seconds


class Revision(click.IntRange):
    """How often a thing was changed."""

    name = "revision"


class FileName(click.ParamType[str]):
    """The name of a file. An empty one comes of a variable that is not set, and would lead to the working directory."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "":
            self.fail("it is empty: give the name of a file.", param, ctx)
        if value == "FILE":
            self.fail("FILE is a placeholder: write the name of a file.", param, ctx)
        return str(value)


class CommonOption(click.Option):
    """An option that every command and group takes; the one given last wins."""

    def __init__(self, *declarations: str, **attributes: Any) -> None:
        super().__init__(declarations, expose_value=False, callback=self.remember, **attributes)

    @staticmethod
    def remember(context: click.Context, option: click.Parameter, value: Any) -> None:
        """Keep the value, if one was given, over what stood further to the left."""
        if value == "":
            # As from an unset variable: to take the active one instead could do harm.
            raise click.BadParameter("it is empty.", context, option)
        if value:
            assert option.name is not None
            if option.name == "output":
                context.meta[WIDE] = value == "wide"
                value = "table" if value == "wide" else value
            setattr(context.find_object(Invocation), option.name, value)


def common_options(*, is_read: bool = False, formats: tuple[str, ...] = FORMATS) -> list[click.Parameter]:
    """The options that stand in each command. `-o` is the output's in reads alone: elsewhere it is the orchestrator.

    Args:
        formats: what `--output` takes.
    """
    return [
        CommonOption("--profile", "-p", metavar="NAME", help="Use this profile instead of the active one."),
        CommonOption("--stack", metavar="NAME", help="Use this stack instead of the active one."),
        CommonOption("--quiet", "-q", is_flag=True, help="Print only the answer and errors."),
        CommonOption(
            "--lock-timeout",
            type=Seconds(),
            metavar="SECONDS",
            help="Wait this long for other processes (default: 30).",
        ),
        CommonOption("--confirm", "confirm_name", metavar="NAME", help="Allow changes to this protected profile."),
        CommonOption(
            *(("--output", "-o") if is_read else ("--output",)),
            type=click.Choice(formats),
            metavar="FORMAT",
            help=format_help(formats, is_read=is_read),
        ),
    ]


def format_help(formats: tuple[str, ...], *, is_read: bool) -> str:
    """What help says of `--output`.

    In a read, what is usual has no name of its own: it is a table, a word or a text. That errors are JSON, too, is told
    where the options of every command are.
    """
    usual, *others = formats
    if not is_read:
        return f"Format: {usual} (default), {in_words(others)}. With json, errors are JSON too."
    if usual == "table":
        return f"Print {in_words(others)} instead of text."
    return f"Format: {in_words([f'{usual} (default)', *others])}."


def in_words(words: list[str]) -> str:
    """Words as a sentence has them: `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def if_revision_option(function: Any) -> Any:
    """The option of a change that is to happen only where nobody else was first."""
    return click.option(
        "--if-revision",
        type=Revision(min=1),
        metavar="N",
        help="Fail unless it is still at this revision (see describe).",
    )(function)


def decouple_option(function: Any) -> Any:
    """The option of a change that composes a stack."""
    return click.option(
        "--decouple-stores", is_flag=True, help="Pair its two stores even if each is paired with another."
    )(function)


def same_name(source: str, from_profile: str | None, to_profile: str | None) -> str:
    """The name of a copy that is given none: the same, in another profile.

    Raises:
        click.UsageError: it is to be in the same profile.
    """
    if from_profile == to_profile:
        raise click.UsageError("Give the copy a name, TARGET, or another profile, --to PROFILE.")
    return source
