"""What a SQLite file must be before it is opened: a file, of one name, and if it is a registry, this user's own."""

from __future__ import annotations

import os
import stat

from zprof import paths
from zprof.errors import ForeignFile, InvalidInput, Refused, ZprofError
from zprof.sqlite.driver import Connection, sqlite3
from zprof.sqlite.url import SIDECARS, quoted

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from zprof.compatibility import Kind


def check_is_file(path: str, kind: Kind = "store") -> None:
    """Refuse what SQLite would hang on or say little about: nothing, a directory, a pipe."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        from zprof.hints import option_of  # on the way to an error alone

        others = "" if kind == "registry" else ", or see `zprof profile list` for the other profiles"
        raise ZprofError(
            f"The database {path} does not exist.",
            f"Restore a copy with `zprof db restore FILE{option_of(kind)}`{others}.",
        ) from None
    except OSError as error:
        from zprof.system_errors import cause  # on the way to an error alone

        raise cause(error, path) or ZprofError(
            f"{path} can't be reached: {error.strerror}.", "Check the permissions of its directory."
        ) from None
    if not stat.S_ISREG(status.st_mode):
        what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise ForeignFile(f"{path} is {what}.", "Give the path of a file.")
    # Drafts first: one that goes meanwhile is not among the names any more.
    if status.st_nlink > 1 and 1 + drafts_of(os.path.realpath(path), status) < os.stat(path).st_nlink:
        from shlex import quote  # on the way to an error alone

        raise ForeignFile(
            f"{path} is one of {status.st_nlink} hard links to the same file.",
            "A journal is found by one name only, so a crash could damage the database. Remove the other links: "
            f"`find {quote(mount_point(path))} -xdev -samefile {quote(path)}` lists them.",
        )


def mount_point(path: str) -> str:
    """The directory of a file system below which all names of a file are."""
    found = os.path.realpath(path)
    while not os.path.ismount(found):
        found = os.path.dirname(found)
    return found


def drafts_of(path: str, status: os.stat_result) -> int:
    """How many of a file's names are those under which it was made, as for a moment, or after a crash."""
    from zprof.drafts import DRAFT  # where a file has several names alone

    directory, name = os.path.split(path)
    try:
        with os.scandir(directory) as entries:
            return sum(
                entry.name.startswith(f"{name}.") and entry.name.endswith(DRAFT) and entry.inode() == status.st_ino
                for entry in entries
            )
    except OSError:  # a directory that may not be listed
        return 0


def check_is_no_database(path: str) -> None:
    """Refuse a path where a database is, or what belongs to one, for what is to be written there instead.

    Raises:
        InvalidInput: whatever made it, and whoever uses it.
    """
    check_is_no_part(path)
    if is_database(path):
        raise part_of_database(path)


def check_is_no_part(path: str) -> None:
    """Refuse a name that SQLite, or zprof, takes for a part of the database beside it, be there one yet or not.

    Raises:
        InvalidInput: it ends as such a name does.
    """
    if path.endswith(SIDECARS):
        raise part_of_database(path)


def part_of_database(path: str) -> InvalidInput:
    """The error of a path at which nothing else may be written."""
    return InvalidInput(f"{path} is a database, or one of its files.", "Nothing was changed. Name another file.")


def is_database(path: str) -> bool:
    """Whether a file is a SQLite database, damaged or not; an empty one is none."""
    if not os.path.isfile(path):
        return False
    from contextlib import closing  # which a prompt does without

    try:
        uri = f"file://{quoted(os.path.realpath(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, factory=Connection)) as connection:
            return bool(connection.execute("PRAGMA page_count").fetchone()[0])
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", None) not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN)


def check_is_own(path: str) -> None:
    """Refuse a registry that somebody else could have put there: what it says is done in this user's name."""
    try:
        status = os.lstat(path)
    except OSError:
        return  # told of when it is opened
    if stat.S_ISLNK(status.st_mode):
        what = "is a symbolic link"
    elif status.st_uid != os.geteuid():
        what = f"belongs to another user (uid {status.st_uid})"
    else:
        return
    raise Refused(
        f"The registry {path} {what}.",
        f"The registry must be your own file. Set ${paths.CONFIG_PATH} to another config directory.",
    )


def may_be_written(path: str) -> bool:
    """Whether this user may change a database, which takes a journal beside it."""
    real = os.path.realpath(path)
    return os.access(real, os.W_OK) and os.access(os.path.dirname(real), os.W_OK | os.X_OK)
