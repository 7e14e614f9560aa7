"""Fifteen commands of a first hour, run on real terminals, and what each shows.

`make screens` writes `tests/data/first_hour/`, one file for each terminal: run it when the screen is meant to change,
and read the difference.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pexpect
from homes import as_shown, new_home
from terminal import all_shown

HERE = Path(__file__).parent
SNAPSHOTS = HERE / "data" / "first_hour"
SCRIPT = Path(sys.executable).with_name("zprof")
COMMANDS = """\
profile list
profile create staging
profile set staging
artifact-store flavor describe s3
artifact-store register bucket --flavor s3 --path=s3://acme-machine-learning-eu/artifacts/team-vision --key={{aws.key}}
metadata-store register runs --flavor mysql --host=10.0.0.5 --database=runs --pasword=x
metadata-store register runs --flavor mysql --host=10.0.0.5 --database=runs --password=${env:DB_PASSWORD}
stack register prod -o default -a bucket -m runs --set
stack list
stack describe
profile list
status
diff default
log
undo
"""
"""Each as it is typed after `zprof`; no shell reads them."""

NOBODY_ELSE = """
import os, pwd
def uname(real=os.uname):
    return os.uname_result((real()[0], "laptop", *real()[2:]))
def getpwuid(number, real=pwd.getpwuid):
    return pwd.struct_passwd(("ann", *real(number)[1:]))
os.uname, pwd.getpwuid = uname, getpwuid
"""
"""Gives a program the same user and the same machine everywhere, since the log names them."""


class Terminal(NamedTuple):
    """What the commands are typed into."""

    columns: int
    has_colours: bool

    @property
    def file(self) -> Path:
        return SNAPSHOTS / f"{self.columns}{'-in-colour' if self.has_colours else ''}.txt"


TERMINALS = [Terminal(columns, has_colours) for columns in (60, 80, 120) for has_colours in (False, True)]


def session(terminal: Terminal) -> str:
    """All that is typed and shown, in an empty home; an escape is shown as `␛`."""
    with new_home() as home:
        (home / "sitecustomize.py").write_text(NOBODY_ELSE)
        steps = [
            f"$ zprof {command}\n{as_anywhere(shown_by(command, terminal, home), home)}"
            for command in COMMANDS.splitlines()
        ]
    return "\n".join(steps)


def shown_by(command: str, terminal: Terminal, home: Path) -> str:
    """What a command shows, stdout and stderr together."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {**kept, "HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(home), "LC_ALL": "C.UTF-8"}
    if not terminal.has_colours:
        environment["NO_COLOR"] = "1"
    child = pexpect.spawn(
        str(SCRIPT),
        command.split(),
        env=environment,
        cwd=str(home),
        dimensions=(60, terminal.columns),
        encoding="utf-8",
        timeout=60,
    )
    return all_shown(child)


def as_anywhere(shown: str, home: Path) -> str:
    """The text without what another run has otherwise: the home, ids and times; each is as long as before."""
    text = as_shown(shown.replace("\x1b", "␛"), home)
    text = re.sub(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d", r"2026-01-02\g<1>03:04:05", text)
    text = re.sub(r"\d{8}T\d{6}", "20260102T030405", text)
    text = re.sub(r"\b(\d+ seconds? ago|just now)\b", "3 seconds ago", text)
    return re.sub(r"\b[0-9a-f]{8,32}\b", lambda found: ("0123456789abcdef" * 2)[: len(found[0])], text)


def main() -> None:
    SNAPSHOTS.mkdir(exist_ok=True)
    for terminal in TERMINALS:
        terminal.file.write_text(session(terminal))


if __name__ == "__main__":
    main()
