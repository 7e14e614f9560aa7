"""Commands that are ended at a random moment: done or not done, nothing left, and the next one works."""

from __future__ import annotations

import json
import os
import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import postgresql_server
from contents import damage, left_files
from postgresql_server import Server

from torture.examples import Example, Tried, examples, put_in, tried
from torture.homes import Home, ServerHome, is_allowed
from torture.part import Finding, Options, listed, percentiles
from torture.running import ENDING, Ran, ran, signalled
from zprof.doctor.files import names_in

PROBES = (("profile", "list"), ("stack", "list"), ("db", "check", "--all"))
"""What must work at once after a kill."""
UNFINISHED = ("-journal", ".new")
"""How the names of files end that are there only while something is written."""
WHILE_WRITING = 0.006
"""Seconds that this takes, at most."""
REFUSED_USAGE = 2
AN_HOUR = 3600.0
"""Seconds after which doctor takes a draft, whose process is gone, for one that was left behind."""


def kills(home: Path, options: Options) -> Iterator[Finding]:
    """Every changing command on SQLite, by SIGKILL and by the signals that it may answer."""
    target = Home(home)
    yield from ended(target, options, [signal.SIGKILL] * options.size.kills, "x kill -9")
    yield from ended(target, options, number_of(options.size.signals), "x TERM, HUP or INT")


def kills_on_server(home: Path, options: Options) -> Iterator[Finding]:
    """The same on PostgreSQL, where a server can be started."""
    process = None
    try:
        if postgresql_server.VARIABLE not in os.environ:
            process = postgresql_server.start()
        target = ServerHome(home, Server())
    except AssertionError as error:
        yield Finding("left out", str(error), is_good=True)
        return
    try:
        numbers = [signal.SIGKILL] * options.size.on_server + number_of(options.size.on_server)
        yield from ended(target, options, numbers, "x KILL, TERM, HUP or INT on PostgreSQL")
    finally:
        if process is not None:
            postgresql_server.stop(process)
            del os.environ[postgresql_server.VARIABLE]


def number_of(times: int) -> list[signal.Signals]:
    """So many signals, each of the kinds by turns."""
    return [ENDING[each % len(ENDING)] for each in range(times)]


def ended(home: Home, options: Options, numbers: list[signal.Signals], what: str) -> Iterator[Finding]:
    """End a random example with each of some signals."""
    chance = options.chance()
    order = examples()
    chance.shuffle(order)
    known: dict[Example, Tried | None] = {}
    seen: Counter[str] = Counter()
    problems: list[str] = []
    recoveries: list[float] = []
    for number in numbers:
        example, found = next_example(order, known, home)
        put_in(example, home)
        done = signalled(example.words, home.scratch, number, moment(home, chance, found.seconds))
        kill = Kill(home, found, number, done)
        problems += [f"{example.name}, {number.name}: {problem}" for problem in kill.problems(recoveries)]
        seen[kill.outcome] += 1
        seen["drafts beside a file that was asked for"] += kill.is_draft_left
    counted = ", ".join(f"{times} {outcome}" for outcome, times in sorted(seen.items()) if times)
    commands = sum(each is not None for each in known.values())
    is_biting = len(numbers) < 50 or seen["before"] > 0
    totals = {"kills on PostgreSQL" if isinstance(home, ServerHome) else "kills on SQLite": len(numbers)}
    yield Finding(f"{len(numbers)} {what} over {commands} commands", counted, not problems and is_biting, totals)
    yield Finding("the command after it", f"works; ms: {percentiles(recoveries)}", not problems)
    yield from listed(problems)


def moment(home: Home, chance: Random, seconds: float) -> Callable[[], None]:
    """Waits for the moment of a kill: any of those that a command takes, or one at which it writes.

    Args:
        seconds: how long the command takes.
    """
    if chance.random() < 0.5:
        return partial(time.sleep, chance.uniform(0, 1.2 * seconds))
    return partial(wait_for_writing, home, 2 * seconds, chance.uniform(0, WHILE_WRITING))


def wait_for_writing(home: Home, longest: float, more: float) -> None:
    """Wait until there is a journal or a draft, and then some seconds more."""
    config, project = home.config, home.path / ".zprof"
    places = (home.path, project, config, config / "profiles", config / "backups")
    end = time.monotonic() + longest
    while time.monotonic() < end and not any(
        name.endswith(UNFINISHED) for place in places for name in names_in(str(place))
    ):
        pass
    time.sleep(more)


