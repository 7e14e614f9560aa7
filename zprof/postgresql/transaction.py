"""A transaction on a server, in few round trips: what can be sent together is, by libpq's pipeline.

The first round trip begins it, takes the turn, checks the store's tables and its format, and asks the first questions;
the next ones run changes and ask on; the last one commits. COMMIT is sent apart: only then is a connection that is lost
a change whose outcome is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import psycopg

from zprof.compatibility import checked_version
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.postgresql import errors
from zprof.postgresql.check import check, oddities
from zprof.postgresql.connecting import Connection, close, is_ready
from zprof.postgresql.turns import ALONE, LOOK, TURN, holder, holder_query, locks, milliseconds
from zprof.refusals import not_text
from zprof.signals import committing, end_if_heard
from zprof.transaction import AT_ONCE, Batch, Call, Miscount, Row, check_count, parts
from zprof.transaction import Transaction as AnyTransaction
from zprof.waiting import ANNOUNCED_AFTER, Deadline, busy, not_within_its_own_change

if TYPE_CHECKING:
    from zprof.postgresql.database import PostgreSQL

READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
# Before anything is looked up: a function or an operator of a stranger must not be taken for PostgreSQL's.
PATH = "SET LOCAL search_path = pg_catalog, pg_temp"
# Each command has a server process of its own, which would compile a list's query for 35 ms and run it for 1 ms.
UNCOMPILED = "SET LOCAL jit = off"
PATIENCE = "SET LOCAL lock_timeout = {milliseconds}"
# What is acknowledged is durable, whatever the role's settings; stricter ones stay.
DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', true) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
)


class Transaction(AnyTransaction):
    """A transaction on a server; leaving its block without `end` rolls back.

    Args:
        mode: of the lock on `format`, instead of the usual one.
        begun: a connection on which it is begun already.
    """

    def __init__(
        self, database: PostgreSQL, *, is_write: bool, mode: str | None = None, begun: Connection | None = None
    ) -> None:
        super().__init__()
        self._database = database
        self._schema = database.address.schema
        self._is_write = is_write
        self._mode = mode or (TURN if is_write else LOOK)
        self._open = ExitStack()
        self._connection = begun
        self._is_committing = False
        self.may_only_read = False
        """Whether it goes on without changes where none are allowed, since it is a trial."""
        self._lacks_youngest = False
        """Whether a table is missing that a store of an older format does not have."""

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_over = True
        connection, self._connection = self._connection, None
        with self._open:
            # A fork's child leaves the socket of its parent alone.
            if connection is not None and self._is_of_this_process and not is_ready(connection):
                try:
                    connection.execute("ROLLBACK")
                except psycopg.Error:
                    close(connection)

    def end(self, *, is_trial: bool) -> None:
        """Send what is left to run, and commit, unless all of it was a trial."""
        self.ask()
        if is_trial:
            return
        assert self._connection is not None
        with committing(may_last=True), self._translating():
            self._is_committing = True
            self._connection.execute("COMMIT")

    def driver_connection(self) -> Connection:
        """The connection, once something was asked."""
        assert self._connection is not None
        return self._connection

    def catalog(self, query: str) -> list[Row]:
        """The rows of a query of PostgreSQL's own tables, once something was asked."""
        with self._translating():
            return self.driver_connection().execute(query.encode()).fetchall()

    def continue_numbers(self, table: str) -> None:
        self.driver_connection().execute(
            f"""
            SELECT setval(pg_get_serial_sequence('"{self._schema}"."{table}"', 'id'), max(id))
            FROM "{self._schema}"."{table}" HAVING max(id) IS NOT NULL
            """.encode()  # noqa: S608  our own names
        )

    def erase(self) -> None:
        """PostgreSQL keeps what is removed until VACUUM, which runs by itself."""

    def ask_and_end(self, *calls: Call) -> list[list[Row]]:
        """The rows of reads, in a transaction that is begun and ended by the same round trip."""
        with self._translating():
            return self._begin(calls, is_last=True)

    def _exchange(self, batches: Sequence[Batch], questions: Sequence[Call]) -> list[list[Row]]:
        with self._translating():
            if self._connection is None:
                first = () if batches else questions
                answers = self._begin(first)
                if not batches:
                    return answers
            assert self._connection is not None
            return self._sent(self._connection, batches, questions)

    def _sent(self, connection: Connection, batches: Sequence[Batch], questions: Sequence[Call]) -> list[list[Row]]:
        if not batches and not questions:
            return []
        total, sent = sum(len(batch.parameters) for batch in batches), 0
        done: list[tuple[Batch, list[psycopg.Cursor[tuple[Any, ...]]]]] = []
        with together(connection):
            for batch, split in parts(batches):
                done.append((batch, []))
                for part in split:
                    done[-1][1].append(self._run(connection, part))
                    sent += len(part.parameters)
                    if total > AT_ONCE:
                        self._database.caller.progress(f"Writing to {self._database.place}", sent, total)
            asked = [connection.execute(*self._text(question)) for question in questions]
        for batch, cursors in done:
            check_count(batch, sum(cursor.rowcount for cursor in cursors))
        return [cursor.fetchall() for cursor in asked]

    def _run(self, connection: Connection, batch: Batch) -> psycopg.Cursor[tuple[Any, ...]]:
        text = batch.statement.postgresql.format(schema=f'"{self._schema}"').encode()
        if len(batch.parameters) == 1:
            return connection.execute(text, batch.parameters[0])
        cursor = connection.cursor()
        cursor.executemany(text, batch.parameters)
        return cursor

    def _text(self, call: Call) -> tuple[bytes, Any]:
        return call.statement.postgresql.format(schema=f'"{self._schema}"').encode(), call.parameters

    def _begin(self, questions: Sequence[Call], *, is_last: bool = False) -> list[list[Row]]:
        """Begin with questions, upgrading the store first where an older zprof made it.

        Raises:
            Busy: others had the turn for longer than the timeout.
            SchemaError: it is not a store that this program can use.
        """
        if self._is_write:
            end_if_heard()
        self._open.enter_context(not_within_its_own_change(self._database.place, is_write=self._is_write))
        connection, was_kept = self._open.enter_context(self._database.connections.taken())
        deadline = Deadline(self._database.place, self._database.caller)
        patience = min(ANNOUNCED_AFTER, deadline.remaining())
        was_upgraded = False
        while True:
            try:
                return self._begun(connection, deadline, patience, questions, is_last=is_last)
            except psycopg.Error as error:
                code = errors.sqlstate(error)
                if errors.is_lost(error):
                    if not was_kept:
                        raise
                    # It broke while nobody used it, and nothing has begun: once more, on a new one.
                    close(connection)
                    connection, was_kept = self._open.enter_context(self._database.connections.taken())
                    continue
                connection.execute("ROLLBACK")
                if code in errors.NOT_WRITABLE and self.may_only_read and self._is_write:
                    self._is_write, self._runs_changes, self._mode = False, False, LOOK
                    continue
                if code == errors.UNDEFINED_TABLE and not (self._lacks_youngest or was_upgraded):
                    self._lacks_youngest = True
                    continue
                if code != errors.LOCK_NOT_AVAILABLE:
                    raise self._reason(connection, error) from None
                found = self._holder(connection)
                if deadline.remaining() == 0.0:
                    raise busy(deadline.place, found) from None
                deadline.announce(found[0].lower() + found[1:])
                patience = deadline.remaining()
            except _Upgraded:
                connection.execute("ROLLBACK")
                self._lacks_youngest, was_upgraded = False, True
            except _Older:
                connection.execute("ROLLBACK")
                self._open.close()
                self._database.upgrade()
                self._lacks_youngest = False
                return self._begin(questions, is_last=is_last)

    def _begun(
        self, connection: Connection, deadline: Deadline, patience: float, questions: Sequence[Call], *, is_last: bool
    ) -> list[list[Row]]:
        opening = [
            WRITE if self._is_write else READ,
            PATH,
            UNCOMPILED,
            PATIENCE.format(milliseconds=milliseconds(patience)),
            *([DURABLE] if self._is_write else []),
            *locks(self._schema, self._mode, lacks_youngest=self._lacks_youngest),
            # What is waited for later has the rest of the time, not the patience of this lock.
            PATIENCE.format(milliseconds=milliseconds(deadline.remaining())),
            check(self._schema),
        ]
        stated: psycopg.Cursor[tuple[Any, ...]] | None = None
        try:
            with together(connection):
                for text in opening:
                    connection.execute(text.encode())
                stated = connection.execute(*self._text(sql.FORMAT()))
                asked = [connection.execute(*self._text(question)) for question in questions]
                if is_last:
                    connection.execute("COMMIT")
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable):
            # An older store lacks what is asked for; its format was answered before.
            if stated is None or stated.pgresult is None:
                raise
            self._check_format(stated)
            raise
        self._check_format(stated)
        self._connection = connection
        return [cursor.fetchall() for cursor in asked]

    def _check_format(self, stated: psycopg.Cursor[tuple[Any, ...]]) -> None:
        row = stated.fetchone()
        version = checked_version(self._database.place, "store", row, is_write=self._is_write)
        is_older = version < FORMATS["store"] and self._mode != ALONE
        if is_older and (self._is_write or not self._database.keeps_format):
            raise _Older
        if self._lacks_youngest and version >= FORMATS["store"]:
            raise _Upgraded

    def _holder(self, connection: Connection) -> str:
        return holder(looked_up(connection, holder_query(self._schema, self._mode))) or "Another process"

    def _reason(self, connection: Connection, error: psycopg.Error) -> Exception:
        """Why a transaction could not be begun, as far as the server tells."""
        code = errors.sqlstate(error)
        if code in (errors.UNDEFINED_TABLE, errors.UNDEFINED_SCHEMA):
            absence = self._database.absence(connection)
            if absence is not None:
                return absence
        if code in (errors.UNDEFINED_TABLE, errors.UNDEFINED_COLUMN) and self._has_foreign_format(connection):
            return errors.foreign(self._database.address)
        if code in (errors.DIVISION_BY_ZERO, errors.WRONG_OBJECT_TYPE):
            found = looked_up(connection, oddities(self._schema))
            return errors.odd(self._database.address, str(found[0]) if found else "it has changed since")
        return error

    def _has_foreign_format(self, connection: Connection) -> bool:
        """Whether the table `format` is not one of ours."""
        row = looked_up(connection, COLUMNS_OF_FORMAT, {"schema": self._schema})
        return row != (4,)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Errors of the server and the driver, as ours."""
        address = self._database.address
        try:
            yield
        except KeyboardInterrupt:
            if self._is_committing:
                raise errors.unknown_outcome(address, f"{address.place} was interrupted") from None
            raise
        except Miscount:
            raise errors.in_the_way(address) from None
        except psycopg.Error as error:
            if self._is_committing and errors.is_lost(error):
                raise errors.unknown_outcome(address) from None
            end_if_heard()  # the driver closes a connection whose waiting a signal ends, and tells that it is lost
            raise errors.translated(error, address) from None
        except UnicodeEncodeError:
            raise not_text() from None
        except UnicodeDecodeError:
            raise errors.not_utf8(address) from None


class _Older(Exception):
    """An older zprof made the store: upgrade it first."""


class _Upgraded(Exception):
    """Others have upgraded the store since a table was missing: lock that, too."""


COLUMNS_OF_FORMAT = """
    SELECT count(*) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %(schema)s AND relname = 'format' AND attname IN ('kind', 'version', 'min_reader', 'min_writer')
"""


def looked_up(connection: Connection, query: str, parameters: dict[str, str] | None = None) -> tuple[Any, ...] | None:
    """The first row of a query of PostgreSQL's own tables, in a transaction of its own, in one round trip."""
    with together(connection):
        for text in (READ, PATH):
            connection.execute(text.encode())
        cursor = connection.execute(query.encode(), parameters)
        connection.execute("COMMIT")
    return cursor.fetchone()


def together(connection: Connection) -> Any:
    """Have what is run in a block sent in one round trip; one by one where libpq is older than 14."""
    return connection.pipeline() if psycopg.Pipeline.is_supported() else nullcontext()
