"""What a shell is offered at a Tab, as the text that it is answered with; the shells themselves: `make shells`."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from commands import leaves, with_dummy
from conftest import SCRIPT, Result, Zprof, move_default_store
from hypothesis import given
from hypothesis import strategies as st
from postgresql_server import Server
from test_prompt import everything

from zprof import paths
from zprof.cli.attributes import AttributeCommand
from zprof.cli.kinds import UnknownKind
from zprof.cli.main import COMMANDS
from zprof.cli.options import common_options
from zprof.cli.tree import module_text
from zprof.component_types import COMPONENT_TYPES
from zprof.flavors.catalog import builtin_flavors
from zprof.generated import commands as generated_commands
from zprof.keystrokes.completion.candidates import LONGEST, PLAIN
from zprof.keystrokes.completion.servers import LIMIT
from zprof.keystrokes.completion.typed import Typed
from zprof.records import Component
from zprof.shells.completion import SHELLS, completion_text
from zprof.store.store import Store

NOTHING = Result(0, "", "")
TRIO = ("-o", "default", "-a", "default", "-m", "default")
PAGER = {
    "properties": {
        "team": {
            "enum": ["night", "day", "a b", "$(x)", ":$(x)", 7],
            "description": "Who\tis\nwoken.\x1b[31m " + "x" * 200,
        },
        "loud": {"type": "boolean"},
        "mood": {"$ref": "#/$defs/mood"},
        "may": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "odd-one": {"type": "string"},
        "$(reboot)": {"type": "string"},
        "é": {"type": "string"},
    },
    "$defs": {"mood": {"enum": ["good", "bad"]}},
}


def offered(zprof: Zprof, line: str) -> list[str]:
    """The words that are offered at the end of a line, without what describes them."""
    return [candidate.partition("\t")[0] for candidate in answer(zprof, line)]


def answer(zprof: Zprof, line: str) -> list[str]:
    found = zprof("__complete", *line.split(" "))
    assert (found.code, found.err) == (0, "")
    return found.out.splitlines()


@pytest.fixture
def filled(zprof: Zprof, home: Path) -> Zprof:
    """With a profile `staging` besides, and in the default one something of each kind."""
    (home / "pager.json").write_text(json.dumps(PAGER))
    for words in (
        ("profile", "create", "staging"),
        ("-p", "staging", "stack", "register", "prod", *TRIO),
        ("alerter", "flavor", "register", "pager", "--schema", "pager.json"),
        ("alerter", "register", "duty", "-f", "pager", "--team=day", "--loud=yes"),
        ("alerter", "register", "dusk", "-f", "slack", "--slack_token={{a.b}}"),
        ("stack", "update", "default", "-al", "duty"),
    ):
        assert zprof(*words).code == 0, words
    return zprof


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sta", ["stack", "status"]),
        ("-q --profile staging sta", ["stack", "status"]),
        ("stack s", ["set"]),
        ("artifact_store r", ["register", "remove-attribute", "rename"]),
        ("alerter flavor d", ["describe", "delete"]),
        ("stack set ", ["default"]),
        ("stack set x", []),
        ("-p staging stack set ", ["default", "prod"]),
        ("-pstaging stack set p", ["prod"]),
        ("-p=staging stack set ", []),  # the name would be `=staging`
        ("--profile=staging stack set p", ["prod"]),
        ("stack set --profile staging p", ["prod"]),
        ("stack set --stack ", ["default"]),
        ("stack set default ", []),
        ("stack copy --from staging p", ["prod"]),
        ("stack copy p", []),
        ("stack copy default ", []),
        ("stack copy default --to st", ["staging"]),
        ("profile set ", ["default", "staging"]),
        ("profile set s", ["staging"]),
        ("profile create ", []),
        ("use s", ["staging"]),
        ("use staging/", ["staging/default", "staging/prod"]),
        ("shell staging/p", ["staging/prod"]),
        ("use nobody/", []),
        ("use staging/a b", []),
        ("use /", []),
        ("run ", [":file"]),
        ("run --ke", ["--keep-env", "--keep-going"]),
        ("run -- --ke", [":file"]),
        ("run program --ke", [":file"]),
        ("run -p staging program -p ", [":file"]),
        ("profile create x --from s", ["staging"]),
        ("profile create x --url ", [":file"]),
        ("alerter describe ", ["dusk", "duty"]),
        ("alerter describe dut", ["duty"]),
        ("alerter register ", []),
        ("alerter register x --flavor ", ["slack", "pager"]),
        ("alerter register x --flavor=p", ["--flavor=pager"]),
        ("alerter register x -f p", ["pager"]),
        ("alerter flavor delete ", ["pager"]),
        ("alerter register x -f pager --l", ["--loud=", "--lock-timeout"]),
        ("alerter register x -f pager --loud=yes --l", ["--lock-timeout"]),
        ("alerter register x -f pager --team=", ["--team=night", "--team=day"]),
        ("alerter register x -f pager --team=n", ["--team=night"]),
        ("alerter register x -f pager --loud=", ["--loud=true", "--loud=false"]),
        ("alerter register x -f pager --mood=", ["--mood=good", "--mood=bad"]),
        ("alerter register x -f pager --may=t", ["--may=true"]),
        ("alerter register x -f pager --none=", []),
        ("alerter register x -f pager --team=@", [":at-file"]),
        ("alerter register x -f nobody --int", ["--interactive"]),
        ("alerter update duty --te", ["--team="]),
        ("alerter update dusk --sl", ["--slack_token="]),
        ("alerter update --te", ["--team="]),
        ("alerter update nobody --if", ["--if-revision"]),
        ("alerter remove-attribute duty ", ["loud", "team"]),
        ("alerter remove-attribute duty loud ", ["team"]),
        ("alerter register x --config ", [":at-file"]),
        ("alerter flavor register x --schema ", [":file"]),
        ("stack register x --al", ["--alerter"]),
        ("stack register x -al d", ["dusk", "duty"]),
        ("stack register x --alerter=du", ["--alerter=dusk", "--alerter=duty"]),
        ("stack remove-component default --al", ["--alerter"]),
        ("stack list -o ", ["table", "wide", "json", "yaml", "csv", "name"]),
        ("stack register x -o ", ["default"]),
        ("stack list --output=y", ["--output=yaml"]),
        ("stack copy a --on-conflict u", ["use-existing"]),
        ("stack export default ", [":file"]),
        ("stack export default x.yaml ", []),
        ("init ", [":directory"]),
        ("import-zenml ", [":directory"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("schema StackL", ["StackList"]),
        ("stack set -- ", ["default"]),
        ("stack set -- -", []),
        ("stack list --lock_timeout 3 --sta", ["--stack"]),
        ("--vers", ["--version"]),
        ("stack --vers", []),
        ("stack list --quiet --q", []),
        ("nothing ", []),
        ("stack nothing ", []),
        ("ls", []),
        ("-p nobody stack set ", []),
        ('stack set "', []),
        ("stack set $(x)", []),
    ],
)
def test_what_is_offered(filled: Zprof, line: str, words: list[str]) -> None:
    assert offered(filled, line) == words


def test_nothing_is_typed_yet(first_run: Zprof, home: Path) -> None:
    assert offered(first_run, "") == list(COMMANDS)
    assert first_run("__complete").out == first_run("__complete", "").out
    assert answer(first_run, "stat") == [f"status\t{COMMANDS['status'].help}"]
    assert list(home.iterdir()) == []


def test_each_type_has_its_own_words(first_run: Zprof) -> None:
    for of_type in COMPONENT_TYPES:
        assert f"register\tRegister {of_type.with_article}." in answer(first_run, f"{of_type.command} ")
        assert f"list\tList the {of_type.plural}." in answer(first_run, f"{of_type.command} ")
        flavors = offered(first_run, f"{of_type.command} register x --flavor ")
        assert flavors == list(builtin_flavors(of_type.name)), "the catalog needs no registry"


def test_what_describes_a_name(filled: Zprof) -> None:
    assert answer(filled, "profile set ") == ["default\tstack default", "staging\tstack default"]
    assert answer(filled, "alerter describe ") == ["dusk\tslack", "duty\tpager"]
    assert answer(filled, "alerter register x -f s")[0].startswith("slack\tSends ")


def test_a_strangers_text_stays_text(filled: Zprof) -> None:
    (team,) = answer(filled, "alerter register x -f pager --te")
    assert team.startswith("--team=\tWho is woken.\\x1b[31m xxx")
    assert len(team) <= len("--team=\t") + LONGEST
    everything_offered = offered(filled, "alerter register x -f pager --")
    assert not {"--odd-one=", "--é=", "--$(reboot)="} & set(everything_offered)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stack SET name = 'a$(x)'",
        "UPDATE stack SET name = 'a' || char(10) || 'b'",
        "UPDATE stack SET name = 'a''b'",
        "UPDATE stack SET name = ':file'",
        "UPDATE stack SET name = '--all'",
        "UPDATE stack SET name = x'41'",
        "UPDATE stack SET name = 'é'",
        "UPDATE format SET min_reader = 99, version = 99",
        "DROP TABLE stack",
        "PRAGMA application_id = 7",
        "PRAGMA journal_mode = WAL",
        "CREATE TRIGGER mine AFTER INSERT ON stack BEGIN SELECT 1; END",
        "ALTER TABLE stack RENAME TO gone; CREATE VIEW stack AS WITH RECURSIVE endless(name) AS"
        " (SELECT 'a' UNION ALL SELECT name || 'a' FROM endless) SELECT name FROM endless",
        "ALTER TABLE stack RENAME TO gone; CREATE VIRTUAL TABLE stack USING fts5(name)",
    ],
)
def test_a_hostile_store_offers_nothing(filled: Zprof, config: Path, change: str) -> None:
    store = config / "profiles" / "default.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.executescript(change)
    before = everything(config)
    begun = time.monotonic()
    assert offered(filled, "stack set ") == []
    assert time.monotonic() - begun < 2.0
    assert everything(config) == before


@pytest.mark.parametrize("schema", ["[]", "{", '{"properties": 7}', '{"properties": {"a": 7}}', "null"])
def test_a_schema_that_is_none(filled: Zprof, config: Path, schema: str) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("UPDATE flavor SET config_schema = ?", (schema,))
    assert offered(filled, "alerter register x -f pager --int") == ["--interactive"]
    assert offered(filled, "alerter register x -f pager --a=") == []


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_words_are_taken(words: list[str]) -> None:
    from zprof.keystrokes.completion.candidates import lines

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv(paths.CONFIG_PATH, "/nowhere")
        for line in lines(words):
            value, _, description = line.partition("\t")
            assert value.startswith(":") or PLAIN.issuperset(value)
            assert description.isprintable()


def test_nothing_is_made_or_changed(filled: Zprof, home: Path) -> None:
    for path in home.rglob("*.lock"):
        path.unlink()
    before = everything(home)
    for line in (
        "",
        "profile set ",
        "stack set ",
        "alerter describe ",
        "alerter update duty --",
        "alerter register -f ",
    ):
        assert subprocess.run([SCRIPT, "__complete", *line.split(" ")], capture_output=True, check=True).stdout
    assert everything(home) == before


def test_a_store_that_is_busy_offers_nothing(filled: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "profiles" / "default.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert offered(filled, "stack set ") == []
        assert offered(filled, "alerter register x -f ") == ["slack"]
    assert offered(filled, "stack set ") == ["default"]


def test_a_large_store_offers_a_thousand(zprof: Zprof, config: Path) -> None:
    with Store(f"sqlite://{config / 'profiles' / 'default.db'}").change() as change:
        change.register_components(Component("orchestrator", f"a{number:05}", "local", {}) for number in range(3000))
    found = offered(zprof, "orchestrator describe ")
    assert (len(found), found[0], found[-1]) == (1000, "a00000", "a00999")
    assert offered(zprof, "orchestrator describe a0299") == [f"a0299{digit}" for digit in range(10)]


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that accepts, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_says_nothing_is_not_waited_for(filled: Zprof, config: Path, silent_server: int) -> None:
    url = f"postgresql+psycopg://ann@127.0.0.1:{silent_server}/team?schema=zprof"
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as connection:
        connection.execute("UPDATE profile SET url = ? WHERE name = 'default'", (url,))
    for line, words in (("stack set ", ""), ("alerter register x -f ", "slack")):
        begun = time.monotonic()
        found = subprocess.run([SCRIPT, "__complete", *line.split(" ")], capture_output=True, text=True, check=False)
        assert time.monotonic() - begun < LIMIT + 1.2, "with the start of Python, on a machine that has much to do"
        assert (found.returncode, found.stderr, found.stdout.partition("\t")[0]) == (0, "", words)
    assert offered(filled, "profile set ") == ["default", "staging"]


def test_a_store_on_a_server(filled: Zprof, config: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.keystrokes.completion.servers.rows.__defaults__", (20.0,))
    move_default_store(config, postgresql.url(postgresql.new_schema()), with_contents=True)
    assert offered(filled, "stack set ") == ["default"]
    assert offered(filled, "alerter describe dut") == ["duty"]
    assert offered(filled, "alerter register x -f pager --te") == ["--team="]
    assert offered(filled, "alerter update --te") == ["--team="]
    assert offered(filled, "alerter remove-attribute duty l") == ["loud"]


def test_the_generated_commands_are_up_to_date() -> None:
    assert Path(generated_commands.__file__).read_text() == module_text(), "run `make commands`"


def test_the_check_says_what_differs(tmp_path: Path) -> None:
    (tmp_path / "commands.py").write_text(module_text().replace("profile create:", "profile make:"))
    program = (
        "import pathlib, sys; from zprof.schema import generator; from zprof.cli import tree;"
        f"generator.TARGET = pathlib.Path({str(tmp_path)!r}); sys.argv[1:] = ['--check'];"
        "sys.exit(generator.written({'commands.py': tree.module_text()}, tree.MAKE))"
    )
    checked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "-profile make: Create a profile." in checked.stderr
    assert "run `make commands`" in checked.stderr


def test_what_completion_knows_is_what_the_commands_take() -> None:
    """The text is read back: each command with its options, its arguments and which of them take a value."""
    common = {name for option in common_options() for name in option.opts} | {"--help", "-h"}
    for leaf in leaves(has_all_types=True):
        typed = Typed(leaf.words)
        assert not typed.is_group
        assert {name for option in typed.node.options for name in option.names} == leaf.options | common
        arguments = [each for each in leaf.command.params if isinstance(each, click.Argument)]
        assert len(typed.node.arguments) == len(arguments)
        assert typed.node.has_many == any(each.nargs == -1 for each in arguments)
        assert typed.node.has_attributes == isinstance(leaf.command, AttributeCommand)
        for option in leaf.command.params:
            if isinstance(option, click.Option):
                known = typed.node.option(option.opts[0])
                assert known is not None
                assert bool(known.kind) == (not option.is_flag), (leaf.words, option.opts)


@pytest.mark.parametrize(
    "parameter", [click.Argument(["thing"]), click.Option(["--thing"]), click.Option(["--thing"], metavar="THING")]
)
def test_a_parameter_without_a_kind_is_seen(parameter: click.Parameter) -> None:
    with pytest.raises(UnknownKind, match=r'to KINDS in zprof/cli/kinds.py:\n    "thing dummy": {"thing": TEXT},'):
        module_text(with_dummy(params=[parameter]))


def test_the_root_and_a_command_are_told_apart() -> None:
    assert Typed(()).node.option("--version") is not None
    assert Typed(("stack",)).node.option("--version") is None
    assert Typed(("stack",)).node.option("-p") is not None


def test_the_texts(first_run: Zprof, home: Path) -> None:
    for shell in SHELLS:
        printed = first_run("completion", shell)
        assert printed == Result(0, completion_text(shell), "")
        assert "command zprof __complete" in printed.out, "whatever function or builtin has its name"
    assert first_run("completion", "tcsh").code == 2
    assert list(home.iterdir()) == []