def next_example(order: list[Example], known: dict[Example, Tried | None], home: Home) -> tuple[Example, Tried]:
    """The next example that changes something, and what it does; the list goes round."""
    while True:
        example = order.pop(0)
        order.append(example)
        if example not in known:
            known[example] = tried(example, home)
        found = known[example]
        if found is not None:
            return example, found


class Kill:
    """One command that was ended, and what it left."""

    def __init__(self, home: Home, tried_: Tried, number: signal.Signals, done: Ran) -> None:
        self.home = home
        self.tried = tried_
        self.number = number
        self.done = done
        self.outcome = ""
        """The state that it left; `done` where it had ended by itself."""
        self.is_draft_left = False
        """Whether a draft stays beside a file that the command names."""

    def problems(self, recoveries: list[float]) -> Iterator[str]:
        """What is wrong; the seconds of the next commands are added to a list."""
        yield from self._problems_of_itself()
        left = left_files(self.home.path)
        if self.number != signal.SIGKILL and left:
            yield f"left {left}"
        for words in PROBES:
            probe = ran(words, self.home.scratch)
            recoveries.append(probe.seconds)
            if probe.code != 0 or probe.problem:
                yield f"then {probe.problem or probe}"
        yield from self._problems_of_state()
        yield from damage(self.home.path)
        yield from self._problems_of_doctor()

    def _problems_of_itself(self) -> Iterator[str]:
        if self.done.problem:
            yield self.done.problem
        if self.done.code not in (0, 128 + self.number):
            yield str(self.done)

    def _problems_of_state(self) -> Iterator[str]:
        found, before, after = self.home.state(), self.tried.before, self.tried.after
        self.outcome = "before" if found == before else "after" if found == after else "between two files"
        if self.done.code == 0 and found != after:
            yield f"done, but not what it does: {differences(found, after)}"
        if not is_allowed(found, before, after, has_order=self.tried.example.has_order):
            yield f"half done: {differences(found, before)}"
        self.outcome = "done" if self.done.code == 0 else self.outcome

    def _problems_of_doctor(self) -> Iterator[str]:
        age(self.home.path)
        for cure in cures(self.home.scratch):
            if cure.code != 0 or cure.problem:
                yield f"doctor's {cure.problem or cure}"
        if self._is_left_elsewhere():
            # Doctor knows no place that no profile leads to. Whoever types the command again brings it there.
            ran(self.tried.example.words, self.home.scratch)
            age(self.home.path)
            ran(("doctor", "--fix"), self.home.scratch)
        left = left_files(self.home.path)
        self.is_draft_left = any(self._is_beside_named(name) for name in left)
        if not all(self._is_beside_named(name) for name in left):
            yield f"left for ever: {left}"

    def _is_left_elsewhere(self) -> bool:
        config = str(self.home.config.relative_to(self.home.path))
        return any(not name.startswith(config) for name in left_files(self.home.path))

    def _is_beside_named(self, name: str) -> bool:
        """Whether a file is the draft of one that the command names: a kill leaves it, and doctor can't know where."""
        of = (f"{word}." for word in self.tried.example.words)
        return self.number == signal.SIGKILL and name.startswith(tuple(of)) and ".new" in name


def cures(scratch: Path) -> Iterator[Ran]:
    """Run `doctor --fix`, type what it says of the rest, and look again: then it has to find nothing."""
    fixed = ran(("doctor", "--fix"), scratch)
    # It ends with 1 where something is left to do, which is done now.
    yield fixed._replace(code=0) if fixed.code == 1 else fixed
    for item in items(ran(("doctor", "-o", "json"), scratch)):
        program, *words = shlex.split(item["cure"])
        if program != "zprof":
            continue
        typed = ran((*words, "--yes") if {"restore", "--join"} & {*words} else tuple(words), scratch)
        # What has a placeholder is for a person to complete, and refused as it stands.
        is_refused = any("<" in word for word in words) and typed.code == REFUSED_USAGE
        yield typed._replace(code=0) if is_refused else typed
    yield ran(("doctor",), scratch)


def items(done: Ran) -> list[dict[str, Any]]:
    """What a command lists as JSON."""
    found: list[dict[str, Any]] = json.loads(done.out)["items"] if done.out else []
    return found


def age(home: Path) -> None:
    """Make all files an hour older."""
    moment = time.time() - AN_HOUR
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (moment, moment))


def differences(found: Any, wanted: Any) -> str:
    """Which parts of a state are not what they were to be."""
    names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    return ", ".join(f"{name}: {str(found.get(name))[-150:]}" for name in names)
