"""One SQLite file of ours: its transactions, and making and upgrading it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

from zprof.caller import QUIET, Caller
from zprof.compatibility import OLDEST_READ, Kind, checked_version
from zprof.errors import DamagedFile, ForeignFile, OthersDatabase, ZprofError
from zprof.generated import statements as sql
from zprof.generated.formats import FORMATS
from zprof.signals import committing, end_if_heard
from zprof.sqlite.column_types import has_types
from zprof.sqlite.connection import APPLICATION_ID, SETTINGS, connect, leave_open, patiently
from zprof.sqlite.errors import cure, telling_outcome, too_long, translating, why_unreadable
from zprof.sqlite.files import check_is_own, may_be_written
from zprof.sqlite.tables import check_own_tables, check_parts, check_tables
from zprof.transaction import AT_ONCE, Batch, Call, Row, check_count, parts
from zprof.transaction import Transaction as AnyTransaction
from zprof.waiting import Deadline, not_within_its_own_change

if TYPE_CHECKING:
    from zprof.sqlite.rows import BadRow

PLACES = 5
"""The format that brought in the places of components."""
WITHOUT_PLACES = "CREATE TEMP VIEW component AS SELECT rowid AS rowid, *, '' AS place FROM main.component"
"""What a store of an older format is read through where it is left as it is, as by doctor."""


def no_upgrade(database: Database) -> None:
    """For a file that is never an older one's, or is to be left as it is."""


