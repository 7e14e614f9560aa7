"""PostgreSQL far away: whole commands against psql over the same line, by wall time."""

from __future__ import annotations

from pathlib import Path

from bench.measuring import ZPROF, Sample, measure
from bench.options import Options
from bench.postgresql import line, psql
from bench.processes import compared
from bench.report import Section
from bench.surroundings import Surroundings

ONE_WAY = 0.025
"""Seconds from one side to the other: an answer takes 50 ms."""
ROWS = (
    ("stack list", "stack list", 2.0),
    ("stack register", "stack register new-{n} -o default -a default -m default", 2.4),
)
"""Name, words and limit, as a multiple of what psql takes."""
TITLE = "PostgreSQL, 50 ms away: wall time against psql over the same line (medians, ms)"


def delay(scratch: Path, options: Options) -> Section:
    """Each row in turn with psql."""
    rows = [row for row in ROWS if options.match in row[0]]
    program = psql()
    if program is None:
        return Section("delay", TITLE, [], (f"psql is not installed: {', '.join(row[0] for row in rows)}",))
    surroundings = Surroundings(scratch)
    surroundings.prepare()
    found = []
    with line(surroundings, ONE_WAY) as (_, environment):
        for name, words, limit in rows:
            ours: list[Sample] = []
            theirs: list[Sample] = []
            for number in range(options.rounds + 1):
                ours.append(measure([ZPROF, "-p", "far", *words.format(n=number).split()], environment))
                theirs.append(measure([program, "-X", "-c", "select 1"], environment))
            other = 'psql -c "select 1"'
            found.append(compared(name, "PostgreSQL", other, limit, ours[1:], theirs[1:], by_wall=True))
    return Section("delay", TITLE, found)
