"""Many processes at once, and one that keeps a lock."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from conftest import BANNER, SCRIPT, Result, Zprof
from contents import contents, damage, rows

HERE = Path(__file__).parent
STACK = ("-o", "default", "-a", "default", "-m", "default")
WAITING = "Waiting for another process"
PATIENCE = 100.0
"""Seconds after which a test is broken, not slow."""


@contextmanager
def held(path: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    """A lock on a database, held by another process: `immediate`, `exclusive`, `reading`, or a `turn` in the queue."""
    command = [sys.executable, str(HERE / "holding.py"), str(path), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        release(holder)
    assert holder.returncode == 0


def release(holder: subprocess.Popen[str]) -> None:
    """Have the lock given back, and wait until it is."""
    assert holder.stdin is not None
    holder.stdin.close()
    holder.wait(PATIENCE)


def named(holder: subprocess.Popen[str]) -> str:
    """A process as errors call it, where the system tells of locks."""
    if sys.platform != "linux":
        return "Another process"
    return f"Process {holder.pid} ({Path(f'/proc/{holder.pid}/comm').read_text().strip()})"


def started(*words: str) -> subprocess.Popen[str]:
    """The installed command, under way."""
    command = [sys.executable, str(HERE / "launching.py"), str(SCRIPT), *words]
    # Unbuffered, Python takes a write of which a pipe took a part for a whole one, and hears of no reader that is gone.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def until_waiting(process: subprocess.Popen[str]) -> str:
    """What a process says on stderr until it waits for another."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if WAITING in line:
            return said
    raise AssertionError(f"it did not wait: {said}")


def ended(process: subprocess.Popen[str]) -> Result:
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Result(process.returncode, out, err)


def side_by_side(script: Zprof, commands: list[list[tuple[str, ...]]]) -> list[Result]:
    """Run lines of commands next to each other; all results."""
    with ThreadPoolExecutor(len(commands)) as executor:
        lines = list(executor.map(lambda line: [script(*words, timeout=PATIENCE) for words in line], commands))
    return [result for line in lines for result in line]


@pytest.mark.slow
def test_twenty_first_runs_make_one_default_profile(script: Zprof, config: Path) -> None:
    results = side_by_side(script, [[("profile", "list")]] * 20)
    assert [result.code for result in results] == [0] * 20, results
    assert len({result.out for result in results}) == 1
    said = ["".join(line for line in result.err.splitlines(True) if WAITING not in line) for result in results]
    seeds = [text for text in said if text != BANNER]
    assert len(seeds) == 1
    assert seeds[0].startswith("Creating default profile...\n")
    assert seeds[0].endswith(f"Created and activated default profile.\n{BANNER}")
    found = contents(config)
    assert found is not None
    assert [(profile[0], profile[3]) for profile in found["profiles"]] == [("default", 1)]
    assert len(found["stores"]["default"]["components"]) == 3
    assert [path.name for path in (config / "profiles").iterdir() if path.suffix != ".lock"] == ["default.db"]
    assert [path.name for path in config.rglob("*.new*")] == []
    assert damage(config) == []


def test_a_shortcut_leaves_waiting_to_its_command(zprof: Zprof, config: Path) -> None:
    with held(config / "registry.db", "exclusive") as holder:
        process = started("profile", "get")
        until_waiting(process)
        release(holder)
        result = ended(process)
    assert (result.code, result.out) == (0, "default\n")