class Database:
    """One SQLite file. It is opened for each transaction and closed with it."""

    def __init__(
        self,
        path: str,
        kind: Kind,
        caller: Caller = QUIET,
        *,
        upgrade: Callable[[Database], None] = no_upgrade,
        has_turns: bool = True,
        keeps_format: bool = False,
    ) -> None:
        """One at a path; nothing is opened yet.

        Args:
            upgrade: brings the file of an older zprof to the format of this one.
            has_turns: whether others may want it, too, so that there are turns to wait for.
            keeps_format: whether a read takes the file of an older zprof as it is, rather than upgrade it.
        """
        self.path = path
        self.kind: Kind = kind
        self.caller = caller
        self._upgrade = upgrade
        self._has_turns = has_turns
        self._keeps_format = keeps_format

    @property
    def file(self) -> str:
        """The path that symbolic links lead to: SQLite's journal and the queue go by its name."""
        return os.path.realpath(self.path)

    @property
    def place(self) -> str:
        """The database as it reads in a sentence."""
        return self.path

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One snapshot. It holds no lock once the block is left, so leave it before printing.

        Raises:
            Busy: others held the file for longer than the timeout.
            SchemaError: it is not a database of this kind that this program can read.
        """
        with Transaction(self, is_write=False) as transaction:
            yield transaction

    def ask(self, *calls: Call, left_out: list[DamagedFile] | None = None) -> list[list[Row]]:
        """The rows of several reads, from one snapshot.

        Args:
            left_out: is given the errors of rows that are not of their types, which are left out; without it, the first
                such row is raised.

        Raises:
            Busy, SchemaError: as in `read`.
        """
        with self.read() as transaction:
            transaction.left_out = left_out
            return transaction.ask(*calls)

    @contextmanager
    def write(self, *, is_trial: bool = False) -> Iterator[Transaction]:
        """One transaction: committed, durably, when the block is left without an error, else rolled back.

        Args:
            is_trial: whether to roll it back in any case, after all has been tried on the database; where that may
                not be written, on a copy of it in memory.

        Raises:
            Busy, SchemaError: as in `read`.
        """
        is_on_copy = is_trial and not may_be_written(self.path)
        with Transaction(self, is_write=not is_on_copy, is_on_copy=is_on_copy) as transaction:
            yield transaction
            transaction.end(is_trial=is_trial)

    @contextmanager
    def turn(self, *, is_write: bool) -> Iterator[Deadline]:
        """Have one's turn, and the time that is left for all further waiting."""
        if self.kind == "registry":
            check_is_own(self.path)
        with not_within_its_own_change(self.file, is_write=is_write):
            deadline = Deadline(self.path, self.caller)
            if not self._has_turns:
                yield deadline
                return
            from zprof.sqlite.turns import turn

            with turn(self.file, deadline, is_exclusive=is_write):
                yield deadline

    def opened(self, deadline: Deadline) -> sqlite3.Connection:
        """A connection to a file of ours, with our settings, outside of a transaction."""
        connection = connect(self.path, self.kind)
        try:
            found = patiently(connection, deadline, "PRAGMA application_id").fetchone()[0]
            if os.stat(self.path).st_size == 0:
                from zprof.hints import option_of  # on the way to an error alone

                raise ForeignFile(
                    f"{self.path} is an empty file.",
                    f"Restore a copy: `zprof db restore FILE{option_of(self.kind)}`.",
                )
            if found != APPLICATION_ID:
                self._refuse_rebuilt(connection)
                raise OthersDatabase(
                    f"{self.path} was not created by zprof.",
                    "Nothing was changed in it. Choose a path that does not exist: zprof creates the file.",
                )
            for setting in SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_rebuilt(self, connection: sqlite3.Connection) -> None:
        """Raise what brings the marks back of a file that was rebuilt from a dump, if it was."""
        from zprof.sqlite.marks import Rebuilt, rebuilt  # for files that are not ours as they are

        found = rebuilt(connection)
        if found is not None:
            raise Rebuilt(self.path, found)

    def begin(self, connection: sqlite3.Connection, deadline: Deadline, *, is_write: bool) -> bool:
        """Begin, and check within the transaction that this program can use what it sees; False to upgrade first."""
        if is_write and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            # Another program's doing; SQLite before 3.51.3 can damage such a file when several write.
            patiently(connection, deadline, "PRAGMA journal_mode = DELETE")
        patiently(connection, deadline, "BEGIN IMMEDIATE" if is_write else "BEGIN")
        version = patiently(connection, deadline, "PRAGMA user_version").fetchone()[0]
        self._check_format(connection, version, is_write)
        is_older = version < FORMATS[self.kind]
        if is_older and (is_write or not (self._keeps_format or self._has_bad_rows(connection, version))):
            return False
        if self.kind == "store" and version < PLACES:
            connection.execute(WITHOUT_PLACES)
        # SQLite ignores the setting where it was built without foreign keys, so ask.
        if is_write and connection.execute("PRAGMA foreign_keys").fetchone()[0] != 1:
            raise ZprofError(
                "This SQLite does not enforce foreign keys.", "Use a Python that is built with another SQLite."
            )
        return True

    def _check_format(self, connection: sqlite3.Connection, version: int, is_write: bool) -> None:
        """Refuse the other kind of database, and one that a newer zprof made too different."""
        tables = check_parts(connection, self.path)
        if "format" not in tables:
            check_tables(self.path, self.kind, tables, version)
        row = next(iter(self.answer(connection, sql.FORMAT())), None)
        stated = checked_version(self.path, self.kind, row, is_write=is_write)
        if stated <= FORMATS[self.kind]:
            check_tables(self.path, self.kind, tables, stated)
        if is_write and stated == version:
            check_own_tables(connection, self.path, self.kind, version)
        if stated != version or version < 1:
            raise DamagedFile(
                f"{self.path} contradicts itself: its format is {version} in one place and {stated} in another.",
                cure(self.kind),
            )

    def _has_bad_rows(self, connection: sqlite3.Connection, version: int) -> bool:
        """Whether a file of an older format can't be upgraded for the sake of its rows, and can be read as it is."""
        from zprof.sqlite.rows import rows_in_the_way  # looked for before an upgrade alone

        return version >= OLDEST_READ[self.kind] and any(rows_in_the_way(connection, self.kind))

    def answer(
        self, connection: sqlite3.Connection, question: Call, left_out: list[DamagedFile] | None = None
    ) -> list[Row]:
        """The rows of a read, found to be of the types that it promises.

        Args:
            left_out: as for `ask`.

        Raises:
            DamagedFile: a row is not, since whoever writes a file can switch its checks off.
        """
        statement = question.statement.sqlite
        rows = typed_rows(connection, statement, question)
        if rows is not None:
            return rows
        from zprof.sqlite.rows import bad_row_error, bad_row_errors, bad_rows_of_read, without  # for who meets one

        if left_out is not None:
            bad = bad_rows_of_read(connection, self.kind, statement)
            rows = typed_rows(connection, without(connection, bad, statement), question)
            if rows is not None:
                left_out += bad_row_errors(connection, self.path, self.kind, bad)
                return rows
        raise bad_row_error(connection, self.path, self.kind, statement)

    def is_there(self) -> bool:
        """Whether there is anything at the path, be it a link that leads nowhere."""
        return os.path.lexists(self.path)

    def create(self, fill: Callable[[Transaction], None]) -> bool:
        """Make the file and its first rows, visible to others only when complete; False if another process was first.

        Args:
            fill: adds the first rows, in the transaction that makes the tables.
        """
        with self.turn(is_write=True):
            return self.create_in_turn(fill)

    def create_in_turn(self, fill: Callable[[Transaction], None]) -> bool:
        """The same for who has the turn already."""
        from zprof.generated.schemas import SQLITE  # what few commands need
        from zprof.sqlite.publishing import published

        def make(draft: str) -> None:
            with translating(self.path, self.kind), closing(connect(draft)) as connection:
                for setting in SETTINGS:
                    connection.execute(setting)
                # What a power cut leaves of a draft is never used, so a journal on the disk would only be slow.
                connection.execute("PRAGMA journal_mode = MEMORY")
                connection.execute("BEGIN IMMEDIATE")
                for statement in SQLITE[self.kind]:  # one by one: executescript would commit before the first
                    connection.execute(statement)
                drafted = Database(draft, self.kind, self.caller, has_turns=False)
                with Transaction(drafted, is_write=True, begun=connection) as transaction:
                    fill(transaction)
                    transaction.end(is_trial=False)

        return published(self.file, make, self.caller.say)

    def upgrade(self) -> None:
        """Bring the file to the format of this program, after making a copy."""
        self._upgrade(self)

    def wipe(self) -> None:
        """Write the file again without what was ever removed from it: until then that may still be read in it.

        Raises:
            Busy, SchemaError: as in `read`.
        """
        with (
            self.turn(is_write=True) as deadline,
            translating(self.path, self.kind),
            closing(self.opened(deadline)) as connection,
        ):
            connection.execute("PRAGMA secure_delete = ON")
            patiently(connection, deadline, "VACUUM")

    def close(self) -> None:
        """Nothing is open between transactions."""


