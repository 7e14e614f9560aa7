"""Attributes as people type them: in another form than theirs, misspelled, and looked for in help."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import Result, Zprof

from zprof.errors import closest_names
from zprof.flavors.catalog import builtin_flavors
from zprof.flavors.properties import properties

REGISTER = ("-q", "orchestrator", "register")
K8S = (*REGISTER, "k", "-f", "kubernetes")


def told(zprof: Zprof, *words: str) -> list[str]:
    """The lines of a command line that can't be understood."""
    refused = zprof(*words)
    assert (refused.code, refused.out) == (2, "")
    return refused.err.splitlines()


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ((*K8S, "--kubernetes_context", "eks"), "--kubernetes_context=eks"),
        ((*K8S, "--kubernetes-context", "eks"), "--kubernetes-context=eks"),
        ((*K8S, "--kubernetes_context", "it's $HOME"), "'--kubernetes_context=it'\"'\"'s $HOME'"),
        ((*REGISTER, "--kubernetes_context", "eks", "k", "-f", "kubernetes"), "--kubernetes_context=eks"),
        ((*K8S, "--kubernetes_context"), "'--kubernetes_context=<value>'"),
        ((*K8S, "--kubernetes_context", "--synchronous=no"), "'--kubernetes_context=<value>'"),
        ((*K8S, "--synchronous=no", "--kubernetes_context", "eks"), "--kubernetes_context=eks"),
        (("-q", "alerter", "register", "s", "-f", "slack", "--slack_token", "hunter2"), "'--slack_token=<value>'"),
        (("-q", "artifact-store", "update", "s", "--path", "s3://me:hunter2@b"), "'--path=s3://********@b'"),
    ],
    ids=lambda words: "" if isinstance(words, str) else " ".join(words),
)
def test_an_attribute_with_a_blank(zprof: Zprof, words: tuple[str, ...], word: str) -> None:
    lines = told(zprof, *words)
    name = word.strip("'").partition("=")[0]
    assert lines == [f"Error: There is no option {name}.", f"For an attribute, write {word}"]
    assert json.loads(told(zprof, *words, "--output=json")[0]) == {
        "code": "usage", "message": lines[0].removeprefix("Error: "), "hint": lines[1]
    }  # fmt: skip


def test_a_part_of_an_attribute_with_a_blank(zprof: Zprof) -> None:
    assert told(zprof, *K8S, "--context", "eks") == [
        "Error: There is no option --context.",
        "For an attribute, write --kubernetes_context=eks",
    ]


def test_a_misspelled_option(zprof: Zprof) -> None:
    assert told(zprof, *REGISTER, "k", "--flavour", "local") == [
        "Error: There is no option --flavour. Did you mean --flavor?",
        "For an attribute, write --flavour=local",
    ]
    assert told(zprof, *K8S, "-z", "x")[1] == "See `zprof orchestrator register --help`."


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ("context", "There is no attribute 'context'; did you mean 'kubernetes_context'?"),
        ("kubernets-contxt", "There is no attribute 'kubernets-contxt'; did you mean 'kubernetes_context'?"),
        ("dirty-check", "There is no attribute 'dirty-check'."),
    ],
)
def test_an_unknown_attribute_is_named_as_typed(zprof: Zprof, attribute: str, sentence: str) -> None:
    zprof(*REGISTER, "k", "-f", "kubernetes", "--kubernetes-context=eks")
    subject = "Error: The orchestrator flavor 'kubernetes': "
    for words in ((*REGISTER, "other", "-f", "kubernetes"), ("-q", "orchestrator", "update", "k")):
        assert told(zprof, *words, f"--{attribute}=eks")[0] == f"{subject}{sentence}"


def test_attributes_are_stored_by_their_names(zprof: Zprof) -> None:
    """However they are typed; also where a flavor takes any."""
    (made,) = [zprof(*K8S, "--kubernetes-context=eks", "-q", "--output", "json")]
    assert json.loads(made.out)["config"] == {"kubernetes_context": "eks"}
    refused = told(zprof, *REGISTER, "x", "-f", "kubernetes", "--a-b=1", "--a_b=2")
    assert refused[0] == "Error: The attribute 'a_b' is given twice."


