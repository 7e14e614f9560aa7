"""Fixtures of the tests in real shells."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Zprof, made_by, move_in

from shells.sessions import STAND_IN, Run, installed, runner, version


def pytest_report_header() -> list[str]:
    return [f"shell: {version(shell)}" for shell in installed()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "shell" in metafunc.fixturenames and not any(
        "shell" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")
    ):
        metafunc.parametrize("shell", installed())


STACK = ("-o", "default", "-a", "default", "-m", "default")


@pytest.fixture(scope="session")
def with_profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the profiles `staging` and `prod` besides `default`; prod has a stack `live`, too."""
    return made_by(
        tmp_path_factory.mktemp("profiles") / "home",
        ("profile", "create", "staging"),
        ("profile", "create", "prod"),
        ("-p", "prod", "stack", "register", "live", *STACK),
    )


@pytest.fixture
def zprof(first_run: Zprof, with_profiles: Path, home: Path) -> Zprof:
    """The command, in this process, with those profiles."""
    move_in(with_profiles, home)
    return first_run


@pytest.fixture
def run(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What runs lines in a shell that has loaded the hook; HOME has the profiles."""
    return runner(home, monkeypatch)


@pytest.fixture
def stand_in(home: Path) -> Path:
    """In the place of `zprof prompt`, what prints the file `answer`, and notes each question in `asked`."""
    program = home / "bin" / "zprof"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    (home / "answer").write_text("first\n")
    return program
