"""The generator of `zprof/generated/commands.py`: all commands as text, for who has no time to import them.

`make commands` runs it, and a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click

from zprof.cli.attributes import AttributeCommand
from zprof.cli.kinds import kind_of
from zprof.cli.main import zprof
from zprof.cli.options import CommonOption, common_options
from zprof.component_types import COMPONENT_TYPES, ComponentType
from zprof.schema.generator import HEADER, LEAN, written

MAKE = "make commands"
COMMON = "*: Options of every command."
HELP = "  --help -h: Show this message and exit."
ATTRIBUTES = "  --*="
"""Stands for the attributes of a flavor."""
TYPES = {of_type.command: of_type for of_type in COMPONENT_TYPES}


class Unlike(Exception):
    """The commands of two types differ by more than the words for the type."""


def module_text(root: click.Group = zprof) -> str:
    """The text that the module must have.

    Raises:
        UnknownKind: nothing says what an argument takes.
        Unlike: the commands of the types are not alike.
    """
    lines = "".join(f"{line}\n" for line in [COMMON, HELP, *option_lines("", common_options()), *of_root(root)])
    assert "\\" not in lines
    assert '"""' not in lines
    types = "".join(
        f'    "{each.command}": ("{each.with_article}", "{each.plural}", "{each.noun}"),\n' for each in COMPONENT_TYPES
    )
    return (
        HEADER.replace("make sql", MAKE).format(source="zprof/cli/")
        + LEAN
        + f'\nTREE: Final = """\n{lines}"""\n"""Each command, with its arguments and options, and what they take."""\n'
        + f'\nTYPES: Final = {{\n{types}}}\n"""What stands for A-NOUN, NOUNS and NOUN, by the command of a type."""\n'
    )


def of_root(root: click.Group) -> Iterator[str]:
    """The lines of all commands; those of the types but once, as TYPE, below a line for each.

    Raises:
        Unlike: they are not the same for all types.
    """
    yield from own_lines("", root)
    alike: list[str] = []
    for name, command in below(root):
        if name not in TYPES:
            yield from lines_of(name, command)
            continue
        yield f"{name}: {first_line(command)}"
        its_own = [without_words(line, TYPES[name]) for line in lines_of("TYPE", command)][1:]
        if alike and its_own != alike:
            raise Unlike(name)
        alike = its_own
    yield "TYPE: One of the twelve types."
    yield from alike


def without_words(line: str, of_type: ComponentType) -> str:
    """A line of a type's command as it is for all types."""
    words = (of_type.with_article, "A-NOUN"), (of_type.plural, "NOUNS"), (of_type.noun, "NOUN")
    for word, placeholder in words:
        line = line.replace(word, placeholder)
    return line


def lines_of(path: str, command: click.Command) -> Iterator[str]:
    """The lines of a command and of all below it."""
    yield from own_lines(path, command)
    if isinstance(command, click.Group):
        for name, each in below(command):
            yield from lines_of(f"{path} {name}", each)


def below(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """The commands of a group, in the order of help."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command


def own_lines(path: str, command: click.Command) -> Iterator[str]:
    """The lines of a command itself, as it is typed."""
    yield f"{path or 'zprof'}: {first_line(command)}"
    yield from [f"  {taken(path, each)}" for each in command.params if isinstance(each, click.Argument)]
    yield from option_lines(path, [each for each in command.params if not is_common(each)])
    if isinstance(command, AttributeCommand):
        yield ATTRIBUTES


def first_line(command: click.Command) -> str:
    """What a list of commands says of one."""
    return (command.help or "").partition("\n")[0]


def option_lines(path: str, parameters: Iterable[click.Parameter]) -> Iterator[str]:
    """The lines of the options among the parameters of a command."""
    for option in parameters:
        if isinstance(option, click.Option) and not option.hidden:
            names = " ".join(sorted(option.opts, key=lambda name: not name.startswith("--")))
            value = "" if option.is_flag else f" {taken(path, option)}"
            yield f"  {names}{value}: {option.help}"


def is_common(parameter: click.Parameter) -> bool:
    """Whether an option is just as it is in every command; that of a read's format has a name more."""
    return isinstance(parameter, CommonOption) and "-o" not in parameter.opts


def taken(path: str, parameter: click.Parameter) -> str:
    """What a parameter takes, `...` where it takes any number."""
    many = "..." if parameter.nargs == -1 or getattr(parameter, "multiple", False) else ""
    return f"<{kind_of(path, parameter)}{many}>"


if __name__ == "__main__":
    sys.exit(written({"commands.py": module_text()}, MAKE))
