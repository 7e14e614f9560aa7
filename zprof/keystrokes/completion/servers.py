"""Reads of a store on a server, for which nobody waits."""

from __future__ import annotations

from threading import Thread
from typing import Any

LIMIT = 0.3
"""Seconds in which a server has to answer, from the first thought of it. libpq counts in whole ones."""


def rows(url: str, statement: str, parameters: dict[str, str], limit: float = LIMIT) -> list[tuple[Any, ...]]:
    """The rows of a read of a store on a server; none where it has not answered in time, or can't.

    In a thread, since a name that is looked up, and a server that says nothing, hear no signal. It is left behind: the
    process ends after the answer.

    Args:
        statement: the name of one of `zprof.generated.statements`.
    """
    found: list[tuple[Any, ...]] = []

    def ask() -> None:
        try:
            found.extend(asked(url, statement, parameters))
        except Exception:  # a Tab is no place to tell what is wrong
            return

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(limit)
    return list(found)


def asked(url: str, statement: str, parameters: dict[str, str]) -> list[tuple[Any, ...]]:
    """The rows, whatever time it takes."""
    from zprof.caller import Caller
    from zprof.databases import store_database
    from zprof.generated import statements

    database = store_database(url, Caller(lock_timeout=LIMIT), keeps_format=True)
    return database.ask(getattr(statements, statement)(**parameters))[0]
