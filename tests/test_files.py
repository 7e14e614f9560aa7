"""The files that zprof makes, reads, moves and leaves alone."""

from __future__ import annotations

import errno
import getpass
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import SCRIPT, Result, Zprof
from contents import contents, damage, files, rows

from zprof import paths
from zprof.component_types import COMPONENT_TYPES
from zprof.sqlite.errors import translated

HERE = Path(__file__).parent
STACK = ("-o", "default", "-a", "default", "-m", "default")
SETUP: list[tuple[str, ...]] = [
    ("profile", "create", "second"),
    ("profile", "set", "second"),
    ("orchestrator", "register", "docker", "-f", "local_docker", "--docker_parent_image=python"),
    ("stack", "register", "new", "-o", "docker", "-a", "default", "-m", "default", "--set"),
    ("stack", "rename", "new", "renamed"),
    ("orchestrator", "update", "docker", "--docker_parent_image=slim"),
    ("profile", "set", "default"),
    ("profile", "delete", "second", "--yes"),
]
"""Commands that between them make every kind of file."""
READS: list[tuple[str, ...]] = [
    *[("profile", *words) for words in (("list",), ("describe",), ("describe", "default"), ("get",))],
    *[("stack", *words) for words in (("list",), ("describe",), ("describe", "default"), ("get",))],
    *[(type_.command, verb) for type_ in COMPONENT_TYPES for verb in ("list", "describe", "get")],
    *[(type_.command, "flavor", "list") for type_ in COMPONENT_TYPES],
    ("orchestrator", "flavor", "describe", "local_docker"),
    ("orchestrator", "describe", "default"),
    *[("stack", "list", "-o", output) for output in ("json", "yaml", "csv", "name")],
    *[("db", *words) for words in (("status",), ("status", "--all"), ("check", "--all"), ("upgrade", "--dry-run"))],
    ("doctor",),
    ("--help",),
    ("--version",),
    ("profile", "describe", "unknown"),
    ("stack", "describe", "unknown"),
]


def launched(*words: str, options: tuple[str, ...] = ("--unprivileged",)) -> Result:
    """The installed command without root's powers, or with whatever else `launching.py` can take away."""
    command = [sys.executable, str(HERE / "launching.py"), *options, str(SCRIPT), *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """A directory and everything in it, not to be written for a while."""
    paths_ = [directory, *directory.rglob("*")]
    modes = [path.stat().st_mode for path in paths_]
    for path in reversed(paths_):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in zip(paths_, modes, strict=True):
            path.chmod(mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077], ids=oct)
def test_all_that_is_made_is_only_this_users(mask: int, first_run: Zprof, home: Path, config: Path) -> None:
    with umask(mask):
        for words in SETUP:
            assert first_run(*words).code == 0
    made = {path.relative_to(config): stat.S_IMODE(path.stat().st_mode) for path in [config, *config.rglob("*")]}
    assert {mode for path, mode in made.items() if (config / path).is_dir()} == {0o700}
    assert {mode for path, mode in made.items() if (config / path).is_file()} == {0o600}
    kinds = {path.suffix for path in made}
    assert {".db", ".lock"} <= kinds
    assert {str(path) for path in made} >= {".", "profiles", "backups", "registry.db", "registry.db.lock"}
    assert list((config / "backups").iterdir())


def test_no_directory_on_the_way_is_open_to_others(first_run: Zprof, home: Path, config: Path) -> None:
    """Who may write to the directory above could put another config directory in its place."""
    with umask(0):
        assert first_run("profile", "list").code == 0
    above = [path for path in config.parents if path.is_relative_to(home) and path != home]
    assert above
    assert [stat.S_IMODE(path.stat().st_mode) & 0o022 for path in above] == [0] * len(above)


