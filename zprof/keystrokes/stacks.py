"""The stack in effect, whole, at a glance: for `zprof run`, whose program waits for it.

The reads and the records are those of all commands; only the database is read as it is, without a turn and a wait. What
a glance can't tell for sure is left to the command.
"""

from __future__ import annotations

from zprof.active.stack import ActiveStack, of_profile
from zprof.errors import DamagedFile, NothingActive
from zprof.generated.formats import FORMATS
from zprof.keystrokes.glance import in_effect, read
from zprof.profiles.profile import profile_of
from zprof.sqlite.column_types import has_types
from zprof.sqlite.url import sqlite_path
from zprof.store.reading import stack
from zprof.transaction import Call, Row


class Glanced:
    """A store that is a file of the newest format, for the functions of `zprof.store.reading`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(self, *calls: Call) -> list[list[Row]]:
        """The rows of each read, all of one moment.

        Raises:
            Unsettled, ZprofError, sqlite3.Error: as for `zprof.keystrokes.glance.read`.
            DamagedFile: a row has a value of another type than the read promises.
        """
        questions = [(call.statement.sqlite, call.parameters) for call in calls]
        found = read(self._path, "store", questions, FORMATS["store"])
        for call, rows in zip(calls, found, strict=True):
            if not has_types(rows, call.statement.columns):
                raise DamagedFile(f"{self._path} has a row that zprof would not write.")
        return found


def stack_in_effect(*, profile: str | None = None, stack_name: str | None = None) -> ActiveStack:
    """The stack in effect, of a store that is a file.

    Args:
        profile: what `--profile` says.
        stack_name: what `--stack` says.

    Raises:
        Unsettled, ZprofError, sqlite3.Error, OSError: nothing is in effect, or a glance can't tell.
    """
    found = in_effect(profile=profile, stack=stack_name, oldest=FORMATS["registry"])
    if found.stack is None:
        raise NothingActive("No stack is active.")
    return of_profile(stack(Glanced(sqlite_path(found.url)), found.stack), profile_of(found.row))
