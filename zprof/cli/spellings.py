"""What people type who come from ZenML or know other tools: it works, or one sentence says what to type here.

None of it is in help or in completion. A place is a command as it is typed, with TYPE for any of the twelve types.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

import click

from zprof.component_types import COMPONENT_TYPES
from zprof.errors import InvalidInput, closest_names
from zprof.printable import in_shell

ALIASES = {"--force": "--yes", "-f": "--yes", "--type": "--flavor", "-t": "--flavor"}
"""Options by their old names, in each command that has the new one, and no other of the old name."""


class Former(NamedTuple):
    """An option that a command has no more."""

    names: tuple[str, ...]
    sentence: str = ""
    """What is said of it, where it can't be meant here."""
    values: Collection[str] | None = ()
    """Those with which it works, without an effect; None where it is a flag, which does, too."""
    settle: Callable[[dict[str, Any], str], None] | None = None
    """Puts its value where it goes, among what the command is called with; then it works with any value."""


def path_of_init(params: dict[str, Any], value: str) -> None:
    """`init --path DIRECTORY`."""
    params["path"] = value


def file_of_import(params: dict[str, Any], value: str) -> None:
    """`stack import NAME --filename FILE`."""
    params["name"] = params["name"] or params["file"]
    params["file"] = value


OPTIONS: dict[str, tuple[Former, ...]] = {
    "init": (Former(("--path",), settle=path_of_init),),
    "profile create": (
        Former(
            ("--store-type", "-t"),
            "A store is a SQLite file, or what a URL points to: `zprof profile create NAME --url URL`.",
            values=("local", "sql"),
        ),
        Former(("--user",), "There are no users here: `zprof profile create NAME` needs none."),
    ),
    "stack import": (
        Former(("--filename", "-f"), settle=file_of_import),
        Former(("--ignore-version-mismatch",), values=None),
    ),
}
"""The options that were there, by the command."""

_STARTS_NOTHING = "zprof starts and stops nothing: `zprof stack describe` shows what your programs run on."
_NO_USERS = "There are no users here: whoever can open a store shares it, by `zprof profile create NAME --url URL`."
_NO_SERVER = "There is no server here: a profile is shared by a URL, `zprof profile create NAME --url URL`."
_NO_SECRETS = (
    "Secrets are kept by zprof secret, and a component names one, as "
    "`zprof alerter update NAME '--slack_token={{slack.token}}'`."
)

_CREATES = "`zprof profile create NAME` creates a profile."
_DELETES = "`zprof profile delete NAME` deletes a profile."

COMMANDS: dict[str, Mapping[str, str]] = {
    "": {
        **dict.fromkeys(("add", "create", "new"), _CREATES),
        **dict.fromkeys(("delete", "remove", "rm"), _DELETES),
        **dict.fromkeys(("current", "describe", "get", "show"), "`zprof status` shows what is in effect."),
        "set": "`zprof profile set NAME` switches to a profile.",
        "clean": "Nothing cleans all at once here: `zprof profile delete NAME` deletes a profile.",
        "connect": _NO_SERVER,
        "disconnect": _NO_SERVER,
        "down": _STARTS_NOTHING,
        "integration": "All flavors are there without an installation: see `zprof orchestrator flavor list`.",
        "project": "There are no projects within a profile: make one for each, by `zprof profile create NAME`.",
        "role": _NO_USERS,
        "server": _NO_SERVER,
        "team": _NO_USERS,
        "up": _STARTS_NOTHING,
        "user": _NO_USERS,
    },
    "stack": {"down": _STARTS_NOTHING, "register-secrets": _NO_SECRETS, "up": _STARTS_NOTHING},
    "TYPE": {"down": _STARTS_NOTHING, "logs": _STARTS_NOTHING, "secret": _NO_SECRETS, "up": _STARTS_NOTHING},
}
"""The commands that were there, by the group, and what serves instead."""

AS_OPTIONS = {"version": "--version"}
"""Commands of old that are options of the root."""

HELP = "help"
"""`zprof help COMMAND` is `zprof COMMAND --help`."""

_LOOKING = {"ls": "list", "show": "describe"}
_MAKING = {"create": "register", "new": "register", "add": "register"}
_REMOVING = {"rm": "delete", "remove": "delete"}
_CHOOSING = {"use": "set", "switch": "set", "current": "get"}

COMMAND_ALIASES: dict[str, Mapping[str, str]] = {
    "": {"list": "profile list", "ls": "profile list", "switch": "profile set"},
    "profile": {**_LOOKING, **_REMOVING, **_CHOOSING, "new": "create", "add": "create"},
    "stack": {**_LOOKING, **_MAKING, **_REMOVING, **_CHOOSING},
    "TYPE": {**_LOOKING, **_MAKING, **_REMOVING, "current": "get"},
    "TYPE flavor": {**_LOOKING, **_MAKING, **_REMOVING},
    "secret": {
        "ls": "list",
        "show": "get",
        "create": "set",
        "new": "set",
        "add": "set",
        "delete": "rm",
        "remove": "rm",
    },
    "log": {"ls": "list"},
}
"""The words of git, gh, kubectl and others, by the group, and the command below it that is closest to each.

The log keeps what was typed; what zprof says names the command itself.
"""
_ALIAS = "zprof.alias"


