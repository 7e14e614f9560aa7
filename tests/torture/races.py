"""Two or three commands at one moment, again and again, and the same as it was done before."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from pathlib import Path
from random import Random
from unittest import mock

from conftest import config_of
from contents import left_files

from torture.part import FULL, Finding, Options, listed
from torture.running import Ran, ran, ran_at_once
from zprof.generated import statements as sql
from zprof.profiles import making
from zprof.profiles.making import remove
from zprof.profiles.registry import Registry
from zprof.profiles.rows import existing_profile
from zprof.sqlite.database import Database
from zprof.url import sqlite_path

Round = Callable[[Path, Path, Random], list[str]]
"""Runs commands at one moment in a home, with a directory for what they print; what is wrong afterwards."""


def deletions(home: Path, options: Options) -> Iterator[Finding]:
    """`profile delete x` beside `profile create y` that leads to the same file: whoever has a profile has its store."""
    yield from raced("delete x beside create y on its file", delete_beside_create, home, options, row_first)


def creations(home: Path, options: Options) -> Iterator[Finding]:
    """Two `profile create x` beside a `profile delete x`: as many are there as were made and not deleted."""
    yield from raced("create, create and delete of one name", create_and_delete, home, options, without_look)


def switches(home: Path, options: Options) -> Iterator[Finding]:
    """`doctor --fix` beside `stack set`: what was acknowledged is active."""
    yield from raced("doctor --fix beside stack set", fix_beside_set, home, options, overriding)


def raced(
    what: str, race: Round, home: Path, options: Options, known_bad: Callable[[], AbstractContextManager[object]]
) -> Iterator[Finding]:
    """Run a race as zprof is, and as it was before."""
    rounds, wrong = options.size.races, {}
    for way in (nullcontext, known_bad):
        chance = options.chance()
        with way():
            scratch = home.with_name("scratch")
            scratch.mkdir(exist_ok=True)
            wrong[way] = [problem for _ in range(rounds) for problem in race(home, scratch, chance)[:1]]
    found = wrong[nullcontext]
    yield Finding(f"{rounds} x {what}", f"{len(found)} wrong", not found, {"rounds of races": rounds})
    yield from listed(found)
    is_seen = bool(wrong[known_bad]) or rounds < FULL.races
    yield Finding("the same as it was before", f"{len(wrong[known_bad])} wrong", is_seen)


def delete_beside_create(home: Path, scratch: Path, chance: Random) -> list[str]:
    start_with(home, scratch, ("profile", "create", "x"))
    store = str(config_of(home) / "profiles/x.db")
    done = ran_at_once([("profile", "delete", "x", "-y"), ("profile", "create", "y", "--url", store)], scratch, chance)
    there = (["x"] if done[0].code != 0 else []) + (["y"] if done[1].code == 0 else [])
    return judged(home, scratch, done, there=there)


def create_and_delete(home: Path, scratch: Path, chance: Random) -> list[str]:
    is_there = chance.random() < 0.5
    start_with(home, scratch, *([("profile", "create", "x")] if is_there else []))
    words = ("profile", "create", "x")
    done = ran_at_once([words, words, ("profile", "delete", "x", "-y")], scratch, chance)
    made = is_there + sum(each.code == 0 for each in done[:2]) - (done[2].code == 0)
    return judged(home, scratch, done, there=["x"] * made)


def fix_beside_set(home: Path, scratch: Path, chance: Random) -> list[str]:
    other = ("stack", "register", "other", "-o", "default", "-a", "default", "-m", "default")
    start_with(home, scratch, other)
    with closing(sqlite3.connect(config_of(home) / "registry.db", isolation_level=None)) as connection:
        connection.execute("UPDATE profile SET active_stack = 'gone'")
    done = ran_at_once([("doctor", "--fix"), ("stack", "set", "--global", "other")], scratch, chance)
    found = judged(home, scratch, done, there=[])
    active = ran(("stack", "get"), scratch).out.strip()
    return [*found, *([f"'{active}' is active"] if done[1].code == 0 and active != "other" else [])]


def start_with(home: Path, scratch: Path, *commands: tuple[str, ...]) -> None:
    """Have a home as after the first run, with what some commands add."""
    config = config_of(home)
    if config.exists():
        for path in sorted(config.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    for words in (("profile", "list"), *commands):
        done = ran(("-q", *words), scratch)
        assert done.code == 0, str(done)


def judged(home: Path, scratch: Path, done: Sequence[Ran], *, there: Sequence[str]) -> list[str]:
    """What is wrong after a race.

    Args:
        there: which of `x` and `y` must be there, in order.
    """
    found = [each.problem for each in done if each.problem]
    found += [str(each) for each in done if each.code in (5, 6)]
    names = [profile.name for profile in Registry(str(config_of(home))).profiles()]
    of_race = [name for name in names if name in ("x", "y")]
    if of_race != list(there):
        found.append(f"{of_race} are there instead of {list(there)}: {[each.code for each in done]}")
    for name in names:
        used = ran(("-q", "-p", name, "stack", "list"), scratch)
        found += [f"{name}: {used}"] if used.code != 0 else []
    checked = ran(("db", "check", "--all"), scratch)
    found += [str(checked)] if checked.code != 0 else []
    return found + [f"left {left}" for left in left_files(home)]


def row_first() -> AbstractContextManager[object]:
    """Have a profile's row removed in a transaction, and its store moved after that."""

    def delete_profile(registry: Database, name: str) -> str | None:
        with registry.write() as transaction:
            profile = existing_profile(transaction, name, os.path.dirname(registry.path))
            others = [row[1] for row in transaction.rows(sql.PROFILES()) if row[0] != name]
            transaction.run(sql.REMOVE_PROFILE(profile=name))
        return making.retired_store(registry, profile, others)

    return mock.patch.object(making, "delete_profile", delete_profile)


def without_look() -> AbstractContextManager[object]:
    """The same, and have a store that was made in vain removed without looking who has come to have it."""
    with ExitStack() as stack:
        stack.enter_context(row_first())
        stack.enter_context(mock.patch.object(making, "discard", lambda registry, url: remove(sqlite_path(url))))
        return stack.pop_all()


def overriding() -> AbstractContextManager[object]:
    """Have doctor switch to another stack whatever is active meanwhile."""

    def replace_active_stack(self: Registry, profile: str, stack: str, new_name: str) -> bool:
        return self.set_active_stack(profile, new_name)

    return mock.patch.object(Registry, "replace_active_stack", replace_active_stack)
