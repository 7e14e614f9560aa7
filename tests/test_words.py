"""The texts of the program keep to the list of words in CONTRIBUTING.md: messages, help, catalogs and documentation."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(
    r"\| (?P<say>[^|]*[^| ]) \| (?P<patterns>(?:`{1,2}(?:\\\||[^|])*`{1,2})) \| (?P<wrong>.*) → (?P<right>.*) \|"
)
PATTERN = re.compile(r"(`{1,2})(?P<pattern>.+?)\1(?:, |$)")
FEWEST_ROWS = 20
FEWEST = {"messages": 1500, "help": 60, "catalogs": 250, "documentation": 200}
"""At least so many texts are found in each source, so that the search itself is seen to work."""

NAME = re.compile(r"^[a-z_]+$|`[a-z_]+`|\"[a-z_]+\"(?=:)")
"""A name of a field or of code: what a program reads keeps its name."""
STAYING = frozenset({"# Written by zprof; yours alone, and not to be committed.\n"})
"""What stands in files of users already."""


class Row(NamedTuple):
    """A row of the list: what to say, what not to say, and an example of each."""

    say: str
    patterns: tuple[str, ...]
    wrong: str
    right: str

    def found_in(self, text: str) -> str | None:
        """The first of its words that the text has; line breaks are blanks."""
        flat = " ".join(NAME.sub("", text).split())
        found = (re.search(rf"(?<!\w)(?:{pattern})(?!\w)", flat, re.IGNORECASE) for pattern in self.patterns)
        return next((match[0] for match in found if match), None)


class Text(NamedTuple):
    """A text that a person sees."""

    place: str
    """FILE:LINE."""
    text: str


def rows(listed: str) -> list[Row]:
    """The rows of the table of words."""
    section = listed.partition("\n## The words\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    matches = [ROW.fullmatch(line) for line in lines]
    assert all(matches), (
        f"not as the other rows: {[line for line, match in zip(lines, matches, strict=True) if not match]}"
    )
    return [
        Row(
            match["say"],
            tuple(each["pattern"].strip().replace(r"\|", "|") for each in PATTERN.finditer(match["patterns"])),
            match["wrong"],
            match["right"],
        )
        for match in matches
        if match
    ]


LIST = rows((ROOT / "CONTRIBUTING.md").read_text())


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def in_line(node: ast.JoinedStr) -> str:
    """A string with what is put in as {…}."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings below a node that are not docstrings."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr):
            yield child.lineno, in_line(child)
            for part in child.values:
                if isinstance(part, ast.FormattedValue):
                    yield from literals(part)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.lineno, child.value
        elif not is_docstring(child):
            yield from literals(child)


def of_messages(path: str, source: str) -> Iterator[Text]:
    """The strings of a module: what it prints, and the help of its options."""
    for line, text in literals(ast.parse(source)):
        yield Text(f"{path}:{line}", text)


def of_help(path: str, source: str) -> Iterator[Text]:
    """The docstrings of a module's commands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any("command" in ast.unparse(each) for each in node.decorator_list):
            yield Text(f"{path}:{node.body[0].lineno}", ast.get_docstring(node) or "")


def of_catalog(path: str, source: str) -> Iterator[Text]:
    """The descriptions and the titles in a JSON file."""
    for number, line in enumerate(source.splitlines(), 1):
        for description in re.findall(r'"(?:description|title)": ("(?:[^"\\]|\\.)*")', line):
            yield Text(f"{path}:{number}", json.loads(description))


def of_page(path: str, source: str) -> Iterator[Text]:
    """The paragraphs of a page, and its examples: the lines between two blank ones; and each point of a list."""
    number = 1
    for paragraph in re.split(r"(\n{2,}|\n(?=- ))", source):
        if paragraph.strip():
            yield Text(f"{path}:{number}", paragraph)
        number += paragraph.count("\n")


def top_section(changelog: str) -> str:
    """The changelog without its older releases."""
    return "\n## ".join(changelog.split("\n## ")[:2])


def texts(source: str) -> Iterator[Text]:
    """All texts of a source."""
    modules = sorted(path for path in (ROOT / "zprof").rglob("*.py") if path.parent.name != "generated")
    match source:
        case "messages":
            files, read = modules, of_messages
        case "help":
            files, read = [path for path in modules if path.parent.name == "cli"], of_help
        case "catalogs":
            files, read = sorted((ROOT / "zprof").rglob("*.json")), of_catalog
        case _:
            files, read = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], of_page
            yield from of_page("CHANGELOG.md", top_section((ROOT / "CHANGELOG.md").read_text()))
    for path in files:
        yield from read(str(path.relative_to(ROOT)), path.read_text())


def complaints(found: Iterable[Text], besides: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with texts: where, the word, and what to say instead.

    Args:
        besides: the texts that stay as they are.
    """
    return [
        f"{text.place}: {word!r}; say: {row.say}"
        for text in found
        if text.text not in besides
        for row in LIST
        if (word := row.found_in(text.text)) is not None
    ]


