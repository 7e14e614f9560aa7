"""How fast zprof is: whole processes in CPU time and wall time, by size, and over a slow line to PostgreSQL.

It judges with a mark in each table. The exit code is 1 only if a command that was to be measured fails.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.delay import delay
from bench.machine import machine
from bench.measuring import CommandFailed
from bench.options import Options
from bench.processes import processes
from bench.report import Section, failures
from bench.size import bulk, peaks, size
from bench.trips import trips

PARTS: dict[str, Callable[[Path, Options], Section]] = {
    "processes": processes,
    "delay": delay,
    "size": size,
    "bulk": bulk,
    "memory": peaks,
    "trips": trips,
}
"""All parts, in the order of the report. Each gets an empty directory, and the options."""
ROUNDS, QUICK_ROUNDS = 15, 3


def main() -> int:
    """Measure, and print what was found; the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=positive, metavar="N", help=f"run each command N times: {ROUNDS}")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"one of {', '.join(PARTS)}")
    parser.add_argument("--match", default="", metavar="TEXT", help="only commands that have this in their name")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds, and no large store")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures there too")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the tables there too, or into its block")
    given = parser.parse_args()
    options = Options(given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS), given.quick, given.match)
    facts = machine()
    print("\n".join(f"{name}: {fact}" for name, fact in facts.items()), end="\n\n", flush=True)
    sections = []
    try:
        for name in given.only or PARTS:
            with tempfile.TemporaryDirectory(prefix="zprof-bench-") as directory:
                sections.append(PARTS[name](Path(directory), options))
            print(sections[-1].text(), flush=True)
    except CommandFailed as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    over = list(failures(sections))
    print("\n".join(["Over the limit:", *over]) if over else "All within their limits.")
    if given.json:
        given.json.write_text(json.dumps(as_json(facts, options, sections), indent=2) + "\n")
    if given.markdown:
        write_markdown(given.markdown, {**facts, "rounds": str(options.rounds)}, sections)
    return 0


def positive(text: str) -> int:
    """A number of rounds."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def as_json(facts: dict[str, str], options: Options, sections: list[Section]) -> dict[str, object]:
    """All figures, in the shape that docs/performance.md describes."""
    return {
        "machine": facts,
        "rounds": options.rounds,
        "parts": {section.name: section.findings for section in sections},
        "left_out": [reason for section in sections for reason in section.left_out],
    }


BEGIN, END = "<!-- begin of the run -->\n", "<!-- end of the run -->\n"


def write_markdown(path: Path, facts: dict[str, str], sections: list[Section]) -> None:
    """Write the tables into a page, between the two marks if it has them."""
    text = path.read_text() if path.exists() else BEGIN + END
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [*(f"- {name}: {fact}" for name, fact in facts.items()), ""]
    block = "\n".join([*lines, *(section.text("github") for section in sections)])
    path.write_text(f"{before}{BEGIN}\n{block}\n{END}{after}")


if __name__ == "__main__":
    os.environ.pop("ZPROF_ACTIVATED_PROFILE", None)
    sys.exit(main())
