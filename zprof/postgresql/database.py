"""A store on a PostgreSQL server: a schema of its own, used as `zprof.sqlite` uses a file.

Since writers take turns, READ COMMITTED sees the same from a change's first statement to its last. Reads take no turn:
they have a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from zprof.caller import QUIET, Caller
from zprof.errors import DamagedFile, ZprofError
from zprof.generated.formats import FORMATS
from zprof.postgresql.tools import dump_line
from zprof.postgresql.url import Address, address
from zprof.transaction import Call, Row

if TYPE_CHECKING:
    from zprof.postgresql.connecting import Connection, Connections
    from zprof.postgresql.transaction import Transaction

RELATIONS = """
    SELECT coalesce(bool_or(relname = 'format'), false), count(*)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %(schema)s AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""


HAS_USAGE = "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %(schema)s"


def no_upgrade(database: PostgreSQL) -> None:
    """For a store that is to be left as it is."""


class PostgreSQL:
    """One schema of ours. Connections are kept between transactions, until `close()` or for five idle minutes."""

    def __init__(
        self,
        url: str,
        caller: Caller = QUIET,
        *,
        upgrade: Callable[[PostgreSQL], None] = no_upgrade,
        keeps_format: bool = False,
    ) -> None:
        """One at a normalised URL; nothing is connected yet.

        Args:
            upgrade: brings the store of an older zprof to the format of this one.
            keeps_format: whether a read takes the store of an older zprof as it is, rather than upgrade it.
        """
        self.address: Address = address(url)
        self.caller = caller
        self.keeps_format = keeps_format
        self._upgrade = upgrade

    @property
    def place(self) -> str:
        """The store as it reads in a sentence."""
        return self.address.place

    @cached_property
    def connections(self) -> Connections:
        """The connections to the server.

        Raises:
            ZprofError: the driver is not installed.
        """
        try:
            from zprof.postgresql.connecting import Connections  # with psycopg: 100 ms
        except ImportError:
            raise missing_driver() from None
        return Connections(self.address)

    def _transaction(self, *, is_write: bool, mode: str | None = None) -> Transaction:
        _ = self.connections
        from zprof.postgresql.transaction import Transaction

        return Transaction(self, is_write=is_write, mode=mode)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One snapshot, which no writer makes wait.

        Raises:
            Busy: the store was being upgraded for longer than the timeout.
            SchemaError: it is not a store that this program can read.
            ZprofError: there is no connection, or no store.
        """
        with self._transaction(is_write=False) as transaction:
            yield transaction

    def ask(self, *calls: Call, left_out: list[DamagedFile] | None = None) -> list[list[Row]]:
        """The rows of several reads, from one snapshot, in one round trip.

        Args:
            left_out: stays as it is: a server checks the types of all rows.

        Raises:
            Busy, SchemaError, ZprofError: as in `read`.
        """
        with self._transaction(is_write=False) as transaction:
            return transaction.ask_and_end(*calls)

    @contextmanager
    def write(self, *, is_trial: bool = False) -> Iterator[Transaction]:
        """One transaction that no other writer runs beside: committed when the block is left without an error.

        Args:
            is_trial: whether to roll it back in any case, after all has been tried on the database. Where that may not
                be written, its rules are asked alone.

        Raises:
            Busy: another writer took longer than the timeout.
            SchemaError, ZprofError: as in `read`.
        """
        with self._transaction(is_write=True) as transaction:
            transaction.may_only_read = is_trial
            yield transaction
            transaction.end(is_trial=is_trial)

    def is_there(self) -> bool:
        """Whether there is a store.

        Raises:
            ForeignFile: the schema has tables, and they are not ours.
        """
        with self._connected() as connection:
            return self._holds_store(connection)

    def create(self, fill: Callable[[Transaction], None]) -> bool:
        """Make the schema, its tables and their first rows in one transaction; False if another process was first.

        Args:
            fill: adds the first rows.
        """
        from zprof.postgresql.creation import create

        return create(self, fill)

    def upgrade(self) -> None:
        """Bring the store to the format of this program."""
        self._upgrade(self)

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A write transaction that nobody reads beside, in whatever format the store has."""
        from zprof.postgresql.turns import ALONE

        with self._transaction(is_write=True, mode=ALONE) as transaction:
            transaction.ask()
            yield transaction.driver_connection()
            transaction.end(is_trial=False)

    def say_upgrade(self, version: int) -> None:
        """Say that the store is upgraded, and how to copy it before."""
        self.caller.say(f"Upgrading {self.place} to format {FORMATS['store']}. To make a copy first, run:")
        self.caller.say(dump_line(self.address.url(), f"{self.address.schema}.format-{version}.dump"))

    def wipe(self) -> None:
        """What was removed is the server's to forget: its VACUUM gives the room to other rows."""

    def close(self) -> None:
        """Close the connections that are kept."""
        if "connections" in self.__dict__:
            self.connections.close()

    def absence(self, connection: Connection) -> ZprofError | None:
        """Why the table `format` is not seen; None where it is, and another one is missing."""
        from zprof.postgresql import errors

        if not self._holds_store(connection):
            return errors.not_there(self.address)
        if has_usage(connection, self.address.schema):
            return None
        return errors.no_privilege(self.address, f"it has no USAGE privilege on the schema '{self.address.schema}'")

    def _holds_store(self, connection: Connection) -> bool:
        from zprof.postgresql import errors
        from zprof.postgresql.transaction import looked_up

        row = looked_up(connection, RELATIONS, {"schema": self.address.schema})
        assert row is not None
        has_format, relations = row
        if not has_format and relations:
            raise errors.foreign(self.address)
        return bool(has_format)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection outside of a transaction, and errors as ours."""
        with self.connections.taken() as (connection, _):
            import psycopg

            from zprof.postgresql import errors

            try:
                yield connection
            except psycopg.Error as error:
                raise errors.translated(error, self.address) from None


def has_usage(connection: Connection, schema: str) -> bool:
    """Whether the user may use a schema at all."""
    from zprof.postgresql.transaction import looked_up

    row = looked_up(connection, HAS_USAGE, {"schema": schema})
    return row is not None and bool(row[0])


def missing_driver() -> ZprofError:
    """The error of an installation without the driver."""
    return ZprofError(
        "A store on PostgreSQL needs the driver psycopg, which is not installed.",
        "In a checkout of zprof, run `pip install '.[postgresql]'`.",
    )
