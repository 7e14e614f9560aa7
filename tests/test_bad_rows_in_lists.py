"""One bad row hides no other in a list, whatever is bad about it; and what is told against it helps."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from conftest import Zprof
from test_doctor import changed
from test_released import restored

from zprof.component_types import MANDATORY

HERE = Path(__file__).parent
STACK = ("-a", "default", "-m", "default")
HUGE = "'x' || hex(zeroblob(9000000))"
"""Text of more than 16 MiB, in SQL."""
BAD = {
    "a blob": "x'6d696e65'",
    "not UTF-8": "CAST(x'ff' AS TEXT)",
    "too long": HUGE,
}


@pytest.fixture
def store(zprof: Zprof, config: Path) -> Path:
    """A store in which a stack `mine` has an orchestrator `mine`."""
    for words in (
        ("orchestrator", "register", "mine", "-f", "local"),
        ("orchestrator", "flavor", "register", "mine", "--schema", "schema.json"),
        ("stack", "register", "mine", "-o", "mine", *STACK),
    ):
        Path("schema.json").write_text('{"properties": {}}')
        assert zprof(*words).code == 0
    return config / "profiles/default.db"


def spoil(database: Path, change: str) -> None:
    changed(database, "PRAGMA ignore_check_constraints = ON", change)


def check_and_fix(zprof: Zprof, words: str, expected: str) -> None:
    """See what a list shows, and that the line against the bad row helps."""
    listed = zprof("-q", *words.split(), "-o", "name")
    assert (listed.code, listed.out) == (6, expected), listed.err
    message, hint = listed.err.splitlines()
    assert message.endswith("The rest is shown.")
    done = subprocess.run(["bash", "-c", hint.partition("run: ")[2]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert zprof("-q", *words.split()).code == 0


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("words", "table", "column", "expected"),
    [
        ("orchestrator list", "component", "name", "default\n"),
        ("orchestrator list", "component", "flavor", "default\n"),
        ("orchestrator list", "component", "config", "default\n"),
        ("stack list", "stack", "name", "default\n"),
        ("stack list", "component", "name", "default\nmine\n"),  # with an empty cell
    ],
)
def test_a_store(bad: str, words: str, table: str, column: str, expected: str, zprof: Zprof, store: Path) -> None:
    spoil(store, f"UPDATE {table} SET {column} = {BAD[bad]} WHERE name = 'mine'")
    check_and_fix(zprof, words, expected)


@pytest.mark.parametrize("bad", BAD)
def test_flavors(bad: str, zprof: Zprof, store: Path) -> None:
    expected = zprof("-q", "orchestrator", "flavor", "list", "-o", "name").out.replace("mine\n", "")
    spoil(store, f"UPDATE flavor SET config_schema = {BAD[bad]}")
    check_and_fix(zprof, "orchestrator flavor list", expected)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("column", ["name", "url", "active_stack"])
def test_profiles(bad: str, column: str, zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "create", "mine").code == 0
    spoil(config / "registry.db", f"UPDATE profile SET {column} = {BAD[bad]} WHERE name = 'mine'")
    check_and_fix(zprof, "profile list", "default\n")


def test_a_stack_is_shown_without_the_component_that_is_bad(zprof: Zprof, store: Path) -> None:
    spoil(store, f"UPDATE component SET name = {BAD['a blob']} WHERE name = 'mine'")
    listed = zprof("-q", "stack", "list", "-o", "csv")
    shown = {row["name"]: row for row in csv.DictReader(io.StringIO(listed.out))}
    assert listed.code == 6
    assert [shown["default"][of_type] for of_type in MANDATORY] == ["default", "default", "default"]
    assert [shown["mine"][of_type] for of_type in MANDATORY] == ["", "default", "default"]


def test_a_stack_of_which_a_part_is_bad_is_no_document(zprof: Zprof, store: Path) -> None:
    """A program would take what is there for all of it."""
    for change in (f"name = {BAD['a blob']}", "config = '{x}'"):
        spoil(store, f"UPDATE component SET {change} WHERE name = 'mine' OR typeof(name) = 'blob'")
        listed = zprof("-q", "stack", "list", "-o", "json")
        assert listed.code == 6
        assert [each["name"] for each in json.loads(listed.out)["items"]] == ["default"]


def test_the_other_stacks_are_checked(zprof: Zprof, store: Path) -> None:
    spoil(store, "UPDATE component SET config = '{x}' WHERE name = 'mine'")
    spoil(store, "UPDATE component SET flavor = 'gone' WHERE name = 'default' AND type = 'orchestrator'")
    checked = zprof("-q", "stack", "validate", "--all", "-o", "json")
    assert (checked.code, [item["name"] for item in json.loads(checked.out)["items"]]) == (6, ["default"])


def test_several_kinds_at_once(zprof: Zprof, store: Path) -> None:
    for name, change in (("a", f"config = {HUGE}"), ("b", f"name = {BAD['a blob']}"), ("c", f"flavor = {HUGE}")):
        assert zprof("orchestrator", "register", name, "-f", "local").code == 0
        spoil(store, f"UPDATE component SET {change} WHERE name = '{name}'")
    listed = zprof("-q", "orchestrator", "list", "-o", "name")
    assert (listed.code, listed.out) == (6, "default\nmine\n")
    assert listed.err.count("is damaged.") == 3


@pytest.mark.parametrize("words", ["orchestrator list", "stack list"])
def test_a_store_of_an_older_format(words: str, zprof: Zprof, home: Path) -> None:
    """It is read through a view, since a bad row stands in the way of its upgrade."""
    old = restored(HERE / "released/store-4.sql", home / "old.db")
    assert zprof("profile", "create", "good", "--url", "old.db").code == 0
    expected = zprof("-q", "-p", "good", *words.split(), "-o", "name").out
    old.unlink()
    restored(HERE / "released/store-4.sql", old)
    spoil(old, f"INSERT INTO component SELECT 999, type, 'bad', {HUGE}, config, created_at, updated_at, revision "
          "FROM component WHERE type = 'orchestrator' LIMIT 1")  # fmt: skip
    listed = zprof("-q", "-p", "good", *words.split(), "-o", "name")
    assert (listed.code, listed.out) == (6 if words.startswith("orch") else 0, expected), listed.err


@pytest.mark.parametrize(("column", "words"), [("name", "db check"), ("config", "db check"), ("config", "doctor")])
def test_a_check_names_a_value_that_is_too_long(column: str, words: str, zprof: Zprof, store: Path) -> None:
    spoil(store, f"UPDATE component SET {column} = {HUGE} WHERE name = 'mine'")
    checked = zprof("-q", *words.split())
    assert checked.code == 1
    assert f"{column} (too long)." in checked.out
    assert "    sqlite3 " in checked.out
