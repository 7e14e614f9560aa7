"""Many writers at once, kills at random moments, races, hostile and damaged databases, in numbers: `make torture`.

Beside each number stands what another way would have given, where there is one: a check that can't fail tells nothing.
The exit code is 1 if any promise is broken.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path

from conftest import let_others_hear_signals, use_memory
from killing import preload

from torture.copying import backups
from torture.examples import EDITOR
from torture.hostility import hostile
from torture.kills import kills, kills_on_server
from torture.mixing import mixed
from torture.part import FULL, QUICK, Options, Part
from torture.races import creations, deletions, switches
from torture.restoring import restores
from torture.writing import upgrade, writers

PARTS: dict[str, Part] = {
    "writers": writers,
    "upgrade": upgrade,
    "kills": kills,
    "server": kills_on_server,
    "mixed": mixed,
    "delete": deletions,
    "create": creations,
    "switch": switches,
    "hostile": hostile,
    "restores": restores,
    "backups": backups,
}
"""All parts, in the order in which they are run."""


def main() -> int:
    """Run the parts, once or until the time is over; the exit code."""
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}: all")
    parser.add_argument("--quick", action="store_true", help="little of everything")
    for name, size in FULL._asdict().items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="N", help=f"instead of {size}")
    parser.add_argument("--seed", type=int, default=random.randrange(1000), metavar="N", help="repeat this run")
    parser.add_argument("--minutes", type=float, default=0.0, metavar="N", help="go round until the time is over")
    parser.add_argument("--url", help="of a new store for the part `writers`, instead of a SQLite file of its own")
    given = parser.parse_args()
    chosen = {name: getattr(given, name) for name in FULL._fields if getattr(given, name) is not None}
    options = Options((QUICK if given.quick else FULL)._replace(**chosen), given.seed, given.url)
    python = sys.version.split()[0]
    print(f"SQLite {sqlite3.sqlite_version}, Python {python}, {os.cpu_count()} processors, seed {given.seed}")
    use_memory()
    let_others_hear_signals(is_worker=False)
    preload()
    failures = soak(given.parts or list(PARTS), options, 60.0 * given.minutes)
    print("A promise is broken." if failures else "All promises kept.")
    return 1 if failures else 0


def soak(names: list[str], options: Options, seconds: float) -> int:
    """Run parts, and again with the next seed as long as there is time; how many promises were broken."""
    end = time.monotonic() + seconds
    totals: Counter[str] = Counter()
    failures = 0
    for round_ in count():
        for name in names:
            if round_ > 0 and time.monotonic() > end:
                break
            failures += run_part(name, options._replace(seed=options.seed + round_), totals)
        if time.monotonic() > end:
            break
    print(f"In all: {', '.join(f'{number:,} {what}' for what, number in sorted(totals.items()))}, {failures} failures")
    return failures


def run_part(name: str, options: Options, totals: Counter[str]) -> int:
    """Print what a part finds, in a home of its own; how many promises were broken."""
    failures = 0
    with tempfile.TemporaryDirectory(prefix="zprof-torture-") as directory:
        home = Path(directory, "home")
        home.mkdir()
        be_at(home)
        for finding in PARTS[name](home, options):
            failures += not finding.is_good
            totals.update(finding.counted)
            verdict = "PASS" if finding.is_good else "FAIL"
            print(f"{verdict}  {name:8} {options.seed:3} {finding.what}: {finding.found}", flush=True)
        os.chdir("/")
    return failures


def be_at(home: Path) -> None:
    """Work in a home, without a trace of zprof in the environment."""
    for name in [name for name in os.environ if name.startswith(("ZPROF_", "XDG_"))]:
        del os.environ[name]
    os.environ["HOME"] = str(home)
    os.environ["EDITOR"] = EDITOR
    os.chdir(home)


if __name__ == "__main__":
    sys.exit(main())
