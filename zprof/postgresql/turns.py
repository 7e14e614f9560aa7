"""Writers take turns: each holds a lock on the store's table `format` from its first statement to its end.

It is the counterpart of SQLite's BEGIN IMMEDIATE. Row locks or SERIALIZABLE would let two changes run side by side and
one of them fail at its end; but a change is a block of the caller's code, which can't be run again. A lock on our own
table takes a privilege on it, so that nobody who may merely connect can hold up the writers.
"""

from __future__ import annotations

HOLDER = """
    SELECT pid, application_name, host(client_addr)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'relation' AND granted AND relation = '"{schema}".format'::regclass
    AND pg_locks.database = pg_stat_activity.datid AND pid <> pg_backend_pid()
    AND mode IN ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock', 'RowExclusiveLock', 'ShareLock')
    LIMIT 1
"""


def holder(row: tuple[object, ...] | None) -> str | None:
    """Who has the lock, as far as PostgreSQL tells this user, by a row of HOLDER."""
    if row is None:
        return None
    pid, application, host = row
    return f"The server's process {pid} ({application or 'unknown'}{f' from {host}' if host else ''})"


def milliseconds(seconds: float) -> int:
    """As PostgreSQL counts a timeout, to which nothing would mean for ever."""
    return max(1, int(seconds * 1000))
