"""The checks of `make check` are seen to fail, each on a known-bad case; and the table of commands is proved."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import click
import pytest
from commands import Leaf, leaves, with_dummy

from zprof.cli.command import Command, Entry, Group
from zprof.cli.invocation import Invocation
from zprof.cli.main import COMMANDS, zprof
from zprof.cli.options import CommonOption
from zprof.paths import __file__ as paths_file

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("store/store.py", "import click", "click is imported in zprof.cli alone"),
        ("active/switching.py", "import click", "click is imported in zprof.cli alone"),
        ("doctor/files.py", "import sqlalchemy", "SQLAlchemy and Alembic are imported in zprof.schema alone"),
        ("sqlite/faults.py", "import alembic", "SQLAlchemy and Alembic are imported in zprof.schema alone"),
        ("records.py", "import zprof.store.store", "A directory is a dependency"),
        ("store/log.py", "import zprof.profiles.registry", "A directory is a dependency"),
        ("flavors/config.py", "import jsonschema_rs", "jsonschema_rs is imported in zprof.flavors.check alone"),
        ("cli/output.py", "import tabulate", "tabulate is imported in zprof.cli.table alone"),
        ("cli/table.py", "import wcwidth", "wcwidth in zprof.cli.terminal"),
        ("references/managers.py", "import boto3", "boto3 and keyring are imported in zprof.references alone"),
        ("store/store.py", "import zprof.references.origin", "A directory is a dependency"),
    ],
)
def test_a_bad_import_breaks_a_contract(tmp_path: Path, module: str, line: str, broken: str) -> None:
    assert lint_imports(with_line(tmp_path, "errors.py", "")) == (0, 0)
    directory = with_line(tmp_path, module, line)
    done = subprocess.run(
        [BIN / "lint-imports", "--no-cache"], cwd=directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert any(broken in report and "BROKEN" in report for report in done.stdout.splitlines())


def lint_imports(directory: Path) -> tuple[int, int]:
    done = subprocess.run(
        [BIN / "lint-imports", "--no-cache"], cwd=directory, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.count("BROKEN")


def with_line(tmp_path: Path, module: str, line: str) -> Path:
    """A copy of the package with a line more in a module."""
    directory = tmp_path / (module.replace("/", "-") + line.replace(" ", "-"))
    copytree(ROOT / "zprof", directory / "zprof")
    (directory / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    with (directory / "zprof" / module).open("a") as file:
        file.write(f"\n{line}\n")
    return directory


@pytest.mark.parametrize(
    "line",
    [
        "import sqlalchemy",
        "import jsonschema_rs",
        "import tabulate",
        "import yaml",
        "from alembic import command",
        "import boto3",
    ],
)
def test_a_heavy_import_at_the_top_fails_the_linter(tmp_path: Path, line: str) -> None:
    directory = with_line(tmp_path, "active/scope.py", line)
    done = subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--select", "TID253", "zprof"],
        cwd=directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "TID253" in done.stdout) == (1, True)


def later(module: str) -> list[partial[click.Command]]:
    """The commands of a group that other modules make when they are run."""
    group = getattr(import_module(module), module.rsplit(".", 1)[1], None)
    commands = group.later.values() if isinstance(group, Group) else ()
    return [command for command in commands if isinstance(command, partial)]


def check_table(table: dict[str, Entry], directory: Path = ROOT / "zprof" / "cli") -> None:
    """Each file that makes a command is in the table, and each line of it says what the command says."""
    makers = {
        f"zprof.cli.{path.stem}" for path in directory.glob("*.py") if "\ndef build(name: str)" in path.read_text()
    }
    imported = {entry.module for entry in table.values()} | {
        command.args[0] for entry in table.values() for command in later(entry.module)
    }
    missing = [
        f"add a line for {module} to COMMANDS in zprof/cli/main.py:\n"
        f'    "{module.split(".")[-1].replace("_", "-")}": Entry("{module}", "The first line of its help."),'
        for module in sorted(makers - imported)
    ]
    assert not missing, "\n".join(missing)
    for name, entry in table.items():
        command = import_module(entry.module).build(name)
        assert isinstance(command, Group | Command)
        assert command.name == name
        line = f'    "{name}": Entry("{entry.module}", "{(command.help or "").splitlines()[0]}"),'
        assert entry.help == (command.help or "").splitlines()[0], (
            f"change the line for `zprof {name}` in COMMANDS in zprof/cli/main.py:\n{line}"
        )
        assert entry.help.endswith(".")


def test_the_table_of_commands() -> None:
    check_table(COMMANDS)


def test_a_noun_that_is_not_in_the_table_is_seen(tmp_path: Path) -> None:
    (tmp_path / "new_thing.py").write_text("\n\ndef build(name: str) -> None: ...\n")
    with pytest.raises(AssertionError, match=r"add a line for zprof.cli.new_thing to COMMANDS in zprof/cli/main.py"):
        check_table(COMMANDS, tmp_path)
    with pytest.raises(AssertionError, match=r"change the line for `zprof init` in COMMANDS in zprof/cli/main.py"):
        check_table({"init": Entry("zprof.cli.init", "Something else.")}, tmp_path / "empty")


ALL = leaves(has_all_types=True)


@pytest.mark.parametrize("leaf", [pytest.param(leaf, id=" ".join(leaf.words)) for leaf in ALL])
def test_each_command_keeps_to_the_contract(leaf: Leaf) -> None:
    check_contract(leaf)


def check_contract(leaf: Leaf) -> None:
    """A command has the common options, a sentence of help, and the options that go with what it does."""
    command, name = leaf.command, f"`zprof {' '.join(leaf.words)}`"
    common = [parameter.name for parameter in command.params if isinstance(parameter, CommonOption)]
    assert common == ["profile", "stack", "quiet", "lock_timeout", "confirm_name", "output"]
    assert command.help, f"write a docstring for {name}"
    first = command.help.splitlines()[0]
    assert first.endswith("."), f"end the first line of the docstring of {name} with a full stop"
    assert len(first) <= 60, f"write the first line of the docstring of {name} in 60 characters: help wraps it"
    alike = {other.command.is_read for other in ALL if other.words[-1] == leaf.words[-1]}
    assert alike <= {command.is_read}, f"declare {name} with is_read={not command.is_read}, as others of its name are"
    if ".change(" in leaf.source:
        assert not command.is_read, f"declare {name} without is_read: it changes a store"
    if leaf.words[-1] == "delete":
        assert "invocation.confirm(" in leaf.source, f"let {name} ask: invocation.confirm(…, is_confirmed=yes)"
    if "invocation.confirm(" in leaf.source:
        assert {"--yes", "-y"} <= leaf.options, f"give {name} the option --yes/-y, since it asks"
    else:
        assert "--yes" not in leaf.options, f"take the option --yes from {name}, since it asks nothing"


def test_groups_take_the_common_options() -> None:
    for name in ("stack", "db", "orchestrator"):
        group = zprof.get_command(click.Context(zprof), name)
        assert group is not None
        assert [type(parameter) for parameter in group.params] == [CommonOption] * 6


def long_help(invocation: Invocation) -> None:
    """Do nothing at all, and need more words to say so than a list has room for."""


def no_full_stop(invocation: Invocation) -> None:
    """Do nothing"""


def asking(invocation: Invocation) -> None:
    """Ask."""
    invocation.confirm("Go on?", is_confirmed=False)


def changing(invocation: Invocation) -> None:
    """Change."""
    with invocation.store.change():
        pass


@pytest.mark.parametrize(
    ("function", "attributes", "says"),
    [
        (long_help, {}, "in 60 characters"),
        (no_full_stop, {}, "with a full stop"),
        (asking, {}, "give `zprof thing dummy` the option --yes/-y"),
        (None, {"params": [click.Option(["--yes", "-y"])]}, "take the option --yes from `zprof thing dummy`"),
        (changing, {"is_read": True}, "declare `zprof thing dummy` without is_read"),
    ],
)
def test_a_command_that_breaks_the_contract_is_seen(
    function: Callable[..., Any] | None, attributes: dict[str, Any], says: str
) -> None:
    dummy = leaves(with_dummy(function, **attributes))[-1]
    assert dummy.words == ("thing", "dummy")
    with pytest.raises(AssertionError, match=says):
        check_contract(dummy)


@pytest.mark.parametrize(("name", "says"), [("list", "with is_read=True"), ("delete", "let `zprof thing delete` ask")])
def test_a_verb_means_the_same_everywhere(name: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_contract(leaves(with_dummy())[-1]._replace(words=("thing", name)))


def test_each_environment_variable_is_documented() -> None:
    names = re.findall(r'^[A-Z_]+ = "([A-Z_]+)"$', Path(paths_file).read_text(), re.MULTILINE)
    assert len(names) >= 5
    page = (ROOT / "docs" / "environment.md").read_text().partition("\n## Variables that zprof reads\n")[2]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_no_module_reads_the_environment_besides_paths() -> None:
    terminals_own = {"terminal.py", "explain.py"}  # COLUMNS, LESS and TERM
    named = {"url.py", "sources.py"}  # a URL names the variable of its password, and a reference any
    allowed = {"paths.py", *named, *terminals_own}
    readers = {
        path.name
        for path in (ROOT / "zprof").rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text()) and path.name not in allowed
    }
    assert readers == set()


def test_the_map_of_the_code_has_each_room_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`(zprof/\w+(?:\.py|/))`", page))
    there = {f"zprof/{path.name}" for path in (ROOT / "zprof").glob("*.py") if not path.name.startswith("__")}
    there |= {f"zprof/{path.parent.name}/" for path in (ROOT / "zprof").glob("*/__init__.py")}
    assert sorted(there - named) == []
    assert sorted(named - there) == []


def test_each_dependency_has_a_lowest_version_which_ci_installs(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    program = Path(copy(ROOT / ".ci" / "lowest", tmp_path / ".ci"))
    for dependencies, code, out, err in [
        (["click>=8.4.1,<9,!=8.6", "PyYAML >= 6.0.2"], 0, "click==8.4.1\nPyYAML==6.0.2\npsycopg==3.2.2\n", ""),
        (["click<9"], 1, "", "give click a lowest version in pyproject.toml: click>=…\n"),
    ]:
        (tmp_path / "pyproject.toml").write_text(
            f"[project]\ndependencies = {dependencies}\n"
            '[project.optional-dependencies]\npostgresql = ["psycopg[binary]>=3.2.2"]\n'
        )
        done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (code, out, err)
