"""`zprof stack describe --graph`: the tree, what is tied, who else has a component; names are never cut."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pexpect
import pytest
from conftest import BANNER, SCRIPT, Result, Zprof
from terminal import all_shown
from test_doctor import changed

import zprof as library
from zprof.cli.graph import LINES, Node, drawn
from zprof.component_types import MANDATORY
from zprof.generated import statements as sql

TRIO = dict.fromkeys(MANDATORY, "default")

GRAPH = """\
profile: default
└── stack: prod
    ├── tied together
    │   ├── artifact store: bucket (s3)  path=s3://acme-ml/artifacts, key={{aws.key}}
    │   └── metadata store: runs (mysql)  database=runs, host=db, password=********
    ├── alerter: duty (slack)  slack_token=${env:TOKEN}
    └── orchestrator: default (local)
        └── also in default
"""


@pytest.fixture
def prod(zprof: Zprof) -> Zprof:
    """The command, with a stack `prod` that is not active."""
    with library.open_profile().change() as change:
        bucket = {"path": "s3://acme-ml/artifacts", "key": "{{aws.key}}"}
        change.register_component("artifact_store", "bucket", "s3", bucket)
        runs = {"host": "db", "database": "runs", "password": "hunter2"}
        change.register_component("metadata_store", "runs", "mysql", runs)
        change.register_component("alerter", "duty", "slack", {"slack_token": "${env:TOKEN}"})
        stores = {"artifact_store": "bucket", "metadata_store": "runs"}
        change.register_stack("prod", {**TRIO, **stores, "alerter": "duty"})
    return zprof


def graph(zprof: Zprof, *words: str) -> str:
    drawn = zprof("-q", "stack", "describe", "--graph", *words)
    assert (drawn.code, drawn.err) == (0, "")
    return drawn.out


def without_order(text: str) -> str:
    """A tree whose attributes are in alphabetical order."""

    def in_order(match: re.Match[str]) -> str:
        return "  " + ", ".join(sorted(match[1].split(", ")))

    return re.sub(r"  (\w+=.*)", in_order, text)


@pytest.mark.on_both
def test_the_tree(prod: Zprof) -> None:
    assert without_order(graph(prod, "prod")) == without_order(GRAPH)
    assert prod("stack", "describe", "--graph").err == BANNER
    assert graph(prod).splitlines()[:2] == ["profile: default", "└── stack: default (active)"]
    assert "password=hunter2" in graph(prod, "prod", "--show-secrets")


@pytest.mark.on_both
def test_a_store_that_is_tied_elsewhere(prod: Zprof) -> None:
    with library.open_profile().change() as change:
        change.register_stack("odd", {**TRIO, "metadata_store": "runs"}, decouple_stores=True)
    assert "tied together" in graph(prod, "odd")
    assert graph(prod, "prod") == without_order(GRAPH).replace(
        """\
    ├── tied together
    │   ├── artifact store: bucket (s3)  key={{aws.key}}, path=s3://acme-ml/artifacts
    │   └── metadata store: runs (mysql)  database=runs, host=db, password=********
    ├── alerter: duty (slack)  slack_token=${env:TOKEN}
    └── orchestrator: default (local)
        └── also in default
""",
        """\
    ├── alerter: duty (slack)  slack_token=${env:TOKEN}
    ├── artifact store: bucket (s3)  key={{aws.key}}, path=s3://acme-ml/artifacts
    ├── metadata store: runs (mysql)  database=runs, host=db, password=********
    │   ├── tied to the artifact store default, which is not in this stack
    │   └── also in odd
    └── orchestrator: default (local)
        └── also in default, odd
