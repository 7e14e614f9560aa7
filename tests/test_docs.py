"""The README and the pages of `docs/`: each example is run, each link leads somewhere, each command is in the table."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import metadata
from pathlib import Path

import click
import picture
import pytest
import yaml
from commands import TYPES, Leaf, check_each_is_in, leaves, typed, with_dummy
from documentation import BLOCK, PAGES, ROOT, Step, steps_of, with_outputs

from zprof.cli.attributes import AttributeCommand

README, COMMANDS, CONTRIBUTING = ROOT / "README.md", ROOT / "docs" / "commands.md", ROOT / "CONTRIBUTING.md"
NETWORK = re.compile(r"^\s*(?:import|from) (?:urllib\.request|http|socket|ssl|requests|httpx)\b", re.MULTILINE)
"""What a program imports that talks to others; psycopg and boto3 have rules of their own in pyproject.toml."""
WITHOUT_EXAMPLES = {"architecture.md", "performance.md", "security.md"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# The examples.


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_page_has_what_its_examples_print(page: Path) -> None:
    text = page.read_text()
    assert (page.name in WITHOUT_EXAMPLES) == ("```console" not in text)
    assert text == with_outputs(text), f"type `make docs`, and look at what it writes into {name_of(page)}"


def test_an_example_that_prints_something_else_is_seen() -> None:
    file = "<!-- file: a -->\n```text\nsay $b\n```\n\n"
    right = f"{file}```console\n$ export b=2; cat a; \\\n> echo $b ~\nsay $b\n2 /home/ann\n```\n"
    assert with_outputs(right) == right
    for wrong in (
        right.replace("\n2 /", "\n3 /"),
        right.replace("say $b\n2", "2"),
        right.replace("ann\n", "ann\nmore\n"),
    ):
        assert with_outputs(wrong) == right


def test_a_page_has_a_shell_and_a_home_of_its_own() -> None:
    page = "```console\n$ mkdir a && cd a && export ZPROF_QUIET=1\n$ pwd; zprof -q profile create b; ls -A1 ~\n```\n"
    expected = page.replace("ls -A1 ~\n", "ls -A1 ~\n/home/ann/a\n.config\na\n")
    assert with_outputs(page) == with_outputs(page) == expected


def test_the_steps_of_a_block() -> None:
    assert steps_of("$ a \\\n> b\nc\n> d\n$ e\n") == [Step("a \\\nb", "c\n> d\n"), Step("e")]
    assert "".join(step.text for step in steps_of("$ a \\\n> b\nc\n$ e\n")) == "$ a \\\n> b\nc\n$ e\n"


def test_what_is_not_run_can_be_read() -> None:
    readers: dict[str, Callable[[str], object]] = {"toml": tomllib.loads, "yaml": yaml.safe_load, "json": json.loads}
    read = [
        readers[block["language"]](block["text"])
        for page in PAGES
        for block in BLOCK.finditer(page.read_text())
        if block["language"] in readers
    ]
    assert len(read) >= 4
    others = {block["language"] for page in PAGES for block in BLOCK.finditer(page.read_text())} - readers.keys()
    assert others == {"sh", "console", "python", "text"}


# The picture.


@pytest.mark.slow
def test_the_picture_is_of_what_commands_print() -> None:
    assert picture.PICTURE.read_text() == picture.drawn(), "type `make docs`, and look at docs/session.svg"
    assert "(docs/session.svg)" in README.read_text()


def test_a_line_is_drawn_by_style_and_place() -> None:
    runs = list(picture.runs_of("\x1b[31mError:\x1b[0m a <b>  ┃ 👉 ┃ d"))
    assert runs == [("Error:", "red", 0), ("a <b>", "", 7), ("┃", "", 14), ("👉", "", 16), ("┃", "", 19), ("d", "", 21)]
    assert picture.element(runs[1], 1) == (
        '<text x="74.8" y="46" textLength="42" lengthAdjust="spacingAndGlyphs">a &lt;b&gt;</text>'
    )
    assert list(picture.wrapped("x" * 79 + "👉")) == ["x" * 79, "👉"]


# The pages.


def test_the_readme_is_short_and_begins_with_what_one_needs() -> None:
    lines = README.read_text().splitlines()
    assert len(lines) <= 150
    assert {"make run", "make test"} <= {line.partition("  ")[0] for line in lines[:20]}
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Install", "## Five commands", "## What reads a profile", "## Documentation"]


def test_the_readme_says_what_extras_are_licensed_under_and_that_nothing_is_sent() -> None:
    text = README.read_text()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in extras.keys() - {"dev", "clients"}:
        assert re.search(rf"^\| `{extra}` \| .* \| \w+ \(.+\).* \|$", text, re.MULTILINE), extra
    psycopg = metadata("psycopg")
    assert "LGPL" in (psycopg["License-Expression"] or psycopg["License"])
    assert "psycopg (LGPL-3.0) with libpq" in text
    assert "**No telemetry.** zprof sends nothing anywhere." in text
    assert [path for path in sources() if NETWORK.search(path.read_text())] == []
    assert NETWORK.search("x = 1\n    from urllib.request import urlopen\n")


def sources() -> list[Path]:
    found = [*(ROOT / "zprof").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    assert len(found) > 100
    return found


def test_each_page_is_in_the_list_of_the_readme() -> None:
    listed = set(re.findall(r"^\| \[.*?\]\((docs/[\w-]+\.md)\) \|", README.read_text(), re.MULTILINE))
    assert {name_of(page) for page in PAGES[1:]} == listed


def dead_links(page: Path, text: str) -> list[str]:
    """The relative links of a page that lead to no file, or to no heading of it."""
    links = re.findall(r"\]\(([^)#:\s]*)(?:#([\w-]+))?\)", text)
    assert links or page.parent == ROOT / "docs"
    dead = []
    for path, anchor in links:
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target.read_text())):
            dead.append(f"{path}#{anchor}" if anchor else path)
    return dead


def anchors_of(text: str) -> set[str]:
    """The names of a page's headings in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_link_leads_somewhere() -> None:
    for page in (*PAGES, CONTRIBUTING, ROOT / "SECURITY.md"):
        assert dead_links(page, page.read_text()) == [], name_of(page)
    bad = "[a](docs/no.md) [b](docs/sharing.md#nothing) [c](docs/sharing.md#postgresql) [d](#no) [e](LICENSE)"
    assert dead_links(README, bad) == ["docs/no.md", "docs/sharing.md#nothing", "#no"]


