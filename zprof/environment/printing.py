"""A plan as text that a shell, a tool or a workflow takes in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from zprof.errors import InvalidInput
from zprof.shells.answers import quoted

FORMATS = ("shell", "fish", "dotenv", "json", "github")


class Shown(NamedTuple):
    """The variables that are to be printed."""

    settings: Mapping[str, str]
    unset: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    """Those that are not set, since they hold secrets."""


def printed(shown: Shown, form: str) -> str:
    """The text in a format of `FORMATS` other than `github`, with a newline at its end, or empty.

    Raises:
        InvalidInput: the format can't hold a value, or can't unset what is all that is to be done.
    """
    if form == "json":
        return json.dumps({**shown.settings, **dict.fromkeys(shown.unset)}, ensure_ascii=False, indent=2) + "\n"
    return "".join(f"{line}\n" for line in {"shell": in_shell, "fish": in_fish, "dotenv": in_dotenv}[form](shown))


def in_shell(shown: Shown) -> Iterable[str]:
    """For sh, bash and zsh: `eval "$(zprof env)"`."""
    yield from (f"unset {name}" for name in shown.unset)
    yield from (f"export {name}={single_quoted(value)}" for name, value in shown.settings.items())
    yield from comments(shown)


def in_fish(shown: Shown) -> Iterable[str]:
    """For fish: `zprof env -o fish | source`."""
    yield from (f"set -e {name}" for name in shown.unset)
    yield from (f"set -gx {name} {quoted('fish', value)}" for name, value in shown.settings.items())
    yield from comments(shown)


def in_dotenv(shown: Shown) -> Iterable[str]:
    """For `docker run --env-file`, docker compose, python-dotenv and their like.

    They agree on a value without quotes as long as nothing in it is special to one of them, and, but for
    `docker run`, on one in single quotes. What they would read differently is refused.
    """
    forms = (PLAIN, QUOTABLE)
    if shown.unset and not shown.settings:
        raise InvalidInput("An env file can't unset variables.", "Use -o shell, fish or json.")
    refused = [name for name, value in shown.settings.items() if not any(form.fullmatch(value) for form in forms)]
    if refused:
        raise InvalidInput(
            f"An env file can't hold {' and '.join(refused)}: programs would read the value differently.",
            "Run `zprof env -o json`, or start the program with zprof run.",
        )
    for name, value in shown.settings.items():
        yield f"{name}={value}" if PLAIN.fullmatch(value) else f"{name}='{value}'"
    yield from comments(shown)


PLAIN = re.compile(r"(?!['\"`\s])(?:(?!\s#)[^\n\r\\$#]|(?<=\S)#)*(?<!\s)")
"""What all read alike without quotes."""
QUOTABLE = re.compile(r"(?:(?!\$\{)[^\n\r'\\])*")
"""What all that know quotes read alike in single ones."""


def comments(shown: Shown) -> Iterable[str]:
    """Lines that say what is not set."""
    yield from (f"# {name} holds a secret: add --show-secrets to set it." for name in shown.withheld)


def single_quoted(value: str) -> str:
    """A text as one word of a POSIX shell, always in quotes: zsh makes a path of a bare `=ls`."""
    return "'" + value.replace("'", "'\\''") + "'"


def github_masks(values: Iterable[str]) -> str:
    """The commands by which a workflow of GitHub hides values in its log, a line of a value each."""
    lines = dict.fromkeys(line for value in values for line in value.splitlines() if line.strip())
    return "".join(f"::add-mask::{escaped_for_github(line)}\n" for line in lines)


def escaped_for_github(line: str) -> str:
    """A value as a command of a workflow has it."""
    return line.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def for_github(settings: Mapping[str, str]) -> str:
    """The lines for the file that $GITHUB_ENV names: each value between two lines that nobody can guess."""
    mark = f"zprof_{os.urandom(16).hex()}"
    return "".join(f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in settings.items())
