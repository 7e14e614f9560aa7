"""Starting a program: in place of this process, or as a child that signals are passed on to."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from zprof import signals
from zprof.errors import ZprofError

FAILED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127
"""The exit codes where no program ran, as `env` and `docker run` have them."""
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class NotStarted(ZprofError):
    """The program could not be started."""

    code = "not_started"
    exit_code = NOT_EXECUTABLE


class ProgramNotFound(NotStarted):
    """There is no such program."""

    code = "program_not_found"
    exit_code = NOT_FOUND


def replace_process(command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become another program, which keeps this process's number, terminal and signals.

    Args:
        command: the program, looked for in the `PATH` of `environ` where it is no path, and its arguments.

    Raises:
        ProgramNotFound: there is none.
        NotStarted: it can't be executed.
    """
    signals.let_go()
    try:
        os.execvpe(command[0], list(command), environ)  # noqa: S606, what it is asked for
    except OSError as error:
        script = script_without_interpreter(command[0], environ, error)
        if script is not None:
            os.execve("/bin/sh", ["/bin/sh", script, *command[1:]], environ)  # noqa: S606, as above
        raise not_started(command[0], environ, error) from None
    except ValueError:
        raise not_found(command[0]) from None  # the only word that no program can have: its own name, empty


def script_without_interpreter(program: str, environ: Mapping[str, str], error: OSError) -> str | None:
    """The path of a script whose first line names no interpreter: a shell runs it, as `env` and all shells have it."""
    return located(program, environ) if error.errno == errno.ENOEXEC else None


def located(program: str, environ: Mapping[str, str]) -> str | None:
    """Where a program is that can be executed: at its path, or in the `PATH` of an environment, and nowhere else."""
    from shutil import which  # for few programs

    return which(program, path=environ.get("PATH", os.defpath))


def not_started(program: str, environ: Mapping[str, str], error: OSError) -> NotStarted:
    """The error that says why a program did not start."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        # A script whose interpreter is missing is there, and is told of as if it were not.
        if located(program, environ) is None:
            return not_found(program)
        return NotStarted(f"'{program}' can't be run: its interpreter does not exist.", "Fix its first line.")
    if error.errno == errno.E2BIG:
        return NotStarted("The arguments and variables together are too long.", "Pass fewer or shorter arguments.")
    return NotStarted(f"'{program}' can't be run: {error.strerror}.", "Is it an executable file?")


def not_found(program: str) -> ProgramNotFound:
    """The error of a program that is nowhere."""
    where = "" if "/" in program else " in $PATH"
    return ProgramNotFound(f"There is no program '{program}'{where}.", "Check the spelling.")


class Ending(NamedTuple):
    """How a child ended."""

    code: int
    """Its exit code, or 128 and the number of the signal that ended it."""
    is_interrupted: bool
    """Whether a signal was heard meanwhile that is to end this process, too."""


def run_child(command: Sequence[str], environ: Mapping[str, str]) -> Ending:
    """Run a program and wait for it.

    A signal that a process sends to this one is passed on; one of the terminal reaches the program by itself.

    Raises:
        NotStarted: as for `replace_process`.
    """
    awaited = {*PASSED_ON, signal.SIGCHLD}
    # Whoever started this process may have it ignore the end of its children, which nobody could wait for then.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    try:
        child = started(command, environ, before)
        return waited_for(child, awaited)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def started(command: Sequence[str], environ: Mapping[str, str], mask: set[int]) -> int:
    """The number of the process that a program was started as.

    Raises:
        NotStarted: as for `replace_process`.
    """
    attributes: dict[str, Any] = {"setsigmask": mask, "setsigdef": signals.IGNORED}
    try:
        return os.posix_spawnp(command[0], list(command), environ, **attributes)
    except OSError as error:
        script = script_without_interpreter(command[0], environ, error)
        if script is not None:
            return os.posix_spawn("/bin/sh", ["/bin/sh", script, *command[1:]], environ, **attributes)
        raise not_started(command[0], environ, error) from None
    except ValueError:
        raise not_found(command[0]) from None


def waited_for(child: int, awaited: set[signal.Signals]) -> Ending:
    """How a child ends."""
    is_interrupted = False
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            code = os.waitstatus_to_exitcode(status)
            return Ending(128 - code if code < 0 else code, is_interrupted)
        number, is_of_process = next_signal(awaited)
        if number == signal.SIGCHLD:
            continue
        is_interrupted = is_interrupted or number not in (signal.SIGUSR1, signal.SIGUSR2)
        if is_of_process:
            os.kill(child, number)


def next_signal(awaited: set[signal.Signals]) -> tuple[int, bool]:
    """The next of the signals that are waited for, and whether a process sent it to this one alone."""
    if hasattr(signal, "sigwaitinfo"):
        found = signal.sigwaitinfo(awaited)
        return found.si_signo, found.si_code <= 0
    number = signal.sigwait(awaited)  # macOS, which does not tell
    return number, number not in (signal.SIGINT, signal.SIGQUIT) or not os.isatty(0)
