"""A store on a PostgreSQL server: a schema of its own, used as `zprof.sqlite.database` uses a file.

Since writers take turns, READ COMMITTED sees the same from a change's first statement to its last. Reads take no turn:
they have a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from zprof.caller import QUIET, Caller
from zprof.compatibility import OlderFormat, checked_version
from zprof.errors import ZprofError
from zprof.generated import statements as sql
from zprof.postgresql import errors
from zprof.postgresql.connecting import engine_to
from zprof.postgresql.tools import dump_line
from zprof.postgresql.turns import key_of, milliseconds, take_turn
from zprof.postgresql.url import Address, address
from zprof.schema import statements
from zprof.sqlite.errors import not_text
from zprof.waiting import Deadline, not_within_its_own_change

READ = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
{settings};
LOCK TABLE format IN ACCESS SHARE MODE
"""
"""The lock makes a read wait for an upgrade that is being made, and take its snapshot after it: to older snapshots, a
table that was rewritten is empty (https://www.postgresql.org/docs/current/mvcc-caveats.html)."""
LOOK = "SET TRANSACTION READ ONLY; {settings}"
WRITE = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; {settings}"
# Alone in the path, so that nothing of another schema is taken for ours; what is PostgreSQL's own comes first anyway.
SETTINGS = 'SET LOCAL search_path = "{schema}"; SET LOCAL lock_timeout = {milliseconds}'

RELATIONS = text("""
    SELECT coalesce(bool_or(relname = 'format'), false), count(*)
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = :schema AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
""")
HAS_SCHEMA = text("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = :schema")


