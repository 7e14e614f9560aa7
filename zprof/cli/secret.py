"""`zprof secret`."""

from __future__ import annotations

import click

from zprof import paths
from zprof.cli.command import Group
from zprof.cli.fitting import Fitting
from zprof.cli.invocation import Invocation
from zprof.cli.output import show_answer, show_item, show_items
from zprof.errors import InvalidInput, NotFound, NothingActive, Refused
from zprof.files import read
from zprof.masking import MASK
from zprof.printable import in_shell
from zprof.records import Component
from zprof.references.origin import origin_of
from zprof.references.secrets_files import MAX_VALUE_BYTES, Secrets, SecretsFile, parts_of
from zprof.streams import has_terminal

HOW = "Leave out the value to be asked for it, or give - for stdin, or @FILE for the contents of a file."
COLUMNS = {"NAME": "name", "SECRETS MANAGER": "secrets_manager"}
FITTING = Fitting(leaves_out=("SECRETS MANAGER",))

manager_option = click.option(
    "--manager", metavar="NAME", help="Secrets manager to use (default: that of the active stack)."
)


def build(name: str) -> click.Command:
    """The group, for the table of commands."""
    return secret


@click.group(cls=Group)
def secret() -> None:
    """Set and read the secrets of a local secrets manager.

    An attribute of a component refers to a secret as {{SECRET.KEY}}. Secrets are in files in your config directory that
    only you can read; other users of a shared store have their own.
    """


@secret.command("set")
@click.argument("name", metavar="SECRET.KEY")
@click.argument("source", nargs=-1, metavar="[- | @FILE]")
@manager_option
@click.pass_obj
def set_(invocation: Invocation, name: str, source: tuple[str, ...], manager: str | None) -> None:
    """Set a secret.

    Asks for its value, or reads it: from stdin with -, from a file with @FILE. A value can't be given on the command
    line, where other users could see it.
    """
    of_secret, key = parts(name)
    keeper = local_manager(invocation, manager)
    value = checked(given(name, source))

    def change(secrets: Secrets) -> None:
        secrets.setdefault(of_secret, {})[key] = value

    file_of(invocation, keeper).changed(change, invocation.caller)
    invocation.say(f"Set secret '{name}' in secrets manager '{keeper.name}'.")
    show_answer(invocation.output, "Secret", {"name": name, "secrets_manager": keeper.name})


@secret.command(is_read=True, has_banner=False)
@click.argument("name", metavar="SECRET.KEY")
@manager_option
@click.pass_obj
def get(invocation: Invocation, name: str, manager: str | None) -> None:
    """Print the value of a secret."""
    of_secret, key = parts(name)
    keeper = local_manager(invocation, manager)
    secrets = file_of(invocation, keeper).secrets()
    check_is_there(secrets, name, keeper)
    value = secrets[of_secret][key]
    if invocation.output == "table":
        click.echo(value, color=True)  # to the letter: what else was it asked for
    else:
        show_item(invocation.output, "Secret", {"name": name, "secrets_manager": keeper.name, "value": value})


@secret.command("list", is_read=True)
@manager_option
@click.pass_obj
def list_(invocation: Invocation, manager: str | None) -> None:
    """List the names of secrets, without their values."""
    keeper = local_manager(invocation, manager)
    names = names_of(file_of(invocation, keeper).secrets())
    rows = [{"name": name, "secrets_manager": keeper.name} for name in names]
    show_items(invocation.output, "Secret", rows, COLUMNS, fitting=FITTING)


@secret.command()
@click.argument("name", metavar="SECRET.KEY")
@manager_option
@click.option("--yes", "-y", is_flag=True, help="Remove without asking.")
@click.pass_obj
def rm(invocation: Invocation, name: str, manager: str | None, yes: bool) -> None:
    """Remove a secret."""
    of_secret, key = parts(name)
    keeper = local_manager(invocation, manager)
    file = file_of(invocation, keeper)
    check_is_there(file.secrets(), name, keeper)
    invocation.confirm(f"Remove the secret '{name}' from the secrets manager '{keeper.name}'?", is_confirmed=yes)

    def change(secrets: Secrets) -> None:
        check_is_there(secrets, name, keeper)
        del secrets[of_secret][key]
        if not secrets[of_secret]:
            del secrets[of_secret]

    file.changed(change, invocation.caller)
    invocation.say(f"Removed secret '{name}' from secrets manager '{keeper.name}'.")
    show_answer(invocation.output, "Secret", {"name": name, "secrets_manager": keeper.name})


