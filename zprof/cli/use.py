"""`zprof use`."""

from __future__ import annotations

from contextlib import redirect_stdout, suppress
from io import StringIO

import click

from zprof import paths
from zprof.active.scope import Active, resolved
from zprof.active.shell import Choices, before, checked, named
from zprof.cli.command import WayOut
from zprof.cli.invocation import Invocation, about
from zprof.cli.output import show_answer
from zprof.cli.profile import document
from zprof.environment.names import is_generic
from zprof.errors import InvalidInput, ZprofError
from zprof.shells.answers import answer, showing
from zprof.shells.kinds import SHELLS, Shell, hooked, of_the_user


def build(name: str) -> click.Command:
    """The command, for the table of commands."""
    return use


@click.command(cls=WayOut, has_banner=False)
@click.argument("name", required=False, metavar="[NAME[/STACK]]")
@click.option("--clear", "is_clearing", is_flag=True, help="Use the project's or the global profile again.")
@click.pass_obj
def use(invocation: Invocation, name: str | None, is_clearing: bool) -> None:
    """Switch to a profile in this shell only.

    Other shells and running scripts are not affected. Without a STACK, uses the active stack of the profile. `-`
    switches back. Without a NAME, lists the profiles to choose from. This needs the shell's hook, from
    `zprof shell-init`.
    """
    check_words(invocation, name, is_clearing)
    shell = hooked()
    if shell is None:
        raise not_loaded(name)
    choices = Choices() if is_clearing else wanted(invocation, name)
    active = in_effect(invocation, choices)
    stale = of_another_stack(active)
    click.echo(answer(shell.name, {**choices.variables, **dict.fromkeys(stale)}))
    show_document(invocation, shell, active)
    invocation.say(sentence(choices, active))
    if stale:
        invocation.say("What zprof env had set for another stack was unset.")


def of_another_stack(active: Active | None) -> list[str]:
    """The variables that `zprof env` has set in this shell for another stack than the one in effect from now on."""
    environ = paths.environment()
    if not any(map(is_generic, environ)):
        return []
    from zprof.environment import plan  # where there is something to look for

    return plan.of_another_stack(environ, "" if active is None else f"{active.profile.name}/{active.stack}")


def check_words(invocation: Invocation, name: str | None, is_clearing: bool) -> None:
    """Refuse words that contradict each other.

    Raises:
        click.UsageError, InvalidInput: they do.
    """
    if is_clearing and name is not None:
        raise click.UsageError("Give NAME or --clear, not both.")
    refuse_options(invocation, "Run `zprof use NAME/STACK`.")


def refuse_options(invocation: Invocation, line: str) -> None:
    """Refuse the common options that name what the argument names.

    Args:
        line: the sentence that says what to type.

    Raises:
        InvalidInput: one of them is given.
    """
    if invocation.profile is not None or invocation.stack is not None:
        raise InvalidInput("Give the profile and the stack as one argument, not as options.", line)


def wanted(invocation: Invocation, name: str | None) -> Choices:
    """What the shell is to name.

    Raises:
        NotFound: it is to be what counted before, and the shell was not switched.
        Refused: it is to be chosen, and there is no terminal.
    """
    if name is None:
        from zprof.cli.choosing import chosen_profile

        return Choices(chosen_profile(invocation, "Run `zprof use NAME`."))
    if name != "-":
        return named(name)
    found = before()
    if found is None:
        raise ZprofError("There is nothing to return to: this shell was not switched before.", "Run `zprof use NAME`.")
    return found


def in_effect(invocation: Invocation, choices: Choices) -> Active | None:
    """What is in effect once the shell names this; None where it names nothing, and nothing is, or nobody can tell.

    One can always switch away, whatever has become of the registry and of the project.

    Raises:
        NotFound: there is no such profile or stack.
    """
    if any(choices):
        with about(choices.profile):
            return checked(invocation.registry, invocation.surroundings, choices)
    with suppress(ZprofError):
        return resolved(invocation.registry, invocation.surroundings.without_environment())
    return None


def not_loaded(name: str | None) -> ZprofError:
    """The error of a shell that can't be switched, since it does not evaluate what we answer."""
    from zprof.printable import in_shell

    at_once = f"Run `zprof shell {in_shell(name if name not in (None, '-') else 'NAME')}` to open a shell for it."
    message = "Only a shell itself can switch, and this one has not loaded zprof's hook."
    shell = of_the_user()
    if shell is None:
        return ZprofError(message, f"{at_once} There is a hook for {', '.join(SHELLS)}.")
    return ZprofError(
        message, f"{at_once} For the hook, add this line to {shell.file} and open another shell: {shell.line}"
    )


def show_document(invocation: Invocation, shell: Shell, active: Active | None) -> None:
    """Answer a program that asked with the profile, by a line that prints its document."""
    if invocation.is_asked and active is not None:
        with redirect_stdout(StringIO()) as shown:
            show_answer(invocation.output, "Profile", document(active.profile, active))
        click.echo(showing(shell.name, shown.getvalue().removesuffix("\n")))


def sentence(choices: Choices, active: Active | None) -> str:
    """What is said of a switch: what is in effect now."""
    if active is None:
        return "This shell no longer names a profile, and none is in effect: see `zprof status`."
    if choices == Choices():
        return f"This shell no longer names a profile: '{active.profile.name}' is in effect ({active.profile_scope})."
    return f"This shell now uses {in_sentence(active, is_stack_named=choices.stack is not None)}."


def in_sentence(active: Active, *, is_stack_named: bool = True) -> str:
    """A profile and its stack, as a sentence goes on with them."""
    own = "the" if is_stack_named else "its active"
    stack = ", which has no active stack" if active.stack is None else f" and {own} stack '{active.stack}'"
    return f"the profile '{active.profile.name}'{stack}"
