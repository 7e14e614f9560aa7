"""By size: what commands take in stores of many things, against what they take in an empty one."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.commands import ROUND, steps_for
from bench.measuring import CommandFailed, Sample, cpu, memory, wall
from bench.options import Options
from bench.report import Finding, Section, verdict
from bench.surroundings import Surroundings

FILLING = str(Path(__file__).with_name("filling.py"))
LIMIT = 1.15
BULK_SECONDS = 1.0


class Size(NamedTuple):
    """How much is in a store besides what `surroundings.STATE` makes."""

    components: int
    stacks: int


EMPTY = Size(0, 0)
SIZES = (Size(10, 1), Size(1_000, 100), Size(100_000, 10_000))
IN_ONE_CHANGE = Size(10_000, 0)


def size(scratch: Path, options: Options) -> Section:
    """Each command in the empty store and in each filled one, in turn."""
    sizes = sizes_for(options)
    stores = {each: store_of(each, scratch) for each in (EMPTY, *sizes)}
    samples: dict[tuple[str, Size], list[Sample]] = defaultdict(list)
    for number in range(options.rounds + 1):
        for step in steps_for(options.match):
            for each, surroundings in stores.items():
                sample = surroundings.zprof(*step.words.split())
                if number > 0:
                    samples[step.name, each].append(sample)
    found: list[Finding] = []
    for name in dict.fromkeys(step.name for step in ROUND if options.match in step.name):
        empty = samples[name, EMPTY]
        for each in sizes:
            filled = samples[name, each]
            ratios = {"cpu": cpu(filled) / cpu(empty), "wall": wall(filled) / wall(empty)}
            found.append(
                {
                    "command": name,
                    "components": each.components,
                    "stacks": each.stacks,
                    "cpu_ms": cpu(filled),
                    "wall_ms": wall(filled),
                    "empty_cpu_ms": cpu(empty),
                    "empty_wall_ms": wall(empty),
                    "cpu_ratio": ratios["cpu"],
                    "wall_ratio": ratios["wall"],
                    "limit": LIMIT,
                    "verdict": verdict(LIMIT, **ratios),
                }
            )
    return Section("size", "By size: against the same command in an empty store (medians, ms)", found)


def bulk(scratch: Path, options: Options) -> Section:
    """Many components in one change of the library."""
    taken = []
    for number in range(1 if options.is_quick else 3):
        directory = scratch / str(number)
        directory.mkdir()
        surroundings = Surroundings(directory)
        surroundings.prepare()
        taken.append(fill(surroundings, IN_ONE_CHANGE))
    finding = {
        "command": "register_components",
        "components": IN_ONE_CHANGE.components,
        "cpu_s": median(taken),
        "limit": BULK_SECONDS,
        "verdict": verdict(BULK_SECONDS, cpu=median(taken)),
    }
    return Section("bulk", "In one change of the library (CPU seconds)", [finding])


MEMORY = (
    ("stack get", "stack get", LIMIT),
    ("stack describe", "stack describe bench", LIMIT),
    ("stack list", "stack list -o json", None),
    ("component list", "artifact-store list -o json", None),
)
"""Name, words, and how much the peak may exceed that in an empty store; a list grows with what it prints."""


def peaks(scratch: Path, options: Options) -> Section:
    """The peak of each command's memory, by size."""
    stores = {each: store_of(each, scratch) for each in (EMPTY, *sizes_for(options))}
    found: list[Finding] = []
    for name, words, limit in MEMORY:
        if options.match not in name:
            continue
        peak = {each: memory([stores[each].zprof(*words.split()) for _ in range(3)]) for each in stores}
        for each in sizes_for(options):
            ratio = peak[each] / peak[EMPTY]
            found.append(
                {
                    "command": name,
                    "components": each.components,
                    "stacks": each.stacks,
                    "peak_mib": peak[each],
                    "empty_peak_mib": peak[EMPTY],
                    "ratio": ratio,
                    "limit": limit,
                    "verdict": verdict(limit, memory=ratio) if limit else None,
                }
            )
    return Section("memory", "Peak memory by size (medians of three, MiB)", found)


def sizes_for(options: Options) -> tuple[Size, ...]:
    """All, or all but the largest."""
    return SIZES[:-1] if options.is_quick else SIZES


def store_of(wanted: Size, scratch: Path) -> Surroundings:
    """A home whose active profile has a store of a size."""
    directory = scratch / f"{wanted.components}-{wanted.stacks}"
    directory.mkdir()
    surroundings = Surroundings(directory)
    surroundings.prepare()
    fill(surroundings, wanted)
    return surroundings


def fill(surroundings: Surroundings, wanted: Size) -> float:
    """Fill the store of the active profile; the CPU seconds that its components took.

    In a process of its own, so that what it imports and keeps in memory is not here.
    """
    words = [sys.executable, FILLING, *map(str, wanted)]
    home = surroundings.environment["HOME"]
    filled = subprocess.run(words, env=surroundings.environment, cwd=home, capture_output=True, text=True, check=False)
    if filled.returncode != 0:
        raise CommandFailed(f"`{' '.join(words)}` ended with {filled.returncode}: {filled.stderr}")
    return float(filled.stdout)
