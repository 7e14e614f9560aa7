"""The checks of `make check` are seen to fail, each on a known-bad case; and the table of commands is proved."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import click
import pytest

from zprof.cli.command import Command, CommonOption, Group
from zprof.cli.main import COMMANDS, zprof
from zprof.component_types import COMPONENT_TYPES
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
        ("cli/output.py", "import tabulate", "tabulate and wcwidth are imported in zprof.cli.table alone"),
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
    ["import sqlalchemy", "import jsonschema_rs", "import tabulate", "import yaml", "from alembic import command"],
)
def test_a_heavy_import_at_the_top_fails_the_linter(tmp_path: Path, line: str) -> None:
    directory = with_line(tmp_path, "active/scope.py", line)
    done = subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--select", "TID253", "zprof"],
        cwd=directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "TID253" in done.stdout) == (1, True)


def test_the_table_of_commands() -> None:
    groups = ["profile", "stack", *(of_type.command for of_type in COMPONENT_TYPES)]
    assert list(COMMANDS) == [*groups, "init", "status", "db", "doctor", "import-zenml"]
    context = click.Context(zprof)
    for name, entry in COMMANDS.items():
        assert entry.help.endswith(".")
        command = zprof.get_command(context, name)
        assert isinstance(command, Group if name in (*groups, "db") else Command)
        assert command.name == name
        assert (command.help or "").splitlines()[0] == entry.help


def all_commands() -> list[tuple[str, click.Command]]:
    def below(path: str, group: click.Group) -> list[tuple[str, click.Command]]:
        found = []
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found.append((f"{path} {name}", command))
            if isinstance(command, click.Group):
                found += below(f"{path} {name}", command)
        return found

    return below("zprof", zprof)


@pytest.mark.parametrize(("path", "command"), [pytest.param(*found, id=found[0]) for found in all_commands()])
def test_each_command_keeps_to_the_contract(path: str, command: click.Command) -> None:
    common = [parameter for parameter in command.params if isinstance(parameter, CommonOption)]
    assert [parameter.name for parameter in common] == [
        "profile",
        "stack",
        "quiet",
        "lock_timeout",
        "confirm_name",
        "output",
    ]
    if isinstance(command, click.Group):
        return
    assert isinstance(command, Command)
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    # A line of the list of commands is not cut.
    assert len(command.get_short_help_str(limit=60)) <= 60
    assert "..." not in command.get_short_help_str(limit=60)
    is_read = path.split()[-1] in ("list", "describe", "get", "export", "validate", "status", "check", "doctor")
    assert ("-o" in common[-1].opts) == is_read
    takes_away = path.endswith((" delete", " stack export", " db backup", " db restore"))
    assert any("--yes" in parameter.opts for parameter in command.params) == takes_away


def test_each_environment_variable_is_in_the_readme() -> None:
    names = re.findall(r'^[A-Z_]+ = "([A-Z_]+)"$', Path(paths_file).read_text(), re.MULTILINE)
    assert len(names) >= 5
    readme = (ROOT / "README.md").read_text()
    assert [name for name in names if name not in readme] == []


def test_no_module_reads_the_environment_besides_paths() -> None:
    terminals_own = {"table.py", "explain.py", "main.py"}  # COLUMNS, LESS and TERM
    allowed = {"paths.py", "url.py", *terminals_own}  # a URL names the variable of its password
    readers = {
        path.name
        for path in (ROOT / "zprof").rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text()) and path.name not in allowed
    }
    assert readers == set()


def test_the_map_in_the_readme_has_each_room_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"`(zprof/\w+(?:\.py|/))`", readme))
    there = {f"zprof/{path.name}" for path in (ROOT / "zprof").glob("*.py") if not path.name.startswith("__")}
    there |= {f"zprof/{path.parent.name}/" for path in (ROOT / "zprof").glob("*/__init__.py")}
    assert sorted(there - named) == []
    assert sorted(named - there) == []
