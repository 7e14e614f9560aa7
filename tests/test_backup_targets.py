"""`db backup FILE` where FILE can't be made: the error is of that file, never of the database that was to be copied."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from contents import files
from test_faults import attempts, faulty, needs_root, only_linux, small_disk
from test_files import launched, read_only

__all__ = ["faulty"]  # a fixture


def directory(home: Path) -> str:
    (home / "target").mkdir()
    return "target"


def below_a_file(home: Path) -> str:
    (home / "target").write_text("mine")
    return "target/copy.db"


def pipe(home: Path) -> str:
    os.mkfifo(home / "target")
    return "target"


def link_to_nothing(home: Path) -> str:
    (home / "target").symlink_to(home / "nowhere")
    return "target"


def link_to_itself(home: Path) -> str:
    (home / "target").symlink_to(home / "target")
    return "target/copy.db"


def text(home: Path) -> str:
    (home / "target").write_text("mine")
    return "target"


def empty(home: Path) -> str:
    (home / "target").touch()
    return "target"


def database_of_another_program(home: Path) -> str:
    with closing(sqlite3.connect(home / "target")) as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")
    return "target"


PLACES: dict[str, Callable[[Path], str]] = {
    "a directory": directory,
    "in no directory": lambda home: "nowhere/copy.db",
    "below a file": below_a_file,
    "a pipe": pipe,
    "a device": lambda home: "/dev/null",
    "where nothing can be made": lambda home: "/proc/copy.db",
    "a link to nothing": link_to_nothing,
    "below a link to itself": link_to_itself,
    "text": text,
    "an empty file": empty,
    "a database of another program": database_of_another_program,
    "a journal": lambda home: "copy.db-journal",
    "a name that is too long": lambda home: "x" * 300,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("options", [(), ("--yes",), ("--registry", "--yes")], ids=" ".join)
def test_a_place_where_no_copy_can_be(place: str, options: tuple[str, ...], zprof: Zprof, home: Path) -> None:
    target = PLACES[place](home)
    before = files(home)
    refused = zprof("db", "backup", target, *options)
    assert refused.code in (1, 2)
    assert refused.out == ""
    check_is_of_target(refused.err, os.path.join(home, target))
    assert "Replace" not in refused.err  # nobody is asked for what is refused then
    assert files(home) == before


def check_is_of_target(said: str, target: str) -> None:
    message, hint = said.splitlines()[-2:]
    assert f" {target} " in message
    assert hint
    assert ".new" not in said
    assert ".config" not in said


def test_a_directory_that_may_not_be_written(zprof: Zprof, home: Path) -> None:
    (home / "place").mkdir()
    with read_only(home / "place"):
        refused = launched("db", "backup", "place/copy.db")
    assert refused.code == 1
    check_is_of_target(refused.err, f"{home}/place/copy.db")


@needs_root
@only_linux
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_disk_that_takes_no_copy(how: str, zprof: Zprof, home: Path) -> None:
    with small_disk(home / "place", "64k") as disk:
        if how == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        refused = zprof("db", "backup", str(disk / "copy.db"))
        assert refused.code == 1
        check_is_of_target(refused.err, f"{disk}/copy.db")
        assert list(disk.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "how", "step"),
    [("write", errno.ENOSPC, 9), ("write", errno.EIO, 9), ("sync", errno.EIO, 1), ("unlink", errno.EACCES, 1)],
    ids=["no room", "write fails", "sync fails", "unlink fails"],
)
def test_whichever_call_fails(
    call: str, how: int, step: int, faulty: Path, zprof: Zprof, config: Path, home: Path
) -> None:
    words = ["db", "backup", str(home / "copy.db"), "--yes"]
    tried = attempts(faulty, config=str(config), words=words, call=call, how=how, step=step)
    failed = [attempt for attempt in tried if attempt["code"] != 0]
    assert failed
    for attempt in failed:
        check_is_of_target(attempt["said"], f"{home}/copy.db")


@pytest.mark.parametrize("code", [sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR_TRUNCATE])
def test_a_copy_that_cannot_be_written(code: int, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        error = sqlite3.OperationalError("it can't")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr("zprof.sqlite.copying.copy_pages", fail)
    refused = zprof("db", "backup", "copy.db")
    assert refused.code == 1
    assert f"{home}/copy.db" in refused.err
    assert ".config" not in refused.err


def test_a_copy_that_cannot_be_read(zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.sqlite.copying.CHECKS", ("SELECT * FROM lost",))
    refused = zprof("db", "backup", "copy.db")
    assert f"{home}/copy.db" in refused.err.splitlines()[0]
    assert ".config" not in refused.err