def test_a_sidecar_has_the_mode_of_its_database(zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    store.with_name("default.db.lock").unlink(missing_ok=True)
    store.chmod(0o660)
    with umask(0o077):
        assert zprof("stack", "register", "new", *STACK).code == 0
    assert stat.S_IMODE(store.with_name("default.db.lock").stat().st_mode) == 0o660


@pytest.mark.parametrize("with_sidecars", [True, False])
def test_reads_never_write(with_sidecars: bool, zprof: Zprof, config: Path) -> None:
    if with_sidecars:
        assert zprof("stack", "register", "new", *STACK).code == 0
    else:
        for sidecar in config.rglob("*.lock"):
            sidecar.unlink()
    before = files(config)
    for words in READS:
        assert "Traceback" not in zprof(*words).err
        assert files(config) == before, words


def test_the_comparison_of_files_sees_a_write(zprof: Zprof, config: Path) -> None:
    before = files(config)
    assert zprof("profile", "set", "default").code == 0
    assert zprof("stack", "register", "new", *STACK).code == 0
    after = files(config)
    assert {path for path in after if after[path] != before.get(path)} >= {"profiles", "profiles/default.db"}


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("stack", "--help"), ("stack", "list", "--help")])
def test_help_makes_nothing(words: tuple[str, ...], first_run: Zprof, home: Path) -> None:
    assert first_run(*words).code == 0
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("with_sidecars", [True, False])
def test_a_read_needs_no_right_to_write(with_sidecars: bool, zprof: Zprof, config: Path) -> None:
    assert zprof("stack", "register", "new", *STACK).code == 0
    expected = zprof("stack", "list")
    if not with_sidecars:
        for sidecar in config.rglob("*.lock"):
            sidecar.unlink()
    with read_only(config):
        before = files(config)
        assert launched("stack", "list") == expected
        assert launched("profile", "list").code == 0
        # That this is no directory to write to is seen from a change.
        change = launched("stack", "register", "other", *STACK)
        assert (change.code, change.out) == (1, "")
        assert "Traceback" not in change.err
        assert "can't be written" in change.err
        assert files(config) == before


