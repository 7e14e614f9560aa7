"""Sixteen processes that run random commands at once on few names: none breaks, and nothing acknowledged is lost."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from contents import damage, left_files

from torture.crowd import answers_of
from torture.kills import cures
from torture.part import Finding, Options, listed, percentiles
from torture.running import Ran, ran

PROCESSES = 16
PROFILES = ("a", "b", "c")
STACKS = ("s", "t", "u")
STACK = ("-o", "default", "-a", "default", "-m", "default")
FAILED, DAMAGED = 1, 6
"""Exit codes that need a reason: something failed, a database is not as it should be."""
EXPECTED = ("does not exist", "is missing", "was removed in the meantime", "Another process")
"""What a command may fail on while others take away what it works on."""


class Event(NamedTuple):
    """One command, and when it was run."""

    ran: Ran
    begun: float

    @property
    def ended(self) -> float:
        """When it was over."""
        return self.begun + self.ran.seconds


def mixed(home: Path, options: Options) -> Iterator[Finding]:
    """See the module."""
    scratch = home.with_name("scratch")
    prepare(home, scratch)
    events = sorted(crowd(options, scratch), key=lambda event: event.begun)
    problems = [each.ran.problem for each in events if each.ran.problem]
    problems += [str(each.ran) for each in events if is_unexplained(each.ran)]
    codes = Counter(event.ran.code for event in events)
    waits = percentiles([event.ran.seconds for event in events])
    slowest = max(events, key=lambda event: event.ran.seconds).ran
    failed = sorted({" ".join(event.ran.words[:5]) for event in events if event.ran.code == FAILED})
    yield Finding(
        f"{PROCESSES} processes x {options.size.commands} commands",
        f"{', '.join(f'{number} x {code}' for code, number in sorted(codes.items()))}; ms: {waits}, "
        f"by `{' '.join(slowest.words)}`; 1 by {failed or 'none'}",
        not problems,
        {"mixed commands": len(events)},
    )
    yield from listed(problems)
    yield from afterwards(home, scratch, events)


def prepare(home: Path, scratch: Path) -> None:
    """Have a few things to begin with, and two names of one store."""
    (home / "link.db").symlink_to(home / "shared.db")
    for words in (
        ("profile", "create", "steady", "--url", "shared.db"),
        ("profile", "create", "a"),
        ("stack", "register", "s", *STACK),
        ("db", "backup", "copy.db"),
        ("stack", "export", "s", "s.yaml"),
    ):
        done = ran(words, scratch)
        assert done.code == 0, str(done)


def crowd(options: Options, scratch: Path) -> list[Event]:
    """Run the commands of all processes; what each came to."""

    def work(process: int) -> list[Event]:
        chance = Random(options.seed * PROCESSES + process)
        place = scratch.with_name(f"scratch-{process}")
        found = []
        for number in range(options.size.commands):
            done, begun = timed_run(random_command(chance, f"{process}-{number}"), place)
            found.append(Event(done, begun))
        return found

    answers = [event for answer in answers_of(PROCESSES, work) for event in answer]
    return [Event(Ran(tuple(words), *rest), begun) for (words, *rest), begun in answers]


def timed_run(words: tuple[str, ...], scratch: Path) -> tuple[Ran, float]:
    """Run a command, and tell when it began."""
    begun = time.monotonic()
    return ran(words, scratch), begun


def random_command(chance: Random, unique: str) -> tuple[str, ...]:
    """Any of the commands, on any of the few names, or on one that no other command has."""
    name, other = chance.sample(PROFILES, 2)
    stack, new_stack = chance.sample(STACKS, 2)
    where = chance.choice([(), ("-p", "default"), ("-p", "steady"), ("-p", name)])
    profile_commands = (
        ("profile", "create", chance.choice([name, f"p-{unique}"])),
        ("profile", "create", name, "--url", chance.choice(["shared.db", "link.db", f"{unique}.db"])),
        ("profile", "create", name, "--from", "default"),
        ("profile", "delete", name, "--yes"),
        ("profile", "rename", name, other),
        ("profile", "set", chance.choice([name, "default", "steady"])),
        ("profile", "list"),
        ("doctor", "--fix"),
        ("status",),
    )
    store_commands = (
        ("stack", "register", chance.choice([stack, f"s-{unique}"]), *STACK, *chance.choice([(), ("--set",)])),
        ("stack", "set", stack),
        ("stack", "rename", stack, new_stack),
        ("stack", "delete", stack, "--yes"),
        ("stack", "list"),
        ("stack", "export", stack, chance.choice(["one.yaml", "two.yaml"]), "--yes"),
        ("stack", "import", "s.yaml", "--name", new_stack),
        ("orchestrator", "register", stack, "--flavor", "local_docker"),
        ("orchestrator", "update", stack, f"--docker_parent_image={unique}"),
        ("orchestrator", "delete", stack, "--yes"),
        ("db", "backup", "copy.db", "--yes"),
        ("db", "backup"),
    )
    restore = ("-p", name, "db", "restore", "copy.db", "--yes")
    kind = chance.random()
    if kind < 0.06:
        return restore
    return chance.choice(profile_commands) if kind < 0.5 else (*where, *chance.choice(store_commands))


def is_unexplained(done: Ran) -> bool:
    """Whether a command failed although nobody had taken away what it works on."""
    if done.code == FAILED and "doctor" in done.words:
        return False  # it tells what it can't fix by itself
    return done.code in (FAILED, DAMAGED) and not any(reason in done.err for reason in EXPECTED)


def afterwards(home: Path, scratch: Path, events: list[Event]) -> Iterator[Finding]:
    """What there is when all is quiet again."""
    left = left_files(home)
    yield Finding("files left", str(left or "none"), not left)
    profiles = ran(("-q", "profile", "list", "-o", "name"), scratch).out.split()
    lost = [name for name in acknowledged_profiles(events) if name not in profiles]
    stacks = ran(("-q", "-p", "default", "stack", "list", "-o", "name"), scratch).out.split()
    lost += [f"default/{name}" for name in acknowledged_stacks(events) if name not in stacks]
    wanted = len(acknowledged_profiles(events)) + len(acknowledged_stacks(events))
    yield Finding("what was acknowledged and not taken away", f"{wanted - len(lost)} of {wanted} there", not lost)
    yield from listed([f"lost: {name}" for name in lost])
    unusable = [str(done) for done in uses(profiles, scratch) if done.code != 0 or done.problem]
    found = damage(home)
    yield Finding("stores that work", f"{len(profiles) - len(unusable)} of {len(profiles)}", not unusable)
    yield from listed(unusable)
    yield Finding("damage", str(found or "none"), not found)
    problems = [done.problem or str(done) for done in cures(scratch) if done.code != 0 or done.problem]
    yield Finding("what doctor finds at last", str(problems[:3] or "nothing"), not problems)


def uses(profiles: list[str], scratch: Path) -> Iterator[Ran]:
    """Use each profile's store, and check all of them."""
    yield ran(("db", "check", "--all"), scratch)
    for name in profiles:
        yield ran(("-q", "-p", name, "stack", "list"), scratch)


