"""Round trips to PostgreSQL after connecting, of each read and each change."""

from __future__ import annotations

from pathlib import Path

from bench.commands import Step, steps_for
from bench.measuring import ZPROF, measure
from bench.options import Options
from bench.postgresql import line
from bench.report import Finding, Section
from bench.surroundings import Surroundings

ONE_WAY = 0.01
"""Seconds: enough that a pipeline is sent whole before the first answer arrives."""
READ, CHANGE = 2, 4
"""The limits."""
LIST = Step("stack list", "stack list")
"""Beside the steps of a round, which print the same in every store."""


def trips(scratch: Path, options: Options) -> Section:
    """One run of each command; where two are of one name, the one with more trips."""
    surroundings = Surroundings(scratch)
    surroundings.prepare()
    found: dict[str, Finding] = {}
    with line(surroundings, ONE_WAY) as (proxy, _):
        for step in (LIST, *steps_for(options.match)):
            proxy.forget()
            measure([ZPROF, "-p", "far", *step.words.split()], surroundings.environment)
            known = found.get(step.name)
            if options.match in step.name and (known is None or proxy.round_trips > known["round_trips"]):
                limit = CHANGE if step.changes else READ
                found[step.name] = {
                    "command": step.name,
                    "connections": proxy.connections,
                    "round_trips": proxy.round_trips,
                    "limit": limit,
                    "verdict": "ok" if proxy.round_trips <= limit else "over (round trips)",
                }
    return Section("trips", "PostgreSQL: round trips after connecting", list(found.values()))