def parts(name: str) -> tuple[str, str]:
    """The secret and the key that a name is made of.

    Raises:
        InvalidInput: it is none, or has a value with it, which is not shown.
    """
    if "=" in name:
        raise InvalidInput("Don't give a secret on the command line, where others can see it.", HOW)
    return parts_of(name)


def given(name: str, source: tuple[str, ...]) -> str:
    """The value, from where it is to come.

    Raises:
        InvalidInput: it was typed on the command line, or can't be read.
        Refused: there is no terminal to ask on.
    """
    if len(source) > 1 or (source and source[0] != "-" and not source[0].startswith("@")):
        raise InvalidInput("Don't give a secret on the command line, where others can see it.", HOW)
    if source:
        file = source[0].removeprefix("@")
        text = read(file, MAX_VALUE_BYTES, "the file of the value", hint=HOW, is_stdin=source[0] == "-")
        return text.removesuffix("\n").removesuffix("\r")
    if not has_terminal():
        raise Refused("There is no terminal to ask on.", "Give - for stdin, or @FILE for the contents of a file.")
    value: str = click.prompt(f"The value of '{name}'", hide_input=True, confirmation_prompt=True, err=True)
    return value


def checked(value: str) -> str:
    """A value that can be kept, and given to programs.

    Raises:
        InvalidInput: it is empty, holds a NUL character, or is what is shown in place of a secret.
    """
    problem = ""
    if not value:
        problem = "is empty"
    elif "\0" in value:
        problem = "contains a NUL character, which a variable of a program can't"
    elif MASK in value:
        problem = f"contains {MASK}, which is shown in place of a secret"
    elif any("\ud800" <= character <= "\udfff" for character in value):
        problem = "is not text in UTF-8"
    elif len(value.encode()) > MAX_VALUE_BYTES:
        problem = f"is larger than {MAX_VALUE_BYTES // 1024} KiB"
    if problem:
        raise InvalidInput(f"The value {problem}.", "Nothing was changed. Give the secret itself.")
    return value


def local_manager(invocation: Invocation, name: str | None) -> Component:
    """The secrets manager that is meant: the one that is named, or that of the stack in effect.

    Raises:
        NotFound: there is none of this name.
        NothingActive: the stack in effect has none.
        InvalidInput: its secrets are kept elsewhere.
    """
    found = in_effect(invocation) if name is None else invocation.store.component("secrets_manager", name)
    if found.flavor != "local":
        raise InvalidInput(
            f"The secrets manager '{found.name}' has the flavor {found.flavor}, which keeps its secrets elsewhere.",
            "Use the tools of that service, or name a secrets manager of the flavor local with --manager.",
        )
    return found


def in_effect(invocation: Invocation) -> Component:
    """The secrets manager of the stack in effect.

    Raises:
        NothingActive: it has none.
    """
    stack = invocation.active.stack_in(invocation.store)
    found = stack.get("secrets_manager")
    if found is None:
        raise NothingActive(
            f"The stack '{stack.name}' has no secrets manager.",
            "Run `zprof secrets-manager register NAME --flavor local` to create one, and "
            f"`zprof stack update {in_shell(stack.name)} -x NAME` to add it; or choose one with --manager.",
        )
    return found


def file_of(invocation: Invocation, manager: Component) -> SecretsFile:
    """Where its secrets are kept."""
    directory = paths.config_dir()
    return SecretsFile(manager, origin_of(invocation.active.profile.url, directory), directory)


def names_of(secrets: Secrets) -> list[str]:
    """The names of all values, in alphabetical order."""
    return sorted(f"{name}.{key}" for name, keys in secrets.items() for key in keys)


def check_is_there(secrets: Secrets, name: str, manager: Component) -> None:
    """Refuse what the secrets manager does not have.

    Raises:
        NotFound: it doesn't.
    """
    names = names_of(secrets)
    if name not in names:
        where = f"in the secrets manager '{manager.name}'"
        hint = f"See `zprof secret list --manager {in_shell(manager.name)}`."
        raise NotFound("secret", name, where=where, among=names, hint=hint)