class Transaction(AnyTransaction):
    """A transaction on a file; leaving its block without `end` rolls back.

    Args:
        begun: a connection on which it is begun already, and which its owner closes.
        is_on_copy: whether what it changes is a copy in memory.
    """

    def __init__(
        self,
        database: Database,
        *,
        is_write: bool,
        begun: sqlite3.Connection | None = None,
        is_on_copy: bool = False,
    ) -> None:
        super().__init__()
        self.left_out: list[DamagedFile] | None = None
        """As for `Database.ask`."""
        self._is_on_copy = is_on_copy
        self._database = database
        self._is_write = is_write
        self._open = ExitStack()
        self._connection = begun
        self._deadline = Deadline(database.path, database.caller)

    def __enter__(self) -> Transaction:
        return self

    @property
    def path(self) -> str:
        """The path of the file that it is on."""
        return self._database.path

    def __exit__(self, *exception: object) -> None:
        self._is_over = True
        if not self._is_of_this_process:
            leave_open(self._open.pop_all(), self._connection)
        self._connection = None
        self._open.close()

    def end(self, *, is_trial: bool) -> None:
        """Send what is left to run, and commit, unless all of it was a trial."""
        self.ask()
        if not is_trial:
            path, kind = self._database.path, self._database.kind
            with translating(path, kind), committing(), telling_outcome(path):
                patiently(self._begun(), self._deadline, "COMMIT")

    def continue_numbers(self, table: str) -> None:
        """SQLite counts by the rows themselves."""

    def erase(self) -> None:
        """SQLite fills what is removed with zeros."""
        self.answers("PRAGMA secure_delete = ON")

    def answers(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a question to SQLite itself: a PRAGMA, or a look at its schema."""
        with translating(self._database.path, self._database.kind):
            return self._begun().execute(query).fetchall()

    def bad_rows(self, *, is_thorough: bool) -> Iterator[BadRow]:
        """Rows that zprof would not write; thorough is as for `zprof.sqlite.rows.bad_rows`."""
        from zprof.sqlite.rows import bad_rows

        with translating(self._database.path, self._database.kind):
            yield from bad_rows(self._begun(), self._database.kind, is_thorough=is_thorough)

    def repair(self, row: BadRow) -> str:
        """What to type against a bad row."""
        from zprof.sqlite.rows import repair

        with translating(self._database.path, self._database.kind):
            return repair(self._begun(), self._database.path, self._database.kind, row)[0]

    def _exchange(self, batches: Sequence[Batch], questions: Sequence[Call]) -> list[list[Row]]:
        with translating(self._database.path, self._database.kind):
            connection = self._begun()
            if sum(len(batch.parameters) for batch in batches) > AT_ONCE:
                self._run_in_parts(connection, batches)
            else:
                for batch in batches:
                    check_count(batch, _run(connection, batch))
            return [self._database.answer(connection, question, self.left_out) for question in questions]

    def _run_in_parts(self, connection: sqlite3.Connection, batches: Sequence[Batch]) -> None:
        """Run many changes, and tell how far they are."""
        total, done = sum(len(batch.parameters) for batch in batches), 0
        for batch, split in parts(batches):
            touched = 0
            for part in split:
                touched += _run(connection, part)
                done += len(part.parameters)
                self._database.caller.progress(f"Writing to {os.path.basename(self.path)}", done, total)
            check_count(batch, touched)

    def _begun(self) -> sqlite3.Connection:
        """The connection, in a begun transaction; the file is upgraded first where an older zprof made it."""
        if self._connection is not None:
            return self._connection
        while not self._begin():
            self._open.close()
            self._database.upgrade()
        assert self._connection is not None
        return self._connection

    def _begin(self) -> bool:
        if self._is_write:
            end_if_heard()
        self._deadline = self._open.enter_context(self._database.turn(is_write=self._is_write))
        connection = self._database.opened(self._deadline)
        self._open.callback(connection.close)
        if not self._database.begin(connection, self._deadline, is_write=self._is_write):
            return False
        if self._is_on_copy:
            connection = in_memory(connection)
            self._open.callback(connection.close)
        self._connection = connection
        return True


def typed_rows(connection: sqlite3.Connection, statement: str, question: Call) -> list[Row] | None:
    """The rows of a read; None where one can't be read, or has values of other types than the read promises.

    Args:
        statement: the question's text, or another that asks the same.
    """
    try:
        rows = connection.execute(statement, question.parameters).fetchall()
    except (sqlite3.OperationalError, sqlite3.DataError) as error:
        if why_unreadable(error) is None:
            raise
        return None
    return rows if has_types(rows, question.statement.columns) else None


def in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a database that is gone with its connection, in a begun transaction."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    connection.backup(copy)
    copy.execute("PRAGMA foreign_keys = ON")
    copy.execute("BEGIN")
    return copy


def _run(connection: sqlite3.Connection, batch: Batch) -> int:
    """Run changes by one statement; the number of rows that they touched."""
    try:
        if len(batch.parameters) == 1:
            return connection.execute(batch.statement.sqlite, batch.parameters[0]).rowcount
        return connection.executemany(batch.statement.sqlite, batch.parameters).rowcount
    except sqlite3.DataError as error:
        raise too_long(error) or error from None
