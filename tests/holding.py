"""Holds a lock on a database in a process of its own, from "held" on its output to the end of its input."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import sys


def main() -> None:
    path, how = sys.argv[1:]
    if how == "turn":
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    else:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("BEGIN" if how == "reading" else f"BEGIN {how}")
        if how == "reading":
            connection.execute("SELECT * FROM format").fetchall()
        elif how == "immediate":
            connection.execute("CREATE TABLE held_and_changed (id INTEGER)")
    print("held", flush=True)
    sys.stdin.read()
    if how in ("immediate", "exclusive"):
        connection.execute("COMMIT")


if __name__ == "__main__":
    main()
