"""`make torture`, a little of it, and that it would see what it looks for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import leaves, with_dummy
from conftest import Zprof
from contents import left_files
from torture.__main__ import PARTS, soak
from torture.copying import is_whole
from torture.crowd import Attempt
from torture.examples import EDITOR, check_killed, examples, tried
from torture.homes import Home, is_allowed
from torture.mixing import Event, acknowledged_profiles, acknowledged_stacks
from torture.part import QUICK, Options
from torture.running import Ran, ran, signalled
from torture.writing import judged

import zprof as library

TESTS = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_little_torture(part: str, home: Path) -> None:
    command = [sys.executable, "-m", "torture", part, "--quick", "--seed", "7"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("All promises kept.\n")
    assert "FAIL" not in done.stdout


def test_an_unknown_part_is_refused(home: Path) -> None:
    command = [sys.executable, "-m", "torture", "nothing"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, "invalid choice" in done.stderr) == (2, True)


def test_a_soak_goes_round_until_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []

    def run_part(name: str, options: Options, totals: object) -> int:
        seen.append((name, options.seed))
        time.sleep(0.01)
        return name == "two"

    monkeypatch.setattr("torture.__main__.run_part", run_part)
    failures = soak(["one", "two"], Options(QUICK, seed=7), seconds=0.2)
    assert seen[:4] == [("one", 7), ("two", 7), ("one", 8), ("two", 8)]
    assert failures == sum(name == "two" for name, _ in seen)
    seen.clear()
    soak(["one", "two"], Options(QUICK, seed=7), seconds=0.0)
    assert seen == [("one", 7), ("two", 7)]


@pytest.mark.slow
def test_each_changing_command_is_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", EDITOR)
    target = Home(home)
    killed = [example for example in examples() if tried(example, target) is not None]
    check_killed(leaves(), killed)
    with pytest.raises(AssertionError, match=r"`zprof thing dummy` to MORE in tests/torture/examples.py"):
        check_killed(leaves(with_dummy()), killed)


def test_what_is_lost_is_judged(zprof: Zprof) -> None:
    with library.open_profile("default") as store, store.change() as change:
        for name, counted in (("one", "1"), ("two", "1"), ("added-0-0", "0")):
            change.register_component("orchestrator", name, "local_docker", {"docker_parent_image": counted})
    done, failed = Attempt(0.1, ""), Attempt(0.1, "Busy: locked")
    assert judged("", store, [done], 1, 1).is_good
    for crowd in ([done, done], [failed], [done, failed]):
        assert not judged("", store, crowd, len(crowd), 1).is_good


def test_a_copy_that_is_torn_is_judged(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    assert not is_whole(copy)


def answered(*words: str, code: int = 0, out: str = "", err: str = "", seconds: float = 0.1) -> Ran:
    return Ran(words, code, out, err, seconds, is_hung=False)


@pytest.mark.parametrize(
    ("done", "is_bad"),
    [
        (answered("status"), False),
        (answered("status", err="Error: Something in zprof is broken (KeyError)."), True),
        (answered("status", err="Traceback (most recent call last):"), True),
        (answered("status", code=70), True),
        (answered("status", code=128 + signal.SIGTERM), False),
        (answered("status", code=128 + signal.SIGSEGV), True),
        (answered("status", seconds=11.0), True),
        (answered("status", seconds=11.0, err="Waiting for another process to finish with x …"), False),
    ],
)
def test_what_no_command_may_do_is_seen(done: Ran, is_bad: bool) -> None:
    assert bool(done.problem) == is_bad


def test_a_command_that_hangs_is_ended(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torture.running.DEADLINE", 0.2)
    monkeypatch.setattr("torture.running.main", lambda: signal.pause())
    assert "hung" in ran(("status",), tmp_path).problem


def test_a_command_gets_its_signal(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torture.running.main", lambda: signal.pause())
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        assert signalled(("status",), tmp_path, number, lambda: time.sleep(0.05)).code == 128 + number


BEFORE = {"registry.db": 1, "store.db": 1}
AFTER = {"registry.db": 2, "store.db": 2, "new.db": 2, "store.db.~1~": 1}


@pytest.mark.parametrize(
    ("found", "is_good"),
    [
        (BEFORE, True),
        (AFTER, True),
        ({**BEFORE, "store.db": 2}, True),
        ({**BEFORE, "new.db": 2}, True),
        ({**BEFORE, "registry.db": 2}, False),
        ({**BEFORE, "store.db": 3}, False),
        ({"registry.db": 1}, False),
        ({**BEFORE, "more.db": 1}, False),
        ({"registry.db": 1, "store.db.~1~": 1}, True),
        ({"registry.db": 1, "store.db.~1~": 2}, False),
    ],
)
def test_stores_are_changed_before_the_registry(found: dict[str, int], is_good: bool) -> None:
    assert is_allowed(found, BEFORE, AFTER) == is_good


def test_where_there_is_no_order_half_is_still_none() -> None:
    assert is_allowed({**BEFORE, "registry.db": 2}, BEFORE, AFTER, has_order=False)
    assert not is_allowed({**BEFORE, "registry.db": 3}, BEFORE, AFTER, has_order=False)


def test_files_that_are_left_are_seen(tmp_path: Path) -> None:
    for name in ("a.db", "a.db-journal", "a.db.lock", "b.db.lock", "b.db-wal", "a.db.1.2.new", "yaml.1.2.new"):
        (tmp_path / name).touch()
    assert left_files(tmp_path) == ["a.db.1.2.new", "b.db-wal", "b.db.lock", "yaml.1.2.new"]


def test_what_was_acknowledged_is_looked_for() -> None:
    banner = "Running with active profile: 'default' (global)\n"
    events = [
        Event(answered("profile", "create", "a"), 1.0),
        Event(answered("profile", "create", "b"), 1.0),
        Event(answered("profile", "create", "c", code=4), 1.0),
        Event(answered("profile", "rename", "b", "d"), 2.0),
        Event(answered("profile", "delete", "a", "--yes", code=7), 2.0),
        Event(answered("-p", "default", "stack", "register", "s", err=banner), 1.0),
        Event(answered("stack", "register", "t", err=banner), 1.0),
        Event(answered("stack", "register", "u"), 1.0),
        Event(answered("stack", "delete", "t", "--yes", err=banner), 1.05),
    ]
    assert acknowledged_profiles(events) == ["a", "d"]
    assert acknowledged_stacks(events) == ["s"]
