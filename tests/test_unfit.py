"""Stacks that do not fit: each problem is told, with the line to type against it; and what a component will need."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest
from conftest import Result, Zprof
from test_hints import understood
from test_stack_rules import BROKEN, KEPT

from zprof.errors import InvalidStack
from zprof.flavors.stack_rules import broken_rules, needs, violations
from zprof.records import Component
from zprof.store.fitting import lines_against

MADE = """
experiment-tracker register runs -f mlflow
artifact-store register bucket -f s3 --path=s3://b
orchestrator register kube -f kubernetes
container-registry register hub -f dockerhub --uri=docker.io/team
metadata-store register team -f mysql --host=db --port=3306 --database=d --username=u --password={{a.b}}
"""
VALUES = {"CONTEXT": "eks", "URI": "postgresql://db/runs"}
OTHERS = {"-c": "hub", "-m": "team", "-a": "bucket"}
"""What a person gives for NAME."""
MLFLOW = (
    "The experiment tracker 'runs' (mlflow) needs an artifact store of flavor local, or a tracking_uri, "
    "but 'bucket' has the flavor s3."
)


@pytest.fixture
def made(zprof: Zprof) -> Zprof:
    for line in MADE.strip().splitlines():
        assert zprof("-q", *line.split()).code == 0, line
    return zprof


def lines_of(refused: Result) -> list[list[str]]:
    """The lines to type, by the problem, of which each is one line."""
    headline, *problems = refused.err.splitlines()
    assert refused.code == 4
    assert headline.endswith(" would not fit together.")
    return [re.findall("`([^`]+)`", problem) for problem in problems]


def typed(line: str) -> list[str]:
    """A line as a person types it, without `zprof`."""
    words = shlex.split(line)[1:]
    for position, word in enumerate(words):
        if word == "NAME":
            words[position] = OTHERS[words[position - 1]]
        key, equals, value = word.partition("=")
        if equals:
            words[position] = f"{key}={VALUES.get(value, value)}"
    return words


def test_all_problems_are_told_and_the_lines_fix_them(made: Zprof) -> None:
    """Every first line that is about a component, then the last of the stack."""
    refused = made("-q", "stack", "register", "prod", "-o", "kube", "-a", "bucket", "-m", "default", "-e", "runs")
    register = "zprof stack register prod -o kube -a bucket -m NAME -e runs -c NAME"
    found = lines_of(refused)
    assert found == [
        [
            "zprof experiment-tracker update runs --tracking_uri=URI",
            "zprof stack register prod -o kube -a NAME -m NAME -e runs -c NAME",
        ],
        [register],
        [
            "zprof orchestrator update kube --kubernetes_context=CONTEXT",
            "zprof orchestrator update kube --skip_config_loading=true",
        ],
        ["zprof experiment-tracker update runs --tracking_uri=URI"],
        [register],
    ]
    for line in dict.fromkeys(lines[0] for lines in found if lines != [register]):
        assert made("-q", *typed(line)).code == 0
    done = made("-q", *typed(register))
    assert (done.code, done.err) == (0, "")


def test_the_same_as_json(made: Zprof) -> None:
    words = ("-p", "default", "stack", "register", "prod", "-o", "kube", "-a", "bucket", "-m", "default", "-e", "runs")
    error = json.loads(made(*words, "--output", "json").err)
    assert set(error) == {"code", "message", "hint"}
    assert error["message"].startswith(f"The stack 'prod' would not fit together: {MLFLOW} The orchestrator 'kube'")
    lines = re.findall("`([^`]+)`", error["hint"])
    assert len(set(lines)) == 5
    assert all(line.startswith("zprof -p default ") for line in lines)


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            "stack update fit -a bucket",
            ["zprof experiment-tracker update runs --tracking_uri=URI", "zprof stack update fit -a NAME"],
        ),
        (
            "stack update -e runs plain",
            ["zprof experiment-tracker update runs --tracking_uri=URI", "zprof stack update plain -e runs -a NAME"],
        ),
        ("stack remove-component remote -c", ["zprof stack update remote -c NAME"]),
        (
            "container-registry update hub --uri=localhost:5000",
            ["zprof stack update remote -c NAME", "zprof container-registry update hub --uri=URI"],
        ),
    ],
)
def test_what_would_break_a_stack(made: Zprof, words: str, lines: list[str]) -> None:
    for line in (
        "orchestrator update kube --kubernetes_context=eks",
        "stack register fit -o default -a default -m default -e runs",
        "stack register plain -o default -a bucket -m team",
        "stack register remote -o kube -a bucket -m team -c hub",
    ):
        assert made("-q", *line.split()).code == 0
    assert lines_of(made("-q", *words.split())) == [lines]


def test_a_stack_that_comes_from_elsewhere(made: Zprof, config: Path) -> None:
    """What does not come over can't be changed here, so that no line is told; all problems are."""
    made("-q", "stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default", "-e", "runs")
    break_stack(config)
    made("profile", "create", "other")
    made("-q", "stack", "export", "prod", "prod.yaml")
    for words in (("copy", "prod", "--to", "other"), ("import", "prod.yaml", "--name", "new")):
        refused = made("-q", "stack", *words)
        assert refused.code == 4
        _, problem, hint = refused.err.splitlines()
        assert problem == MLFLOW
        assert hint == "Nothing was changed. Give it other components."


