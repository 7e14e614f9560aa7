"""What narrows a list: the same on both databases, in each format, and without reading what is not shown."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import BANNER, Zprof
from jsonschema_rs import Draft202012Validator
from test_bad_rows_in_lists import BAD, spoil

import zprof as library
from zprof import Component
from zprof.component_types import MANDATORY
from zprof.documents.schema import schema
from zprof.errors import InvalidInput, NotFound
from zprof.filters import ALL, is_match, stack_parameters
from zprof.generated import statements as sql

TRIO = dict.fromkeys(MANDATORY, "default")


@pytest.fixture
def filled(zprof: Zprof) -> Zprof:
    """The command, with stacks of several names, three of which use S3."""
    with library.open_profile().change() as change:
        change.register_component("artifact_store", "bucket", "s3", {"path": "s3://b"})
        change.register_component("orchestrator", "s3", "local", {})
        change.register_component("alerter", "slack", "slack", {"slack_token": "{{a.b}}"})
        on_s3 = {**TRIO, "artifact_store": "bucket"}
        change.register_stack("train-a", {**on_s3, "metadata_store": "default"}, decouple_stores=True)
        change.register_stacks({"train-b": on_s3, "Train-c": on_s3})
        change.register_stack("noisy", {**on_s3, "orchestrator": "s3", "alerter": "slack"})
    return zprof


def names(zprof: Zprof, *words: str) -> list[str]:
    """What a list has, whose exit code is 0."""
    listed = zprof("-q", *words, "-o", "name")
    assert (listed.code, listed.err) == (0, "")
    return listed.out.split()


@pytest.mark.on_both
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("stack list", "Train-c default noisy train-a train-b"),
        ("stack list --name train-*", "train-a train-b"),
        ("stack list --name ?rain-?", "Train-c train-a train-b"),
        ("stack list --name train-a", "train-a"),
        ("stack list --flavor s3", "Train-c noisy train-a train-b"),
        ("stack list --flavor S3", ""),
        ("stack list --uses slack", "noisy"),
        ("stack list --uses bucket", "Train-c noisy train-a train-b"),
        ("stack list --uses s3", "Train-c noisy train-a train-b"),
        ("stack list --uses orchestrator:s3", "noisy"),
        ("stack list --uses artifact-store:s3", "Train-c noisy train-a train-b"),
        ("stack list --uses artifact_store:default", "default"),
        ("stack list --limit 2", "Train-c default"),
        ("stack list --name *t* --flavor s3 --uses bucket --limit 1", "train-a"),
        ("stack list --name train-* --flavor s3 --uses alerter:slack", ""),
        ("orchestrator list --name d*", "default"),
        ("orchestrator list --flavor local --limit 1", "default"),
        ("orchestrator list --used-by nois?", "s3"),
        ("orchestrator list --used-by *", "default s3"),
        ("alerter list --used-by train-*", ""),
        ("artifact-store list --flavor s3 --used-by train-* --name b*", "bucket"),
        ("orchestrator flavor list --name kube*", "kubeflow kubernetes"),
        ("orchestrator flavor list --name K*", ""),
        ("profile list --name de*", "default"),
        ("profile list --name De*", ""),
    ],
)
def test_a_list_has_what_its_filters_let_pass(filled: Zprof, words: str, expected: str) -> None:
    assert names(filled, *words.split()) == expected.split()


@pytest.mark.on_both
def test_a_pattern_means_the_same_everywhere(zprof: Zprof) -> None:
    """Also what is a wildcard of LIKE and none of a glob."""
    texts = ["a_b", "axb", "a.b", "A-b", "ab", "a-x-b", "b"]
    with library.open_profile().change() as change:
        change.register_components(Component("orchestrator", name, "local", {}) for name in texts)
    store = library.open_profile()
    for pattern in ("a?b", "a_b", "A*", "*b", "*", "a.b", "?", "a**b", "a*?*b", "*-*-*", "a-?-b", "_", "a"):
        expected = sorted(name for name in [*texts, "default"] if fnmatchcase(name, pattern))
        assert [found.name for found in store.components("orchestrator", name=pattern)] == expected, pattern
        assert [name for name in sorted([*texts, "default"]) if is_match(name, pattern)] == expected, pattern


@pytest.mark.on_both
def test_each_format_is_narrowed(filled: Zprof) -> None:
    words = ("-q", "stack", "list", "--flavor", "s3", "--limit", "2", "-o")
    found = json.loads(filled(*words, "json").out)
    assert yaml.safe_load(filled(*words, "yaml").out) == found
    assert [item["name"] for item in found["items"]] == ["Train-c", "noisy"]
    assert list(found["items"][1]["components"]) == ["alerter", *sorted(MANDATORY)]
    rows = list(csv.DictReader(io.StringIO(filled(*words, "csv").out)))
    assert [row["name"] for row in rows] == ["Train-c", "noisy"]
    assert filled(*words, "name").out == "Train-c\nnoisy\n"


def test_columns_are_those_of_what_is_shown(filled: Zprof) -> None:
    assert "ALERTER" in filled("stack", "list").out
    assert "ALERTER" not in filled("stack", "list", "--name", "t*").out


def test_a_limit_says_that_there_is_more(filled: Zprof) -> None:
    assert filled("profile", "create", "staging").code == 0
    for words in (
        ("stack", "list"),
        ("stack", "list", "--all-profiles"),
        ("orchestrator", "list"),
        ("orchestrator", "flavor", "list"),
        ("profile", "list"),
    ):
        number = len(names(filled, *words))
        cut = filled(*words, "--limit", str(number - 1))
        said = f"There are more than the {number - 1} shown. Raise --limit to see them.\n"
        assert (cut.code, cut.err) == (0, BANNER + said)
        assert filled(*words, "--limit", str(number)).err == BANNER
        for limit, is_more in ((number - 1, True), (number, False)):
            as_json = filled(*words, "--limit", str(limit), "-o", "json")
            found = json.loads(as_json.out)
            Draft202012Validator(schema(found["kind"])).validate(found)
            assert (as_json.err, len(found["items"]), found["more"]) == ("", limit, is_more)
        assert "more" not in json.loads(filled(*words, "-o", "json").out)


def test_nothing_found_is_said(filled: Zprof) -> None:
    found = filled("stack", "list", "--name", "x*", "--uses", "orchestrator:s3", "--limit", "3")
    assert (found.code, found.err) == (0, BANNER + "Nothing matches --name 'x*' --uses orchestrator:s3.\n")
    assert found.out.count("\n") == 4, "the head of a table"
    assert filled("alerter", "list", "--used-by", "t*").err == BANNER + "Nothing matches --used-by 't*'.\n"
    assert filled("annotator", "list").err == BANNER, "no filter is on"
    assert json.loads(filled("stack", "list", "--name", "x*", "-o", "json").out)["items"] == []


def test_the_stack_in_effect_may_be_one_that_is_not_listed(filled: Zprof, config: Path) -> None:
    assert filled("stack", "list", "--name", "t*").err == BANNER
    spoil(config / "registry.db", "UPDATE profile SET active_stack = 'gone'")
    assert "The active stack 'gone' does not exist." in filled("stack", "list").err
    assert filled("stack", "list", "--name", "t*").err == BANNER


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("stack list --limit 0", 2, "0 is not in the range"),
        ("stack list --limit -1", 2, "-1 is not in the range"),
        ("stack list --limit many", 2, "not a valid integer"),
        ("stack list --limit 99999999999999999999", 2, "The limit is out of range."),
        ("stack list --name [a-z]*", 2, "No name can match '[a-z]*'."),
        ("stack list --name \udcff", 2, "No name can match"),
        ("stack list --name %", 2, "No name can match '%'."),
        ("stack list --flavor a*", 2, "can't be named 'a*'"),
        ("stack list --uses a/b", 2, "can't be named 'a/b'"),
        ("stack list --uses orchestrator:", 2, "can't be named ''"),
        ("stack list --uses orchestra:s3", 3, "no component type named 'orchestra'"),
        ("orchestrator list --used-by [", 2, "No name can match '['."),
        ("orchestrator flavor list --name [", 2, "No name can match '['."),
        ("profile list --name [", 2, "No name can match '['."),
        ("profile list --flavor s3", 2, "No such option"),
    ],
)
def test_what_can_not_be_meant_is_refused(filled: Zprof, words: str, code: int, says: str) -> None:
    refused = filled("-q", *words.split())
    assert (refused.code, refused.out) == (code, "")
    assert says in refused.err


def test_an_empty_pattern_is_refused(filled: Zprof) -> None:
    """It comes of a variable that is not set, and would list all or nothing."""
    for option in ("--name", "--flavor", "--uses"):
        assert filled("stack", "list", option, "").code == 2


def test_programs_narrow_lists_too(filled: Zprof) -> None:
    store = library.open_profile()
    assert [found.name for found in store.stacks(name="train-*", uses="artifact_store:s3", limit=1)] == ["train-a"]
    assert [found.name for found in store.whole_stacks(flavor="slack")] == ["noisy"]
    assert [found.name for found in store.components("artifact_store", used_by="train-*")] == ["bucket"]
    assert list(store.flavors("orchestrator", name="kubef*")) == ["kubeflow"]
    assert [found.name for found in library.open_registry().profiles(name="d*", limit=1)] == ["default"]
    listing: list[Callable[[], object]] = [
        lambda: store.stacks(limit=0),
        lambda: store.whole_stacks(limit=-1),
        lambda: store.stacks(name=""),
        lambda: store.components("alerter", name="a b"),
        lambda: store.flavors("alerter", name="["),
        lambda: library.open_registry().profiles(limit=0),
    ]
    for call in listing:
        with pytest.raises(InvalidInput):
            call()
    with pytest.raises(NotFound):
        store.stacks(uses="nothing:s3")


def test_a_limit_counts_what_can_be_read(filled: Zprof) -> None:
    """Each statement of a document leaves out the rows that it meets, and they must not take others for the first."""
    path = Path(library.open_profile().url.removeprefix("sqlite://"))
    spoil(path, f"UPDATE stack SET created_at = {BAD['a blob']} WHERE name = 'Train-c'")
    listed = filled("-q", "stack", "list", "--limit", "2", "-o", "json")
    found = [(item["name"], len(item["components"])) for item in json.loads(listed.out)["items"]]
    assert (listed.code, found) == (6, [("default", 3), ("noisy", 4)])
    assert listed.err.count("is damaged.") == 1


def test_a_bad_component_hides_its_stack_alone(filled: Zprof) -> None:
    path = Path(library.open_profile().url.removeprefix("sqlite://"))
    spoil(path, f"UPDATE component SET name = {BAD['a blob']} WHERE name = 'slack'")
    listed = filled("-q", "stack", "list", "--flavor", "s3", "--limit", "3", "-o", "json")
    assert (listed.code, [item["name"] for item in json.loads(listed.out)["items"]]) == (
        6,
        ["Train-c", "train-a", "train-b"],
    )


NUMBER = 10_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with ten thousand stacks."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        home = tmp_path_factory.mktemp("large")
        monkeypatch.setenv("ZPROF_CONFIG_PATH", str(home))
        with library.open_profile("default") as store, store.change() as change:
            change.register_stacks({f"s{index:05}": TRIO for index in range(NUMBER)})
    return home / "profiles" / "default.db"


def steps(path: Path, statement: str, parameters: Mapping[str, object]) -> int:
    """About how many steps SQLite takes for all rows of a read."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 10
        return 0

    with closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(count, 10)
        connection.execute(statement, parameters).fetchall()
    return taken


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement", [sql.LISTED_STACKS, sql.WHOLE_STACKS, sql.TYPES_OF_WHOLE_STACKS, sql.MEMBERS_OF_WHOLE_STACKS]
)
@pytest.mark.parametrize("filters", [{}, {"name": "s0*"}, {"flavor": "local"}, {"uses": "orchestrator:default"}])
def test_ten_of_many_stacks_cost_as_ten(large: Path, statement: Any, filters: dict[str, str]) -> None:
    few = steps(large, statement.sqlite, stack_parameters(**filters, limit=10))
    assert few < 10_000
    # That it would be seen: in another order all of them must be read.
    unordered = statement.sqlite.replace("ORDER BY stack.name", "ORDER BY stack.created_at")
    unordered = unordered.replace("ORDER BY stack_1.name", "ORDER BY stack_1.created_at")
    assert steps(large, unordered, stack_parameters(**filters, limit=10)) > 50_000


@pytest.mark.slow
def test_ten_of_many_components_are_found_by_their_index(large: Path) -> None:
    with closing(sqlite3.connect(large)) as connection:
        parameters = {"type": "orchestrator", "pattern": "d*", "flavor": None, "stacks": "*", "most": 10}
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql.LISTED_COMPONENTS.sqlite}", parameters)]
    assert plan[0].startswith("SEARCH component USING INDEX")
    assert not any("TEMP B-TREE" in step for step in plan)
    assert steps(large, sql.LISTED_COMPONENTS.sqlite, parameters) < 10_000


def test_a_list_without_a_limit_has_all(large: Path) -> None:
    with closing(sqlite3.connect(large)) as connection:
        assert len(connection.execute(sql.LISTED_STACKS.sqlite, stack_parameters()).fetchall()) == NUMBER + 1
    assert stack_parameters()["most"] == ALL
