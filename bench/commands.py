"""What is measured: the commands, their classes, and what each class is held against. Adding one is one line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from zprof.cli.main import zprof
from zprof.keystrokes.answering import COMPLETE


class Other(NamedTuple):
    """The other side: a program that people know."""

    name: str
    """As the table shows it."""
    words: tuple[str, ...]
    """In which `{n}` is another number each time."""

    @property
    def missing(self) -> str | None:
        """The name of the program, if it is not on this machine."""
        return None if shutil.which(self.words[0]) else self.words[0]


READING = Other("kubectl current-context", ("kubectl", "config", "current-context"))
SWITCHING = Other("kubectl set-context", ("kubectl", "config", "set-context", "bench", "--namespace=n{n}"))
IMPORTING = Other("python -c import", (sys.executable, "-c", "import click, sqlite3, tabulate"))


class Class(NamedTuple):
    """Commands that are held against the same thing, and by how much they may exceed it."""

    name: str
    against: Other
    limit: float
    changes: bool = False
    """Whether the state must be put back before each run."""


KEYSTROKE = Class("every keystroke", READING, 0.6)
IN_A_PROJECT = Class("keystroke, in a project", READING, 0.75)
WORD = Class("read of a word", READING, 1.0)
STATUS = Class("status", READING, 1.3)
CHANGE = Class("change", SWITCHING, 1.3, changes=True)
VALIDATED = Class("change, validated", SWITCHING, 1.6, changes=True)
TABLE = Class("table", IMPORTING, 1.1)


class Row(NamedTuple):
    """A command that is measured, in the state of `surroundings.STATE`."""

    name: str
    words: str
    kind: Class
    is_fresh: bool = False
    """Whether it finds no config directory, as the first command of a user does."""

    @property
    def is_in_project(self) -> bool:
        """Whether it is run in a directory with a `.zprof/`."""
        return self.kind is IN_A_PROJECT


ROWS = (
    Row("prompt", "prompt", KEYSTROKE),
    Row("prompt in a project", "prompt", IN_A_PROJECT),
    Row("completion of a command", "__complete sta", KEYSTROKE),
    Row("completion of a profile", "__complete profile set o", KEYSTROKE),
    Row("completion of a stack", "__complete stack set b", KEYSTROKE),
    Row("profile get", "profile get", WORD),
    Row("stack get", "stack get", WORD),
    Row("run", "run -- true", WORD),
    Row("status", "status", STATUS),
    Row("profile set", "profile set other", CHANGE),
    Row("stack set", "stack set bench", CHANGE),
    Row("stack register", "stack register new -o default -a default -m default", CHANGE),
    Row("stack update", "stack update bench -o second", CHANGE),
    Row("stack rename", "stack rename bench renamed", CHANGE),
    Row("stack copy", "stack copy bench copied", VALIDATED),
    Row("stack delete", "stack delete bench --yes", CHANGE),
    Row("component register", "artifact-store register new --flavor local --path=/data", VALIDATED),
    Row("component update", "artifact-store update spare --path=/data", VALIDATED),
    Row("component rename", "artifact-store rename spare renamed", CHANGE),
    Row("component copy", "artifact-store copy spare copied", VALIDATED),
    Row("component delete", "artifact-store delete spare --yes", CHANGE),
    Row("undo", "undo", CHANGE),
    Row("profile create", "profile create new", CHANGE),
    Row("first run", "profile get", CHANGE, is_fresh=True),
    Row("profile list", "profile list", TABLE),
    Row("stack list", "stack list", TABLE),
    Row("component list", "artifact-store list", TABLE),
    Row("profile describe", "profile describe", TABLE),
    Row("stack describe", "stack describe bench", TABLE),
    Row("component describe", "artifact-store describe spare", TABLE),
    Row("log", "log list", TABLE),
)
"""Against other programs, on a small store of one's own. Copies check the configs that they write. The first run is
measured by a command that prints a word, since the libraries of a table take longer than making the databases does.
"""


class Step(NamedTuple):
    """A command of a round."""

    name: str
    words: str
    changes: bool = False


ROUND = (
    Step("stack get", "stack get"),
    Step("stack describe", "stack describe bench"),
    Step("component describe", "artifact-store describe spare"),
    Step("component list", "annotator list"),
    Step("component register", "artifact-store register new --flavor local --path=/data", changes=True),
    Step("component update", "artifact-store update new --path=/other", changes=True),
    Step("component rename", "artifact-store rename new renamed", changes=True),
    Step("component copy", "artifact-store copy renamed copied", changes=True),
    Step("component delete", "artifact-store delete copied --yes", changes=True),
    Step("component delete", "artifact-store delete renamed --yes", changes=True),
    Step("stack register", "stack register new -o default -a default -m default", changes=True),
    Step("stack update", "stack update new -o second", changes=True),
    Step("stack rename", "stack rename new renamed", changes=True),
    Step("stack copy", "stack copy renamed copied", changes=True),
    Step("undo", "undo", changes=True),
    Step("redo", "redo", changes=True),
    Step("stack set", "stack set bench", changes=True),
    Step("stack set", "stack set default", changes=True),
    Step("stack delete", "stack delete copied --yes", changes=True),
    Step("stack delete", "stack delete renamed --yes", changes=True),
)
"""Against zprof itself, where a store is too large or too far away to be put back before each run: in this order they
leave it as they found it. No store has annotators, so listing them prints the same everywhere.
"""


def steps_for(match: str) -> tuple[Step, ...]:
    """The steps of a round whose names have this in them; all, if one of these changes something."""
    wanted = tuple(step for step in ROUND if match in step.name)
    return ROUND if any(step.changes for step in wanted) else wanted


def exists(words: Sequence[str]) -> bool:
    """Whether this zprof has a command."""
    command: click.Command = zprof
    for word in words:
        if word == COMPLETE:  # which is no command, but is there
            return True
        if not isinstance(command, click.Group):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True
