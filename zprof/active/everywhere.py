"""What the stores of all profiles hold, each read as it is: none is created or upgraded, and waiting is bounded.

Files are read one by one. Servers are asked meanwhile, each in a thread of its own, since one may never answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from zprof.caller import Caller
from zprof.databases import store_database
from zprof.errors import Busy, DamagedFile, SchemaError, ZprofError
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.profiles.profile import Profile
from zprof.sqlite.database import Database
from zprof.store.store import Store
from zprof.url import is_sqlite, sqlite_path

if TYPE_CHECKING:
    from threading import Thread

    from zprof.databases import StoreDatabase

Record = TypeVar("Record")

PATIENCE = 2.0
"""Seconds to wait for another process that holds a store."""
ANSWER_WITHIN = 5.0
"""Seconds within which all servers must have answered."""


class Found(NamedTuple, Generic[Record]):
    """What the store of a profile has, or why it could not be read."""

    profile: Profile
    records: Sequence[Record] = ()
    problem: ZprofError | None = None


def in_all_stores(
    profiles: Sequence[Profile], caller: Caller, read: Callable[[Store], Sequence[Record]]
) -> list[Found[Record]]:
    """What a read finds in the store of each profile.

    Args:
        read: may be called by several threads at once.
    """
    end = monotonic() + ANSWER_WITHIN
    questions = [Question(profile, caller, read) for profile in profiles]
    for question in questions:
        question.begin()
    return [question.answer(end) for question in questions]


class Question(Generic[Record]):
    """A read of one profile's store."""

    def __init__(self, profile: Profile, caller: Caller, read: Callable[[Store], Sequence[Record]]) -> None:
        self._profile = profile
        self._caller = caller._replace(lock_timeout=min(PATIENCE, caller.lock_timeout))
        self._read = read
        self._thread: Thread | None = None
        self._found: Found[Record] | BaseException | None = None

    def begin(self) -> None:
        """Ask a server."""
        if is_sqlite(self._profile.url):
            return
        from threading import Thread  # for those who have a server

        # What says that it waits would say so in the midst of the answer.
        self._caller = self._caller._replace(say=Caller().say)
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()

    def answer(self, end: float) -> Found[Record]:
        """What there is.

        Args:
            end: when a server is waited for no more, as `monotonic` counts.
        """
        if self._thread is None:
            self._ask()
        else:
            self._thread.join(max(0.0, end - monotonic()))
        if isinstance(self._found, BaseException):
            raise self._found
        return self._found or Found(self._profile, problem=no_answer())

    def _ask(self) -> None:
        try:
            database = self._database()
            with closing(Store(self._profile.url, self._caller, database=database)) as store:
                self._found = self._answer_of(store, database)
        except ZprofError as error:
            self._found = Found(self._profile, problem=error)
        except BaseException as error:  # raised where it is waited for
            self._found = error

    def _answer_of(self, store: Store, database: StoreDatabase) -> Found[Record]:
        try:
            return Found(self._profile, self._read(store))
        except Busy as error:
            return Found(self._profile, problem=Busy(error.message, "Try again."))
        except DamagedFile as error:
            return Found(self._profile, problem=too_old(database) or error)

    def _database(self) -> StoreDatabase:
        url = self._profile.url
        if is_sqlite(url):
            return Database(sqlite_path(url), "store", self._caller, has_turns=False, keeps_format=True)
        return store_database(url, self._caller, keeps_format=True)


def too_old(database: StoreDatabase) -> SchemaError | None:
    """Why a store lacks what was asked for, if it is because an older zprof made it."""
    ((_, version, _, _),) = database.ask(sql.FORMAT())[0]
    if version >= FORMATS["store"]:
        return None
    return SchemaError(
        f"An older zprof made {database.place}, in format {version}, which must be upgraded before it can be listed.",
        "To upgrade it, run `zprof db upgrade`.",
    )


def no_answer() -> ZprofError:
    """The error of a server that takes too long."""
    return ZprofError(
        f"The server did not answer within {ANSWER_WITHIN:.0f} seconds.", "`zprof stack list` waits longer."
    )
