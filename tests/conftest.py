"""Tests read like the shell: `zprof("profile", "list")`, in a home of their own, on real files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import postgresql_server
import pytest

from zprof.cli.main import run
from zprof.profiles.registry import Registry

SCRIPT = Path(sys.executable).with_name("zprof")
"""The installed command."""


ON_BOTH = ("test_component", "test_custom_flavors", "test_stack", "test_stack_rules", "test_transfer")
"""The modules whose tests run on a store in SQLite and on one in PostgreSQL, but for those marked `on_file`."""

_server = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server of the run, in the process that has the others, and have its port in their environment."""
    config.addinivalue_line("markers", "on_file: looks into the SQLite file of a store, so it needs one")
    if postgresql_server.VARIABLE not in os.environ and not config.option.collectonly:
        config.stash[_server] = postgresql_server.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        postgresql_server.stop(config.stash[_server])


def pytest_report_header() -> str:
    """Which server it is, so that none is left out unseen."""
    found = postgresql_server.programs()
    return f"server: {found.version()}, {found.origin}: {found.directory}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    is_on_file = metafunc.definition.get_closest_marker("on_file") is not None
    if metafunc.module.__name__ in ON_BOTH and "store_kind" in metafunc.fixturenames and not is_on_file:
        metafunc.parametrize("store_kind", ["sqlite", "postgresql"], indirect=True)


class Result(NamedTuple):
    """What a command printed and returned."""

    code: int
    out: str
    err: str


Zprof = Callable[..., Result]

BANNER = "Running without an active repository root.\nRunning with active profile: 'default' (global)\n"
"""What most commands print first on stderr."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, which is the working directory too, and an environment without a trace of zprof."""
    path = tmp_path / "home"
    path.mkdir()
    for name in [name for name in os.environ if name.startswith(("ZPROF_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def config(home: Path) -> Path:
    """The config directory; nothing is there until the first command."""
    return home / ("Library/Application Support/zprof" if sys.platform == "darwin" else ".config/zprof")


@pytest.fixture
def first_run(home: Path, capsys: pytest.CaptureFixture[str]) -> Zprof:
    """The command, in this process, before its first run."""

    def call(*words: str) -> Result:
        capsys.readouterr()
        code = run(words)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def postgresql() -> postgresql_server.Server:
    """The server of this run."""
    return postgresql_server.Server()


@pytest.fixture
def store_kind(request: pytest.FixtureRequest) -> str:
    """Where the store of the default profile is: `sqlite` or `postgresql`."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def zprof(first_run: Zprof, config: Path, store_kind: str, request: pytest.FixtureRequest) -> Zprof:
    """The command, in this process, with the default profile in place."""
    assert first_run("-q", "profile", "list").code == 0
    if store_kind == "postgresql":
        server: postgresql_server.Server = request.getfixturevalue("postgresql")
        move_default_store(config, server.url(server.new_schema()))
    return first_run


def move_default_store(config: Path, url: str) -> None:
    """Give the default profile a new store at a URL, and remove the file that it had."""
    Registry(str(config)).create_profile("moving", url)
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("DELETE FROM profile WHERE name = 'moving'")
        registry.execute("UPDATE profile SET url = ? WHERE name = 'default'", (url,))
    (config / "profiles" / "default.db").unlink()


@pytest.fixture
def script(home: Path) -> Zprof:
    """The installed command, in a process of its own: what only that can prove."""

    def call(*words: str, stdin: str = "", timeout: float = 60.0) -> Result:
        done = subprocess.run(
            [SCRIPT, *words], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call