class PostgreSQL:
    """One schema of ours. A connection is made for each transaction and closed with it.

    Args:
        keeps_format: whether a read takes the store of an older zprof as it is, rather than upgrade it.
    """

    def __init__(self, url: str, caller: Caller = QUIET, *, keeps_format: bool = False) -> None:
        self.address: Address = address(url)
        self.caller = caller
        self._keeps_format = keeps_format

    @property
    def place(self) -> str:
        """The store as it reads in a sentence."""
        return self.address.place

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One snapshot, which no writer makes wait.

        Raises:
            Busy: the store was being upgraded for longer than the timeout.
            SchemaError: it is not a store that this program can read.
            ZprofError: there is no connection, or no store.
        """
        try:
            with self.snapshot() as connection:
                yield Transaction(connection)
                return
        except OlderFormat:
            pass
        with self._turn() as connection:
            self._upgrade_older(connection)
        with self.read() as transaction:
            yield transaction

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A read's connection.

        Raises:
            OlderFormat: upgrade first.
        """
        with (
            not_within_its_own_change(self.place, is_write=False),
            self._connection() as connection,
            connection.begin(),
        ):
            try:
                connection.exec_driver_sql(self._beginning(READ))
            except DBAPIError as error:
                if errors.sqlstate(error) != errors.UNDEFINED_TABLE:
                    raise
                raise self._absence() from None
            if self._version(connection, is_write=False) < sql.FORMATS["store"] and not self._keeps_format:
                raise OlderFormat
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that no other writer runs beside: committed when the block is left without an error.

        Raises:
            Busy: another writer took longer than the timeout.
            SchemaError, ZprofError: as in `read`.
        """
        with self._turn() as connection:
            if not self._holds_store(connection):
                raise errors.not_there(self.address)
            self._upgrade_older(connection)
            yield connection

    def is_there(self) -> bool:
        """Whether there is a store.

        Raises:
            ForeignFile: the schema has tables, and they are not ours.
        """
        with self._connection() as connection, connection.begin():
            connection.exec_driver_sql(self._beginning(LOOK))
            return self._holds_store(connection)

    def create(self, fill: Callable[[Connection], None]) -> bool:
        """Make the schema, its tables and their first rows in one transaction; False if another process was first.

        Args:
            fill: inserts the first rows.
        """
        from zprof.schema import migration

        with self._turn() as connection:
            if self._holds_store(connection):
                return False
            # IF NOT EXISTS would ask for the privilege to make schemas in any case.
            if connection.scalar(HAS_SCHEMA, {"schema": self.address.schema}) == 0:
                connection.execute(CreateSchema(self.address.schema))
            migration.run(connection, "store")
            fill(connection)
            return True

    def upgrade(self) -> None:
        """Bring the store to the format of this program."""
        with self.writing():
            pass

    def revisions_since(self, version: int) -> list[str]:
        """The names of the revisions that an upgrade from a format would run."""
        from zprof.schema import migration

        return migration.revisions_since("store", version)

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A write transaction in whatever format the store has."""
        with self._turn() as connection:
            yield connection

    def _upgrade_older(self, connection: Connection) -> None:
        """Bring an older store to the format of this program, within the transaction of a writer."""
        version = self._version(connection, is_write=True)
        if version < sql.FORMATS["store"]:
            from zprof.schema import migration  # 450 ms, paid once per release

            self.caller.say(f"Upgrading {self.place} to format {sql.FORMATS['store']}. A copy can be made before with:")
            self.caller.say(dump_line(self.address.url(), f"{self.address.schema}.format-{version}.dump"))
            connection.exec_driver_sql("LOCK TABLE format")  # reads that begin now wait for the end, see READ
            migration.run(connection, "store")

    def _version(self, connection: Connection, *, is_write: bool) -> int:
        try:
            row = connection.execute(statements.FORMAT).first()
        except DBAPIError as error:
            if errors.sqlstate(error) == errors.UNDEFINED_COLUMN:
                raise errors.foreign(self.address) from None
            raise
        return checked_version(self.place, "store", None if row is None else tuple(row), is_write=is_write)

    def _absence(self) -> ZprofError:
        """Why the table `format` is not seen."""
        if self.is_there():
            return errors.no_privilege(self.address, f"its schema '{self.address.schema}' is closed to that user")
        return errors.not_there(self.address)

    def _holds_store(self, connection: Connection) -> bool:
        has_format, relations = connection.execute(RELATIONS, {"schema": self.address.schema}).one()
        if not has_format and relations:
            raise errors.foreign(self.address)
        return bool(has_format)

    @contextmanager
    def _turn(self) -> Iterator[Connection]:
        """A transaction in which this process has the lock that all who write to the store take first."""
        with not_within_its_own_change(self.place, is_write=True), self._connection() as connection:
            deadline = Deadline(self.place, self.caller)
            with connection.begin() as transaction:
                connection.exec_driver_sql(self._beginning(WRITE))
                take_turn(connection, key_of(self.address.schema), deadline)
                yield connection
                if not transaction.is_active:  # a trial, which has undone it all
                    return
                try:
                    transaction.commit()
                except DBAPIError as error:
                    if errors.is_lost(error):
                        raise errors.unknown_outcome(self.address) from None
                    raise

    def _beginning(self, statements: str) -> str:
        settings = SETTINGS.format(schema=self.address.schema, milliseconds=milliseconds(self.caller.lock_timeout))
        return statements.format(settings=settings)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection, and errors of the server and the driver as ours."""
        engine = self._engine
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise errors.unreachable(error, self.address, self._password) from None
        try:
            with connection:
                yield connection
        except DBAPIError as error:
            raise errors.translated(error, self.address) from None
        except UnicodeEncodeError:
            raise not_text() from None

    @cached_property
    def _password(self) -> str | None:
        return self.address.resolved_password()

    @cached_property
    def _engine(self) -> Engine:
        return engine_to(self.address, self._password)


class Transaction:
    """A begun transaction: what statements run on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: sql.Statement, **parameters: object) -> list[tuple[Any, ...]]:
        """All rows of a read: the text is SQLite's, so the statement that it was generated from is run."""
        selected = getattr(statements, statement.name)
        return [tuple(row) for row in self._connection.execute(selected, parameters)]

    def row(self, statement: sql.Statement, **parameters: object) -> tuple[Any, ...] | None:
        """The one row of a read by a unique key, if there is one."""
        rows = self.rows(statement, **parameters)
        return rows[0] if rows else None
