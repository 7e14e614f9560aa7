"""Writers take turns: each holds the store's advisory lock from its first statement to its end.

It is the counterpart of SQLite's BEGIN IMMEDIATE. Row locks or SERIALIZABLE would let two changes run side by side and
one of them fail at its end; but a change is a block of the caller's code, which can't be run again.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from zprof.postgresql.errors import LOCK_NOT_AVAILABLE, sqlstate
from zprof.waiting import ANNOUNCED_AFTER, Deadline, busy

HOLDER = text("""
    SELECT pid, application_name, host(client_addr)
    FROM pg_catalog.pg_locks JOIN pg_catalog.pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND pg_locks.database = pg_stat_activity.datid AND objsubid = 1
    AND classid = CAST((CAST(:key AS bigint) >> 32) & 4294967295 AS oid)
    AND objid = CAST(CAST(:key AS bigint) & 4294967295 AS oid)
""")


def take_turn(connection: Connection, key: int, deadline: Deadline) -> None:
    """Take the lock, which the end of the transaction gives back.

    Raises:
        Busy: the deadline passed first.
    """
    if connection.scalar(select(func.pg_try_advisory_xact_lock(key))):
        return
    holder = "Another process"
    for is_announced in (False, True):
        patience = deadline.remaining() if is_announced else min(ANNOUNCED_AFTER, deadline.remaining())
        try:
            with connection.begin_nested():  # an error would else end the transaction
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds(patience)}")
                connection.execute(select(func.pg_advisory_xact_lock(key)))
            # What is waited for later in the transaction has the rest of the time, not the patience of this lock.
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds(deadline.remaining())}")
            return
        except DBAPIError as error:
            if sqlstate(error) != LOCK_NOT_AVAILABLE:
                raise
        holder = holder_of(connection, key) or holder
        if deadline.remaining() == 0.0:
            break
        deadline.announce(holder[0].lower() + holder[1:])
    raise busy(deadline.place, holder)


def holder_of(connection: Connection, key: int) -> str | None:
    """Who has the lock, as far as PostgreSQL tells this user."""
    row = connection.execute(HOLDER, {"key": key}).first()
    if row is None:
        return None
    pid, application, host = row
    return f"The server's process {pid} ({application or 'unknown'}{f' from {host}' if host else ''})"


def key_of(schema: str) -> int:
    """A store's lock, a signed number of 64 bits. PostgreSQL keeps the locks of each database apart."""
    return int.from_bytes(sha256(f"zprof/{schema}".encode()).digest()[:8], "big", signed=True)


def milliseconds(seconds: float) -> int:
    """As PostgreSQL counts a timeout, to which nothing would mean for ever."""
    return max(1, int(seconds * 1000))
