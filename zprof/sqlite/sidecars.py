"""The journals that SQLite keeps beside a database, found by its name alone.

A journal that lies beside another database than its own is played into that one at its first use, which damages it
(https://www.sqlite.org/howtocorrupt.html, section 1.4). So a database that is moved takes its journals along, and none
gets a name beside which one lies.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from zprof.records import now
from zprof.sqlite.url import JOURNALS


def journals_of(path: str) -> list[str]:
    """The journals that lie beside a path, whether a database is there or not."""
    return [path + suffix for suffix in JOURNALS if os.path.lexists(path + suffix)]


def move(path: str, target: str) -> None:
    """Rename a database and its journals.

    The database goes first: a crash in between leaves a journal without a database, not a database without its journal.

    Raises:
        OSError: the target is in another file system, or its directory can't be written.
    """
    os.rename(path, target)
    for journal in journals_of(path):
        os.rename(journal, target + journal.removeprefix(path))


def move_aside(path: str, say: Callable[[str], None]) -> None:
    """Give another name to journals beside a path where no database is, and say so.

    They are kept: the database that they belong to may have been moved, and need them.

    Raises:
        OSError: the directory can't be written.
    """
    for journal in journals_of(path):
        target = free(f"{journal}.{now().replace(':', '').replace('-', '')}")
        os.rename(journal, target)
        say(f"{journal} was left without its database and is now kept as {target}")


def free(path: str) -> str:
    """A path at which nothing is: this one, or with a number."""
    found, number = path, 1
    while os.path.lexists(found):
        number += 1
        found = f"{path}-{number}"
    return found
