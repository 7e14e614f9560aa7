"""Bringing back a deleted profile: the store that was kept becomes that of a new row.

As in making one, the store is made first and the row written last.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from zprof import paths
from zprof.files import make_private_directory
from zprof.generated import statements as sql
from zprof.history.heading import new_operation_id
from zprof.names import checked_name
from zprof.profiles.making import add_with_store, first_of, is_free, stack_names, store_paths
from zprof.profiles.rows import check_name_is_free
from zprof.sqlite.database import Database
from zprof.sqlite.restoring import is_as_kept, put_back
from zprof.url import is_same_store, sqlite_url

if TYPE_CHECKING:
    from zprof.databases import StoreDatabase
    from zprof.sqlite.backups import DeletedProfile


def restore_profile(registry: Database, deleted: DeletedProfile, name: str) -> None:
    """See `Registry.restore_profile`.

    What was kept is removed last, so that a crash loses nothing. A store that a crash has left without its row is used.
    """
    checked_name("profile", name)
    with registry.read() as transaction:
        check_name_is_free(transaction, name)
    make_private_directory(paths.profiles_dir(os.path.dirname(registry.path)))

    kept = Database(deleted.path, "store", registry.caller, has_turns=False, keeps_format=True)

    def fill(store: StoreDatabase) -> str | None:
        assert isinstance(store, Database)
        active_stack = first_of(stack_names(kept))
        if left is None:
            put_back(store, kept)
        return active_stack

    left = left_store(registry, name, kept)
    operation_id = new_operation_id()
    while not add_with_store(registry, name, left, fill, operation_id):
        left = left_store(registry, name, kept)
    with suppress(OSError):
        os.unlink(deleted.path)


def left_store(registry: Database, name: str, kept: Database) -> str | None:
    """The URL of the store that was made of a copy before a crash: no profile has it, and nothing has changed in it."""
    with registry.read() as transaction:
        urls = [row[1] for row in transaction.rows(sql.PROFILES())]
    for path in store_paths(os.path.dirname(registry.path), name):
        if is_free(path):
            return None
        url = sqlite_url(path)
        store = Database(path, "store", registry.caller, has_turns=False, keeps_format=True)
        if not any(is_same_store(url, other) for other in urls) and is_as_kept(store, kept):
            return url
    return None
