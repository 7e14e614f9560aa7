"""Many writers at once, kills at random moments and copies of what is being written, in numbers: `make torture`.

Beside each number stands what another way would have given, where there is one: a check that can't fail tells nothing.
The exit code is 1 if any promise is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from conftest import Result
from contents import contents, damage, rows
from killing import forked, preload, restore, use_migrations
from newer import FORMATS, migrations_of_next_release
from test_crash import COMMANDS, filled, in_between

from zprof.__main__ import run
from zprof.errors import AlreadyExists
from zprof.generated import statements as sql
from zprof.profiles.registry import open_registry
from zprof.sqlite.backups import back_up
from zprof.sqlite.database import Database
from zprof.store.rows import component_of
from zprof.store.store import Store

COUNTERS = ("one", "two")
"""Components that each change counts up in together: that they differ would be half a change."""
ATTRIBUTE = "docker_parent_image"


class Size(NamedTuple):
    """How much of everything."""

    processes: int
    changes: int
    kills: int
    backups: int


FULL = Size(processes=32, changes=50, kills=500, backups=100)
QUICK = Size(processes=4, changes=5, kills=15, backups=5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}: all")
    parser.add_argument("--quick", action="store_true", help="little of everything")
    for name, size in FULL._asdict().items():
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"instead of {size}")
    parser.add_argument("--seed", type=int, default=random.randrange(1000), metavar="N", help="of the kills' moments")
    parser.add_argument("--url", help="of a new store for the part `writers`, instead of a SQLite file of its own")
    given = parser.parse_args()
    chosen = {name: getattr(given, name) for name in FULL._fields if getattr(given, name) is not None}
    size = (QUICK if given.quick else FULL)._replace(**chosen)
    python = sys.version.split()[0]
    print(f"SQLite {sqlite3.sqlite_version}, Python {python}, {os.cpu_count()} processors, seed {given.seed}")
    os.environ.pop("ZPROF_ACTIVATED_PROFILE", None)
    preload()
    passed = True
    for name in given.parts or PARTS:
        with tempfile.TemporaryDirectory() as directory:
            os.environ["ZPROF_CONFIG_PATH"] = str(Path(directory, "config"))
            os.chdir(directory)
            for what, found, is_good in PARTS[name](Path(directory, "config"), size, given):
                passed &= is_good
                print(f"{'PASS' if is_good else 'FAIL'}  {name:8} {what}: {found}", flush=True)
    print("All promises kept." if passed else "A promise is broken.")
    return 0 if passed else 1


Finding = tuple[str, str, bool]
"""What was done, what came out, and whether that is as promised."""


def writers(config: Path, size: Size, given: argparse.Namespace) -> Iterator[Finding]:
    """All changes of many processes happen, and none overwrites another."""
    registry = open_registry(str(config))
    profile = registry.create_profile("torture", given.url)
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
    yield "damage", str(damage(path.parent) or "none"), not damage(path.parent)
    control = config.parent / "control.db"
    with sqlite3.connect(control) as connection:
        connection.execute("CREATE TABLE counter AS SELECT 0 AS value")
    crowd = run_crowd(size.processes, size.changes, lambda *_: count_by_default(control))
    ((counted,),) = rows(control, "SELECT value FROM counter")
    done = sum(attempt.error == "" for attempt in crowd)
    yield "the same by the driver's default", f"{done} done, {done - counted} of them lost", counted < done


def upgrade(config: Path, size: Size, given: argparse.Namespace) -> Iterator[Finding]:
    """As before, but nothing is there at first, and half-way each process becomes the next release, which upgrades."""
    migrations = migrations_of_next_release(config.parent / "migrations")

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
    yield (
        "formats, and what was copied before",
        f"{formats}, {copies}",
        (formats, copies) == ([FORMATS["store"], FORMATS["registry"]], ["default", "registry"]),
    )
    yield "damage", str(damage(config) or "none"), not damage(config)


def kills(config: Path, size: Size, given: argparse.Namespace) -> Iterator[Finding]:
    """A killed command is done or not done, and the next one works at once."""
    scratch = config.parent
    template = scratch / "template"
    filled(lambda *words: Result(*forked(lambda: run(words), scratch)[1:]))
    restore(config, template)
    before = contents(config)
    afters, durations = {}, {}
    for name, words in COMMANDS.items():
        durations[name] = float("inf")
        for _ in range(2):  # the first one finds the disk's cache cold
            restore(template, config)
            begun = time.monotonic()
            assert forked(lambda words=words: run(words), scratch)[1] == 0  # type: ignore[misc]
            durations[name] = min(durations[name], time.monotonic() - begun)
        afters[name] = contents(config)
    generator = random.Random(given.seed)
    seen: Counter[str] = Counter()
    broken: list[str] = []
    recoveries = []
    for _ in range(size.kills):
        name = generator.choice(list(COMMANDS))
        restore(template, config)
        was_killed = killed_after(generator.uniform(0, 1.3 * durations[name]), COMMANDS[name])
        seen["ended before the kill"] += not was_killed
        seen["drafts left"] += len(list(config.rglob("*.new")))
        seen["journals left"] += len(list(config.rglob("*-journal")))
        for words in (("stack", "list"), ("profile", "list")):
            begun = time.monotonic()
            _, code, out, err = forked(lambda words=words: run(["-q", *words]), scratch)  # type: ignore[misc]
            recoveries.append(time.monotonic() - begun)
            if code != 0:
                broken.append(f"{name}, then {words}: {code} {out}{err}")
        found = contents(config)
        between = in_between(name, before, afters[name])
        state = "before the commit" if found == before else "after it" if found == afters[name] else "between two files"
        if state == "between two files" and found not in between:
            broken.append(f"{name}: half done")
        if was_killed:
            seen[f"killed, {state}"] += 1
        broken += [f"{name}: {problem}" for problem in damage(config)]
    counted = ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))
    yield (
        f"{size.kills} x kill -9 over {len(COMMANDS)} commands",
        counted,
        not broken and seen["killed, before the commit"] > 0,
    )
    yield "the command after a kill", f"works; ms: {percentiles(recoveries)}", not broken
    for problem in broken[:5]:
        yield "broken", problem, False


def backups(config: Path, size: Size, given: argparse.Namespace) -> Iterator[Finding]:
    """A copy made under three writers is whole."""
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
            plain = config.parent / f"copied-{number}.db"
            shutil.copy(path, plain)
            torn += not is_whole(plain)
            plain.unlink()
    yield f"{size.backups} backups under 3 writers", f"{sum(good)} whole; ms: {percentiles(times)}", all(good)
    yield "the same by cp", f"{size.backups - torn} whole, {torn} torn", True
    yield "damage", str(damage(config) or "none"), not damage(config)


PARTS: dict[str, Callable[[Path, Size, argparse.Namespace], Iterator[Finding]]] = {
    "writers": writers,
    "upgrade": upgrade,
    "kills": kills,
    "backups": backups,
}


class Attempt(NamedTuple):
    """One change: how long it took, and what went wrong."""

    seconds: float
    error: str


def timed(work: Callable[[int, int], None], process: int, number: int) -> Attempt:
    begun = time.monotonic()
    try:
        work(process, number)
    except Exception as error:
        return Attempt(time.monotonic() - begun, f"{type(error).__name__}: {error}")
    return Attempt(time.monotonic() - begun, "")


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
    return what, found, not errors and {done, *counted, added} == {wanted}


def percentiles(seconds: list[float]) -> str:
    """`p50 1, p99 20, max 30`, in milliseconds."""
    p99 = quantiles(seconds, n=100)[-1] if len(seconds) > 1 else seconds[0]
    return f"p50 {median(seconds) * 1000:.0f}, p99 {min(p99, max(seconds)) * 1000:.0f}, max {max(seconds) * 1000:.0f}"


def run_crowd(processes: int, times: int, work: Callable[[int, int], None]) -> list[Attempt]:
    """What processes that begin at the same time report, each of which does some work again and again."""
    waiting, gun = os.pipe()
    results = []
    for process in range(processes):
        reading, writing = os.pipe()
        if os.fork() == 0:
            code = 70
            try:
                os.close(gun)
                os.close(reading)
                os.read(waiting, 1)
                with os.fdopen(writing, "w") as pipe:
                    json.dump([timed(work, process, number) for number in range(times)], pipe)
                code = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(code)
        os.close(writing)
        results.append(reading)
    os.close(gun)
    attempts = []
    for reading in results:
        with os.fdopen(reading) as pipe:
            text = pipe.read()
        attempts += [Attempt(*each) for each in json.loads(text)] if text else [Attempt(0, "a process died")]
    for _ in range(processes):
        os.wait()
    return attempts


def killed_after(seconds: float, words: tuple[str, ...]) -> bool:
    """Whether a command was still running when it was killed."""
    child = os.fork()
    if child == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            run(words)
        finally:
            os._exit(0)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


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


if __name__ == "__main__":
    sys.exit(main())
