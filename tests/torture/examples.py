"""An example of each command that changes something, and the home that it works on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from commands import Leaf, check_each_is_in
from conftest import config_of
from test_imports import ALLOWED, EMPTY_ON_A_SERVER, IN_A_REPOSITORY
from test_released import RELEASED, restored

from torture.homes import Home, State
from torture.running import ran


class Example(NamedTuple):
    """A command, and what is done to the home before it."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """Commands."""
    prepare: Callable[[Path], None] = lambda home: None
    """Something else."""
    has_order: bool = True
    """Whether it changes stores before the registry."""

    @property
    def name(self) -> str:
        """As it is typed, and whether that is in a repository."""
        return " ".join(self.words) + (" (in a repository)" if ("init",) in self.before else "")


def without_config(home: Path) -> None:
    """As before the first run."""
    shutil.rmtree(config_of(home))


def of_older_format(home: Path) -> None:
    """Have databases of an older zprof beside those of this one."""
    newest = max(path for path in RELEASED if path.name.startswith("store-"))
    path = config_of(home) / "profiles/other.db"
    path.unlink()
    restored(newest, path).chmod(0o600)


def offering(home: Path) -> None:
    """Have a project whose file offers a store that no profile has, and a choice that commands work with."""
    ran(("profile", "create", "far", "--url", "far.db"), home.with_name("scratch"))
    ran(("profile", "delete", "far", "-y"), home.with_name("scratch"))
    (home / ".zprof").mkdir()
    (home / ".zprof" / "config.toml").write_text('profile = "far"\nurl = "far.db"\n')
    (home / ".zprof" / "local.toml").write_text('profile = "default"\n')


def faulty(home: Path) -> None:
    """What doctor fixes: a registry without its rows, and files that others may read."""
    (config_of(home) / "registry.db").unlink()
    ran(("profile", "list"), home.with_name("scratch"))
    (config_of(home) / "profiles/default.db").chmod(0o644)


SHARED = (
    ("profile", "create", "far", "--url", "far.db"),
    ("-p", "far", "alerter", "register", "ops", "-f", "slack", "--slack_token=${env:TOKEN}"),
    ("-p", "far", "stack", "update", "default", "-al", "ops"),
)
"""A store outside of the config directory, whose stack refers to a variable."""
EDITOR = "sed -i s/docker_parent_image:.*/docker_parent_image:\\ z/"
"""An editor that changes a component where there is one to change."""
STACK = ("-o", "default", "-a", "default", "-m", "default")
MORE = (
    Example(("profile", "list"), prepare=without_config),
    Example(("profile", "create", "new", "--from", "default")),
    Example(("profile", "create", "new", "--url", "far.db")),
    Example(("profile", "create", "new", "--url", "far.db"), (("profile", "create", "far", "--url", "far.db"),)),
    Example(("stack", "register", "new", *STACK, "--set")),
    Example(("stack", "update", "other", "-o", "spare")),
    Example(("stack", "rename", "default", "renamed")),
    Example(("orchestrator", "update", "spare", "--docker_parent_image=y")),
    Example(("stack", "rename", "other", "renamed"), (("init",), ("stack", "set", "other"))),
    Example(("apply", "-f", "other.yaml", "--yes"), (("stack", "remove-component", "other", "-al"),)),
    Example(("edit", "orchestrator", "spare", "--yes")),
    Example(("stack", "export", "other", "other.yaml", "--yes"), (("stack", "remove-component", "other", "-al"),)),
    Example(("profile", "restore", "other"), (("profile", "delete", "other", "-y"),), has_order=False),
    Example(("init", "--join", "-y"), prepare=offering),
    Example(("init", "--share"), (("profile", "create", "far", "--url", "far.db"), ("profile", "set", "far"))),
    Example(("profile", "unset", "--personal"), (("init",), ("profile", "set", "other", "--personal"))),
    Example(("stack", "unset", "--personal"), (("init",), ("stack", "set", "other", "--personal"))),
    Example(("profile", "unset"), (("init",), ("profile", "set", "other"))),
    Example(("stack", "unset"), (("init",), ("stack", "set", "other"))),
    Example(("profile", "unprotect", "other"), (("profile", "protect", "other"),)),
    Example(("allow", "-p", "far", "alerter", "ops", "--yes"), SHARED),
    Example(("db", "backup", "copy.db", "--yes")),
    Example(("db", "upgrade", "--all"), prepare=of_older_format, has_order=False),
    Example(("doctor", "--fix"), prepare=faulty, has_order=False),
)
"""Beside those that the tests of imports have: other ways of the same commands."""
OF_A_SHELL = (("run",), ("shell",), ("use",))
"""Commands that change what a program or a shell has in its environment, and no file."""
HARMLESS = (("profile", "explain"), ("stack", "explain"), ("orchestrator", "explain"), *OF_A_SHELL)
"""Commands that are no reads and change nothing all the same: the others only explain."""


def examples() -> list[Example]:
    """All of them, also of commands that may turn out to change nothing."""
    typed = [Example(tuple(line.split())) for line in ALLOWED if not line.startswith("use")]
    in_repository = [Example(tuple(line.split()), (("init",),)) for line in IN_A_REPOSITORY]
    return [*typed, *in_repository, *MORE]


class Tried(NamedTuple):
    """What an example does if it is left alone."""

    example: Example
    before: State
    after: State
    seconds: float


def tried(example: Example, home: Home) -> Tried | None:
    """Run an example twice, since the first finds the disk's cache cold; None if it changes nothing here."""
    if home.refusal is not None and example.name in EMPTY_ON_A_SERVER:
        return None
    seconds = []
    for _ in range(2):
        put_in(example, home)
        before = home.state()
        done = ran(example.words, home.scratch)
        if done.code == home.refusal:
            return None
        assert (done.code, done.problem) == (0, ""), str(done)
        seconds.append(done.seconds)
        after = home.state()
        if after == before:
            return None
    return Tried(example, before, after, min(seconds))


def put_in(example: Example, home: Home) -> None:
    """Make a home what an example needs."""
    home.put_back()
    home.run(*example.before)
    example.prepare(home.path)


def check_killed(known: Iterable[Leaf], killed: Iterable[Example]) -> None:
    """Fail where a command that is no read has no example that changes something, with the line to add."""
    check_each_is_in(
        "MORE in tests/torture/examples.py, an example that changes something",
        [*(example.words for example in killed), *HARMLESS],
        lambda leaf: f"Example({leaf.row.rstrip(',')}),",
        [leaf for leaf in known if not leaf.command.is_read],
    )
