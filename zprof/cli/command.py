"""The classes that all commands and groups are made of: their help, and groups whose commands are imported when run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import click

from zprof.cli.invocation import Invocation
from zprof.cli.options import FORMATS, CommonOption, common_options
from zprof.cli.spellings import (
    FormerOption,
    add_aliases,
    answer_former_command,
    closest_commands,
    former_parameters,
    without_aliases,
)

SETTINGS: dict[str, Any] = {
    "context_settings": {
        "help_option_names": ["-h", "--help"],
        # Long options read `-` and `_` alike.
        "token_normalize_func": lambda token: token.replace("_", "-"),
    }
}


class Sectioned(click.Command):
    """Help in sections: a command's own options, those of the common ones that it is worth repeating, and examples."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click leaves it out where an option has no value
            raise

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        is_root = context.parent is None
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            if record is None or not isinstance(parameter, click.Option):
                continue
            if "--help" in parameter.opts:
                common.append(record)
            elif not isinstance(parameter, CommonOption) or "-o" in parameter.opts:
                own.append(record)
            elif is_root or parameter.name in REPEATED:
                common.append(record)
        for title, records in (("Options", own), ("Options of every command", common)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        formatter.write_paragraph()
        more = "COMMAND --help` for the options and examples of a command." if is_root else "--help` for more of these."
        formatter.write_text(f"Run `zprof {more}")

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        from zprof.cli.examples import examples_of  # for help alone

        examples = examples_of(context)
        if examples:
            with formatter.section("Examples"):
                for line in examples:  # never wrapped: they are copied
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")


REPEATED = ("profile", "quiet")
"""The common options that stand in the help of each command; the others are in that of `zprof` alone."""


class Command(Sectioned):
    """A command: takes the common options, and says first what it runs in.

    Args:
        is_read: whether its answer is what it is run for, in any format, and it changes nothing.
        has_banner: whether it says what it runs in.
        formats: those of its answer.
    """

    is_way_out = False
    """Whether it must run also where no profile is in effect, since it leads out of that."""
    keeps_format = False
    """Whether it leaves a registry of an older zprof as it is, since it tells of formats or changes them."""
    has_first_run = True
    """Whether it makes the registry where there is none, with a default profile."""

    def __init__(
        self,
        name: str | None,
        *,
        is_read: bool = False,
        has_banner: bool = True,
        formats: tuple[str, ...] = FORMATS,
        **attributes: Any,
    ) -> None:
        super().__init__(name, **{**SETTINGS, **attributes})
        self.params.extend(common_options(is_read=is_read, formats=formats))
        self.is_read = is_read
        self.has_banner = has_banner

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *former_parameters(ctx)]

    def make_parser(self, ctx: click.Context) -> Any:
        parser = super().make_parser(ctx)
        add_aliases(parser, self.get_params(ctx))
        return parser

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(context, args)
        for option in self.get_params(context):
            if isinstance(option, FormerOption):
                option.settle(context)
        return rest

    def leads_out(self, context: click.Context) -> bool:
        """Whether this run of it is a way out."""
        return self.is_way_out

    def tells_difference(self, context: click.Context) -> bool:
        """Whether exit code 1 of this run says that something differs."""
        return False

    def invoke(self, context: click.Context) -> Any:
        invocation = context.find_object(Invocation)
        assert invocation is not None
        invocation.keeps_format = self.keeps_format
        invocation.has_first_run = self.has_first_run
        invocation.difference_has_code = self.tells_difference(context)  # also for what the banner finds wrong
        if self.has_banner:
            invocation.show_banner(is_way_out=self.leads_out(context))
        return super().invoke(context)


class WayOut(Command):
    """A command that runs also where no profile is in effect: one can always switch away."""

    is_way_out = True


class Group(Sectioned, click.Group):
    """A group of commands, in the order in which they were added."""

    command_class = Command

    def __init__(self, name: str | None, **attributes: Any) -> None:
        super().__init__(name, **SETTINGS, **attributes)
        self.params.extend(common_options())
        self.later: dict[str, Callable[[], click.Command]] = {}
        """What gives the commands that are not imported until they are run."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*self.commands, *self.later]

    def get_command(self, context: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.later:
            return self.later[cmd_name]()
        return super().get_command(context, cmd_name)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(context, formatter)
        super().format_options(context, formatter)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.sentence_of(context, name)) for name in self.list_commands(context)])

    def sentence_of(self, context: click.Context, name: str) -> str:
        """What the list of commands says of one: the first line of its help, never cut."""
        command = self.get_command(context, name)
        assert command is not None
        return (command.help or "").partition("\n")[0]

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Command names, too, read `-` and `_` alike.
        name = args[0].replace("_", "-")
        command = self.get_command(context, name)
        words = args if command is not None else without_aliases(context, args)
        if words == ["--help"]:
            click.echo(context.get_help())
            context.exit()
        if words is not args:
            return self.resolve_command(context, words)
        if command is None:
            answer_former_command(context, name)
            closest = closest_commands(context, name, self.list_commands(context))
            meant = f" Did you mean {' or '.join(map(repr, closest))}?" if closest else ""
            raise click.UsageError(f"There is no command '{args[0]}'.{meant}", context)
        return name, command, args[1:]


class Entry(NamedTuple):
    """A command that is not imported until it is run."""

    module: str
    """The module whose function `build(name)` makes it."""
    help: str
    """Its sentence in the list of commands."""


def built(module: str, name: str) -> click.Command:
    """A command of a module that is imported for it."""
    command: click.Command = import_module(module).build(name)
    return command


class LazyGroup(Group):
    """A group that knows its commands by a table, and imports the one that is run.

    Args:
        table: the commands, in the order of help.
        headings: what stands above them in help, by the command below which a part of the table begins.
    """

    def __init__(
        self, name: str | None, *, table: Mapping[str, Entry], headings: Mapping[str, str], **attributes: Any
    ) -> None:
        super().__init__(name, **attributes)
        self.table = table
        self.headings = headings
        self.later = {command: partial(built, entry.module, command) for command, entry in table.items()}

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        sections: list[tuple[str, list[tuple[str, str]]]] = []
        for name, entry in self.table.items():
            if name in self.headings:
                sections.append((self.headings[name], []))
            sections[-1][1].append((name, entry.help))
        widest = max(map(len, self.table))
        for heading, rows in sections:
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), sentence) for name, sentence in rows])
