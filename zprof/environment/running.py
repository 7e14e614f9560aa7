"""Starting a program: in place of this process, or as a child that signals are passed on to."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

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
        raise not_started(command[0], error) from None
    except ValueError:  # a NUL byte in a word
        raise NotStarted("A word of the command has a NUL byte.", "Leave it out.") from None


def script_without_interpreter(program: str, environ: Mapping[str, str], error: OSError) -> str | None:
    """The path of a script whose first line names no interpreter: a shell runs it, as `env` and all shells have it."""
    if error.errno != errno.ENOEXEC:
        return None
    from shutil import which  # for few programs

    return which(program, path=environ.get("PATH", os.defpath))


def not_started(program: str, error: OSError) -> NotStarted:
    """The error that says why a program did not start."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        # A script whose interpreter is missing is there, and is told of as if it were not.
        if os.path.exists(program):
            return NotStarted(f"'{program}' can't be run: the interpreter that it names is not there.", "Mend it.")
        where = "" if "/" in program else " in $PATH"
        return ProgramNotFound(f"There is no program '{program}'{where}.", "Check how it is spelled.")
    if error.errno == errno.E2BIG:
        return NotStarted("The arguments and variables are too long together.", "Give less in arguments.")
    return NotStarted(f"'{program}' can't be run: {error.strerror}.", "Is it an executable file?")


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
    from shutil import which  # for a series of programs

    program = which(command[0], path=environ.get("PATH", os.defpath)) or command[0]
    try:
        return os.posix_spawn(program, list(command), environ, setsigmask=mask, setsigdef=signals.IGNORED)
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            return os.posix_spawn(
                "/bin/sh", ["/bin/sh", program, *command[1:]], environ, setsigmask=mask, setsigdef=signals.IGNORED
            )
        raise not_started(command[0], error) from None
    except ValueError:
        raise NotStarted("A word of the command has a NUL byte.", "Leave it out.") from None


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
