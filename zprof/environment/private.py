"""Private files that variables name: in a directory of the user's alone, and there by the process that they are for.

The next start removes those of processes that are gone.
"""

from __future__ import annotations

import os
import stat
from itertools import count
from typing import NamedTuple

from zprof import paths
from zprof.drafts import is_running
from zprof.errors import Refused
from zprof.files import written_whole

OF_PROCESS = "process-"
"""How the name of a process's directory begins. Hooks of shells keep their stamps beside these."""


class PrivateFile(NamedTuple):
    """A file that is written when the program starts, whose path the variable gets."""

    name: str
    content: str
    is_directory: bool = False
    """Whether the variable gets the directory that it is in, rather than the file."""

    def __repr__(self) -> str:
        """Without what is in it, which is for the program alone."""
        return f"<PrivateFile {self.name}>"


def write_private(name: str, file: PrivateFile, process: int) -> str:
    """Write a file for a variable; the absolute path for the variable.

    What is there stays as it is: programs that the same process started with other stacks may be at work with it.

    Args:
        process: the process at whose end the file is of no use any more.

    Raises:
        Refused: the directory for such files is not this user's alone.
        ZprofError: the file can't be written.
    """
    of_process = os.path.join(private_dir(), f"{OF_PROCESS}{process}")
    make_own(of_process)
    for number in count(1):
        directory = os.path.join(of_process, f"{name.lower()}-{number}")
        path = os.path.join(directory, file.name)
        is_new = make_own(directory)
        if is_new:
            written_whole(path, file.content)
        if is_new or holds(path, file.content):
            break
    return directory if file.is_directory else path


def make_own(path: str) -> bool:
    """Make a directory of the user's alone, whatever the umask; whether it was not there."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return False
    os.chmod(path, 0o700)
    return True


def holds(path: str, content: str) -> bool:
    """Whether a file has this text and no other."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read() == content
    except (OSError, ValueError):
        return False


def private_dir() -> str:
    """The directory of such files, made if it is not there.

    Raises:
        Refused: somebody else made it, or others can write to it.
    """
    path = private_path()
    make_own(path)
    if not is_private(path):
        raise Refused(
            f"{path} is not private to you, and secrets would be written to it.",
            "Remove it, or set $XDG_RUNTIME_DIR to a directory of your own.",
        )
    return path


def private_path() -> str:
    """Where that directory is: `zprof` in the user's runtime directory, else one of the user's own below /tmp."""
    runtime = paths.variable(paths.XDG_RUNTIME_DIR)
    if runtime is not None and os.path.isabs(runtime) and os.path.isdir(runtime):
        return os.path.join(runtime, "zprof")
    return f"/tmp/zprof-{os.getuid()}"  # noqa: S108, whose owner and mode are looked at


def is_private(path: str) -> bool:
    """Whether a directory is this user's alone."""
    found = os.lstat(path)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def clean() -> None:
    """Remove the files of processes that are gone."""
    directory = private_path()
    try:
        left = [name for name in os.listdir(directory) if name.startswith(OF_PROCESS) and is_stale(name)]
        if not left or not is_private(directory):
            return
    except OSError:
        return
    from shutil import rmtree  # where something is left

    for name in left:
        rmtree(os.path.join(directory, name), ignore_errors=True)


def is_stale(name: str) -> bool:
    """Whether a directory is of a process that is gone."""
    number = name.removeprefix(OF_PROCESS)
    return number.isdecimal() and not is_running(int(number))
