"""Tables on terminals that are too narrow: what is long is cut, then columns are left out, and names are whole."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pexpect
import pytest
from conftest import SCRIPT, Zprof
from terminal import all_shown

from zprof.cli.fitting import AT_END, IN_MIDDLE, Fitting, cut_end, cut_middle, fitted, of_types
from zprof.cli.log import cut_command
from zprof.cli.terminal import columns_of

HEADERS = ["ACTIVE", "NAME", "TYPE", "URL", "STACK"]
ROWS = [["", "staging-eu", "sqlite", "sqlite:///home/ann/.config/zprof/profiles/staging-eu.db", "recommendations"]]
FITTING = Fitting({"URL": IN_MIDDLE}, leaves_out=("TYPE", "URL", "STACK"))


def width_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How wide a table of these is."""
    return sum(max(map(columns_of, column)) + 3 for column in zip(headers, *rows, strict=True)) + 1


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (None, HEADERS),
        (109, HEADERS),
        (66, HEADERS),
        (65, ["ACTIVE", "NAME", "URL", "STACK", "+1"]),
        (60, ["ACTIVE", "NAME", "TYPE", "STACK", "+1"]),
        (54, ["ACTIVE", "NAME", "STACK", "+2"]),
        (40, ["ACTIVE", "NAME", "TYPE", "+2"]),
        (30, ["ACTIVE", "NAME", "+3"]),
    ],
)
def test_what_is_long_is_cut_then_columns_are_left_out(width: int | None, shown: list[str]) -> None:
    headers, rows = fitted(HEADERS, ROWS, width, FITTING)
    assert [header.rstrip() for header in headers] == shown
    assert rows[0][1] == "staging-eu"
    assert width is None or width_of(headers, rows) <= width - 1


@pytest.mark.parametrize("width", range(1, 120))
def test_names_are_never_cut_and_the_rest_fits(width: int) -> None:
    headers, rows = fitted(HEADERS, ROWS, width, FITTING)
    assert list(headers[:2]) == ["ACTIVE", "NAME"]
    assert rows[0][1] == "staging-eu"
    least = width_of(["ACTIVE", "NAME", "+3"], [["", "staging-eu", ""]])
    assert width_of(headers, rows) <= max(width - 1, least)
    if "STACK" in headers:
        assert rows[0][list(headers).index("STACK")] == "recommendations"


def test_a_cut_fills_the_width_that_there_is() -> None:
    for width in range(66, 109):
        assert width_of(*fitted(HEADERS, ROWS, width, FITTING)) == width - 1


def test_a_column_that_is_narrower_than_others_comes_back() -> None:
    headers, _ = fitted(["A", "B", "C", "D"], [["a", "b", "c" * 30, "d" * 30]], 30, Fitting(leaves_out=("B", "C", "D")))
    assert list(headers) == ["A", "B", "+2"]


def test_the_mandatory_types_are_left_out_last() -> None:
    used = ["alerter", "artifact_store", "metadata_store", "orchestrator", "step_operator"]
    assert of_types(used).leaves_out == ("STEP_OPERATOR", "ALERTER", "ORCHESTRATOR", "METADATA_STORE", "ARTIFACT_STORE")


def test_a_url_is_cut_in_its_middle() -> None:
    url = "sqlite:///home/stefan/.config/zprof/profiles/staging.db"
    shown = {width: cut_middle(url, width) for width in (12, 23, 40, 55)}
    assert shown == {
        12: "sql…aging.db",
        23: "sqlite:///h…/staging.db",
        40: "sqlite:///hom…/zprof/profiles/staging.db",
        55: url,
    }
    assert cut_middle("postgresql://ann@db.example.com:5432/ml?schema=team", 30) == "postgresql://a…/ml?schema=team"


@pytest.mark.parametrize(
    "text", ["x" * 40, "日本語" * 12, "a日" * 15, "📦" * 20, "שלום" * 10, "e\u0301" * 20, "", "/" * 40]
)
def test_a_cut_counts_what_characters_take(text: str) -> None:
    for cut in (cut_end, cut_middle, cut_command):
        for limit in range(4, 30):
            shown = cut(text, limit)
            assert columns_of(shown) <= limit
            assert shown == text or columns_of(shown) >= limit - 2 or not text.isascii()
            assert shown == text or "…" in shown


