"""The `zprof` command: the table of commands, and the one place where an error becomes text and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from zprof import paths
from zprof.cli.command import Entry, LazyGroup
from zprof.cli.invocation import Invocation
from zprof.cli.terminal import has_colours
from zprof.component_types import COMPONENT_TYPES
from zprof.errors import BROKEN_PIPE, ZprofError
from zprof.masking import without_credentials
from zprof.printable import printable
from zprof.signals import exit_code
from zprof.streams import Unwritable

COMMANDS = {
    "profile": Entry("zprof.cli.profile", "Create profiles, list them and switch between them."),
    "stack": Entry("zprof.cli.stack", "Compose stacks of components and switch between them."),
    "status": Entry("zprof.cli.status", "Show the active profile and stack, and where each is set."),
    "init": Entry("zprof.cli.init", "Give a project a profile of its own."),
    "use": Entry("zprof.cli.use", "Switch to a profile in this shell only."),
    "run": Entry("zprof.cli.run", "Run a program with the active stack in its environment."),
    "env": Entry("zprof.cli.env", "Print the active stack as environment variables."),
    **{
        component_type.command: Entry("zprof.cli.component", component_type.purpose)
        for component_type in COMPONENT_TYPES
    },
    "secret": Entry("zprof.cli.secret", "Set and read the secrets of a local secrets manager."),
    "allow": Entry("zprof.cli.allow", "Let components of a shared store use your secrets."),
    "log": Entry("zprof.cli.log", "Show the history: who did what, and when."),
    "undo": Entry("zprof.cli.undo", "Undo the last operation."),
    "redo": Entry("zprof.cli.undo", "Redo the operation that was undone last."),
    "diff": Entry("zprof.cli.diff", "Compare profiles, stacks and files, now or in the past."),
    "export": Entry("zprof.cli.export", "Write a whole profile to a file."),
    "apply": Entry("zprof.cli.apply", "Make a profile match a file."),
    "edit": Entry("zprof.cli.edit", "Edit a stack, a component or a profile in your editor."),
    "schema": Entry("zprof.cli.schema", "Print the JSON Schema of zprof's documents."),
    "shell": Entry("zprof.cli.shell", "Open a new shell that uses a profile."),
    "shell-init": Entry("zprof.cli.shell_init", "Print the hook for your shell's startup file."),
    "completion": Entry("zprof.cli.completion", "Print the completion script for your shell."),
    "prompt": Entry("zprof.cli.prompt", "Print the active profile and stack for a shell prompt."),
    "doctor": Entry("zprof.cli.doctor", "Find problems and show how to fix them."),
    "db": Entry("zprof.cli.db", "Upgrade, back up, restore and check databases."),
    "import-zenml": Entry("zprof.cli.import_zenml", "Import the profiles of ZenML 0.7 to 0.13."),
}
"""All commands, in the order of help."""

HEADINGS = {
    "profile": "Everyday commands",
    "orchestrator": "Components of a stack",
    "log": "History and files",
    "shell": "Shells",
    "doctor": "Maintenance",
}
"""What stands above a part of the commands in help, by the first of them."""


@click.group(cls=LazyGroup, table=COMMANDS, headings=HEADINGS)
@click.version_option(package_name="zprof", message="%(prog)s %(version)s")
def zprof() -> None:
    """Keep each machine-learning infrastructure as a profile: a named, isolated context of stacks and components."""


def run(words: Sequence[str]) -> int:
    """Run a command; its exit code."""
    invocation = Invocation(("zprof", *words))
    try:
        code = zprof.main(list(words), prog_name="zprof", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except ZprofError as error:
        from zprof.hints import for_profile  # on the way to an error alone

        about = invocation.profile if error.about is None else error.about
        lines = [for_profile(line, about) for line in error.paragraphs]
        report(invocation, error.code, error.message, for_profile(error.hint, about), paragraphs=lines)
        return invocation.exit_code_of(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return invocation.exit_code_of(error.exit_code)
    except click.UsageError as error:
        usage = f"See `{error.ctx.command_path} --help`." if error.ctx else "See `zprof --help`."
        message = error.format_message().replace("\n\t", " ")  # click has a line for each choice
        usage = getattr(error, "hint", usage)
        report(invocation, "usage", message, usage, error.ctx.command if error.ctx else None)
        return invocation.exit_code_of(error.exit_code)
    except click.ClickException as error:
        report(invocation, "failed", error.format_message(), "")
        return invocation.exit_code_of(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        invocation.end_progress()
        click.echo("\nInterrupted.", err=True)
        return exit_code()
    except Unwritable as error:
        report(invocation, "failed", f"The output can't be written: {error.strerror}.", "")
        return invocation.exit_code_of(1)
    except BrokenPipeError:
        return broken_pipe()
    except OSError as error:
        from zprof.system_errors import refusal  # on the way to an error alone

        told = refusal(error)
        report(invocation, told.code, told.message, told.hint)
        return invocation.exit_code_of(told.exit_code)
    except Exception as error:
        # A fault of our own. Its text may quote values, so it is for those who ask for it.
        hint = f"Set {paths.DEBUG}=1 to see where, and report it."
        report(invocation, "failed", f"Something in zprof is broken ({type(error).__name__}).", hint)
        return invocation.exit_code_of(1)
    except SystemExit:
        # click exits by itself in one case, a broken pipe.
        return broken_pipe()
    finally:
        invocation.close()
    return code if isinstance(code, int) else 0


def broken_pipe() -> int:
    """Lead stdout nowhere, since what is still buffered has no reader any more; the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return BROKEN_PIPE


def report(
    invocation: Invocation,
    code: str,
    message: str,
    hint: str,
    command: click.Command | None = None,
    *,
    paragraphs: Sequence[str] = (),
) -> None:
    """Print the error that is being handled: one JSON object where the answer would be JSON, else two lines.

    Args:
        command: the one whose words could not be understood; none where they were.
        paragraphs: lines instead of the two.
    """
    invocation.end_progress()
    if paths.is_on(paths.DEBUG):
        import traceback

        click.echo(without_credentials(traceback.format_exc()), err=True, nl=False)
    # A person may have typed a URL with a password where it was not understood. Hints are our own words.
    message = without_credentials(message)
    if wants_json(invocation, command):
        import json

        click.echo(json.dumps({"code": code, "message": message, "hint": hint}), err=True)
        return
    first, *others = [without_credentials(line) for line in paragraphs] or [message, hint]
    click.echo(f"{error_label()} {printable(first)}", err=True)
    for line in filter(None, others):
        click.echo(printable(line), err=True)


def wants_json(invocation: Invocation, command: click.Command | None) -> bool:
    """Whether errors are JSON.

    Where the words of a command could not be understood, the command is asked which of them are its options: only it
    knows whether `-o json` is a format or an orchestrator, and what is the value of another option.
    """
    if invocation.output == "json" or command is None:
        return invocation.output == "json"
    context = click.Context(command, resilient_parsing=True, ignore_unknown_options=True, allow_interspersed_args=True)
    options, _, _ = command.make_parser(context).parse_args(list(invocation.words[1:]))
    return bool(options.get("output") == "json")


def error_label() -> str:
    """`Error:`, in red where colour is wanted."""
    return click.style("Error:", fg="red") if has_colours(sys.stderr) else "Error:"
