"""stdout and stderr of the command: every byte is written, or an error says that it was not."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Unwritable(OSError):
    """The answer, or what is said beside it, can't be written: a full disk, a terminal that went away."""


class Stream(io.FileIO):
    """A file, pipe or terminal that is written by waiting for it, also where it was made not to block."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write some of the bytes, at least one; how many.

        Raises:
            BrokenPipeError: nobody reads it any more.
            Unwritable: it can't be written.
        """
        try:
            # None is a full pipe of somebody who does not want to wait: `set_blocking(False)`, as Node.js has its own.
            while (written := super().write(data)) is None:
                wait_for_room(self.fileno())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritable(error.errno, error.strerror) from None
        return written


def wait_for_room(descriptor: int) -> None:
    """Wait until something can be written."""
    import select  # which next to no command needs

    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    poll.poll()


def replace_streams() -> None:
    """Give stdout and stderr streams of our own.

    Under PYTHONUNBUFFERED, which most container images set, Python's have no buffer: the text goes to the operating
    system directly, and what that does not take at once is dropped without an error.
    """
    replace_closed_streams()
    sys.stdout = opened(1, sys.stdout, is_by_line=os.isatty(1))
    sys.stderr = opened(2, sys.stderr, is_by_line=True)


def replace_closed_streams() -> None:
    """Lead streams that were closed (`>&-`) nowhere: their numbers must not become those of our files.

    An answer can't be written to what stands for stdout, so that it is not lost without an error.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # It takes the lowest number that is free: this one.
            os.open(os.devnull, os.O_RDONLY if descriptor == 1 else os.O_RDWR)


def opened(descriptor: int, usual: TextIO | None, *, is_by_line: bool) -> TextIO:
    """A buffered stream.

    Args:
        usual: Python's, which has the encoding that the environment wants; None where it was closed.
        is_by_line: whether each line is written when it is complete.
    """
    return io.TextIOWrapper(
        io.BufferedWriter(Stream(descriptor, "w", closefd=False)),
        encoding=usual.encoding if usual is not None else None,
        errors="backslashreplace",  # a name that the encoding lacks is no reason to fail
        line_buffering=is_by_line,
    )


def has_terminal() -> bool:
    """Whether there is somebody to ask; stdin may be closed."""
    return sys.stdin is not None and sys.stdin.isatty()
