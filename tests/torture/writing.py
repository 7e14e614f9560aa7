"""Many processes that write at once: nothing is lost, also where there is nothing yet, or an upgrade half-way."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from conftest import config_of
from contents import damage, rows
from killing import use_migrations
from newer import FORMATS, migrations_of_next_release

from torture.crowd import Attempt, run_crowd
from torture.part import Finding, Options, percentiles
from zprof.errors import AlreadyExists
from zprof.generated import statements as sql
from zprof.profiles.registry import open_registry
from zprof.store.rows import component_of
from zprof.store.store import Store

COUNTERS = ("one", "two")
"""Components that each change counts up in together: that they differ would be half a change."""
ATTRIBUTE = "docker_parent_image"


def writers(home: Path, options: Options) -> Iterator[Finding]:
    """All changes of many processes happen, and none overwrites another."""
    size, config = options.size, config_of(home)
    registry = open_registry(str(config))
    profile = registry.create_profile("torture", options.url)
    store = registry.store(profile)
    add_counters(store)
    begun = time.monotonic()
    crowd = run_crowd(size.processes, size.changes, lambda number, each: count(store, number, each))
    seconds = time.monotonic() - begun
    wanted = size.processes * size.changes
    yield judged(f"{size.processes} processes x {size.changes} changes", store, crowd, wanted, seconds)
    if profile.store_type != "sqlite":
        return
    path = Path(profile.url.removeprefix("sqlite://"))
    yield damaged(path.parent)
    control = home / "control.db"
    with sqlite3.connect(control) as connection:
        connection.execute("CREATE TABLE counter AS SELECT 0 AS value")
    crowd = run_crowd(size.processes, size.changes, lambda *_: count_by_default(control))
    ((counted,),) = rows(control, "SELECT value FROM counter")
    done = sum(attempt.error == "" for attempt in crowd)
    yield Finding("the same by the driver's default", f"{done} done, {done - counted} of them lost", counted < done)


def upgrade(home: Path, options: Options) -> Iterator[Finding]:
    """As before, but nothing is there at first, and half-way each process becomes the next release, which upgrades."""
    size, config = options.size, config_of(home)
    migrations = migrations_of_next_release(home / "migrations")

    def work(process: int, number: int) -> None:
        if number == 0:
            add_counters(open_store(config))
        elif number == size.changes // 2:
            use_migrations(migrations)
        count(open_store(config), process, number)

    begun = time.monotonic()
    crowd = run_crowd(size.processes, size.changes, work)
    seconds = time.monotonic() - begun
    store = config / "profiles/default.db"
    formats = rows(store, "PRAGMA user_version")[0] + rows(config / "registry.db", "PRAGMA user_version")[0]
    wanted = size.processes * size.changes
    what = f"{size.processes} processes that begin together, upgrade half-way"
    yield judged(what, open_store(config), crowd, wanted, seconds)
    copies = sorted(path.name.partition(".")[0] for path in (config / "backups").iterdir())
    yield Finding(
        "formats, and what was copied before",
        f"{formats}, {copies}",
        (formats, copies) == ([FORMATS["store"], FORMATS["registry"]], ["default", "registry"]),
    )
    yield damaged(config)


def damaged(directory: Path) -> Finding:
    """Whether the databases below a directory are whole."""
    found = damage(directory)
    return Finding("damage", str(found or "none"), not found)


def open_store(config: Path) -> Store:
    registry = open_registry(str(config))
    return registry.store(registry.active())


def add_counters(store: Store) -> None:
    """Make them, unless another process was first."""
    with suppress(AlreadyExists), store.change() as change:
        for name in COUNTERS:
            change.register_component("orchestrator", name, "local_docker", {ATTRIBUTE: "0"})


def count(store: Store, process: int, number: int) -> None:
    """Read and write in one transaction, and add something to be looked for."""
    with store.change() as change:
        for name in COUNTERS:
            (row,) = change.ask(sql.COMPONENT(type="orchestrator", name=name))[0]
            value = int(component_of(row).config[ATTRIBUTE])
            change.update_component("orchestrator", name, {ATTRIBUTE: str(value + 1)})
        change.register_component("orchestrator", f"added-{process}-{number}", "local", {})


def count_by_default(path: Path) -> None:
    """Read and write as Python's driver does it unless told otherwise: it begins with the first write."""
    connection = sqlite3.connect(path, timeout=30)
    with connection:
        ((value,),) = connection.execute("SELECT value FROM counter").fetchall()
        time.sleep(0.001)
        connection.execute("UPDATE counter SET value = ?", (value + 1,))
    connection.close()


def judged(what: str, store: Store, crowd: list[Attempt], wanted: int, seconds: float) -> Finding:
    """How many changes happened, of those that were to, and how long each took with its waiting."""
    orchestrators = {component.name: component.config for component in store.components("orchestrator")}
    counted = [int(orchestrators[name][ATTRIBUTE]) for name in COUNTERS]
    added = sum(name.startswith("added-") for name in orchestrators)
    errors = Counter(attempt.error for attempt in crowd if attempt.error)
    done = sum(not attempt.error for attempt in crowd)
    found = (
        f"{done} of {wanted} done, counted {counted[0]} and {counted[1]}, {added} there, {wanted - counted[0]} lost; "
        f"{wanted / seconds:.0f} changes/s; ms: {percentiles([attempt.seconds for attempt in crowd])}"
    )
    for error, times in errors.most_common(3):
        found += f"; {times} x {error}"
    return Finding(what, found, not errors and {done, *counted, added} == {wanted}, {"changes of writers": done})
