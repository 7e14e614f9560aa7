"""What is printed to be typed: each line names a command that exists, is safe in a shell, and means what was meant."""

from __future__ import annotations

import ast
import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from conftest import Zprof

import zprof as package
from zprof.cli.invocation import Invocation
from zprof.cli.main import COMMANDS
from zprof.cli.main import zprof as root
from zprof.hints import OF_A_PROFILE, for_profile

ROOM = Path(package.__file__).parent
QUOTING = ("in_shell", "quote")
"""The functions that make a text safe in a shell."""
SAMPLES = {
    "definition.command": "artifact-store",
    "meant.command": "artifact-store",
    "of_type.command": "artifact-store",
    "component_type.command": "artifact-store",
    "command": "artifact-store",
    "definition.option": "-a",
    "short": "-c",
    "option_of(kind)": " --registry",
    "option_of(self.kind)": " --registry",
    "option_of(database.kind)": " --registry",
    "option_of(source.kind)": " --registry",
    "option_of(copy.kind)": " --registry",
    "option_of(target.kind)": " --registry",
    "kind": "stack",
    "mend": "update",
    "option": " --registry",
    "personal": " --personal",
    "create": "profile create NAME",
    "switch": "profile set NAME",
    "rest": "stack list",
    "error.ctx.command_path": "zprof stack",
}
"""What stands in hints besides quoted texts: words of ours, none of which comes from a store or a person."""
VARIABLES = {"VARIABLES[kind]", "variable", "paths.REPOSITORY_PATH", "CONFIG_PATH", "self.variable"}
"""What is put in as the name of a variable."""
LINE = re.compile(r"`((?:zprof|unset|export|find|sqlite3|ulimit) (?:\0[^\0]*\0|[^`(\0])*|cd)`")
FEWEST = 40
"""At least so many lines are found, so that the search itself is seen to work."""


class Line(NamedTuple):
    """A line in backquotes in the source."""

    place: str
    text: str
    unsafe: tuple[str, ...]
    """The source of what in it is neither quoted nor a word of ours."""
    function: str
    """The module and the innermost function that it is in."""
    pattern: str
    """What it matches when it is printed, as a regular expression."""


def pieces(node: ast.expr) -> Iterator[str]:
    """The parts of a string; of each that is put in, its source between NULs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from pieces(part)
    elif isinstance(node, ast.FormattedValue):
        yield f"\0{ast.unparse(node.value)}\0"


def sample(source: str) -> str:
    """What stands for what is put in; the source itself, between NULs, where it is neither quoted nor a sample."""
    return "NAME" if source.startswith(tuple(f"{name}(" for name in QUOTING)) else SAMPLES.get(source, f"\0{source}\0")


def lines_in(path: Path) -> Iterator[Line]:
    """The lines in a module's strings, but for those in docstrings."""
    tree = ast.parse(path.read_text())
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]  # the outer ones first
    inner = {id(node): function.name for function in functions for node in ast.walk(function)}
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    documents = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if not isinstance(node, ast.Constant | ast.JoinedStr) or id(node) in parts | documents:
            continue
        for found in LINE.findall("".join(pieces(node)).replace("{command}", "alerter")):
            module, put_in = str(path.relative_to(ROOM)), re.compile("\0([^\0]*)\0")
            text = put_in.sub(lambda match: sample(match[1]), found)
            yield Line(
                f"{module}:{node.lineno}",
                put_in.sub("X", text),
                tuple(put_in.findall(text)),
                f"{module} {inner.get(id(node), '')}".strip(),
                ".*".join(re.escape(part) for part in put_in.split(found)[::2]),
            )


LINES = [line for path in sorted(ROOM.rglob("*.py")) for line in lines_in(path)]


def test_the_search_finds_them() -> None:
    assert len(LINES) >= FEWEST


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.place} {line.text}")
def test_a_line_names_what_exists_and_is_safe(line: Line) -> None:
    assert set(line.unsafe) <= VARIABLES, f"Write in_shell(…) at {line.place}, or add the word to SAMPLES."
    if line.text.startswith("zprof"):
        understood(shlex.split(line.text)[1:])


def understood(words: list[str]) -> None:
    """Have click read the words; arguments that an example leaves out are for whoever types it."""
    command: click.Command = root
    context = click.Context(root, obj=Invocation(("zprof", *words)))
    words = words[2:] if words[0] == "-p" else words
    while words and isinstance(command, click.Group) and words[0] != "--help":
        found = command.get_command(context, words[0])
        assert found is not None, f"There is no command {words[0]}."
        command, context, words = found, click.Context(found, context, words[0]), words[1:]
    if isinstance(command, click.Group) or words == ["--help"]:
        return
    if command.name == "init":  # whose directory must be there
        words = [word if f"{before}{word}".startswith("-") else "." for before, word in pairwise(["", *words])]
    words = [word.replace("…", "NAME").replace("FILE", "file") for word in words]
    with suppress(click.MissingParameter):
        command.make_context(command.name, words, parent=context.parent)


@pytest.mark.parametrize("words", ["stack lst", "stack list --nope", "stak list", "db restore --all FILE"])
def test_a_line_that_means_nothing_is_seen(words: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        understood(words.split())


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ("See `zprof stack list`.", "See `zprof -p other stack list`."),
        ("`zprof db restore FILE`, `zprof profile list`", "`zprof -p other db restore FILE`, `zprof profile list`"),
        ("`zprof db restore FILE --registry`", "`zprof db restore FILE --registry`"),
        ("`zprof stack set NAME --profile x`", "`zprof stack set NAME --profile x`"),
        ("`zprof --help`, `zprof doctor --fix`", "`zprof --help`, `zprof doctor --fix`"),
    ],
)
def test_a_hint_is_about_the_profile_that_was_named(hint: str, told: str) -> None:
    assert for_profile(hint, "other") == told
    assert for_profile(hint, None) == hint


def test_each_command_acts_on_a_profile_or_on_none() -> None:
    others = {"profile", "init", "completion", "prompt", "status", "doctor", "schema", "import-zenml"}
    others |= {"use", "shell", "shell-init"}
    assert {*COMMANDS} - OF_A_PROFILE == others


def test_a_hint_carries_the_option(zprof: Zprof) -> None:
    zprof("profile", "create", "other")
    assert "See `zprof -p other stack list`." in zprof("-p", "other", "stack", "describe", "nope").err
    assert "See `zprof -p other alerter list`." in zprof("alerter", "describe", "nope", "-p", "other").err
    assert "See `zprof stack list`." in zprof("stack", "describe", "nope").err


def test_a_name_that_a_stranger_wrote_is_quoted(zprof: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection, connection:
        connection.execute("UPDATE component SET name = 'x; touch y' WHERE type = 'orchestrator'")
    refused = zprof("orchestrator", "remove-attribute", "x; touch y", "nope")
    assert "`zprof orchestrator describe 'x; touch y'`" in refused.err


def test_the_line_for_a_new_store_makes_nothing(zprof: Zprof) -> None:
    refused = zprof("profile", "create", "<name>", "--url", "postgresql://<host>/<database>")
    assert (refused.code, "can't be named '<name>'" in refused.err) == (2, True)
