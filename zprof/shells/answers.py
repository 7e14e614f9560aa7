"""What `zprof use` answers: lines that the function `zprof` of a shell evaluates.

The first line is a comment, by which the function knows them from what is to be shown, such as help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

FIRST_LINE = "# zprof use"


def answer(shell: str, variables: Mapping[str, str | None]) -> str:
    """The lines that set variables, and unset those that have no value."""
    setting = in_fish if shell == "fish" else in_posix
    return "\n".join([FIRST_LINE, *setting(variables)])


def showing(shell: str, text: str) -> str:
    """The line that prints a text, which would else be taken for lines to evaluate."""
    return (
        f"\\builtin printf '%s\\n' {quoted(shell, text)}" if shell != "fish" else f"builtin echo {quoted(shell, text)}"
    )


def in_posix(variables: Mapping[str, str | None]) -> Iterable[str]:
    """For bash and zsh. The backslash keeps aliases away, `builtin` functions. A variable may be read-only."""
    for name, value in variables.items():
        setting = f"unset {name}" if value is None else f"export {name}={quoted('bash', value)}"
        yield rf"\builtin {setting} || \builtin return"


def in_fish(variables: Mapping[str, str | None]) -> Iterable[str]:
    """For fish; a variable of all its shells, which it calls universal, is left alone."""
    for name, value in variables.items():
        yield f"set -e -g {name}" if value is None else f"set -gx {name} {quoted('fish', value)}"


def quoted(shell: str, text: str) -> str:
    """A text as one word of a shell."""
    if shell == "fish":
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    from shlex import quote

    return quote(text)
