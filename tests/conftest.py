"""Tests read like the shell: `zprof("profile", "list")`, in a home of their own, on real files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import postgresql_server
import pytest

from zprof.__main__ import run
from zprof.profiles.registry import Registry
from zprof.url import sqlite_url

SCRIPT = Path(sys.executable).with_name("zprof")
"""The installed command."""


MEMORY, ROOM = "/dev/shm", 2**30
"""A directory in memory, and how many bytes must be free there for the tests to use it."""

_server = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server of the run, in the process that has the others, and have its port in their environment."""
    config.addinivalue_line("markers", "on_both: runs on a store in SQLite and again on one in PostgreSQL")
    config.addinivalue_line("markers", "slow: takes seconds, so it begins first, and no processor is idle at the end")
    is_worker = hasattr(config, "workerinput")
    let_others_hear_signals(is_worker=is_worker)
    if not is_worker and config.option.basetemp is None:
        use_memory()
    if postgresql_server.VARIABLE not in os.environ and not config.option.collectonly:
        config.stash[_server] = postgresql_server.start()


def let_others_hear_signals(*, is_worker: bool) -> None:
    """Let what the tests start be ended by Ctrl-C and by a hangup, also where the run itself is not, as under nohup.

    A program inherits that a signal is ignored, but not that it is handled. A worker has inherited the latter.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN or (is_worker and number == signal.SIGHUP):
            signal.signal(number, lambda *_: None)


def use_memory() -> None:
    """Have temporary directories in memory, where it is large enough and nobody has chosen another place."""
    is_chosen = not {"TMPDIR", "PYTEST_DEBUG_TEMPROOT"}.isdisjoint(os.environ)
    if not is_chosen and os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = MEMORY
        tempfile.tempdir = None


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        postgresql_server.stop(config.stash[_server])


def pytest_report_header() -> str:
    """Which server it is, so that none is left out unseen."""
    found = postgresql_server.programs()
    return f"server: {found.version()}, {found.origin}: {found.directory}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("on_both") is not None:
        assert "store_kind" in metafunc.fixturenames, f"{metafunc.definition.nodeid} uses no store"
        metafunc.parametrize("store_kind", ["sqlite", "postgresql"], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


class Result(NamedTuple):
    """What a command printed and returned."""

    code: int
    out: str
    err: str


Zprof = Callable[..., Result]

NewStore = Callable[[], tuple[str, ...]]

BANNER = "Running without an active repository root.\nRunning with active profile: 'default' (global)\n"
"""What most commands print first on stderr."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, which is the working directory too, and an environment without a trace of zprof."""
    path = tmp_path / "home"
    be_at_home(path, monkeypatch)
    return path


def be_at_home(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.mkdir()
    for name in [name for name in os.environ if name.startswith(("ZPROF_", "ZENML_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.chdir(path)


@pytest.fixture
def config(home: Path) -> Path:
    """The config directory; nothing is there until the first command."""
    return config_of(home)


def config_of(home: Path) -> Path:
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


def made_by(home: Path, *commands: tuple[str, ...], files: Mapping[str, str] = {}) -> Path:
    """A new home with some files, in which commands have been run. It is there to be copied: `move_in`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        be_at_home(home, monkeypatch)
        for name, text in files.items():
            (home / name).write_text(text)
        for words in commands:
            assert run(("-q", *words)) == 0, words
    return home


def move_in(made: Path, home: Path) -> None:
    """Fill a home with a copy of one that was made, to which the URLs of its profiles lead."""
    # Not when they were made: in a long run that would be long ago, as what nobody uses any more.
    shutil.copytree(made, home, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copy)
    with closing(sqlite3.connect(config_of(home) / "registry.db", isolation_level=None)) as registry:
        urls = (sqlite_url(str(made)), sqlite_url(str(home)))
        registry.execute("UPDATE profile SET url = replace(url, ?, ?)", urls)
        registry.execute("UPDATE change SET before = replace(before, ?, ?), after = replace(after, ?, ?)", urls * 2)


@pytest.fixture(scope="session")
def after_first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the default profile in place."""
    return made_by(tmp_path_factory.mktemp("made") / "home", ("profile", "list"))


@pytest.fixture
def new_store(store_kind: str, request: pytest.FixtureRequest) -> NewStore:
    """The options of `profile create` for a store of the kind that the default profile's is."""
    if store_kind == "sqlite":
        return lambda: ()
    server: postgresql_server.Server = request.getfixturevalue("postgresql")
    return lambda: ("--url", server.url(server.new_schema()))


@pytest.fixture
def zprof(
    first_run: Zprof, after_first_run: Path, home: Path, config: Path, store_kind: str, request: pytest.FixtureRequest
) -> Zprof:
    """The command, in this process, with the default profile in place."""
    move_in(after_first_run, home)
    if store_kind == "postgresql":
        server: postgresql_server.Server = request.getfixturevalue("postgresql")
        move_default_store(config, server.url(server.new_schema()))
    return first_run


def move_default_store(config: Path, url: str, *, with_contents: bool = False) -> None:
    """Give the default profile a store at a URL, a new one or a copy, and remove the file that it had."""
    registry = Registry(str(config))
    registry.create_profile("moving", url, registry.profile("default") if with_contents else None)
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as connection:
        connection.execute("DELETE FROM profile WHERE name = 'moving'")
        connection.execute("DELETE FROM change WHERE entity_name = 'moving'")
        connection.execute("DELETE FROM operation WHERE number = (SELECT max(number) FROM operation)")
        old = connection.execute("SELECT url FROM profile WHERE name = 'default'").fetchone()[0]
        connection.execute("UPDATE profile SET url = ? WHERE name = 'default'", (url,))
        connection.execute(
            "UPDATE change SET before = replace(before, ?, ?), after = replace(after, ?, ?)", (old, url) * 2
        )
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


PAGER = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "team": {"type": "string"},
        "code": {"type": "string", "writeOnly": True},
        "more": {"type": "object"},
    },
}
"""The schema of a flavor with a secret, and with an object that may have one within."""


@pytest.fixture
def secretive(zprof: Zprof, home: Path) -> Zprof:
    """The command, with a stack `prod` that is active and holds secrets of a built-in flavor and of one of its own."""
    (home / "pager.json").write_text(json.dumps(PAGER))
    for words in (
        ("metadata-store", "register", "runs", "-f", "mysql", "--host=db", "--database=runs", "--password=hunter2"),
        ("alerter", "flavor", "register", "pager", "--schema", "pager.json"),
        ("alerter", "register", "duty", "-f", "pager", "--team=night", "--code=hunter2",
         '--more={"list": [{"token": "hunter2"}], "n": 1}'),
        ("artifact-store", "register", "s3", "-f", "s3", "--path=s3://b", "--key={{aws.key}}"),
        ("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "runs", "-al", "duty", "--set"),
    ):  # fmt: skip
        assert zprof(*words).code == 0
    return zprof