def test_a_journal_that_must_be_played_back_needs_the_right_to_write(zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    expected = zprof("stack", "list")
    leave_journal(store)
    with read_only(config):
        result = launched("stack", "list")
        assert result.code == 1
        assert "Traceback" not in result.err
        assert "permissions" in result.err
    assert zprof("stack", "list") == expected


def leave_journal(store: Path) -> None:
    """Kill a change when some of it is in the file."""
    program = """if True:
        import os, signal, sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE filling AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n"
                           " WHERE i < 500) SELECT i, zeroblob(1000) FROM n")
        connection.execute("UPDATE stack SET name = 'half'")
        connection.execute("UPDATE filling SET i = i + 1")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", program, store], check=False)
    assert store.with_name(f"{store.name}-journal").stat().st_size > 0


@pytest.mark.parametrize("is_misbehaving", [False, True], ids=["zprof", "a program that opens one"])
def test_python_never_opens_a_database(is_misbehaving: bool, home: Path, config: Path) -> None:
    custom = str(home / "custom.db")
    commands = [
        *SETUP,
        *READS[:-2],
        ("profile", "create", "custom", "--url", custom),
        ("-p", "custom", "stack", "list"),
        ("db", "backup", f"{config}/copy.db"),
        ("db", "restore", f"{config}/copy.db", "--yes"),
        ("db", "backup", "--registry"),
        ("doctor", "--fix"),
    ]
    done = subprocess.run(
        [sys.executable, HERE / "watching.py", json.dumps([str(home), commands, False])]
        if not is_misbehaving
        else [sys.executable, HERE / "watching.py", json.dumps([str(config), [["profile", "list"]], True])],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["codes"][: len(SETUP)] == [0] * min(len(SETUP), len(seen["codes"]))
    assert seen["codes"][-1] == 0
    assert seen["opened"] == ([str(config / "registry.db")] if is_misbehaving else [])


def check_refusal(result: Result, *named: str) -> None:
    assert (result.code, result.out) == (1, "")
    assert "Traceback" not in result.err
    message, hint = result.err.splitlines()[-2:]
    assert message.startswith("Error: ")
    for text in (paths.CONFIG_PATH, *named):
        assert text in message + hint


@pytest.mark.parametrize("place", [".config", ".config/zprof", ".config/zprof/profiles"])
def test_a_file_in_the_place_of_a_directory_is_refused(place: str, first_run: Zprof, home: Path, config: Path) -> None:
    (home / place).parent.mkdir(parents=True, exist_ok=True)
    (home / place).write_text("in the way")
    check_refusal(first_run("profile", "list"), str(home / place))
    assert (home / place).read_text() == "in the way"


@pytest.mark.parametrize("place", ["", ".config", ".config/zprof", ".config/zprof/profiles"])
def test_a_directory_that_cant_be_written_is_named(place: str, home: Path, config: Path) -> None:
    (home / place).mkdir(parents=True, exist_ok=True)
    before = files(home)
    with read_only(home):
        check_refusal(launched("profile", "list"), str(home))
    assert [path for path in files(home) if path not in before and not path.endswith(".lock")] == []
    assert launched("profile", "list").code == 0


def test_a_registry_that_is_a_directory_is_refused(zprof: Zprof, config: Path) -> None:
    (config / "registry.db").unlink()
    (config / "registry.db").mkdir()
    result = zprof("profile", "list")
    assert (result.code, result.out) == (6, "")
    assert "is a directory" in result.err


def test_a_lost_registry_is_made_again_around_the_store(zprof: Zprof, config: Path) -> None:
    assert zprof("stack", "register", "new", *STACK).code == 0
    (config / "registry.db").unlink()
    assert zprof("stack", "list", "-o", "name").out == "default\nnew\n"


def backups(config: Path) -> list[Path]:
    return sorted((config / "backups").glob("*")) if (config / "backups").exists() else []


def test_a_deleted_profiles_store_is_kept(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    assert zprof("-p", "second", "stack", "register", "new", *STACK).code == 0
    store = config / "profiles/second.db"
    before = rows(store, "SELECT name FROM stack ORDER BY name")
    result = zprof("profile", "delete", "second", "--yes")
    assert result.code == 0
    (kept,) = backups(config)
    assert str(kept) in result.err
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert rows(kept, "SELECT name FROM stack ORDER BY name") == before == [["default"], ["new"]]
    assert damage(config) == []
    assert [path.name for path in (config / "profiles").iterdir() if path.name.startswith("second")] == []
    # It can be had again by joining it.
    assert zprof("profile", "create", "again", "--url", str(kept)).code == 0
    assert zprof("-p", "again", "stack", "list", "-o", "name").out == "default\nnew\n"


def test_each_deleted_profiles_store_is_kept(zprof: Zprof, config: Path) -> None:
    """Two of one name, in one second and one process, as a program may do it."""
    for _ in range(3):
        zprof("profile", "create", "second")
        assert zprof("profile", "delete", "second", "--yes").code == 0
    assert len(backups(config)) == 3


def test_a_deleted_profiles_journal_is_played_back_first(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    leave_journal(config / "profiles/second.db")
    assert zprof("profile", "delete", "second", "--yes").code == 0
    (kept,) = backups(config)
    assert rows(kept, "SELECT name FROM stack") == [["default"]]
    assert damage(config) == []


@pytest.mark.parametrize("is_url", [True, False], ids=["url", "path"])
def test_a_store_elsewhere_is_left_alone(is_url: bool, zprof: Zprof, home: Path, config: Path) -> None:
    store = home / "elsewhere.db"
    assert zprof("profile", "create", "second", "--url", f"sqlite://{store}" if is_url else "elsewhere.db").code == 0
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    before = files(home)["elsewhere.db"]
    assert zprof("profile", "delete", "second", "--yes").code == 0
    assert files(home)["elsewhere.db"] == before
    assert backups(config) == []


@pytest.mark.parametrize("way", ["same", "link", "linked directory"])
def test_a_store_that_another_profile_has_stays(way: str, zprof: Zprof, home: Path, config: Path) -> None:
    zprof("profile", "create", "second")
    store = config / "profiles/second.db"
    path = {"same": store, "link": home / "link.db", "linked directory": home / "link/second.db"}[way]
    (home / "link.db").symlink_to(store)
    (home / "link").symlink_to(store.parent)
    assert zprof("profile", "create", "third", "--url", str(path)).code == 0
    assert zprof("profile", "delete", "second", "--yes").code == 0
    assert zprof("-p", "third", "stack", "list", "-o", "name").out == "default\n"


def test_a_store_that_is_gone_is_no_hindrance_to_deleting(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    (config / "profiles/second.db").unlink()
    assert zprof("profile", "delete", "second", "--yes").code == 0
    assert backups(config) == []


def test_a_store_is_never_made_over_a_file(zprof: Zprof, config: Path) -> None:
    taken = config / "profiles/second.db"
    taken.write_text("somebody's")
    (config / "profiles/second-2.db").symlink_to("nowhere")
    assert zprof("profile", "create", "second").code == 0
    assert taken.read_text() == "somebody's"
    url = json.loads(zprof("profile", "describe", "second", "-o", "json").out)["url"]
    assert url == f"sqlite://{config}/profiles/second-3.db"
    assert zprof("-p", "second", "stack", "list", "-o", "name").out == "default\n"


@pytest.mark.parametrize("content", [b"", b"text", b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_store_is_not_joined(content: bytes, zprof: Zprof, home: Path) -> None:
    path = home / "other.db"
    path.write_bytes(content)
    before = files(home)["other.db"]
    result = zprof("profile", "create", "other", "--url", str(path))
    assert (result.code, result.out) == (6, "")
    assert files(home)["other.db"] == before
    assert "other" not in zprof("profile", "list", "-o", "name").out


def test_another_programs_database_is_not_joined(zprof: Zprof, home: Path, config: Path) -> None:
    path = home / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE stack (id INTEGER)")
    before = files(home)["other.db"]
    for database in (path, config / "registry.db"):
        result = zprof("profile", "create", "other", "--url", str(database))
        assert (result.code, result.out) == (6, "")
    assert files(home)["other.db"] == before


def test_a_pipe_is_not_waited_for(zprof: Zprof, home: Path) -> None:
    os.mkfifo(home / "pipe.db")
    result = zprof("profile", "create", "other", "--url", "pipe.db")
    assert (result.code, result.out) == (6, "")


LONG = "x" * 40_000
GROWING = [
    ("stack", "register", "new", *STACK),
    ("orchestrator", "register", "new", "-f", "local_docker", f"--docker_parent_image={LONG}"),
    ("profile", "create", "new"),
    ("stack", "rename", "default", "renamed"),
]


@pytest.mark.parametrize("limit", [600, 9000, 40_000, 96_000], ids=lambda limit: f"{limit} bytes")
def test_a_full_disk_changes_nothing(limit: int, zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "create", "second").code == 0
    before = contents(config)
    failed = 0
    for words in GROWING:
        result = launched(*words, options=("--file-size", str(limit)))
        if result.code == 0:
            assert limit > 20_000
            before = contents(config)
            continue
        failed += 1
        assert (result.code, result.out) == (1, "")
        assert "Traceback" not in result.err
        message, hint = result.err.splitlines()[-2:]
        assert message.startswith("Error: ")
        assert str(config) in message
        assert hint
        assert zprof("stack", "list").code == 0
        assert contents(config) == before
        assert damage(config) == []
        assert list(config.rglob("*.new*")) == []
    assert failed
    for words in GROWING:
        assert zprof(*words).code in (0, 4, 3)
    assert zprof("profile", "list", "-o", "name").out == "default\nnew\nsecond\n"


def test_a_first_run_on_a_full_disk_leaves_nothing_behind(home: Path, config: Path) -> None:
    for limit in (600, 9000, 40_000):
        result = launched("profile", "list", options=("--file-size", str(limit)))
        assert (result.code, result.out) == (1, "")
        assert "Traceback" not in result.err
        assert not (config / "registry.db").exists()
        assert list(config.rglob("*.new*")) == []
    assert launched("profile", "list").code == 0


def test_a_full_disk_is_called_by_its_name(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(config)
    connect = sqlite3.connect

    def connect_to_full_disk(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")  # which means: as many as there are
        return connection

    with monkeypatch.context() as patches:
        patches.setattr(sqlite3, "connect", connect_to_full_disk)
        result = zprof(*GROWING[1])
    assert (result.code, result.out) == (1, "")
    message, hint = result.err.splitlines()[-2:]
    assert message == f"Error: The disk that holds {config / 'profiles/default.db'} is full."
    assert hint == "Nothing was changed. Free some space and try again."
    assert LONG not in result.err
    assert contents(config) == before
    assert zprof(*GROWING[1]).code == 0


ODD_NAMES = [
    "plain relative",
    "100%",
    "100%25",
    "what?mode=memory",
    "a#fragment",
    "a&b=c;d",
    "with 'quotes\" and `ticks`",
    "naïve 日本 👉",
    "-o",
    "~",
    "back\\slash",
    "x" * 200,
    *([os.fsdecode(b"not \xff\xfe UTF-8")] if sys.platform == "linux" else []),
]


@pytest.mark.parametrize("given", ["config", "./config", "../x", "a b"])
def test_a_relative_config_directory_is_refused(
    given: str, first_run: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be another one in each directory."""
    monkeypatch.setenv(paths.CONFIG_PATH, given)
    for words in (("profile", "list"), ("profile", "get"), ("status",), ("doctor",)):
        refused = first_run(*words)
        assert (refused.code, refused.out) == (2, ""), words
    assert list(home.iterdir()) == []
    (line,) = re.findall("`(export .*)`", refused.err)
    told = subprocess.run(
        ["/bin/sh", "-c", f'{line}; printf %s "${paths.CONFIG_PATH}"'], capture_output=True, text=True
    )
    assert told.stdout == os.path.abspath(given)


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_any_config_directory_will_do(name: str, first_run: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.CONFIG_PATH, str(home / name))
    for words in [*SETUP, ("stack", "list"), ("profile", "list", "-o", "json"), ("profile", "list")]:
        result = first_run(*words)
        assert result.code == 0, result
    assert sorted(os.listdir(home / name)) == ["backups", "profiles", "registry.db", "registry.db.lock"]
    assert os.listdir(home) == [name]
    (kept,) = backups(home / name)
    assert rows(kept, "SELECT name FROM stack ORDER BY name") == [["default"], ["renamed"]]
    # The store is named by its absolute path, so that it is found from everywhere.
    monkeypatch.setenv(paths.CONFIG_PATH, str(home / name))
    monkeypatch.chdir("/")
    assert first_run("stack", "list", "-o", "name").out == "default\n"


def test_any_bytes_will_do_for_a_path_on_the_command_line(zprof: Zprof, home: Path) -> None:
    name = b"not \xff UTF-8.db" if sys.platform == "linux" else "naïve.db".encode()
    command = [os.fsencode(SCRIPT), b"profile", b"create", b"odd", b"--url", name]
    done = subprocess.run(command, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0
    assert name in os.listdir(os.fsencode(home))
    assert zprof("-p", "odd", "stack", "list", "-o", "name").out == "default\n"


def test_any_bytes_in_a_config_are_no_traceback(zprof: Zprof) -> None:
    command = [os.fsencode(SCRIPT), b"orchestrator", b"register", b"odd", b"-f", b"local_docker"]
    done = subprocess.run([*command, b"--docker_parent_image=\xff"], capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 2)
    assert zprof("orchestrator", "list").code == 0


def test_a_moved_config_directory_says_what_is_missing(zprof: Zprof, home: Path, config: Path) -> None:
    moved = home / "moved"
    shutil.move(config, moved)
    assert not config.exists()
    os.environ[paths.CONFIG_PATH] = str(moved)
    try:
        result = zprof("stack", "list")
        assert (result.code, result.out) == (1, "")
        assert f"{config}/profiles/default.db does not exist" in result.err
        assert zprof("profile", "list").code == 0
    finally:
        del os.environ[paths.CONFIG_PATH]


# What the operating system refuses


def limited(files: int, *words: str) -> Result:
    """The command in a process that may have few files open."""
    line = f'ulimit -n {files}; exec "$0" "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", line, SCRIPT, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "words", ["db backup", "orchestrator register x -f local_docker", "profile create z", "doctor"]
)
def test_too_few_file_descriptors(words: str, zprof: Zprof) -> None:
    refused = limited(5, "-q", *words.split())
    assert refused.code == 1
    assert refused.err == ("Error: zprof can't open as many files as it needs.\nRaise the limit: `ulimit -n 1024`.\n")
    assert limited(64, "-q", *words.split()).code == 0


@pytest.mark.parametrize("words", ["init", "stack import e.yaml", "db restore x.db", "stack export default e.yaml"])
def test_a_working_directory_that_is_gone(words: str, zprof: Zprof, home: Path) -> None:
    line = f"mkdir gone && cd gone && rmdir ../gone && exec '{SCRIPT}' -q {words}"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: The working directory no longer exists.\nChange to another one: `cd`.\n"
    for read in ("stack list", "profile get", "status"):
        line = f"mkdir gone && cd gone && rmdir ../gone && exec '{SCRIPT}' -q {read}"
        assert subprocess.run(["/bin/sh", "-c", line], cwd=home, capture_output=True, check=False).returncode == 0


def test_a_file_that_went_between_two_looks(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **options: object) -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/some/file.db.7.8.new")

    monkeypatch.setattr("zprof.profiles.registry.Registry.profiles", gone)
    refused = zprof("-q", "profile", "list")
    assert refused.code == 1
    assert refused.err == "Error: /some/file.db no longer exists: it was removed in the meantime.\nTry again.\n"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("profile create new", "profiles/new.db"),
        ("profile create new --from default", "profiles/new.db"),
        ("profile create new --url {home}/new.db", "{home}/new.db"),
        ("db backup {home}/copy.db", "{home}/copy.db"),
        ("stack export default {home}/out.yaml", "{home}/out.yaml"),
    ],
)
def test_a_full_disk_names_the_file_that_was_asked_for(words: str, named: str, zprof: Zprof, home: Path) -> None:
    refused = launched("-q", *words.format(home=home).split(), options=("--file-size", "100"))
    assert refused.code == 1
    assert named.format(home=home) in refused.err.splitlines()[0]
    assert ".new" not in refused.err
    assert "default.db" not in refused.err
    assert list(home.rglob("*.new*")) == []


