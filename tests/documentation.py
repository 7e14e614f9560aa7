"""Run the examples of the documentation and write what they print into its pages; `make docs` calls this.

Each page has a home of its own where nothing was before, and one shell of 80 columns, so that `cd` and `export` hold
until the page ends. A block of `console` is run: a line after `$ ` is a command, lines after `> ` continue it, and the
rest is what it prints. A block below `<!-- file: NAME -->` is saved as NAME. Blocks within comments are run, too: they
set up what a page needs and a reader does not want to see. Other blocks are left as they are.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pexpect
from homes import SHOWN_HOME, as_shown, new_home
from terminal import all_shown

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
MARK = "\x1e"
"""What separates the outputs of commands: no program prints it."""

SHELL = f"""\
next() {{ local code=$?; printf '\\{ord(MARK):o}'; return $code; }}
"""
SQLITE3 = """\
#!{python}
# SQLite's shell as far as the examples go, for a machine without it.
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*("" if value is None else value for value in row), sep="|")
"""
DOCKER = """\
#!{python}
# `docker run`, as far as a container's environment goes: nothing of this process's, but for what is passed by name.
import os, sys
words = sys.argv[2:]
env = {{"PATH": os.environ["PATH"]}}
while words and words[0].startswith("-"):
    word = words.pop(0)
    if word == "--env-file":
        for line in open(words.pop(0)):
            if line.strip() and not line.startswith("#"):
                name, _, value = line.rstrip("\\n").partition("=")
                env[name] = value
    elif word == "-e":
        name = words.pop(0)
        if name in os.environ:
            env[name] = os.environ[name]
    elif word in ("-v", "-w"):
        words.pop(0)
os.execvpe(words[1], words[1:], env)
"""
DIRENV = """\
#!/bin/bash
# `direnv exec DIRECTORY PROGRAM`, for a file that was allowed.
test "$1" = exec || exit 1
cd "$2" && shift 2
watch_file() { :; }
. ./.envrc && exec "$@"
"""


class Step(NamedTuple):
    """A command, with its lines, and what it prints."""

    command: str
    printed: str = ""

    @property
    def text(self) -> str:
        return "$ " + self.command.replace("\n", "\n> ") + "\n" + self.printed


def with_outputs(page: str) -> str:
    """The text of a page with what its examples print now."""
    commands = [command for block in BLOCK.finditer(page) for command in commands_of(block)]
    outputs = iter(printed_by(commands))
    return BLOCK.sub(lambda block: filled(block, outputs), page)


def commands_of(block: re.Match[str]) -> list[str]:
    """What a block has the shell do."""
    if block["file"]:
        return [f"printf %s {shlex.quote(block['text'])} > {block['file']}"]
    return [step.command for step in steps_of(block["text"])] if block["language"] == "console" else []


def filled(block: re.Match[str], outputs: Iterator[str]) -> str:
    """A block with the outputs of its commands, which are the next ones."""
    printed = [(command, next(outputs)) for command in commands_of(block)]
    if block["file"] or not printed:
        return block[0]
    return "```console\n" + "".join(Step(*step).text for step in printed) + "```"


def steps_of(text: str) -> list[Step]:
    """The steps of a block of `console`."""
    steps = []
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *rest = step.splitlines()
        count = next((number for number, line in enumerate(rest) if not line.startswith("> ")), len(rest))
        more, printed = rest[:count], rest[count:]
        lines = [command, *(line.removeprefix("> ") for line in more)]
        steps.append(Step("\n".join(lines), "".join(f"{line}\n" for line in printed)))
    return steps


def printed_by(commands: list[str], *, has_colours: bool = False) -> list[str]:
    """What each of some commands prints, one after the other in a new home, as if that were `SHOWN_HOME`."""
    with new_home() as home, tempfile.TemporaryDirectory() as directory:
        script = Path(directory, "script")
        lines = (f"next\neval {shlex.quote(command.replace(SHOWN_HOME, str(home)))}\n" for command in commands)
        script.write_text(SHELL + "".join(lines))
        child = pexpect.spawn(
            "/bin/bash", [str(script)], cwd=str(home), env=environment(home, programs(Path(directory)), has_colours),
            dimensions=(60, 80), encoding="utf-8", timeout=600,
        )  # fmt: skip
        shown = as_shown(all_shown(child), home)
    return [with_end(printed) for printed in shown.split(MARK)[1:]]


def with_end(printed: str) -> str:
    return printed + "\n" * (printed != "" and not printed.endswith("\n"))


def environment(home: Path, programs: Path, has_colours: bool) -> dict[str, str]:
    """An environment with nothing in it that a user has chosen."""
    chosen = re.compile(
        r"(ZPROF|ZENML|XDG|MLFLOW|AWS|GITHUB|LC)_.*|COLUMNS|LINES|NO_COLOR|EDITOR|VISUAL|BASH_ENV|SUDO_UID"
    )
    kept = {name: value for name, value in os.environ.items() if not chosen.fullmatch(name)}
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    colours = {} if has_colours else {"NO_COLOR": "1"}
    return {**kept, **colours, "HOME": str(home), "PATH": path, "TERM": "xterm", "SHELL": "/bin/sh", "LANG": "C.UTF-8"}


def programs(directory: Path) -> Path:
    """Programs that a machine may not have, which do what the examples need of the real ones."""
    for name, text in (
        ("sqlite3", SQLITE3.format(python=sys.executable)),
        ("docker", DOCKER.format(python=sys.executable)),
        ("direnv", DIRENV),
    ):
        program = directory / name
        program.write_text(text)
        program.chmod(0o755)
    return directory


def main() -> None:
    """Write all pages, or those whose names are given."""
    for page in [page for page in PAGES if page.name in sys.argv[1:] or not sys.argv[1:]]:
        text = page.read_text()
        now = with_outputs(text)
        if now != text:
            page.write_text(now)
            print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