def test_each_page_begins_with_what_it_is_for() -> None:
    for page in PAGES[1:]:
        assert re.match(r"# .+\n\n[A-Z`].+", page.read_text()), name_of(page)


# The table of commands.


def check_commands(known: list[Leaf]) -> None:
    """The table of commands has each of them, and no option that a command does not have."""
    section = COMMANDS.read_text().partition("\n## The commands\n")[2]
    block = BLOCK.search(section)
    assert block is not None
    items = list(commands_of(block["text"]))
    check_each_is_in(
        'the table in "The commands" of docs/commands.md', items, lambda leaf: " ".join(leaf.usage[1:]), known
    )
    for words in items:
        leaf = typed(words, known)
        assert leaf is not None, (
            f"remove `zprof {' '.join(words)}` from the table in docs/commands.md: there is no such command"
        )
        named = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", " ".join(words)))
        if isinstance(leaf.command, AttributeCommand):
            named -= {"--key"}  # which stands for any
        assert named <= leaf.options, (
            f"`zprof {' '.join(words)}` in docs/commands.md: there is no {named - leaf.options}"
        )


def commands_of(table: str) -> Iterator[list[str]]:
    """The words of each command, and those of its arguments."""
    noun: list[str] = []
    for line in table.splitlines():
        rest = line
        if line.startswith("zprof "):
            _, name, *others = line.split(maxsplit=2)
            noun = [TYPES[0] if name == "<type>" else name]
            rest = "".join(others)
        yield from ([*noun, *item.split()] for item in rest.split(" · "))


def argued(invocation: object, name: str) -> None:
    """Do nothing."""


def test_the_table_of_commands() -> None:
    check_commands(leaves())
    unknown = leaves(with_dummy(argued, params=[click.Argument(["name"])]))
    with pytest.raises(AssertionError, match=r'`zprof thing dummy` to the table in "The commands".*\n    dummy NAME'):
        check_commands(unknown)
    with pytest.raises(AssertionError, match=r"remove `zprof status \[--check\]` from the table"):
        check_commands([leaf for leaf in leaves() if leaf.words != ("status",)])
    assert list(commands_of("zprof <type>  list · get\n      set NAME")) == [
        ["orchestrator", "list"],
        ["orchestrator", "get"],
        ["orchestrator", "set", "NAME"],
    ]


def test_what_is_made_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page, least in ((README, 2), (CONTRIBUTING, 8)):
        targets = {"".join(pair) for pair in re.findall(r"^make (\w+)|`make (\w+)`", page.read_text(), re.MULTILINE)}
        assert len(targets) >= least
        for target in targets:
            assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), target