@pytest.mark.slow
def test_what_many_processes_register_is_all_there(zprof: Zprof, script: Zprof, config: Path) -> None:
    lines: list[list[tuple[str, ...]]] = [
        [
            ("orchestrator", "register", f"o{line}-{number}", "--flavor", "local")
            if number % 2
            else ("stack", "register", f"s{line}-{number}", *STACK)
            for number in range(4)
        ]
        for line in range(6)
    ]
    results = side_by_side(script, lines)
    assert [result.code for result in results] == [0] * 24, results
    store = config / "profiles/default.db"
    registered = {words[2] for line in lines for words in line}
    found = rows(store, "SELECT name FROM stack UNION ALL SELECT name FROM component")
    assert registered <= {row[0] for row in found}
    assert len(found) == 24 + 1 + 3
    assert rows(store, "SELECT count(*) FROM change WHERE entity_name NOT LIKE '%default'") == [[24]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "loses"), [("zprof", False), ("deferred", True)], ids=["zprof", "the driver's default"]
)
def test_no_count_is_lost(way: str, loses: bool, zprof: Zprof, config: Path) -> None:
    zprof("orchestrator", "register", "counter", "--flavor", "local_docker", "--docker_parent_image=0")
    command = [sys.executable, str(HERE / "counting.py"), way, str(config), "8"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    document = json.loads(zprof("orchestrator", "describe", "counter", "-o", "json").out)
    counted, succeeded = int(document["config"]["docker_parent_image"]), int(done.stdout)
    assert (counted < succeeded) == loses
    assert succeeded == 160 or loses


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [("stack", "register", "same", *STACK), ("alerter", "register", "same", "-f", "slack", "--slack_token=${env:T}")],
    ids=["stack", "component"],
)
def test_one_of_many_gets_a_name(words: tuple[str, ...], zprof: Zprof, script: Zprof) -> None:
    results = side_by_side(script, [[words]] * 8)
    assert sorted(result.code for result in results) == [0] + [4] * 7
    assert {result.err.count("already exists") for result in results} == {0, 1}


def test_one_of_many_profiles_gets_a_name_ignoring_case(zprof: Zprof, script: Zprof, config: Path) -> None:
    results = side_by_side(script, [[("profile", "create", name)] for name in ("same", "Same", "SAME", "sAmE")])
    assert sorted(result.code for result in results) == [0, 4, 4, 4], results
    found = contents(config)
    assert found is not None
    assert len(found["profiles"]) == 2
    assert damage(config) == []


