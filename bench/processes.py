"""Commands as whole processes against programs that people know, on a small store."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from bench.commands import ROWS, Row, exists
from bench.measuring import ZPROF, Sample, cpu, measure, wall
from bench.options import Options
from bench.report import Finding, Section, verdict
from bench.surroundings import Surroundings

TITLE = "Whole processes: CPU time and wall time against another program (medians, ms)"
_numbers = count(1)


def processes(scratch: Path, options: Options) -> Section:
    """Each command of the table, in turn with the other side."""
    surroundings = Surroundings(scratch)
    surroundings.prepare()
    surroundings.keep()
    rows = [row for row in ROWS if options.match in row.name and exists(row.words.split())]
    missing = {program: "" for row in rows if (program := row.kind.against.missing)}
    left_out = tuple(
        f"{program} is not installed: {', '.join(row.name for row in rows if row.kind.against.missing == program)}"
        for program in missing
    )
    found = [against(row, surroundings, options.rounds) for row in rows if not row.kind.against.missing]
    return Section("processes", TITLE, found, left_out)


def against(row: Row, surroundings: Surroundings, rounds: int) -> Finding:
    """A command and its other side, A B A B; the first run of each only warms the caches."""
    ours: list[Sample] = []
    theirs: list[Sample] = []
    for _ in range(rounds + 1):
        if row.kind.changes:
            surroundings.restore(is_fresh=row.is_fresh)
        directory = str(surroundings.project) if row.is_in_project else None
        ours.append(measure([ZPROF, *row.words.split()], surroundings.environment, directory))
        other = [word.format(n=next(_numbers)) for word in row.kind.against.words]
        theirs.append(measure(other, surroundings.environment))
    surroundings.restore()
    return compared(row.name, row.kind.name, row.kind.against.name, row.kind.limit, ours[1:], theirs[1:])


def compared(
    name: str, kind: str, other: str, limit: float, ours: list[Sample], theirs: list[Sample], *, by_wall: bool = False
) -> Finding:
    """The line of the table.

    Args:
        by_wall: whether wall time alone is judged.
    """
    ratios = {"cpu": cpu(ours) / cpu(theirs), "wall": wall(ours) / wall(theirs)}
    judged = {"wall": ratios["wall"]} if by_wall else ratios
    return {
        "command": name,
        "class": kind,
        "cpu_ms": cpu(ours),
        "wall_ms": wall(ours),
        "against": other,
        "its_cpu_ms": cpu(theirs),
        "its_wall_ms": wall(theirs),
        "cpu_ratio": ratios["cpu"],
        "wall_ratio": ratios["wall"],
        "limit": limit,
        "verdict": verdict(limit, **judged),
    }