@pytest.mark.parametrize("source", FEWEST)
def test_the_texts_keep_to_the_list(source: str) -> None:
    found = list(texts(source))
    assert len(found) > FEWEST[source]
    assert complaints(found, STAYING) == []


def test_what_stays_is_found_without_the_exception() -> None:
    assert {text.text for text in texts("messages")} >= STAYING
    assert all(complaints([Text("it", text)]) for text in STAYING)


def test_the_list_is_read() -> None:
    assert len(LIST) > FEWEST_ROWS
    assert all(row.patterns for row in LIST)


@pytest.mark.parametrize("row", LIST, ids=lambda row: row.say)
def test_each_row_finds_its_own_example(row: Row) -> None:
    assert row.found_in(row.wrong) is not None
    assert complaints([Text("it", row.right)]) == [], "what is said instead is on the list, too"


def test_a_row_of_another_form_is_not_passed_over() -> None:
    table = "\n## The words\n\n| say | don't say | for example |\n|---|---|---|\n"
    assert len(rows(f"{table}| fix | `mend` | mend → fix |\n")) == 1
    with pytest.raises(AssertionError, match="not as the other rows"):
        rows(f"{table}| fix | mend | mend → fix |\n")


@pytest.mark.parametrize(
    "text",
    [
        "There is no stack named 'x'.",
        "It is no longer there, and this shell has not loaded the hook.",
        "The parts of a name; a secure place; an account of many.",
        "The type `s3` takes them.",
        "Nothing was changed.",
        "cure",
        '`cure` is what to type, as in `{"cure": null}`.',
    ],
)
def test_what_only_looks_like_a_word_is_left_alone(text: str) -> None:
    assert complaints([Text("it", text)]) == []


BAD_MODULE = '''"""A docstring of a module that mends."""
AN_OPTION = click.option("--all", help="What mends it.")

@click.command()
def it():
    """Say what mends it."""
    invocation.say(f"What {name} is there already, "
                   "anew.")

def other():
    """No command, which mends."""
'''
BAD_CATALOG = '{\n  "x": {"description": "Only tells."}\n}'
BAD_PAGE = "# A page\n\nIt was changed\nany\nmore.\n"


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (of_messages, BAD_MODULE, ["it:2: 'mends'", "it:7: 'is there already'", "it:7: 'anew'"]),
        (of_help, BAD_MODULE, ["it:6: 'mends'"]),
        (of_catalog, BAD_CATALOG, ["it:2: 'tells'"]),
        (of_page, BAD_PAGE, ["it:3: 'any more'"]),
    ],
)
def test_a_word_is_found_in_each_source(
    read: Callable[[str, str], Iterator[Text]], text: str, expected: list[str]
) -> None:
    found = complaints(read("it", text))
    assert sorted(each.partition(";")[0] for each in found) == sorted(expected)


def test_older_sections_of_the_changelog_stay_as_they_are() -> None:
    assert top_section("# Changelog\n\n## 2\n\na\n\n## 1\n\nmended\n") == "# Changelog\n\n## 2\n\na\n"