def acknowledged_profiles(events: list[Event]) -> list[str]:
    """The profiles that somebody was told are there, and that nobody has deleted or renamed since."""
    made = [(event, name) for event in events for name in (made_profile(event.ran.words),) if name]
    gone = [(event, event.ran.words[2]) for event in events if event.ran.words[:2] in GONE]
    return lasting(made, gone)


def acknowledged_stacks(events: list[Event]) -> list[str]:
    """The same for stacks of the default profile, whose store nobody restores."""
    of_default = [event._replace(ran=event.ran._replace(words=plain(event.ran))) for event in events]
    of_default = [event for event in of_default if profile_of(event.ran) == "default"]
    made = [(event, name) for event in of_default for name in (made_stack(event.ran.words),) if name]
    gone = [(event, event.ran.words[2]) for event in of_default if event.ran.words[:2] in GONE]
    return lasting(made, gone)


GONE = {("profile", "delete"), ("profile", "rename"), ("stack", "delete"), ("stack", "rename")}


def lasting(made: list[tuple[Event, str]], gone: list[tuple[Event, str]]) -> list[str]:
    """Names that were acknowledged and that nothing that ended later took away."""
    return sorted(
        {
            name
            for event, name in made
            if event.ran.code == 0
            and not any(other == name and later.ran.code == 0 and later.ended >= event.begun for later, other in gone)
        }
    )


def made_profile(words: tuple[str, ...]) -> str:
    """The profile that a command makes, or gives its name to."""
    return words[2] if words[:2] == ("profile", "create") else words[3] if words[:2] == ("profile", "rename") else ""


def made_stack(words: tuple[str, ...]) -> str:
    """The stack that a command makes, or gives its name to."""
    return words[2] if words[:2] == ("stack", "register") else words[3] if words[:2] == ("stack", "rename") else ""


def plain(done: Ran) -> tuple[str, ...]:
    """A command's words without the option before them."""
    return done.words[2:] if done.words[0] == "-p" else done.words


def profile_of(done: Ran) -> str:
    """The profile that a command worked on, as its banner says."""
    match = re.search(r"Running with active profile: '([^']*)'", done.err)
    return match[1] if match else ""
