"""What people type who come from ZenML or know other tools: each line of the tables works, or says what to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from commands import TYPES, leaves
from conftest import Result, Zprof

from zprof.cli.spellings import ALIASES, AS_OPTIONS, COMMAND_ALIASES, COMMANDS, OPTIONS, Former

S3 = ("artifact-store", "register", "s3", "--path=s3://bucket/x")
STACK = ("-o", "default", "-a", "default", "-m", "default")

WORDS = [
    (*group.replace("TYPE", of_type).split(), word)
    for group, sentences in COMMANDS.items()
    for of_type in (("artifact-store", "alerter") if group == "TYPE" else ("",))
    for word in sentences
]
REFUSED = [(command, former) for command, formers in OPTIONS.items() for former in formers if former.sentence]
WORKING: dict[str, tuple[tuple[str, ...], ...]] = {
    "--path": (("init", "--path", "below"), ("init", "--path=below")),
    "--store-type": (
        ("profile", "create", "new", "-t", "sql"),
        ("profile", "create", "new", "--store_type", "LOCAL"),
        ("profile", "create", "new", "--store-type=local"),
    ),
    "--filename": (
        ("stack", "import", "new", "-f", "prod.yaml"),
        ("stack", "import", "--filename", "prod.yaml", "new"),
        ("stack", "import", "old", "--filename=prod.yaml", "--name", "new"),
    ),
    "--ignore-version-mismatch": (
        ("stack", "import", "prod.yaml", "--name", "new", "--ignore-version-mismatch"),
        ("stack", "import", "new", "-f", "prod.yaml", "--ignore_version_mismatch"),
    ),
}
"""Command lines with the options that work, by their first names."""

TYPED_ALIASES = [
    (tuple(group.replace("TYPE", of_type).split()), alias, (*of_group.split(), *command.split()))
    for group, aliases in COMMAND_ALIASES.items()
    for of_type in (("artifact-store", "alerter") if group.startswith("TYPE") else ("",))
    for of_group in [group.replace("TYPE", of_type)]
    for alias, command in aliases.items()
]
"""Groups, a word that is typed below each, and the command that it is."""


def says(refused: Result, sentence: str) -> None:
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines()[0] == f"Error: {sentence}"
    assert refused.err.count("\n") == 2


def types_what_it_says(zprof: Zprof, sentence: str) -> None:
    """See that each command that a sentence names is one, with the options that it has there."""
    commands = re.findall(r"`zprof ([^`]+)`", sentence)
    assert commands, sentence
    for command in commands:
        words = [word for word in shlex.split(command) if "=" not in word]
        assert zprof(*words, "--help").code == 0, command


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_a_command_of_old(zprof: Zprof, words: tuple[str, ...]) -> None:
    *group, word = words
    place = "TYPE" if group and group[0] != "stack" else " ".join(group)
    sentence = COMMANDS[place][word]
    for more in ((), ("default", "--yes")):
        says(zprof("-q", *words, *more), f"There is no command '{word}'. {sentence}")
    types_what_it_says(zprof, sentence)
    assert not re.search(rf"^  {word}\b", zprof(*group, "--help").out, re.MULTILINE)


@pytest.mark.parametrize(("command", "former"), REFUSED)
def test_an_option_of_old_that_can_not_be_meant(zprof: Zprof, command: str, former: Former) -> None:
    for name in former.names:
        says(zprof("-q", *command.split(), "new", name, "rest"), former.sentence)
        assert name not in zprof(*command.split(), "--help").out.split()
    types_what_it_says(zprof, former.sentence)


@pytest.mark.parametrize(("option", "words"), [(option, each) for option in WORKING for each in WORKING[option]])
def test_an_option_of_old_that_works(zprof: Zprof, home: Path, option: str, words: tuple[str, ...]) -> None:
    (home / "below").mkdir()
    assert zprof("stack", "export", "default", "prod.yaml").code == 0
    done = zprof(*words)
    assert done.code == 0, done.err
    if words[0] == "init":
        assert (home / "below" / ".zprof").is_dir()
    else:
        assert "new\n" in zprof(words[0], "list", "-o", "name").out
    assert option not in zprof(*words[: 1 if words[0] == "init" else 2], "--help").out


def test_the_tables_are_tried_in_full() -> None:
    known = {" ".join(leaf.words) for leaf in leaves()}
    assert set(OPTIONS) <= known
    working = {
        former.names[0] for formers in OPTIONS.values() for former in formers if former not in dict(REFUSED).values()
    }
    assert working | {"--store-type"} == set(WORKING)
    assert set(ALIASES.values()) == {"--yes", "--flavor"}
    assert AS_OPTIONS == {"version": "--version"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("new prod.yaml", "prod.yaml --name new"),
        ("prod.yaml new", "prod.yaml --name new"),
        ("new missing.yaml", "missing.yaml --name new"),
        ("prod", "prod.yaml --name prod"),
        ("./below/prod", "./below/prod.json --name prod"),
    ],
)
def test_a_stack_is_imported_from_a_file(zprof: Zprof, home: Path, words: str, line: str) -> None:
    (home / "below").mkdir()
    for file in ("prod.yaml", "below/prod.json"):
        assert zprof("stack", "export", "default", file).code == 0
    refused = zprof("-q", "stack", "import", *words.split())
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines()[1] == f"Run `zprof stack import {line}`."
    assert "FORMER" not in zprof("stack", "import", "--help").out


def test_a_file_that_is_there_is_meant(zprof: Zprof, home: Path) -> None:
    for file in ("prod", "prod.yaml"):
        assert zprof("stack", "export", "default", file).code == 0
    (home / "prod").write_text("nothing of ours")
    refused = zprof("-q", "stack", "import", "prod")
    assert "prod.yaml" not in refused.err
    assert "can't be read: No such file" in zprof("-q", "stack", "import", "missing").err
    assert zprof("-q", "stack", "import", "a", "b", "c").code == 2


@pytest.mark.parametrize("old", [old for old, new in ALIASES.items() if new == "--yes"])
def test_force_is_yes(zprof: Zprof, home: Path, old: str) -> None:
    """In each command that has it."""
    for leaf in leaves():
        if "--yes" in leaf.options and leaf.words != ("apply",):  # whose -f is --file
            assert f" {old}" not in zprof(*leaf.words, "--help").out
    zprof("stack", "register", "spare", *STACK)
    zprof("profile", "create", "spare")
    zprof("artifact-store", "register", "spare", "-f", "local")
    zprof("stack", "export", "spare", "s.yaml")
    for words in (
        ("stack", "export", "spare", "s.yaml"),
        ("stack", "delete", "spare"),
        ("profile", "delete", "spare"),
        ("artifact-store", "delete", "spare"),
    ):
        assert zprof(*words).code == 7
        done = zprof(*words, old)
        assert done.code == 0, done.err


@pytest.mark.parametrize(
    "words", [(old, "s3") for old, new in ALIASES.items() if new == "--flavor"] + [("--type=s3",), ("-ts3",)]
)
def test_type_is_the_flavor(zprof: Zprof, words: tuple[str, ...]) -> None:
    assert zprof(*S3, *words).code == 0
    assert zprof("artifact-store", "list", "-o", "name").out == "default\ns3\n"
    assert "--type" not in zprof("artifact-store", "register", "--help").out


def test_type_may_be_an_attribute(zprof: Zprof, home: Path) -> None:
    """Beside a flavor it can be nothing else."""
    (home / "schema.json").write_text('{"properties": {"type": {"type": "string"}}}')
    assert zprof("alerter", "flavor", "register", "pager", "--schema", "schema.json").code == 0
    assert zprof("alerter", "register", "duty", "-f", "pager", "--type=loud").code == 0
    assert '"type": "loud"' in zprof("alerter", "describe", "duty", "-o", "json").out
    assert zprof("alerter", "update", "duty", "--type=low").code == 0


def test_an_attribute_without_dashes(zprof: Zprof) -> None:
    sentence = "Write the attribute with dashes: '--path=/a b'"
    says(zprof("-q", *S3[:3], "-f", "s3", "path=/a b"), sentence)
    says(zprof("-q", *S3[:2], "path=/a b", "s3", "-f", "s3"), sentence)
    says(zprof("-q", "artifact-store", "update", "path=/a b"), sentence)
    says(zprof("-q", "artifact-store", "update", "token=hunter2"), "Write the attribute with dashes: '--token=<value>'")
    # What stands after an option is its value.
    assert zprof("-q", "artifact-store", "update", "-p", "a=b", "default", "--path=/x").code == 3


def test_version(zprof: Zprof) -> None:
    assert zprof("version") == zprof("--version")
    assert not re.search(r"^  version\b", zprof("--help").out, re.MULTILINE)


@pytest.mark.parametrize(("group", "alias", "command"), TYPED_ALIASES, ids=lambda words: "".join(words))
def test_a_word_of_other_tools_runs_its_command(
    zprof: Zprof, group: tuple[str, ...], alias: str, command: tuple[str, ...]
) -> None:
    meant = zprof(*command, "--help")
    assert (meant.code, meant.out.split()[1 : len(command) + 2]) == (0, ["zprof", *command])
    assert zprof(*group, alias, "--help") == zprof("help", *group, alias) == meant
    for words in (("--nope",), ("--nope", "--output", "json"), ("-q", "a", "b", "c", "d")):
        assert zprof(*group, alias, *words) == zprof(*command, *words)


@pytest.mark.parametrize(("group", "alias", "command"), TYPED_ALIASES, ids=lambda words: "".join(words))
def test_a_word_of_other_tools_is_hidden(
    zprof: Zprof, group: tuple[str, ...], alias: str, command: tuple[str, ...]
) -> None:
    def offered(word: str) -> list[str]:
        return [line.partition("\t")[0] for line in zprof("__complete", *group, word).out.splitlines()]

    assert not re.search(rf"^  {alias}\b(?!-)", zprof(*group, "--help").out, re.MULTILINE)
    assert alias not in offered("")
    assert alias not in offered(alias)
    assert f"'{alias}'" not in zprof(*group, f"{alias}{alias[-1]}").err.partition("Did you mean")[2]


def test_a_word_of_other_tools_is_no_command_of_its_own() -> None:
    """Nor one of old, of which a sentence is told."""

    def taken(aliases: dict[str, dict[str, str]]) -> set[str]:
        typed = {" ".join(leaf.words[:length]) for leaf in leaves() for length in (1, 2, 3)}
        known = {re.sub(rf"^{TYPES[0]}\b", "TYPE", line) for line in typed}
        known |= {f"{group} {word}".strip() for group, sentences in COMMANDS.items() for word in sentences}
        known |= {*AS_OPTIONS}
        return {line for group in aliases for alias in aliases[group] if (line := f"{group} {alias}".strip()) in known}

    assert taken({group: {**aliases} for group, aliases in COMMAND_ALIASES.items()}) == set()
    bad = {"stack": {"list": "get", "up": "set"}, "": {"version": "status"}, "TYPE flavor": {"delete": "list"}}
    assert taken(bad) == {"stack list", "stack up", "version", "TYPE flavor delete"}


def test_words_of_other_tools_work(zprof: Zprof) -> None:
    assert zprof("stack", "create", "prod", *STACK).err == zprof("stack", "register", "pro2", *STACK).err.replace(
        "pro2", "prod"
    )
    assert zprof("stack", "use", "prod").code == 0
    assert zprof("stack", "current").out == "prod\n"
    assert zprof("ls", "-o", "name").out == zprof("profile", "list", "-o", "name").out == "default\n"
    assert zprof("artifact_store", "show", "default", "-o", "json") == zprof(
        "artifact-store", "describe", "default", "-o", "json"
    )
    assert zprof("stack", "rm", "pro2").code == 7
    assert zprof("-q", "stack", "rm", "pro2", "--yes").err == ""
    refused = zprof("-q", "stack", "rm", "pro2")
    assert (refused.code, refused.err.splitlines()[-1]) == (3, "Did you mean 'prod'? See `zprof stack list`.")
    # The log has what was typed, and undo tells it.
    assert "zprof -q stack rm pro2 --yes" in zprof("log", "ls").out
    assert "stack rm pro2" in zprof("undo").err


def test_a_mistyped_command_gets_a_suggestion(zprof: Zprof) -> None:
    assert "Did you mean 'describe'" in zprof("stack", "descrbe").err
    assert "Did you mean 'list'" in zprof("profile", "lst").err
    assert "Did you mean 'get' or 'create'?" in zprof("profile", "curent").err  # which is nearest to `current`
    assert "Did you mean 'profile list'?" in zprof("lst").err


@pytest.mark.parametrize("words", [("profile", "use"), ("profile", "switch"), ("switch",)])
def test_a_switch_that_is_global_says_so(zprof: Zprof, words: tuple[str, ...]) -> None:
    line = "It is global: in effect wherever no other is chosen. To switch only one shell, run `zprof use other`.\n"
    zprof("profile", "create", "other")
    assert zprof("profile", "set", "other").err.count("zprof use") == 0
    for _ in range(2):  # the second time it is active already
        assert zprof(*words, "other").err.endswith(line)
    assert zprof(*words, "other", "-q").err == ""
    zprof("init")
    told = zprof(*words, "other").err
    assert ("global" in told.splitlines()[-1], told.endswith("To switch only one shell, run `zprof use other`.\n")) == (
        False,
        True,
    )


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",), ("-q",)])
def test_help_as_a_command(zprof: Zprof, words: tuple[str, ...]) -> None:
    assert zprof("help", *words) == zprof("--help")
    assert not re.search(r"^  help\b", zprof("--help").out, re.MULTILINE)


def test_help_of_a_command(zprof: Zprof) -> None:
    assert zprof("help", "stack") == zprof("stack", "--help")
    assert zprof("help", "artifact_store", "flavor", "list") == zprof("artifact-store", "flavor", "list", "--help")
    assert zprof("help", "stack", "nope").code == 2
    assert zprof("stack", "help").code == 2


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("current", "zprof status"),
        ("show", "zprof status"),
        ("create", "zprof profile create NAME"),
        ("rm", "zprof profile delete NAME"),
        ("set", "zprof profile set NAME"),
    ],
)
def test_a_verb_alone_gets_the_line_with_a_noun(zprof: Zprof, word: str, line: str) -> None:
    refused = zprof(word)
    assert (refused.code, f"`{line}`" in refused.err, "Did you mean" in refused.err) == (2, True, False)
