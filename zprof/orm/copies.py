"""Database files made new: published when complete, copied while others write, kept before an upgrade."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

from zprof import paths
from zprof.errors import AlreadyExists, DamagedFile, ZprofError
from zprof.records import now
from zprof.sqlite import Database, Kind, connect, is_damaged, translated


def published(path: str, make: Callable[[str], None]) -> bool:
    """Make a database under another name, and give it its own when it is complete.

    That is done with a hard link, which fails if another process was first; then the winner's stays, and the answer is
    False.

    Args:
        make: fills the empty file whose path it is given.
    """
    draft = f"{path}.{os.getpid()}.{threading.get_ident()}.new"
    try:
        make_empty(draft)
    except OSError as error:
        raise unwritable(path, error) from None
    try:
        make(draft)
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise unwritable(path, error) from None
        sync_directory(os.path.dirname(path))
        return True
    finally:
        os.unlink(draft)
        if os.path.exists(f"{draft}-journal"):
            os.unlink(f"{draft}-journal")


def clone(source: Database, path: str) -> None:
    """Copy a database as it is at one moment, also while others write to it.

    Raises:
        AlreadyExists: there is something at the path.
    """
    with source.read():
        pass  # it is ours, and of this program's format

    def make(draft: str) -> None:
        os.unlink(draft)
        copy_into(source.path, draft)

    try:
        is_first = published(path, make)
    except sqlite3.Error as error:
        raise translated(error, source.path, source.kind) from error
    if not is_first:
        raise AlreadyExists("store", path, "Choose another --url.")


def back_up(path: str, kind: Kind, version: int) -> str:
    """A copy of a database, made by SQLite so that it is whole, checked, and only this user's; its path.

    Raises:
        ZprofError: no good copy could be made.
    """
    directory = paths.backups_dir(config_dir_of(path))
    stamp = now().replace(":", "").replace("-", "")
    stem = f"{os.path.basename(path).removesuffix('.db')}.format-{version}.{stamp}.{os.getpid()}"
    copy = paths.free_backup(directory, stem)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        copy_into(path, copy)
    except sqlite3.Error as error:
        if is_damaged(error):
            raise translated(error, path, kind) from error
        raise no_copy(path, directory, error) from error
    except OSError as error:
        raise no_copy(path, directory, error) from error
    return copy


def no_copy(path: str, directory: str, error: Exception) -> ZprofError:
    """The error of an upgrade that is not begun."""
    return ZprofError(
        f"{path} is of an older zprof, and no copy could be made before upgrading it ({error}).",
        f"Nothing was changed in it. Make room, or make {directory} writable.",
    )


def copy_into(path: str, copy: str) -> None:
    """Copy a database into a new file of this user alone, by SQLite, so that it is whole, and check what came out.

    All pages are copied at once: a copy in parts begins anew each time that another process writes.
    """
    make_empty(copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as target, closing(connect(path)) as source:
        source.backup(target)
        if target.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise DamagedFile(f"{path} is damaged, so it was not copied.", "Put back an older copy.")


def make_empty(path: str) -> None:
    """A new file of this user alone, whatever the umask."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    os.chmod(path, 0o600)


def config_dir_of(database: str) -> str:
    """The config directory that a database lies in, which may be another than this user's own; else this user's."""
    above = os.path.dirname(database)
    for directory in (above, os.path.dirname(above)):
        if os.path.lexists(paths.registry_file(directory)):
            return directory
    return paths.config_dir()


def sync_directory(path: str) -> None:
    """Make a new name in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: str, error: OSError) -> ZprofError:
    """The error of a place where no file can be made."""
    return ZprofError(
        f"{path} can't be made: {error.strerror}.",
        f"Check that {os.path.dirname(path)} is there and that you may write to it.",
    )