def test_any_attribute_of_an_open_flavor(zprof: Zprof, home: object) -> None:
    with open("open.json", "w") as file:
        file.write('{"properties": {}, "additionalProperties": true}')
    zprof("alerter", "flavor", "register", "open", "--schema", "open.json")
    made = zprof("-q", "alerter", "register", "a", "-f", "open", "--a-b=1", "--output", "json")
    assert json.loads(made.out)["config"] == {"a_b": "1"}


def test_an_attribute_to_remove_is_named_as_typed(zprof: Zprof) -> None:
    zprof(*K8S, "--kubernetes_context=eks")
    removing = ("-q", "orchestrator", "remove-attribute", "k")
    refused = zprof(*removing, "--context")
    assert refused.err.splitlines() == [
        "Error: There is no attribute named 'context' in the orchestrator 'k'.",
        "Did you mean 'kubernetes_context'? See `zprof orchestrator describe k`.",
    ]
    assert "named 'foo-bar' in" in zprof(*removing, "--foo-bar").err
    assert "'kubernetes_namespace' of the orchestrator 'k' is not set." in zprof(*removing, "kubernetes-namespace").err
    assert zprof(*removing, "--kubernetes-context").code == 0


@pytest.mark.parametrize(
    ("of_type", "flavor", "hint"),
    [
        ("orchestrator", "k8s", "Did you mean 'kubernetes'?"),
        ("step-operator", "k8s", "Did you mean 'spark-kubernetes'?"),
        ("secrets-manager", "vault2", "Did you mean 'vault'?"),
        ("step-operator", "spark", "Did you mean 'spark-kubernetes'?"),
        ("orchestrator", "s3", "It is a flavor of an artifact store. See"),
        ("orchestrator", "gcp", "It is a flavor of an artifact store and a container registry. See"),
        ("orchestrator", "aws", "It is a flavor of a container registry and a secrets manager. See"),
        ("orchestrator", "zzz", "See `zprof orchestrator flavor list`."),
    ],
)
def test_a_flavor_that_there_is_not(zprof: Zprof, of_type: str, flavor: str, hint: str) -> None:
    refused = zprof("-q", of_type, "register", "x", "-f", flavor)
    assert refused.code == 3
    assert refused.err.splitlines()[1].startswith(hint)


@pytest.mark.parametrize(
    ("word", "among", "found"),
    [
        ("context", ["kubernetes_context", "path"], ("kubernetes_context",)),
        ("a-b", ["x_a_b_y_z_long"], ("x_a_b_y_z_long",)),
        ("K8S", ["Kubernetes", "kserve"], ("Kubernetes",)),
        ("k8s", ["kubeflow"], ()),
        ("k9s", ["kubernetes"], ()),
        ("ab", ["one_cab_of_many"], ()),  # too short to tell
        ("path", ["paths", "long_path_of_all"], ("paths",)),  # what is spelled alike comes first
        (f"k{'9' * 5000}s", ["kubernetes"], ()),
        ("", ["x"], ()),
    ],
)
def test_the_closest_names(word: str, among: Iterable[str], found: tuple[str, ...]) -> None:
    assert closest_names(word, among) == found


PAGER = """
properties:
  team: {type: string, description: Who is called.}
  key: {type: string, writeOnly: true}
  times: {type: integer, default: 3, description: "How often\\e[31m."}
required: [team]
"""
TITLE = "Attributes of the flavor "


def section(text: str) -> list[str]:
    """The lines of help that tell of attributes."""
    return text.partition(TITLE)[2].splitlines()


