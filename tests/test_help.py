"""Help: every command has examples, each of them is run, and nothing in it is cut or too wide."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import pexpect
import pytest
from commands import TYPES, Leaf, leaves, with_dummy
from conftest import SCRIPT, Zprof, config_of, made_by, move_in
from terminal import all_shown

from zprof.cli.examples import EXAMPLES, SAMPLES, examples_of
from zprof.cli.main import COMMANDS, HEADINGS
from zprof.cli.main import zprof as root
from zprof.component_types import COMPONENT_TYPES

FILES = {
    "key.txt": "xoxb-1",
    "token.txt": "xoxb-2",
    "mine.json": '{"properties": {}}',
    "train.py": "import os; print(os.environ['ZPROF_ACTIVATED_STACK'])",
}


def registered(of_type: str, name: str) -> tuple[str, ...]:
    """The words that register the component of the examples, under a name."""
    sample = SAMPLES[of_type]
    extra = f"--{sample.key}={sample.value}"
    return (of_type, "register", name, "--flavor", sample.flavor, *shlex.split(sample.required), extra)


MEMBERS = [word for each in COMPONENT_TYPES for word in (each.option, SAMPLES[each.command].name)]
PREPARING = (
    ("profile", "create", "laptop"),
    ("profile", "create", "retired"),
    ("profile", "delete", "retired", "--yes"),
    ("profile", "create", "staging"),
    ("profile", "set", "staging"),
    *(registered(of_type, SAMPLES[of_type].name) for of_type in TYPES),
    *(registered(of_type, "old") for of_type in TYPES),
    *((of_type, "flavor", "register", "old", "--schema", "mine.json") for of_type in TYPES),
    ("stack", "register", "prod", *MEMBERS, "--set"),
    ("secret", "set", "slack.token", "@key.txt"),
    *(("secret", "set", f"{name}.key", "@key.txt") for name in ("wandb", "aws", "hub")),
    ("stack", "register", "dev", "-o", "default", "-a", "default", "-m", "default"),
    ("stack", "export", "prod", "prod.yaml"),
    ("db", "backup", "staging.db"),
    ("export", "staging.yaml"),
    ("alerter", "update", "ops", "--default_slack_channel_id=C0"),
    ("undo",),
)
"""What makes the home that the examples need."""

NEW_NAMES = ("TYPE register",)
"""The commands whose examples take names that the prepared home has: they are run where only the profiles are."""
IN_A_PROJECT = ("profile unset", "stack unset")
HOOKED = ("use",)
"""The commands that need the shell's hook."""
ANSWERS: Mapping[str, tuple[str, str]] = {
    "profile delete": (r"\[y/N\]", "y"),
    "stack delete": (r"\[y/N\]", "y"),
    "TYPE delete": (r"\[y/N\]", "y"),
    "TYPE flavor delete": (r"\[y/N\]", "y"),
    "secret": ("value of|Repeat", "xoxb-3"),
    "secret rm": (r"\[y/N\]", "y"),
    "secret set": ("value of|Repeat", "xoxb-3"),
    "log prune": (r"\[y/N\]", "y"),
    "apply": (r"\[y/N\]", "y"),
    "db restore": (r"\[y/N\]", "y"),
    "shell": ("[$#] ", "exit"),
}
"""What a person types while an example runs, and after which words, by the command."""
EXIT_CODES: Mapping[str, int] = {"diff": 1}
"""Those of examples that do not say that all is well: the profiles that they compare differ."""


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(tmp_path_factory.mktemp("prepared") / "home", *PREPARING, files=FILES)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(tmp_path_factory.mktemp("empty") / "home", *PREPARING[:5], files=FILES)


def place_of(leaf: Leaf) -> str:
    """The command as the table of examples names it."""
    first, *rest = leaf.words
    return " ".join(["TYPE" if first in TYPES else first, *rest])


def context_of(words: Sequence[str], group: click.Group = root) -> click.Context:
    """The context of a command as it is typed, without `zprof`."""
    context = click.Context(group, info_name="zprof")
    for word in words:
        assert isinstance(context.command, click.Group)
        command = context.command.get_command(context, word)
        assert command is not None
        context = click.Context(command, info_name=word, parent=context)
    return context


def check_examples(known: Sequence[Leaf], table: Mapping[str, Sequence[str]] = EXAMPLES) -> None:
    """Each command has one or two examples, in which it is typed."""
    for leaf in known:
        lines = table.get(place_of(leaf), ())
        assert 1 <= len(lines) <= 2, f'give "{place_of(leaf)}" one or two examples in zprof/cli/examples.py'
        typed = " ".join("{type}" if word in TYPES else word for word in leaf.words)
        for line in lines:
            assert f"zprof {typed}" in line or leaf.words in (("log", "list"),), line


def test_each_command_has_one_or_two_examples() -> None:
    check_examples(leaves())


def test_a_command_without_examples_is_seen() -> None:
    with pytest.raises(AssertionError, match='give "thing dummy" one or two examples in zprof/cli/examples'):
        check_examples(leaves(with_dummy()))
    with pytest.raises(AssertionError, match="zprof stack list"):
        check_examples(leaves(), {**EXAMPLES, "status": ("zprof stack list",)})
    with pytest.raises(AssertionError, match='give "status" one or two'):
        check_examples(leaves(), {**EXAMPLES, "status": ("zprof status",) * 3})


def test_each_example_is_of_a_command() -> None:
    groups = {"", "TYPE", "TYPE flavor", "profile", "stack", "secret", "log", "db"}
    assert set(EXAMPLES) - groups == {place_of(leaf) for leaf in leaves()}
    assert list(SAMPLES) == TYPES
    assert groups <= set(EXAMPLES)