def break_stack(config: Path) -> None:
    """Put the bucket into `prod`, as no command would."""
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as store, store:
        store.execute(
            "UPDATE stack_component SET component_id = (SELECT id FROM component WHERE name = 'bucket') "
            "WHERE component_type = 'artifact_store' AND stack_id = (SELECT id FROM stack WHERE name = 'prod')"
        )


def test_a_stack_that_is_there(made: Zprof, config: Path) -> None:
    made("-q", "stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default", "-e", "runs")
    break_stack(config)
    update, replace = "experiment-tracker update runs --tracking_uri=URI", "stack update prod -a NAME"
    for words in (("prod",), ("--all",)):
        told = made("stack", "validate", *words)
        assert (told.code, MLFLOW in told.out) == (1, True)
        assert told.err.endswith(f"\nRun `zprof {update}` or `zprof {replace}`.\n")
        assert made("-q", "stack", "validate", *words).err == ""
        (item,) = json.loads(made("-p", "default", "stack", "validate", *words, "-o", "json").out)["items"]
        assert item["problem"] == MLFLOW
        assert item["fixes"] == [f"zprof -p default {update}", f"zprof -p default {replace}"]
    assert made("-q", *typed(f"zprof {update}")).code == 0
    assert made("stack", "validate", "prod").code == 0


@pytest.mark.parametrize("broken", [found for found, _ in BROKEN.values()], ids=list(BROKEN))
def test_each_rule_has_a_line_that_is_a_command(broken: dict[str, Component]) -> None:
    found = broken_rules(broken)
    assert [violation.sentence for violation in found] == violations(broken) != []
    for lines in (*lines_against("a b", found), *lines_against("a b", found, "register", {"orchestrator": "x y"})):
        assert lines
        for line in lines:
            assert not re.search(r"=$|\s$", line)
            understood(shlex.split(line)[1:])


@pytest.mark.parametrize("line", ["zprof stack update prod --nope NAME", "zprof orchestrator upd x"])
def test_a_line_that_is_no_command_is_seen(line: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        understood(shlex.split(line)[1:])


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ("experiment-tracker register x -f mlflow", "an artifact store of flavor local, or a tracking_uri"),
        ("experiment-tracker register x -f mlflow --tracking_uri=postgresql://db/runs", ""),
        ("orchestrator register x -f local", ""),
        ("artifact-store register x -f s3 --path=s3://b", ""),
        ("orchestrator register x -f kubeflow", "a container registry"),
        (
            "orchestrator register x -f vertex --location=eu",
            "a container registry; an artifact store of flavor gcp, or a pipeline_root; "
            "components that keep no data on this machine",
        ),
        (
            "orchestrator register x -f kubeflow --kubernetes_context=eks",
            "a container registry; components that keep no data on this machine",
        ),
        ("metadata-store register x -f kubeflow", "an orchestrator of flavor kubeflow"),
    ],
)
def test_what_a_component_will_need(zprof: Zprof, words: str, needed: str) -> None:
    told = zprof(*words.split()).err
    assert told.endswith(f"\nIn a stack it needs {needed}.\n") == bool(needed)
    assert ("In a stack" in told) == bool(needed)
    for silent in ("-q", "--output=json"):
        assert zprof(*words.replace(" x ", f" y{silent[2:3]} ").split(), silent).err == ""


@pytest.mark.parametrize("fitting", KEPT.values(), ids=list(KEPT))
def test_a_stack_that_fits_has_what_its_components_need(fitting: dict[str, Component]) -> None:
    """Types at least: what a component needs beside it is in each stack that has it and fits."""
    for component in fitting.values():
        for need in needs(component):
            noun = re.match(r"an? ([a-z ]+?)(?: of flavor .*|, or .*)?$", need)
            if noun is not None and ", or " not in need:
                assert noun[1].replace(" ", "_") in fitting


def test_an_error_has_all_problems_when_it_is_sent_to_a_process() -> None:
    import pickle

    sent = pickle.loads(pickle.dumps(InvalidStack("prod", ["One.", "Two."], [["zprof a"], ["zprof b", "zprof c"]])))
    assert sent.paragraphs == (
        "The stack 'prod' would not fit together.",
        "One. Run `zprof a`.",
        "Two. Run `zprof b` or `zprof c`.",
    )
    assert (sent.hint, sent.problems) == ("Run `zprof a`. Run `zprof b` or `zprof c`.", ("One.", "Two."))
