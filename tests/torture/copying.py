"""Copies of what is being written."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import config_of

from torture.part import Finding, Options, percentiles
from torture.writing import COUNTERS, add_counters, count, damaged
from zprof.profiles.registry import open_registry
from zprof.sqlite.backups import back_up
from zprof.sqlite.database import Database
from zprof.store.store import Store


def backups(home: Path, options: Options) -> Iterator[Finding]:
    """A copy made under three writers is whole."""
    size, config = options.size, config_of(home)
    registry = open_registry(str(config))
    store = registry.store(registry.active())
    path = config / "profiles/default.db"
    add_counters(store)
    with store.change() as change:  # long enough that a copy takes a while
        for number in range(2000):
            change.register_component("alerter", f"filling-{number}", "slack", {"slack_token": "${env:T}" + "x" * 200})
    good: list[bool] = []
    times = []
    torn = 0
    with endless_writers(store, 3):
        for number in range(size.backups):
            begun = time.monotonic()
            copy = Path(back_up(Database(str(path), "store"), None))
            times.append(time.monotonic() - begun)
            good.append(is_whole(copy) and stat.S_IMODE(copy.stat().st_mode) == 0o600)
            copy.unlink()
            plain = home / f"copied-{number}.db"
            shutil.copy(path, plain)
            torn += not is_whole(plain)
            plain.unlink()
    found, counted = f"{sum(good)} whole; ms: {percentiles(times)}", {"backups under writers": size.backups}
    yield Finding(f"{size.backups} backups under 3 writers", found, all(good), counted)
    yield Finding("the same by cp", f"{size.backups - torn} whole, {torn} torn", is_good=True)
    yield damaged(config)


@contextmanager
def endless_writers(store: Store, number: int) -> Iterator[None]:
    """Processes that count until the block is left."""
    children = []
    for index in range(number):
        child = os.fork()
        if child == 0:
            try:
                each = 0
                while True:
                    count(store, index, each)
                    each += 1
            finally:
                os._exit(70)
        children.append(child)
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def is_whole(copy: Path) -> bool:
    """Whether a copy is a sound database in which no change is half."""
    values = "SELECT count(DISTINCT config), max(config ->> 'docker_parent_image') FROM component WHERE name IN (?, ?)"
    try:
        connection: Any = sqlite3.connect(copy)
        with connection:
            different, counted = connection.execute(values, COUNTERS).fetchone()
            added = connection.execute("SELECT count(*) FROM component WHERE name LIKE 'added-%'").fetchone()[0]
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            tied = connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    except sqlite3.Error:
        return False
    return bool(different == 1 and int(counted) == added and sound and tied)
