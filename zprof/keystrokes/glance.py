"""What is there at a glance, for what a shell asks at each prompt and each Tab, when there is no time.

A glance makes, upgrades and changes nothing, takes no turn and waits for nobody: a database is read as it is, or not at
all. It imports neither typing, nor what reads the whole of a thing. A test compares what it finds to be in effect with
what commands find.
"""

from __future__ import annotations

from zprof import names, paths, repository
from zprof.active.choosing import VARIABLES, in_order
from zprof.compatibility import OLDEST_READ, checked_version
from zprof.errors import DamagedFile, NotFound, NothingActive, OthersDatabase
from zprof.generated import glances
from zprof.sqlite.driver import Connection, defend, sqlite3
from zprof.sqlite.files import check_is_file, check_is_own
from zprof.sqlite.tables import check_parts
from zprof.sqlite.url import quoted

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from zprof.active.choosing import Scope
    from zprof.compatibility import Kind
    from zprof.repository import RepositoryFile

APPLICATION_ID = 0x7A70726F
STEPS = 2_000_000
"""Of SQLite's virtual machine in one statement: about 20 milliseconds, a hundred times what a glance takes."""
LENGTH = 1024 * 1024
"""Bytes of a value."""
UNSETTLED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
HOT = (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY)
"""What SQLite says of a file that must be written before it can be read, as after a crash."""


class Unsettled(Exception):
    """A database is being written just now, or must be first: in a moment its answer may be another."""


class InEffect:
    """The profile and the stack in effect, as the registry and the project say; no store is asked."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        """As the registry has it, in a row of PROFILE: the active stack, and both chosen for all."""
        self.row = row
        self.profile: str
        self.url: str
        """Where its store is."""
        self.stack: str | None
        """None where no stack was ever chosen."""
        self.profile, self.url, self.stack, _, is_protected, _, _ = row
        self.is_protected = bool(is_protected)
        self.profile_scope: Scope = "global"
        self.stack_scope: Scope = "global"


def in_effect(*, profile: str | None = None, stack: str | None = None, oldest: int | None = None) -> InEffect:
    """What is in effect here.

    Args:
        profile: what `--profile` says.
        stack: what `--stack` says.
        oldest: the oldest format of the registry that will do; None for any that can be read.

    Raises:
        Unsettled: the registry is being written.
        ZprofError, sqlite3.Error, OSError: nothing is in effect, or nobody can tell.
    """
    files = ProjectFiles()
    chosen = next(in_order("profile", profile, paths.variable(VARIABLES["profile"]), files), None)
    found = InEffect(profile_row(None if chosen is None else chosen[0], oldest))
    if chosen is not None:
        found.profile_scope = chosen[1]
    named = next(in_order("stack", stack, paths.variable(VARIABLES["stack"]), files, chosen), None)
    if named is not None:
        found.stack, found.stack_scope, _ = named
    if not is_name(found.profile) or not (found.stack is None or is_name(found.stack)):
        raise DamagedFile("What is in effect has no name that can be one.")
    return found


def profile_row(name: str | None, oldest: int | None) -> tuple[Any, ...]:
    """What the registry has of a profile; without a name, of the one that is active."""
    statement, parameters = (glances.ACTIVE_PROFILE, {}) if name is None else (glances.PROFILE, {"profile": name})
    found = of_registry(statement, parameters, oldest)
    if not found:
        raise NothingActive("No profile is active.") if name is None else NotFound("profile", name)
    return found[0]


def is_name(value: object) -> bool:
    """Whether a value from a database can be a name, so that no shell reads anything else in it."""
    return isinstance(value, str) and names.is_name(value)


class ProjectFiles:
    """The files of the project that one is in, looked for once, and only if something asks."""

    def __init__(self) -> None:
        self._found: Iterable[RepositoryFile] | None = None

    def __call__(self) -> Iterable[RepositoryFile]:
        """The files, what counts first comes first."""
        if self._found is None:
            place = repository.found()
            self._found = () if place is None else place.files
        return self._found


def of_registry(statement: str, parameters: dict[str, str], oldest: int | None = None) -> list[tuple[Any, ...]]:
    """The rows of a read of the registry; its arguments and errors are those of `rows`."""
    path = paths.registry_file(paths.config_dir())
    check_is_own(path)
    return rows(path, "registry", statement, parameters, oldest)


def rows(
    path: str, kind: Kind, statement: str, parameters: dict[str, str], oldest: int | None = None
) -> list[tuple[Any, ...]]:
    """The rows of one read of a database; its other arguments and errors are those of `read`."""
    return read(path, kind, [(statement, parameters)], oldest)[0]


def read(
    path: str, kind: Kind, questions: Sequence[tuple[str, Mapping[str, Any]]], oldest: int | None = None
) -> list[list[tuple[Any, ...]]]:
    """The rows of some reads of a database, all of one moment, of whatever types they are.

    Args:
        questions: statements of this program's, each with its parameters.
        oldest: the oldest format that will do; None for any that this program can read.

    Raises:
        Unsettled: it is being written.
        ZprofError, sqlite3.Error: it is not there, or is none that this program can read.
    """
    check_is_file(path, kind)
    uri = f"file://{quoted(path)}?mode=ro"
    check_has_no_log(uri)
    opened = connected(uri)
    try:
        opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LENGTH)
        opened.set_progress_handler(lambda: 1, STEPS)
        defend(opened)
        opened.execute("BEGIN")
        check_format(opened, path, kind, OLDEST_READ[kind] if oldest is None else oldest)
        return [opened.execute(statement, parameters).fetchall() for statement, parameters in questions]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in UNSETTLED or error.sqlite_errorcode in HOT:
            raise Unsettled from None
        raise
    finally:
        opened.close()


def check_has_no_log(uri: str) -> None:
    """Refuse a file with a write-ahead log, another program's doing: SQLite would make files beside it.

    Raises:
        sqlite3.OperationalError: it has one, which a connection that takes no locks can't open.
    """
    opened = connected(f"{uri}&nolock=1")
    try:
        opened.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN:
            raise
    finally:
        opened.close()


def connected(uri: str) -> sqlite3.Connection:
    """A connection that waits for nobody."""
    return sqlite3.connect(uri, uri=True, timeout=0.0, isolation_level=None, factory=Connection)


def check_format(connection: sqlite3.Connection, path: str, kind: Kind, oldest: int) -> None:
    """Refuse what is not a database of a kind, in a format that this program can read and that is old at most so."""
    ((mark,),) = connection.execute("PRAGMA application_id")
    if mark != APPLICATION_ID:
        raise OthersDatabase(f"{path} was not created by zprof.")
    check_parts(connection, path)
    row = connection.execute(glances.FORMAT).fetchone()
    version = checked_version(path, kind, row, is_write=False)
    if version < oldest or ((version,),) != tuple(connection.execute("PRAGMA user_version")):
        raise DamagedFile(f"{path} claims to have format {version}, and another.")
