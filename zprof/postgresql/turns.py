"""Writers take turns: each holds a lock on the store's table `format` from its first statement to its end.

It is the counterpart of SQLite's BEGIN IMMEDIATE. Row locks or SERIALIZABLE would let two changes run side by side and
one of them fail at its end; but a change is a block of the caller's code, which can't be run again. A lock on our own
table takes a privilege on it, so that nobody who may merely connect, or read, can hold up the writers.

The other tables are locked besides, so that they stay as they were when they were checked: nobody can make a view or a
trigger of one meanwhile. All take `format` first, so that none waits for another in a circle.
"""

from __future__ import annotations

from zprof.postgresql.check import TABLES, VERSION_TABLE, YOUNGEST_TABLE, listed

# A read waits for an upgrade that is being made, and takes its snapshot after it: to older snapshots, a table that was
# rewritten is empty (https://www.postgresql.org/docs/current/mvcc-caveats.html).
LOOK = "ACCESS SHARE"
TURN = "SHARE ROW EXCLUSIVE"
ALONE = "ACCESS EXCLUSIVE"
KEPT_FOR_READING = "ACCESS SHARE"
KEPT_FOR_WRITING = "SHARE UPDATE EXCLUSIVE"

IN_THE_WAY = {
    "ACCESS SHARE": ("AccessExclusive",),
    "SHARE UPDATE EXCLUSIVE": ("ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"),
}
IN_THE_WAY["SHARE ROW EXCLUSIVE"] = (*IN_THE_WAY["SHARE UPDATE EXCLUSIVE"], "RowExclusive")
IN_THE_WAY["ACCESS EXCLUSIVE"] = (*IN_THE_WAY["SHARE ROW EXCLUSIVE"], "RowShare", "AccessShare")
"""The modes in which others keep a table from being locked, by the mode of the lock
(https://www.postgresql.org/docs/current/explicit-locking.html).
"""

HOLDER = """
    SELECT pid, usename, application_name, host(client_addr)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    JOIN pg_class ON pg_class.oid = relation JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE locktype = 'relation' AND granted AND pg_locks.database = datid AND pid <> pg_backend_pid()
    AND nspname = '{schema}'
    AND (relname = 'format' AND mode IN ({on_format}) OR relname IN ({others}) AND mode IN ({on_others}))
    ORDER BY relname = 'format' DESC LIMIT 1
"""


def others(mode: str) -> list[str]:
    """The tables to lock besides `format`."""
    return [table for table in TABLES if table != "format"] + ([VERSION_TABLE] if mode == ALONE else [])


def mode_of_others(mode: str) -> str:
    """How they are locked."""
    return KEPT_FOR_READING if mode == LOOK else KEPT_FOR_WRITING


def locks(schema: str, mode: str, *, lacks_youngest: bool = False) -> list[str]:
    """The statements that lock a store's tables.

    Args:
        mode: that of the lock on `format`.
        lacks_youngest: whether the store is of an older format, and lacks a table.
    """
    locked = [table for table in others(mode) if not (lacks_youngest and table == YOUNGEST_TABLE)]
    named = ", ".join(f'"{schema}".{table}' for table in locked)
    return [f'LOCK TABLE "{schema}".format IN {mode} MODE', f"LOCK TABLE {named} IN {mode_of_others(mode)} MODE"]


def holder_query(schema: str, mode: str) -> str:
    """The query for who keeps a store's tables from being locked."""
    return HOLDER.format(
        schema=schema,
        others=listed(*others(mode)),
        on_format=listed(*(f"{name}Lock" for name in IN_THE_WAY[mode])),
        on_others=listed(*(f"{name}Lock" for name in IN_THE_WAY[mode_of_others(mode)])),
    )


def holder(row: tuple[object, ...] | None) -> str | None:
    """Who has the lock, as far as PostgreSQL tells this user, by a row of HOLDER."""
    if row is None:
        return None
    pid, role, application, host = row
    program = f"{application or 'unknown'} of {role}" if role else f"{application or 'unknown'}"
    return f"The server's process {pid} ({program}{f' from {host}' if host else ''})"


def milliseconds(seconds: float) -> int:
    """As PostgreSQL counts a timeout, to which nothing would mean for ever."""
    return max(1, int(seconds * 1000))