def test_help_tells_the_attributes_of_a_flavor(first_run: Zprof, home: Path) -> None:
    for words in (
        ("k", "-f", "kubernetes", "--help"),
        ("--help", "--flavor=kubernetes"),
        ("--type", "kubernetes", "-h"),
        ("k", "-f", "kubernetes", "--kubernetes_context=x", "--nope=x", "--help"),
        ("k", "--kubernetes-context=x", "-p", "nobody", "-f", "kubernetes", "--help"),
    ):
        shown = first_run("orchestrator", "register", *words)
        assert (shown.code, shown.err) == (0, "")
        lines = section(shown.out)
        assert lines[0] == "'kubernetes':"
        assert {line.split("=")[0].strip() for line in lines if line.startswith("  --")} == {
            f"--{name}" for name in properties(builtin_flavors("orchestrator")["kubernetes"].schema)
        }
    assert section(first_run("orchestrator", "register", "-f", "local", "-h").out)[1] == "  It has none."
    assert not os.listdir(home)  # nothing is made for it


def test_help_stays_as_it_is_where_no_flavor_is_found(first_run: Zprof, home: Path) -> None:
    usual = first_run("orchestrator", "register", "--help")
    assert TITLE not in usual.out
    for words in (("k",), ("-f", "nope"), ("-f", ""), ("-f", "s3"), ("-p", "nobody", "-f", "nope"), ("kubernetes",)):
        assert without_note(first_run("orchestrator", "register", *words, "--help")) == usual
    assert TITLE not in first_run("orchestrator", "update", "k", "--help").out
    assert not os.listdir(home)
    first_run("profile", "list")
    for words in (("-f", "nope"), ("-p", "nobody", "-f", "nope")):
        assert without_note(first_run("orchestrator", "register", *words, "--help")) == usual
    (home / ".config/zprof/profiles/default.db").write_text("nothing of ours")
    assert without_note(first_run("orchestrator", "register", "-f", "nope", "--help")) == usual


def without_note(shown: Result) -> Result:
    """Help without the sentence that a flavor was not found."""
    return shown._replace(out=re.sub(r"The flavor '\w+' was not found\.\n\n", "", shown.out))


def test_help_tells_the_attributes_of_custom_flavors(zprof: Zprof, home: Path) -> None:
    (home / "pager.yaml").write_text(PAGER)
    zprof("profile", "create", "other")
    for words in (
        ("flavor", "register", "pager", "--schema", "pager.yaml"),
        ("register", "duty", "-f", "pager", "--team=x", "--key={{a.b}}"),
    ):
        assert zprof("-p", "other", "alerter", *words).code == 0
    for line in (
        "-p other alerter register -f pager --help",
        "alerter register -p other -f pager --help",
        "-p other alerter update duty --help",
    ):
        shown = zprof(*line.split())
        assert (shown.code, shown.err) == (0, "")
        assert section(shown.out)[:4] == [
            "'pager':",
            "  --key=<string>     Secret.",
            "  --team=<string>    Required. Who is called.",
            "  --times=<integer>  How often\\x1b[31m. Default: 3.",
        ]
    assert TITLE not in zprof("alerter", "update", "duty", "--help").out
    assert TITLE not in zprof("alerter", "update", "--help").out
    assert TITLE not in zprof("-p", "other", "alerter", "update", "nobody", "--help").out


def test_help_names_a_flavor_that_was_not_found(zprof: Zprof) -> None:
    assert "\nThe flavor 'nope' was not found.\n" in zprof(*REGISTER, "-f", "nope", "--help").out


def test_help_does_not_offer_what_zprof_has_an_option_for(zprof: Zprof) -> None:
    with open("shadowed.json", "w") as file:
        file.write('{"properties": {"profile": {"type": "string"}, "size": {"type": "integer"}}}')
    zprof("orchestrator", "flavor", "register", "shadowed", "--schema", "shadowed.json")
    shown = zprof(*REGISTER, "-f", "shadowed", "--help").out.partition("Attributes of the flavor")[2]
    assert ("profile (in --config)" in shown, "--size=<integer>" in shown, "--profile=" in shown) == (True, True, False)