""",
    )


@pytest.mark.on_both
def test_many_others_are_counted(prod: Zprof) -> None:
    with library.open_profile().change() as change:
        change.register_stacks({f"s{number}": TRIO for number in range(7)})
    assert "also in default, s0, s1 and 5 more\n" in graph(prod, "prod")
    assert "also in s0, s1, s2 and 4 more\n" in graph(prod), "itself is none of the others"
    found = library.open_profile().graph("prod")
    assert dict(found.others) == {"orchestrator": (("default", "s0", "s1"), 8)}
    assert found.ties == {("bucket", "runs")}


def test_it_is_for_people(prod: Zprof) -> None:
    for output in ("json", "yaml", "csv", "name"):
        refused = prod("-q", "stack", "describe", "--graph", "-o", output)
        assert (refused.code, refused.out) == (2, "")
        assert "leave out one of them" in refused.err
    assert graph(prod, "-o", "table") == graph(prod)


def test_a_stack_that_is_gone(prod: Zprof) -> None:
    gone = prod("-q", "stack", "describe", "pord", "--graph")
    assert (gone.code, "Did you mean 'prod'?" in gone.err) == (3, True)
    changed(Path(library.open_profile().url.removeprefix("sqlite://")), "DELETE FROM stack WHERE name = 'default'")
    gone = prod("-q", "stack", "describe", "--graph")
    assert (gone.code, "zprof stack set NAME" in gone.err) == (3, True)


def test_a_flavor_that_is_gone(prod: Zprof) -> None:
    changed(
        Path(library.open_profile().url.removeprefix("sqlite://")),
        "UPDATE component SET flavor = 'gone' WHERE name = 'bucket'",
    )
    assert "artifact store: bucket (gone)" in graph(prod, "prod")


def test_text_that_drives_a_terminal_is_written_out(prod: Zprof) -> None:
    changed(
        Path(library.open_profile().url.removeprefix("sqlite://")),
        "UPDATE component SET name = 'b' || char(27) || '[31m', config = '{\"path\": \"x\\u202ey\\u000a\"}' "
        "WHERE name = 'bucket'",
        "UPDATE stack SET name = 'd' || char(10) WHERE name = 'default'",
    )
    shown = graph(prod, "prod")
    assert r"artifact store: b\x1b[31m (s3)  path=x\u202ey\n" in shown
    assert r"also in d\n" in shown
    assert shown.replace("\n", "").isprintable()


def run(*words: str, **environment: str) -> Result:
    done = subprocess.run(
        [SCRIPT, "-q", "stack", "describe", "prod", "--graph", *words],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)


def test_ascii_where_the_encoding_has_no_more(prod: Zprof) -> None:
    plain = GRAPH.replace("├── ", "|-- ").replace("└── ", "`-- ").replace("│   ", "|   ")
    shown = run(PYTHONIOENCODING="ascii")
    assert (shown.code, without_order(shown.out)) == (0, without_order(plain))


def on_terminal(columns: int, **environment: str) -> str:
    child = pexpect.spawn(
        str(SCRIPT), ["-q", "stack", "describe", "prod", "--graph"], encoding="utf-8", timeout=60,
        dimensions=(40, columns), env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment},
    )  # fmt: skip
    return all_shown(child)


def test_values_are_cut_to_the_terminal_and_names_are_not(prod: Zprof) -> None:
    wide = on_terminal(200)
    assert "key={{aws.key}}" in wide
    narrow = on_terminal(60, NO_COLOR="1")
    assert max(map(len, narrow.splitlines())) == 60
    assert "│   ├── artifact store: bucket (s3)  " in narrow
    assert narrow.count("…") == 2
    narrowest = on_terminal(20, NO_COLOR="1")
    assert "=" not in narrowest
    assert "metadata store: runs (mysql)\n" in narrowest
    assert "key={{aws.key}}" in run().out, "nothing is cut in a pipe"


def test_wide_characters_take_two_columns() -> None:
    lines = list(drawn(Node("name", "値" * 50), LINES, 30, has_colours=False))
    assert lines == ["name  " + "値" * 11 + "…"]


def test_what_is_aside_is_grey_on_a_terminal(prod: Zprof) -> None:
    assert "\x1b[2malso in default\x1b[0m" in on_terminal(100)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_terminal(100, **environment)
    assert "\x1b" not in run().out


def scanned(connection: sqlite3.Connection, statement: str) -> list[str]:
    """The tables of which SQLite would read each row for a question about one stack."""
    plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", {"stack": "prod", "most": 3}).fetchall()
    return [row[3] for row in plan if re.match(r"SCAN (TABLE )?(stack|component|store)", row[3])]


def test_it_finds_what_it_draws_by_indexes(prod: Zprof) -> None:
    path = library.open_profile().url.removeprefix("sqlite://")
    with closing(sqlite3.connect(path)) as connection:
        for statement in (sql.STACKS_BESIDE.sqlite, sql.TIES_OF_STACK.sqlite):
            assert scanned(connection, statement) == []
            assert scanned(connection, statement.replace("stack.name = :stack", "+stack.name = :stack"))
