"""Databases as whoever may write the file can make them: all of the grammar, with commands on each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import hostile as grammar
from conftest import config_of
from contents import STORE, damage, rows

from torture.crowd import answers_of
from torture.part import Finding, Options, listed
from torture.running import Ran, ran

COMMANDS = 12
"""Of those that the grammar has, how many are run on each database."""
OTHER = "profiles/staging.db"
"""The store of a profile that nobody has written to."""


def hostile(home: Path, options: Options) -> Iterator[Finding]:
    """See the module: values in columns, and parts of schemas."""
    for what, cases in (("values", list(grammar.value_cases())), ("parts", list(grammar.part_cases()))):
        chosen = options.chance().sample(cases, min(options.size.stores, len(cases)))
        place = home / what
        place.mkdir()
        yield from used(f"{len(chosen)} of {len(cases)} databases with hostile {what}", chosen, place, options)


def used(what: str, cases: list[grammar.Case], home: Path, options: Options) -> Iterator[Finding]:
    """Use databases in one process for each processor, each with a home of its own."""
    workers = os.cpu_count() or 1

    def work(worker: int) -> list[Any]:
        place = home / str(worker)
        place.mkdir()
        os.environ["HOME"] = str(place)
        os.chdir(place)
        chance = Random(options.seed * workers + worker)
        return [tried(place, case, chance) for case in cases[worker::workers]]

    codes: Counter[int] = Counter()
    problems: list[str] = []
    for answer in answers_of(workers, work):
        if answer is None:
            problems.append("a process died")
        for found, seen in answer or []:
            problems += found
            codes.update(seen)
    counted = ", ".join(f"{number} x {code}" for code, number in sorted(codes.items()))
    yield Finding(what, counted, not problems, {"commands on hostile databases": codes.total()})
    yield from listed(problems)


def tried(home: Path, case: grammar.Case, chance: Random) -> tuple[list[str], list[int]]:
    """Run some commands on a database, in the order in which the grammar has them; what is wrong, and their codes."""
    is_older = chance.random() < 0.5
    scratch = home.with_name(f"{home.name}-scratch")
    grammar.make(home, case, is_older=is_older)
    before = others(home)
    chosen = sorted(chance.sample(range(len(grammar.COMMANDS)), COMMANDS))
    done = [ran(grammar.COMMANDS[index], scratch) for index in chosen]
    problems = [each.problem for each in done if each.problem]
    if others(home) != before:
        problems.append("another profile's store is not what it was")
    problems += damage_of_other(home)
    name = f"{case.name}{' (older)' if is_older else ''}"
    return [f"{name}: {problem}" for problem in problems], codes_of(done)


def others(home: Path) -> list[Any]:
    """What the store of the other profile holds."""
    return [rows(config_of(home) / OTHER, query) for query in STORE.values()]


def damage_of_other(home: Path) -> list[str]:
    """What is wrong with that store."""
    return [found for found in damage(config_of(home) / "profiles") if found.startswith(Path(OTHER).name)]


def codes_of(done: list[Ran]) -> list[int]:
    """The exit codes."""
    return [each.code for each in done]