class Ran(NamedTuple):
    """What became of an example."""

    code: int | None
    shown: str


def ran(line: str, place: str = "") -> Ran:
    """Run an example, typed in a terminal at home.

    Args:
        place: the command that it is an example of.
    """
    before = 'eval "$(zprof shell-init bash)"\n' if place in HOOKED else ""
    child = pexpect.spawn("/bin/bash", ["-c", f"{before}{line}"], dimensions=(60, 80), encoding="utf-8", timeout=30)
    shown = ""
    if place in ANSWERS:
        asked, answer = ANSWERS[place]
        while child.expect([asked, pexpect.EOF]) == 0:
            shown += f"{child.before}{child.after}"
            child.sendline(answer)
        shown += child.before or ""
    shown += all_shown(child)
    child.close()
    return Ran(child.exitstatus, shown)


PLACES = [
    *dict.fromkeys(["", "profile", "stack", "TYPE", "TYPE flavor", "secret", "log", "db"]),
    *map(place_of, leaves()),
]
RUN = [(place, number) for place in PLACES for number in range(len(EXAMPLES.get(place, ())))]


@pytest.fixture
def shell(prepared_home: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with all that the examples name, and the command on the path."""
    move_in(prepared_home, home)
    zenml = config_of(home).with_name("zenml")
    zenml.symlink_to(Path(__file__).parent / "data" / "zenml-0.13.2" / "config")
    for name, value in {"EDITOR": "true", "SHELL": "/bin/bash", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("PATH", f"{SCRIPT.parent}:{os.environ['PATH']}")
    return home


@pytest.mark.slow
@pytest.mark.parametrize(("place", "number"), RUN, ids=[f"{place or 'zprof'}-{number}" for place, number in RUN])
def test_the_examples(place: str, number: int, shell: Path, empty_home: Path, request: pytest.FixtureRequest) -> None:
    if place in NEW_NAMES:
        shutil.rmtree(config_of(shell))
        move_in(empty_home, shell)
    if place in IN_A_PROJECT:
        assert ran("zprof init").code == 0
    if place == "redo":
        assert ran("zprof undo").code == 0
    words = place.replace("TYPE", "artifact-store").split()
    line = examples_of(context_of(words))[number]
    done = ran(line, place)
    assert done.code == EXIT_CODES.get(place, 0), (line, done.shown)


def test_an_example_that_fails_is_seen(shell: Path) -> None:
    assert ran("zprof stack describe nobody").code == 3
    assert ran("zprof stack lst").code == 2


@pytest.mark.slow
@pytest.mark.parametrize("of_type", TYPES)
def test_the_examples_of_each_type(
    of_type: str, first_run: Zprof, prepared_home: Path, empty_home: Path, home: Path
) -> None:
    """They are one definition, but flavors and attributes are each type's own."""
    for place in (place for place in EXAMPLES if place.startswith("TYPE ")):
        for line in examples_of(context_of([of_type, *place.split()[1:]])):
            for path in home.iterdir():
                path.rename(home.with_name(f"{place}-{hash(line)}-{path.name}"))
            move_in(empty_home if place in NEW_NAMES else prepared_home, home)
            _, *words = shlex.split(line)
            ran = first_run(*words, *(["--yes"] if place in ANSWERS and "--yes" not in words else []))
            assert ran.code == 0, (line, ran.err)


def test_the_headings() -> None:
    text = root.get_help(click.Context(root, info_name="zprof"))
    assert next(iter(COMMANDS)) in HEADINGS
    assert set(HEADINGS) <= set(COMMANDS)
    for name, heading in HEADINGS.items():
        assert f"\n{heading}:\n  {name} " in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_fits(width: int) -> None:
    for leaf in [*leaves(), Leaf((), root)]:  # type: ignore[arg-type]
        page = help_of(leaf.words, width)
        check_page(page, width)
        assert len(page.split("Examples:\n")[1].splitlines()) <= 2


def check_page(page: str, width: int) -> None:
    """A page fits, but for lines that are copied, and nothing in it is cut."""
    body, _, examples = page.partition("\nExamples:\n")
    assert examples
    assert all(len(line) <= 80 for line in examples.splitlines()), page
    assert all(len(line) <= width for line in body.splitlines()), page
    commands = body.partition("\nCommands:\n")[2]
    assert "..." not in commands, page


def help_of(words: Sequence[str], width: int = 80) -> str:
    """The help of a command, in a terminal of so many columns."""
    context = context_of(words)
    context.terminal_width = width
    return context.command.get_help(context)


def test_a_page_that_does_not_fit_is_seen() -> None:
    for wrong in (
        f"{'x' * 81}\n\nExamples:\n  zprof status",
        f"\nExamples:\n  {'x' * 81}",
        "\nCommands:\n  list  List what...\n\nExamples:\n  zprof status",
        "Usage: zprof status",
    ):
        with pytest.raises(AssertionError):
            check_page(wrong, 80)


def test_each_page_names_the_options_that_are_used_most() -> None:
    for leaf in leaves():
        page = help_of(leaf.words)
        for option in ("-p, --profile NAME", "-q, --quiet", "--help", "Run `zprof --help`"):
            assert option in page, leaf.words


def test_usage_shows_attributes() -> None:
    for command in ("register", "update"):
        usage = help_of(["artifact-store", command]).splitlines()[0]
        assert usage.endswith("NAME [--key=value]..." if command == "register" else "[NAME] [--key=value]...")
    assert "--flavor FLAVOR" in help_of(["artifact-store", "register"])
    assert "--key" not in help_of(["artifact-store", "list"])
