"""A copy, any damage, and the copy put back: then the database is what the copy is."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from conftest import config_of
from contents import damage
from test_crash import half_changed
from test_db import overwrite, spoil_index
from test_sidecars import leave_wal

from torture.homes import REGISTRY, registry_contents, store_contents
from torture.part import Finding, Options, listed
from torture.running import Ran, ran
from zprof.component_types import COMPONENT_TYPES
from zprof.profiles.registry import open_registry

HEADER = 100
"""Bytes at the beginning of a SQLite file."""
PAGE = 4096
STORE = "profiles/default.db"
FLAVORS = {"orchestrator": "local_docker", "artifact_store": "local", "metadata_store": "sqlite", "alerter": "slack"}


def truncated(path: Path, chance: Random) -> None:
    with path.open("r+b") as file:
        file.truncate(chance.randrange(1, path.stat().st_size))


def zeroed(path: Path, chance: Random) -> None:
    pages = path.stat().st_size // PAGE
    overwrite(path, chance.randrange(pages) * PAGE, bytes(PAGE * chance.randint(1, 4)))


def garbled(path: Path, chance: Random) -> None:
    for _ in range(chance.randint(1, 20)):
        overwrite(path, chance.randrange(HEADER, path.stat().st_size), chance.randbytes(chance.randint(1, 400)))


def with_another_header(path: Path, chance: Random) -> None:
    overwrite(path, 0, chance.randbytes(chance.randint(16, HEADER)))


def removed(path: Path, chance: Random) -> None:
    path.unlink()


def replaced_by_text(path: Path, chance: Random) -> None:
    path.write_text("This is no database.\n" * chance.randint(1, 2000))


def emptied(path: Path, chance: Random) -> None:
    path.write_bytes(b"")


def with_journal(path: Path, chance: Random) -> None:
    half_changed(path, f"UPDATE {'profile' if path.name == REGISTRY else 'component'} SET name = name || '-half'")


def removed_beside_journal(path: Path, chance: Random) -> None:
    with_journal(path, chance)
    path.unlink()


def with_wal(path: Path, chance: Random) -> None:
    leave_wal(path)


def removed_beside_wal(path: Path, chance: Random) -> None:
    leave_wal(path)
    path.unlink()


def with_bad_index(path: Path, chance: Random) -> None:
    spoil_index(path)


def with_bad_rows(path: Path, chance: Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(
            "UPDATE component SET config = 'none', name = CAST(name AS BLOB) WHERE type = 'orchestrator'"
        )
        connection.execute("DELETE FROM component WHERE type = 'metadata_store'")


def replaced_by_another(path: Path, chance: Random) -> None:
    path.unlink()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE theirs (name TEXT)")


Damage = Callable[[Path, Random], None]
OF_BOTH: tuple[Damage, ...] = (
    truncated,
    zeroed,
    garbled,
    with_another_header,
    removed,
    replaced_by_text,
    emptied,
    with_journal,
    removed_beside_journal,
    replaced_by_another,
)
OF_STORES: tuple[Damage, ...] = (with_wal, removed_beside_wal, with_bad_index, with_bad_rows)


class Restored(NamedTuple):
    """What one seed came to."""

    damage: str
    problems: list[str]
    is_bad_by_cp: bool
    """Whether copying the file with `cp` instead gives something else than the copy holds."""


def restores(home: Path, options: Options) -> Iterator[Finding]:
    """See the module."""
    seen: Counter[str] = Counter()
    problems: list[str] = []
    bad_by_cp = 0
    for index in range(options.size.restores):
        chance = Random(options.seed * 1000 + index)
        start_anew(home)
        found = restored(home, home.with_name("scratch"), chance, index)
        seen[found.damage] += 1
        bad_by_cp += found.is_bad_by_cp
        problems += [f"{found.damage}, round {index}: {problem}" for problem in found.problems]
    counted = ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))
    rounds = options.size.restores
    yield Finding(f"{rounds} restores", counted, not problems, {"restores": rounds})
    yield from listed(problems)
    yield Finding(
        "the same by cp", f"{rounds - bad_by_cp} whole, {bad_by_cp} not", bad_by_cp > 0 or rounds < len(OF_BOTH)
    )


def start_anew(home: Path) -> None:
    """Empty a home."""
    for path in home.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def restored(home: Path, scratch: Path, chance: Random, index: int) -> Restored:
    """Fill, copy, damage, put back, and compare."""
    config = config_of(home)
    fill(config, chance)
    is_registry = index % 5 == 4
    path = config / (REGISTRY if is_registry else STORE)
    target = ("--registry",) if is_registry else ()
    problems = wrong([ran(("db", "backup", "copy.db", *target), scratch)])
    before = contents_of(path)
    fill(config, chance)
    ways = OF_BOTH if is_registry else (*OF_BOTH, *OF_STORES)
    harm = ways[(index // 5 if is_registry else index) % len(ways)]
    harm(path, chance)
    is_bad_by_cp = is_bad_after_cp(home, path, before)
    copies = count_of(config)
    had_something = path.exists() and path.stat().st_size > 0
    done = ran(("db", "restore", "copy.db", "--yes", *target), scratch)
    if done.code == 6 and "Move it away yourself" in done.err:  # another program's database
        path.rename(home / "theirs.db")
        had_something = False
        done = ran(("db", "restore", "copy.db", "--yes", *target), scratch)
    problems += wrong([done, *(ran(words, scratch) for words in (("db", "check", *target), ("stack", "list")))])
    if not problems and contents_of(path) != before:
        problems.append("other contents than the copy's")
    kept = count_of(config) - copies
    if not problems and (kept > 0) != had_something:
        problems.append("what was there before is not kept" if had_something else "a copy of nothing is kept")
    return Restored(harm.__name__, problems + damage(config / "profiles"), is_bad_by_cp)


def wrong(commands: list[Ran]) -> list[str]:
    """What commands that have to work did instead."""
    return [done.problem or str(done) for done in commands if done.code != 0 or done.problem]


def fill(config: Path, chance: Random) -> None:
    """Add a random number of things to the registry and to the store of the default profile."""
    registry = open_registry(str(config))
    registry.create_profile(f"p{chance.randrange(10**9)}")
    with registry.store(registry.profile("default")).change() as change:
        for _ in range(chance.randint(1, 60)):
            of_type = chance.choice(COMPONENT_TYPES).name
            name = f"c{chance.randrange(10**9)}"
            if of_type in FLAVORS:
                change.register_component(of_type, name, FLAVORS[of_type], settings(of_type, chance))
        for _ in range(chance.randint(0, 5)):
            change.register_stack(
                f"s{chance.randrange(10**9)}",
                dict.fromkeys(("orchestrator", "artifact_store", "metadata_store"), "default"),
            )


def settings(of_type: str, chance: Random) -> dict[str, Any]:
    """The config of a component."""
    if of_type == "orchestrator":
        return {"docker_parent_image": "x" * chance.randrange(3000)}
    return {"slack_token": "${env:TOKEN}"} if of_type == "alerter" else {}


def contents_of(path: Path) -> Any:
    """What a database holds; None where SQLite can't tell."""
    try:
        return registry_contents(path) if path.name == REGISTRY else store_contents(path)
    except (sqlite3.Error, AssertionError, UnicodeError):
        return None


def count_of(config: Path) -> int:
    """How many copies are kept."""
    return len(list((config / "backups").glob("*.db")))


def is_bad_after_cp(home: Path, path: Path, wanted: Any) -> bool:
    """Whether `cp` puts back something else, tried beside."""
    trial = home / "trial" / path.name
    trial.parent.mkdir()
    for found in path.parent.glob(f"{path.name}*"):
        shutil.copy(found, trial.with_name(found.name))
    shutil.copy(home / "copy.db", trial)
    is_bad = bool(damage(trial.parent)) or contents_of(trial) != wanted
    shutil.rmtree(trial.parent)
    return is_bad