def test_what_is_wide_is_aligned() -> None:
    headers, rows = fitted(["NAME", "CONFIG"], [["レコメンド", "日本語" * 20]], 40, Fitting({"CONFIG": AT_END}))
    assert width_of(headers, rows) == 39
    assert rows[0][0] == "レコメンド"


def test_the_note_on_an_operation_stays() -> None:
    command = "zprof -q profile create staging --url sqlite:///home/ann/team.db"
    assert cut_command(f"{command} (undo stops here)", 40) == "zprof -q profile crea… (undo stops here)"
    assert cut_command(f"{command} (undo stops here)", 18) == "…(undo stops here)"
    assert cut_command(f"{command} (shortened the log)", 26) == "zprof… (shortened the log)"
    assert cut_command(command, 30) == "zprof -q profile create stagi…"


NAME = "recommendations-production-eu"


@pytest.fixture
def team(zprof: Zprof) -> Zprof:
    for words in (
        ("container-registry", "register", NAME, "-f", "default", "--uri=localhost:5000"),
        ("alerter", "register", NAME, "-f", "slack", "--slack_token={{a.b}}"),
        ("stack", "register", NAME, *["-o", "default", "-a", "default", "-m", "default"], "-c", NAME, "-al", NAME),
    ):
        assert zprof(*words).code == 0
    return zprof


def in_terminal(words: str, columns: int) -> list[str]:
    """The lines that a terminal of that width shows."""
    environment = {**os.environ, "TERM": "xterm"}
    child = pexpect.spawn(
        str(SCRIPT), ["-q", *words.split()], env=environment, dimensions=(60, columns), encoding="utf-8", timeout=60
    )
    return all_shown(child).splitlines()


def test_a_stack_list_says_what_it_leaves_out(team: Zprof) -> None:
    assert in_terminal("stack list", 80) == [
        "┏━━━━━━━━┯━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┯━━━━━━━━━━━━━━━━┯━━━━━━━━━━━━━━┯━━━━┓",
        "┃ ACTIVE │ STACK NAME                    │ ARTIFACT_STORE │ ORCHESTRATOR │ +3 ┃",
        "┠────────┼───────────────────────────────┼────────────────┼──────────────┼────┨",
        "┃   👉   │ default                       │ default        │ default      │    ┃",
        "┃        │ recommendations-production-eu │ default        │ default      │    ┃",
        "┗━━━━━━━━┷━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┷━━━━━━━━━━━━━━━━┷━━━━━━━━━━━━━━┷━━━━┛",
    ]


@pytest.mark.parametrize("words", ["stack list -o wide", "--output wide stack list", "stack list"])
def test_wide_shows_all(team: Zprof, words: str) -> None:
    shown = in_terminal(words, 60)
    assert (len(shown[1]) > 100) == ("wide" in words)
    assert ("CONTAINER_REGISTRY" in shown[1]) == ("wide" in words)
    assert team(*["stack", "list", "-o", "wide"]).out == team("stack", "list").out
    assert team("stack", "describe", "-o", "wide").out == team("stack", "describe").out


def test_protected_is_a_column_where_a_profile_is(team: Zprof) -> None:
    assert "PROTECTED" not in team("profile", "list").out
    team("profile", "protect", "default")
    assert "PROTECTED" in team("profile", "list").out


@pytest.mark.parametrize("columns", [40, 60, 80, 81, 100, 200])
@pytest.mark.parametrize("words", ["profile list", "log", "db status --all", "alerter flavor list", "alerter list"])
def test_lists_fit_terminals(team: Zprof, words: str, columns: int) -> None:
    lines = in_terminal(words, columns)
    assert {len(line) + line.count("👉") for line in lines} == {len(lines[0])}
    assert len(lines[0]) < max(columns, 52)
    if words == "log":
        assert "(undo stops here)" in lines[-2]
