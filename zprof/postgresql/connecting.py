"""Connections to a PostgreSQL server: made as a store's address says, kept while a handle may need them again."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

import psycopg

from zprof.postgresql import errors
from zprof.postgresql.url import Address
from zprof.signals import end_if_heard

# What the driver has to say is in its errors; unless told otherwise, logging would print it, too.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "zprof",
    "keepalives_idle": "30",  # a network that is gone says nothing by itself
}
"""libpq's parameters, unless the URL says otherwise; times in seconds."""

IDLE = 300.0
"""Seconds after which a connection that nobody uses is closed."""


class Kept(NamedTuple):
    """A connection that is not used now."""

    connection: Connection
    process: int
    """The one that made it: a fork must leave its parent's socket alone."""
    since: float


class Connections:
    """The connections of one handle: each is used by one thread at a time, and in the process that made it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: list[Kept] = []
        self._timer: threading.Timer | None = None
        self._finalizer = weakref.finalize(self, close_all, self._idle)

    @contextmanager
    def taken(self) -> Iterator[tuple[Connection, bool]]:
        """A connection outside of a transaction, and whether it was kept, so that it may have broken meanwhile.

        It is kept again where the block leaves it outside of a transaction; else it is closed.
        """
        kept = self._kept()
        connection = kept or self.opened()
        process = os.getpid()
        try:
            yield connection, kept is not None
        finally:
            if os.getpid() == process:
                if is_ready(connection):
                    self._idle.append(Kept(connection, process, monotonic()))
                    self._close_in_time()
                else:
                    close(connection)

    def opened(self) -> Connection:
        """A new connection. It begins no transaction by itself.

        Raises:
            ZprofError: the server can't be reached, or lets nobody in.
        """
        password = self._address.resolved_password()
        arguments: dict[str, Any] = {
            **DEFAULTS,
            **{key: value for key, value in self._address.parameters.items() if key != "schema"},
            "host": self._address.host,
            "port": self._address.port,
            "dbname": self._address.database,
            "client_encoding": "UTF8",
        }
        if self._address.user:
            arguments["user"] = self._address.user
        if password is not None:
            arguments["password"] = password
        try:
            # Nothing is prepared by name, which a pool between us and the server would mix up.
            return psycopg.connect(autocommit=True, prepare_threshold=None, **arguments)
        except psycopg.Error as error:
            end_if_heard()
            raise errors.unreachable(error, self._address, password) from None

    def close(self) -> None:
        """Close those that nobody uses."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        close_all(self._idle)

    def _kept(self) -> Connection | None:
        while True:
            try:
                found = self._idle.pop()
            except IndexError:
                return None
            if found.process != os.getpid():
                continue  # the driver closes no connection of another process
            if monotonic() - found.since < IDLE and is_ready(found.connection):
                return found.connection
            close(found.connection)

    def _close_in_time(self) -> None:
        """Look after IDLE seconds whether there is what nobody has used since."""
        if self._timer is None or not self._timer.is_alive():
            self._timer = threading.Timer(IDLE, close_old, (self._idle,))
            self._timer.daemon = True
            self._timer.start()


def is_ready(connection: Connection) -> bool:
    """Whether a connection is open and outside of a transaction, as far as the driver knows."""
    return not connection.closed and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def close_all(idle: list[Kept]) -> None:
    """Close connections of this process."""
    while idle:
        with suppress(IndexError):
            found = idle.pop()
            if found.process == os.getpid():
                close(found.connection)


def close_old(idle: list[Kept]) -> None:
    """Close what was idle for too long."""
    for found in list(idle):
        if monotonic() - found.since >= IDLE:
            with suppress(ValueError):
                idle.remove(found)
                close(found.connection)


def close(connection: Connection) -> None:
    """Close a connection, whatever became of it."""
    with suppress(psycopg.Error):
        connection.close()