@pytest.mark.parametrize("how", ["exclusive", "immediate", "turn"])
def test_a_change_gives_up_on_a_lock_in_time(how: str, zprof: Zprof, script: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    with held(store, how) as holder:
        result = script("stack", "register", "new", *STACK, "--lock-timeout", "2")
        who = named(holder)
    assert (result.code, result.out) == (5, "")
    assert result.err == (
        f"{BANNER}{WAITING} to finish with {store} …\n"
        f"Error: {who} kept {store} locked, so nothing was changed.\n"
        "Try again, or wait longer with --lock-timeout SECONDS.\n"
    )
    assert zprof("stack", "list", "-o", "name").out == "default\n"


@pytest.mark.parametrize("how", ["exclusive", "immediate", "turn"])
def test_a_change_to_the_registry_gives_up_on_a_lock_in_time(how: str, zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    with held(config / "registry.db", how):
        result = zprof("profile", "set", "second", "--lock-timeout", "1.2")
    assert result.code == 5
    assert "Traceback" not in result.err
    assert result.err.count(WAITING) == 1
    assert zprof("profile", "get").out == "default\n"


@pytest.mark.parametrize("how", ["exclusive", "immediate", "turn", "reading"])
@pytest.mark.parametrize("seconds", ["0.000001", "0.01"])
def test_no_time_to_wait_is_no_traceback(how: str, seconds: str, zprof: Zprof, config: Path) -> None:
    with held(config / "profiles/default.db", how):
        for _ in range(20):
            result = zprof("stack", "register", "new", *STACK, "--lock-timeout", seconds)
            assert result.code == 5
            assert "Traceback" not in result.err
            assert "Errno" not in result.err


def test_a_read_does_not_wait_for_a_change_under_way(zprof: Zprof, config: Path) -> None:
    with held(config / "profiles/default.db", "immediate"):
        result = zprof("stack", "list", "-o", "name", "--lock-timeout", "0.001")
    assert result == (0, "default\n", BANNER)


@pytest.mark.parametrize("how", ["exclusive", "turn"])
def test_a_read_gives_up_on_a_lock_in_time(how: str, zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    store.with_name("default.db.lock").touch()
    with held(store, how):
        result = zprof("stack", "list", "--lock-timeout", "0.1")
    assert (result.code, result.out) == (5, "")


def test_a_change_that_a_reader_keeps_from_committing_is_undone(zprof: Zprof, config: Path) -> None:
    store = config / "profiles/default.db"
    before = contents(config)
    with held(store, "reading"):
        result = zprof("stack", "register", "new", *STACK, "--lock-timeout", "1")
        assert result.code == 5
        # Nothing that would keep others away has stayed behind in this process.
        with closing(sqlite3.connect(store, timeout=0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
    assert contents(config) == before
    assert zprof("stack", "register", "new", *STACK).code == 0


@pytest.mark.parametrize("how", ["exclusive", "immediate", "turn"])
def test_a_lock_given_back_in_time_is_taken(how: str, zprof: Zprof, config: Path) -> None:
    with held(config / "profiles/default.db", how) as holder:
        process = started("stack", "register", "new", *STACK, "--lock-timeout", "90")
        until_waiting(process)
        release(holder)
        assert ended(process).code == 0
    assert zprof("stack", "list", "-o", "name").out == "default\nnew\n"


@pytest.mark.parametrize("how", ["exclusive", "immediate", "turn", "reading"])
def test_an_interrupt_ends_the_waiting(how: str, zprof: Zprof, config: Path) -> None:
    """SQLite's own waiting hears no signal, so it must be done in slices."""
    before = contents(config)
    with held(config / "profiles/default.db", how):
        process = started("stack", "register", "new", *STACK, "--lock-timeout", "1000")
        said = until_waiting(process)
        time.sleep(0.3)  # a command that hears at once passes without it; one that waits deafly is caught while it does
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(15)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            process.kill()
            result = ended(process)
    assert (code, result.out) == (130, "")
    assert "Traceback" not in said + result.err
    assert without_held_table(contents(config)) == without_held_table(before)


def without_held_table(state: dict[str, object] | None) -> object:
    """Contents, without the table that the holder of a lock makes."""
    return json.loads(json.dumps(state).replace('["held_and_changed", "id"], ', ""))


def locked(store: Path) -> None:
    """Nothing is broken: `held` is what the test adds."""


def missing(store: Path) -> None:
    store.unlink()


def garbage(store: Path) -> None:
    store.write_bytes(b"This is no database, however long one looks at it. " * 100)


def directory(store: Path) -> None:
    store.unlink()
    store.mkdir()


def truncated(store: Path) -> None:
    with store.open("r+b") as file:
        file.truncate(10000)


def empty(store: Path) -> None:
    store.write_bytes(b"")


def foreign(store: Path) -> None:
    store.unlink()
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")


@pytest.mark.parametrize(
    ("broken", "code", "words"),
    [
        (locked, 5, "locked"),
        (missing, 1, "does not exist"),
        (garbage, 6, "is not a SQLite database"),
        (directory, 6, "is a directory"),
        (truncated, 6, "is damaged"),
        (empty, 6, "is an empty file"),
        (foreign, 6, "was not created by zprof"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_one_can_switch_away_from_a_store_that_is_broken(
    broken: object, code: int, words: str, zprof: Zprof, config: Path
) -> None:
    assert callable(broken)
    store = config / "profiles/default.db"
    zprof("profile", "create", "second")
    broken(store)
    state = store.read_bytes() if store.is_file() else None
    with held(store if broken is locked else config / "profiles/second.db", "exclusive"):
        for command in (("stack", "list"), ("stack", "register", "new", *STACK), ("alerter", "list")):
            result = zprof(*command, "--lock-timeout", "0.1")
            assert (result.code, result.out) == (code, "")
            assert "Traceback" not in result.err
            message, hint = result.err.removeprefix(BANNER).splitlines()[-2:]
            assert message.startswith("Error: ")
            assert words in message
            assert str(store) in message
            assert hint
        assert zprof("profile", "list", "-o", "name") == (0, "default\nsecond\n", BANNER)
        assert zprof("profile", "describe", "default").code == 0
        assert zprof("profile", "get").out == "default\n"
        assert zprof("stack", "get").out == "default\n"
        assert zprof("profile", "set", "second").code == 0
        assert zprof("profile", "get").out == "second\n"
    assert (store.read_bytes() if store.is_file() else None) == state
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    # Nor is it in the way of forgetting the profile.
    assert zprof("profile", "delete", "default", "--yes").code == 0
    assert zprof("profile", "list", "-o", "name").out == "second\n"


def test_a_store_that_another_process_changes_is_not_deleted_under_it(zprof: Zprof, config: Path) -> None:
    """Moved away in the middle of a transaction, a store would lose its journal, and with it the way back."""
    zprof("profile", "create", "second")
    store = config / "profiles/second.db"
    with held(store, "immediate") as holder:
        zprof("profile", "delete", "second", "--yes", "--lock-timeout", "0.5")
        places = [path for path in config.rglob("second*.db") if path.is_file()]
        assert places == [store]
        release(holder)
    assert holder.returncode == 0
    assert rows(store, "SELECT count(*) FROM sqlite_master WHERE name = 'held_and_changed'") == [[1]]
    assert damage(config) == []


def test_an_answer_that_nobody_reads_holds_no_lock(zprof: Zprof, config: Path) -> None:
    many_components(config, 8000)
    process = started("orchestrator", "list")
    assert process.stdout is not None
    os.read(process.stdout.fileno(), 1)  # it prints, and then its pipe is full
    assert process.poll() is None
    result = zprof("stack", "register", "new", *STACK, "--lock-timeout", "0.001")
    assert result.code == 0
    with closing(sqlite3.connect(config / "profiles/default.db", timeout=0)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
    assert process.poll() is None
    assert process.communicate(timeout=PATIENCE)[0].count("\n") > 8000
    assert process.returncode == 0


def many_components(config: Path, number: int) -> None:
    with closing(sqlite3.connect(config / "profiles/default.db")) as connection, connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO component "
            "(type, name, flavor, config, created_at, updated_at, place) "
            "SELECT 'orchestrator', 'name-' || i, 'local', '{}', '', '', lower(hex(randomblob(16))) FROM n",
            (number,),
        )


@pytest.mark.parametrize("number", [0, 20000], ids=["short", "longer than a pipe"])
@pytest.mark.parametrize("output", ["table", "json", "name", "csv"])
def test_a_reader_that_is_gone_ends_the_command_quietly(number: int, output: str, zprof: Zprof, config: Path) -> None:
    many_components(config, number)
    process = started("orchestrator", "list", "-o", output)
    assert process.stdout is not None
    assert process.stderr is not None
    if number:
        os.read(process.stdout.fileno(), 1)
    process.stdout.close()
    with process:
        said = process.stderr.read()
    assert process.returncode == 141
    assert said == ("" if output == "json" else BANNER)
    assert zprof("stack", "register", "new", *STACK, "--lock-timeout", "0.001").code == 0


@pytest.mark.parametrize("stream", [1, 2])
def test_a_stream_that_is_closed_is_no_traceback(stream: int, zprof: Zprof, home: Path) -> None:
    """`zprof … >&-`, as some daemons start their programs."""
    said = home / "said"
    shell = shutil.which("sh")
    assert shell is not None
    with said.open("w") as file:
        command = f'"{SCRIPT}" stack register new {" ".join(STACK)} {stream}>&-'
        done = subprocess.run([shell, "-c", command], stdout=file, stderr=file, check=False)
    assert "Traceback" not in said.read_text()
    assert done.returncode == 0
    assert zprof("stack", "list", "-o", "name").out == "default\nnew\n"
