"""Faults, injected for real: what a command says, what it leaves, and that the next one works."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Result, Zprof
from contents import contents, damage, files, rows
from killing import forked
from newer import FORMATS, migrations_of_next_release

import zprof as library
from zprof import paths
from zprof.__main__ import run
from zprof.caller import Caller
from zprof.errors import Busy, Conflict, DamagedFile, InvalidInput, ZprofError
from zprof.generated import formats
from zprof.schema import migration
from zprof.sqlite.backups import back_up
from zprof.sqlite.database import Database
from zprof.store.change import StoreChange
from zprof.store.store import Store

HERE = Path(__file__).parent
STACK = ("-o", "default", "-a", "default", "-m", "default")
CHANGE = ("stack", "register", "new", *STACK)
NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, or be somebody else")
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that can do this")


def check_refused(result: Result, code: int, *named: str) -> None:
    """Two lines, no answer and no traceback."""
    assert (result.code, result.out) == (code, ""), result
    assert "Traceback" not in result.err
    assert "broken" not in result.err
    message, hint = result.err.splitlines()[-2:]
    assert message.startswith("Error: ")
    assert hint
    for text in named:
        assert text in message + hint


# Calls to the operating system that fail, kill or take their time.


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that stands between a program and the C library."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("it takes a C compiler, and Linux")
    library_ = tmp_path_factory.mktemp("faulty") / "faulty.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library_, HERE / "faulty.c"], check=True)
    return library_


def attempts(faulty: Path, **task: Any) -> list[dict[str, Any]]:
    """What `failing.py` saw, call by call."""
    environment = {**os.environ, "LD_PRELOAD": str(faulty)}
    command = [sys.executable, str(HERE / "failing.py"), json.dumps(task)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("call", "how", "step"),
    [
        ("sync", errno.EIO, 1),
        ("unlink", errno.EIO, 1),
        ("write", errno.EIO, 5),
        ("write", errno.ENOSPC, 5),
        ("write", "killed", 5),
        ("sync", "killed", 1),
    ],
    ids=["sync fails", "unlink fails", "write fails", "no room", "killed at a write", "killed at a sync"],
)
def test_a_change_is_whole_or_not_there_whichever_call_fails(
    call: str, how: int | str, step: int, faulty: Path, zprof: Zprof, config: Path
) -> None:
    before = contents(config)
    *failed, last = attempts(faulty, config=str(config), words=CHANGE, call=call, how=how, step=step)
    assert (last["code"], last["is_killed"]) == (0, False)
    after = last["contents"]
    assert after != before
    assert failed
    for attempt in failed:
        assert attempt["contents"] in (before, after)
        assert attempt["afterwards"] == attempt["contents"]
        assert attempt["probe"] == 0, attempt["probe_said"]
        assert attempt["damage"] == []
        assert attempt["is_killed"] == (how == "killed")
        if attempt["code"] == 0:
            assert attempt["contents"] == after
        elif not attempt["is_killed"]:
            assert attempt["code"] == 1
            assert "Traceback" not in attempt["said"]
            assert "Error: " in attempt["said"]
            # What may have happened is not said not to have.
            assert attempt["contents"] == before or "Nothing was changed" not in attempt["said"]
    assert any(attempt["code"] != 0 for attempt in failed)


def test_a_disk_that_is_slow_is_waited_for(faulty: Path, zprof: Zprof, config: Path) -> None:
    (slow,) = attempts(faulty, config=str(config), words=CHANGE, call="sync", how="slow")
    assert slow["code"] == 0
    assert slow["seconds"] > 0.04  # five syncs of 10 ms: the delay was there


# A full disk.


@needs_root
@only_linux
def test_a_disk_that_is_full(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(home / "disk", "700k") as disk:
        assert zprof("profile", "create", "small", "--url", str(disk / "small.db")).code == 0
        filling = disk / "filling"
        with filling.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(b"x" * 4096)
        before = contents(home / ".config/zprof")
        result = zprof("-p", "small", *CHANGE)
        check_refused(result, 1, str(disk / "small.db"), "full")
        assert zprof("-p", "small", "stack", "list", "-o", "name").out == "default\n"
        assert contents(home / ".config/zprof") == before
        assert damage(disk) == []
        assert zprof("profile", "list").code == 0
        check_refused(zprof("profile", "create", "other", "--url", str(disk / "other.db")), 1, str(disk))
        assert sorted(os.listdir(disk)) == ["filling", "small.db", "small.db.lock"]
        filling.unlink()
        assert zprof("-p", "small", *CHANGE).code == 0


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], check=False)
    if mounted.returncode != 0:
        pytest.skip("no right to mount")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_full_in_the_middle_of_an_upgrade(
    zprof: Zprof, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = config / "profiles/default.db"
    directory = migrations_of_next_release(tmp_path / "migrations")
    before = contents(config)
    with monkeypatch.context() as patches:
        become(patches, directory)
        connect = sqlite3.connect

        def connect_to_full_disk(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)
            connection.execute("PRAGMA max_page_count = 1")  # which means: as many as there are
            return connection

        with monkeypatch.context() as full:
            full.setattr(sqlite3, "connect", connect_to_full_disk)
            result = zprof("stack", "list")
        assert (result.code, result.out) == (1, "")
        assert "Traceback" not in result.err
        assert contents(config) == before
        assert zprof("stack", "list", "-o", "name").out == "default\n"
        assert rows(store, "PRAGMA user_version") == [[FORMATS["store"]]]


def become(monkeypatch: pytest.MonkeyPatch, migrations: Path) -> None:
    """Be the next release."""
    monkeypatch.setattr(migration, "migrations_dir", lambda: migrations)
    for kind, version in FORMATS.items():
        monkeypatch.setitem(formats.FORMATS, kind, version)


# Files that are not what they should be.


def zeroed_page(store: Path) -> None:
    overwrite(store, b"\0" * 4096)


def garbage_page(store: Path) -> None:
    overwrite(store, os.urandom(4096))


def overwrite(store: Path, page: bytes) -> None:
    """In place of the page on which the names of stacks are."""
    with closing(sqlite3.connect(store)) as connection:
        ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'stack'").fetchall()
    with store.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(page)


def three_bytes(store: Path) -> None:
    store.write_bytes(b"SQL")


def pipe(store: Path) -> None:
    store.unlink()
    os.mkfifo(store)


def device(store: Path) -> None:
    store.unlink()
    store.symlink_to("/dev/zero")


def dangling_link(store: Path) -> None:
    store.unlink()
    store.symlink_to(store.with_name("nowhere.db"))


def hard_link(store: Path) -> None:
    os.link(store, store.with_name("second-name.db"))


@pytest.mark.parametrize(
    ("break_it", "code", "words"),
    [
        (zeroed_page, 6, "is damaged"),
        (garbage_page, 6, "is damaged"),
        (three_bytes, 6, "is not a SQLite database"),
        (pipe, 6, "is not a regular file"),
        (device, 6, "is not a regular file"),
        (dangling_link, 1, "does not exist"),
        (hard_link, 6, "is one of 2 hard links"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_store_that_is_none(
    break_it: Callable[[Path], None], code: int, words: str, zprof: Zprof, config: Path
) -> None:
    assert zprof("profile", "create", "second").code == 0
    store = config / "profiles/default.db"
    break_it(store)
    before = files(config)
    for command in (("stack", "describe", "default"), ("stack", "update", "default", "-o", "default")):
        check_refused(zprof(*command), code, str(store), words)
    assert {path: state for path, state in files(config).items() if not path.endswith(".lock")} == {
        path: before[path] if path != "profiles" else files(config)[path] for path in before if path[-5:] != ".lock"
    }
    assert not store.with_name("nowhere.db").exists()
    assert zprof("profile", "list", "-o", "name").out == "default\nsecond\n"
    assert zprof("profile", "set", "second").code == 0
    assert zprof(*CHANGE).code == 0


@pytest.mark.parametrize("break_it", [zeroed_page, three_bytes, dangling_link], ids=lambda value: value.__name__)
def test_a_registry_that_is_none(break_it: Callable[[Path], None], zprof: Zprof, config: Path) -> None:
    registry = config / "registry.db"
    if break_it is zeroed_page:
        registry.write_bytes(registry.read_bytes()[:4096] + b"\xff" * 20000)
    else:
        break_it(registry)
    for words in (("profile", "list"), ("profile", "set", "default"), CHANGE):
        result = zprof(*words)
        assert (result.code, result.out) == (7 if break_it is dangling_link else 6, ""), result
        assert "Traceback" not in result.err
        assert str(registry) in result.err
    assert damage(config / "profiles") == []


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "change"])
def test_a_file_that_arrives_in_wal_mode(is_read: bool, zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    assert zprof(*(("stack", "list") if is_read else CHANGE)).code == 0
    assert rows(store, "PRAGMA journal_mode") == [["wal" if is_read else "delete"]]
    assert damage(config) == []


def test_a_wal_file_that_another_program_has_open_is_waited_for(zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT * FROM stack").fetchall()
        check_refused(zprof(*CHANGE, "--lock-timeout", "0.3"), 5, str(store))
        assert zprof("stack", "list", "-o", "name").out == "default\n"
    assert zprof(*CHANGE).code == 0


def test_a_link_to_a_store_is_the_store(zprof: Zprof, home: Path, config: Path) -> None:
    link = home / "link.db"
    link.symlink_to(config / "profiles/default.db")
    assert zprof("profile", "create", "linked", "--url", str(link)).code == 0
    assert zprof("-p", "linked", *CHANGE).code == 0
    assert link.is_symlink()
    assert zprof("stack", "list", "-o", "name").out == "default\nnew\n"


def test_a_store_is_not_made_where_a_link_leads_nowhere(zprof: Zprof, home: Path) -> None:
    (home / "link.db").symlink_to(home / "nowhere.db")
    check_refused(zprof("profile", "create", "linked", "--url", str(home / "link.db")), 1, "does not exist")
    assert not (home / "nowhere.db").exists()


@pytest.mark.parametrize("fate", ["deleted", "replaced"])
def test_a_file_that_goes_in_the_middle_of_a_change(fate: str, zprof: Zprof, config: Path) -> None:
    """What is written to a file that has lost its name would be gone with it."""
    store = config / "profiles/default.db"
    other = config / "profiles/other.db"
    shutil.copy(store, other)
    opened = library.open_profile("default")
    with pytest.raises(ZprofError) as caught, opened.change() as change:
        change.register_component("orchestrator", "lost", "local", {})
        if fate == "deleted":
            store.unlink()
        else:
            os.replace(other, store)
    assert caught.value.exit_code == 4
    assert "has moved" in caught.value.message
    assert store.exists() == (fate == "replaced")
    if fate == "replaced":
        assert zprof("orchestrator", "list", "-o", "name").out == "default\n"


@pytest.mark.parametrize("number", ["NULL", "'0099_unknown'"], ids=["unstamped", "unknown revision"])
def test_an_older_file_of_an_unknown_revision(
    number: str, zprof: Zprof, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = config / "profiles/default.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
        if number != "NULL":
            connection.execute(f"INSERT INTO alembic_version VALUES ({number})")
    assert zprof("stack", "list").code == 0  # of this format, so nobody asks
    before = contents(config)
    assert before is not None
    become(monkeypatch, migrations_of_next_release(tmp_path / "migrations"))
    check_refused(zprof("stack", "list"), 6)
    after = contents(config)
    assert after is not None
    assert after["stores"] == before["stores"]


# Who one is, and where.


@needs_root
@only_linux
def test_another_user_reads_and_changes_nothing(
    zprof: Zprof, home: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is shared for reading: their registry is their own."""
    shared = home / "shared"
    shared.mkdir(mode=0o755)
    assert zprof("profile", "create", "shared", "--url", str(shared / "s.db")).code == 0
    (shared / "s.db").chmod(0o644)
    opened_up(home)
    theirs = home / "theirs"
    theirs.mkdir()
    with monkeypatch.context() as patched:
        patched.setenv("HOME", str(theirs))
        assert zprof("profile", "create", "shared", "--url", str(shared / "s.db")).code == 0
    for path in (theirs, *theirs.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    assert zprof(*CHANGE).code == 0  # imports what may lie where others may not read
    assert as_nobody(theirs, "-p", "shared", "stack", "list", "-o", "name").out == "default\n"
    before = files(shared)
    check_refused(as_nobody(theirs, "-p", "shared", *CHANGE), 1, "can't be written", "permissions")
    assert files(shared) == before
    assert zprof("-p", "shared", *CHANGE).code == 0


def as_nobody(home: Path, *words: str) -> Result:
    """The command as another user, in a fork: what the program is made of need not be theirs to read."""

    def program() -> int:
        os.environ["HOME"] = str(home)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.chdir("/")
        with open(1, "w") as sys.stdout, open(2, "w") as sys.stderr:  # not pytest's
            return run(words)

    return Result(*forked(program, home.parent)[1:])


def opened_up(path: Path) -> None:
    """Let others through the directories above, as far as pytest made them."""
    for directory in (path, *path.parents):
        if directory.stat().st_uid == os.geteuid() and not directory.stat().st_mode & 0o001:
            directory.chmod(directory.stat().st_mode | 0o011)


@pytest.mark.parametrize("home", [None, "", "relative"], indirect=False)
def test_a_home_that_is_none(home: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (paths.CONFIG_PATH, paths.XDG_CONFIG_HOME, "HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    if home == "relative":
        with pytest.raises(InvalidInput, match="no home"):
            paths.config_dir()
    else:
        assert paths.config_dir().startswith(os.path.expanduser(f"~{os_user()}"))

    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(InvalidInput) as caught:
        paths.config_dir()
    assert "$HOME or $ZPROF_CONFIG_PATH" in caught.value.hint


def os_user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("length", [256, 5000])
def test_a_path_that_is_too_long(length: int, zprof: Zprof, home: Path) -> None:
    check_refused(zprof("profile", "create", "long", "--url", str(home / ("x" * length))), 1, "name too long")
    assert zprof("profile", "list", "-o", "name").out == "default\n"


def test_a_clock_that_goes_back(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy takes the place of another, and a change after an earlier one is still the later one in the log."""
    store = config / "profiles/default.db"
    for moment in ("2026-11-24T07:40:27Z", "2026-11-24T07:40:27Z", "2001-01-01T00:00:00Z"):
        monkeypatch.setattr("zprof.sqlite.backups.now", lambda moment=moment: moment)
        monkeypatch.setattr("zprof.history.heading.now", lambda moment=moment: moment)
        back_up(Database(str(store), "store"), None)
        number = len(os.listdir(config / "backups"))
        assert zprof("orchestrator", "register", f"o{number}", "-f", "local").code == 0
    assert len(os.listdir(config / "backups")) == 3
    logged = rows(store, "SELECT entity_name FROM change ORDER BY id")
    assert [name for (name,) in logged][-3:] == ["orchestrator/o1", "orchestrator/o2", "orchestrator/o3"]


# Processes, threads and signals.


def test_a_store_survives_a_fork(zprof: Zprof) -> None:
    """A process that forks, as a pool of workers does: parent and child use the same object."""
    store = library.open_profile("default")
    with store.change() as change:
        change.register_component("orchestrator", "parent", "local", {})
    child = os.fork()
    if child == 0:
        code = 70
        try:
            with store.change() as change:
                change.register_component("orchestrator", "child", "local", {})
            code = len(store.components("orchestrator"))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    with store.change() as change:
        change.register_component("orchestrator", "parent-again", "local", {})
    assert [component.name for component in store.components("orchestrator")] == [
        "child",
        "default",
        "parent",
        "parent-again",
    ]


FORKED_WITHIN_A_CHANGE = """
import os, sys
import zprof

store = zprof.open_profile("default")
with store.change() as change:
    for number in range(int(sys.argv[1])):
        change.register_component("artifact_store", f"a{number}", "local", {"path": "/" + "x" * 1000})
    change.ask()  # sent to SQLite, whose cache spills into the file
    child = os.fork()
    if child == 0 and sys.argv[2] == "exits":
        sys.exit(0)
    if child == 0 and sys.argv[2] == "raises":
        raise ZeroDivisionError
    if child:
        _, status = os.waitpid(child, 0)
        change.register_component("artifact_store", "last", "local", {})
print(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize("components", [1, 5000], ids=["small", "larger than the cache"])
@pytest.mark.parametrize(("way", "code"), [("exits", 0), ("raises", 1), ("goes on", 1)])
@pytest.mark.parametrize("store_kind", ["sqlite", "postgresql"], indirect=True)
def test_a_forks_child_leaves_the_change_to_its_parent(
    zprof: Zprof, config: Path, way: str, code: int, components: int
) -> None:
    command = [sys.executable, "-W", "error", "-c", FORKED_WITHIN_A_CHANGE, str(components), way]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, f"{code}\n"), done.stderr
    assert ("after a fork, in a different process" in done.stderr) == (way == "goes on")
    assert len(library.open_profile("default").components("artifact_store")) == components + 2
    assert zprof("db", "check").code == 0


def test_a_change_is_of_its_thread_and_of_its_block(zprof: Zprof, store_kind: str) -> None:
    store = library.open_profile("default")
    refused: list[str] = []

    def use(change: StoreChange) -> None:
        for attempt in (change.ask, lambda: change.rename_stack("default", "new")):
            with pytest.raises(ZprofError) as caught:
                attempt()
            refused.append(caught.value.message)

    with store.change() as change:
        change.register_component("orchestrator", "kept", "local", {})
        thread = threading.Thread(target=use, args=(change,))
        thread.start()
        thread.join()
    use(change)
    assert refused == ["A change was used in a different thread."] * 2 + ["A change was used after its end."] * 2
    assert [component.name for component in store.components("orchestrator")] == ["default", "kept"]
    assert store.stack_names() == ["default"]


def test_threads_share_a_store(zprof: Zprof) -> None:
    store = library.open_profile("default")
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for each in range(3):
                with store.change() as change:
                    change.register_component("orchestrator", f"o{number}-{each}", "local", {})
                assert store.stacks()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert errors == []
    assert len(store.components("orchestrator")) == 13


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_in_the_middle_of_a_change(kind: str, zprof: Zprof, config: Path) -> None:
    before = contents(config)
    program = """if True:
        import os, signal, sys, zprof
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with zprof.open_profile("default") as store, store.change() as change:
            change.register_component("orchestrator", "half", "local", {})
            change.ask()
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    """
    done = subprocess.run([sys.executable, "-c", program, kind], capture_output=True, check=False)
    assert done.returncode == -getattr(signal, kind)
    assert contents(config) == before
    assert zprof(*CHANGE, "--lock-timeout", "5").code == 0
    assert damage(config) == []


def test_who_holds_a_lock_is_named_by_program_alone(zprof: Zprof, config: Path) -> None:
    """The words of its command line may hold secrets."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells who holds a lock")
    command = [sys.executable, str(HERE / "holding.py"), str(config / "profiles/default.db"), "exclusive"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        result = zprof("stack", "list", "--lock-timeout", "0.1")
        holder.communicate("")
    check_refused(result, 5, f"Process {holder.pid} (python")
    assert "holding.py" not in result.err


def test_the_library_says_who_holds_a_lock_too(zprof: Zprof) -> None:
    store = library.open_profile("default")
    path = store.url.removeprefix("sqlite://")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        # One's own process is not named: it is nobody else.
        with pytest.raises(Busy, match="Another process kept"):
            Store(store.url, Caller(lock_timeout=0.1)).stacks()


def test_a_damaged_store_is_an_error_of_the_library_too(zprof: Zprof, config: Path) -> None:
    garbage_page(config / "profiles/default.db")
    with pytest.raises(DamagedFile):
        library.open_profile("default").stack("default")


def test_a_store_that_is_moved_within_a_change_is_told(zprof: Zprof, config: Path) -> None:
    """As when its profile is deleted: SQLite writes no more to a file that lost its name."""
    store = config / "profiles/default.db"
    with (
        pytest.raises(Conflict, match="Another process has moved"),
        library.open_profile("default").change() as change,
    ):
        change.ask()
        store.rename(config / "elsewhere.db")
        change.rename_stack("default", "new")
        change.ask()
    (config / "elsewhere.db").rename(store)
    assert zprof("stack", "list", "-o", "name").out == "default\n"