def place(context: click.Context) -> str:
    """The command that is being parsed, as the tables here name it."""
    words = context.command_path.split()[1:]
    if words and words[0] in {of_type.command for of_type in COMPONENT_TYPES}:
        words[0] = "TYPE"
    return " ".join(words)


def answer_former_command(context: click.Context, name: str) -> None:
    """Do what a command of old did, or say what serves instead, if it is one.

    Raises:
        click.exceptions.Exit: it is done.
        click.UsageError: something else serves.
    """
    option = next((each for each in context.command.params if AS_OPTIONS.get(name) in each.opts), None)
    if option is not None and option.callback is not None:
        option.callback(context, option, True)
    sentence = COMMANDS.get(place(context), {}).get(name)
    if sentence is not None:
        raise click.UsageError(f"There is no command '{name}'. {sentence}", context)


def without_aliases(context: click.Context, words: list[str]) -> list[str]:
    """The words that follow a group, with the command itself where an alias of it is typed."""
    name = words[0].replace("_", "-")
    if name == HELP and not place(context):
        return [*(word for word in words[1:] if not word.startswith("-")), "--help"]
    command = COMMAND_ALIASES.get(place(context), {}).get(name)
    if command is None:
        return words
    context.meta[_ALIAS] = name
    return [*command.split(), *words[1:]]


def closest_commands(context: click.Context, name: str, known: Iterable[str]) -> list[str]:
    """The commands of a group that a mistyped word may have been meant for, each by its own name, never an alias."""
    known = list(known)
    aliases = COMMAND_ALIASES.get(place(context), {})
    closest = closest_names(name, [*aliases, *known])
    if not closest or closest[0] in known:
        return list(closest_names(name, known))
    return [*dict.fromkeys(aliases.get(each, each) for each in closest)]


def is_typed_as_alias(context: click.Context) -> bool:
    """Whether the command that runs was typed as another tool has it."""
    return _ALIAS in context.meta


def former_parameters(context: click.Context) -> list[click.Parameter]:
    """The options and arguments of old that a command takes."""
    command = place(context)
    options = [FormerOption(former) for former in OPTIONS.get(command, ())]
    return [*options, FormerFile()] if command == "stack import" else [*options]


class FormerFile(click.Argument):
    """The FILE of `stack import NAME FILE`: hidden, and always refused."""

    def __init__(self) -> None:
        super().__init__(["former_file"], required=False, expose_value=False, callback=self.refuse)

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        return []

    def refuse(self, context: click.Context, argument: click.Parameter, value: Any) -> None:
        """Say how a stack is given a name."""
        if value is None:
            return
        first = context.params["file"]
        file, name = (first, value) if os.path.isfile(first) else (value, first)
        raise InvalidInput("The name of a stack to import is an option.", import_line(file, name))


def import_line(file: str, name: str) -> str:
    """What to type to import a stack from a file under a name."""
    return f"Run `zprof stack import {in_shell(file)} --name {in_shell(name)}`."


def hint_on_missing_file(file: str) -> str:
    """What else than a file that is not there may be meant: ZenML imported a stack from `NAME.yaml`."""
    given = os.path.expanduser(file)
    meant = next(
        (f"{given}{ending}" for ending in (".yaml", ".yml", ".json") if os.path.isfile(f"{given}{ending}")), ""
    )
    return import_line(meant, os.path.basename(file)) if meant and not os.path.lexists(given) else ""


class FormerOption(click.Option):
    """An option of old: hidden, and nothing that the command's function gets by its name."""

    def __init__(self, former: Former) -> None:
        kind: dict[str, Any] = {"is_flag": True} if former.values is None else {}
        # Its own name must be no other parameter's: `init` has an argument `path`.
        name = f"former_{former.names[0].strip('-').replace('-', '_')}"
        super().__init__([name, *former.names], hidden=True, expose_value=False, callback=self.check, **kind)
        self.former = former

    def check(self, context: click.Context, option: click.Parameter, value: Any) -> None:
        """Keep the value, or say what serves instead."""
        former = self.former
        if value is None or former.values is None:
            return
        if former.settle is not None:
            context.meta[f"zprof.{self.name}"] = value
        elif value.lower() not in former.values:
            raise click.UsageError(former.sentence, context)

    def settle(self, context: click.Context) -> None:
        """Put the value where it goes, once all words are understood."""
        value = context.meta.get(f"zprof.{self.name}")
        if self.former.settle is not None and value is not None:
            self.former.settle(context.params, value)


def is_alias_in_use(name: str, options: Iterable[click.Parameter], words: Iterable[str]) -> bool:
    """Whether `--type=VALUE`, which could be an attribute, is an option of old: where that is given in no other way.

    Args:
        options: the command's.
        words: all that it was called with.
    """
    option = next((each for each in options if ALIASES.get(name) in each.opts), None)
    if option is None:
        return False
    names = {*option.opts, *(old for old, new in ALIASES.items() if new in option.opts)} - {name}
    return not any(word.partition("=")[0] in names for word in words)


def add_aliases(parser: Any, options: list[click.Parameter]) -> None:
    """Let a parser read options by their old names."""
    by_name = {name: option for option in options for name in option.opts}
    for old, new in ALIASES.items():
        option = by_name.get(new)
        if isinstance(option, click.Option) and old not in by_name:
            action, const = ("store_const", True) if option.is_flag else ("store", None)
            parser.add_option(obj=option, opts=[old], dest=option.name, action=action, nargs=1, const=const)