def test_a_directory_that_can_be_written_and_not_read(zprof: Zprof, home: Path) -> None:
    place = home / "drop"
    place.mkdir()
    place.chmod(0o300)
    try:
        for words in (
            ("profile", "create", "there", "--url", str(place / "there.db")),
            ("-p", "there", "stack", "register", "new", *STACK),
            ("db", "backup", str(place / "copy.db")),
            ("stack", "export", "default", str(place / "out.yaml")),
        ):
            done = launched("-q", *words)
            assert (done.code, done.err) == (0, ""), words
        assert launched("-q", "-p", "there", "stack", "list", "-o", "name").out == "default\nnew\n"
    finally:
        place.chmod(0o700)
    assert sorted(path.name for path in place.iterdir()) == ["copy.db", "out.yaml", "there.db", "there.db.lock"]


def test_a_journal_of_another_user_names_who_can_repair_it(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY_ROLLBACK
    store = config / "profiles/default.db"
    owner = getpass.getuser()
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(store).st_uid + 1)
    told = translated(error, str(store), "store")
    assert told.message == f"{store} was left in the middle of a change, and you have no permission to repair it."
    assert told.hint == (f"Its owner, {owner}, can repair it with any command that reads it, as `zprof stack list`.")


@pytest.mark.parametrize(
    "words", ["stack copy default new --dry-run", "stack import e.yaml --name new --dry-run", "db upgrade --dry-run"]
)
def test_a_dry_run_needs_no_right_to_write(words: str, zprof: Zprof, home: Path, config: Path) -> None:
    zprof("stack", "export", "default", str(home / "e.yaml"))
    expected = zprof("-q", *words.split())
    assert expected.code == 0
    with read_only(config):
        before = files(config)
        assert launched("-q", *words.split()) == expected
        assert files(config) == before
        assert launched("-q", *words.replace(" --dry-run", "").split()).code == ("upgrade" not in words)
