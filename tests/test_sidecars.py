"""Journals that SQLite keeps beside a database: none is played into another one, and none is left behind by a move."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from contents import contents, damage, rows
from test_files import leave_journal

from zprof.sqlite.sidecars import journals_of

STORE = "profiles/default.db"
IN_WAL = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("INSERT INTO component (type, name, flavor, config, created_at, updated_at, place)"
                   " VALUES ('alerter', 'in-wal', 'slack', '{}', '2026-11-27T00:00:00Z', '2026-11-27T00:00:00Z',"
                   " lower(hex(randomblob(16))))")
"""


def leave_wal(database: Path) -> None:
    """Kill a program of somebody else that had a database in WAL mode, before its rows are in the file."""
    program = IN_WAL + "os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", program, database], check=False)
    assert database.with_name(f"{database.name}-wal").stat().st_size > 0


LEAVE: dict[str, Callable[[Path], None]] = {"journal": leave_journal, "wal": leave_wal}


def kept_asides(path: Path) -> list[str]:
    """The journals of a path that were moved aside, without the moment at which they were."""
    return sorted(found.name.rpartition(".")[0] for found in path.parent.glob(f"{path.name}-*.2*"))


@pytest.fixture(params=LEAVE)
def leave(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    return LEAVE[request.param]


def test_such_a_journal_does_damage(zprof: Zprof, config: Path, tmp_path: Path) -> None:
    """What SQLite does where nothing is moved aside: the copy is damaged, or has other rows."""
    for name, leaves in LEAVE.items():
        database, other = tmp_path / f"{name}.db", tmp_path / f"{name}-copy.db"
        for path in (database, other):
            with closing(sqlite3.connect(config / STORE)) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)
        with closing(sqlite3.connect(other, isolation_level=None)) as connection:
            for table in ("stack", "component"):
                connection.execute(f"UPDATE {table} SET name = 'kept'")
        leaves(database)
        database.unlink()
        other.rename(database)
        with closing(sqlite3.connect(database)) as connection:
            is_whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            names = "SELECT name FROM stack UNION SELECT name FROM component"
            assert not is_whole or connection.execute(names).fetchall() != [("kept",)], name


def test_restoring_where_the_store_was_removed(zprof: Zprof, config: Path, leave: Callable[[Path], None]) -> None:
    assert zprof("db", "backup", "copy.db").code == 0
    before = contents(config)
    leave(config / STORE)
    (config / STORE).unlink()
    left = [Path(path).name for path in journals_of(str(config / STORE))]
    restored = zprof("db", "restore", "copy.db", "--yes")
    assert restored.code == 0
    assert contents(config) == before
    assert damage(config) == []
    assert zprof("db", "check").code == 0
    assert kept_asides(config / STORE) == sorted(left)
    assert all(f"{config / STORE}".removesuffix("default.db") + name in restored.err for name in left)


def test_a_new_registry_where_one_was_moved_away(zprof: Zprof, config: Path) -> None:
    leave_registry_journal(config / "registry.db")
    (config / "registry.db").rename(config / "registry.db.old")
    made = zprof("profile", "list", "-o", "name")
    assert (made.code, made.out) == (0, "default\n")
    assert zprof("db", "check", "--all").code == 0
    assert kept_asides(config / "registry.db") == ["registry.db-journal"]


def leave_registry_journal(registry: Path) -> None:
    """Kill a change to the registry when some of it is in the file."""
    with closing(sqlite3.connect(registry)) as connection:
        connection.execute("CREATE TABLE stack (name TEXT)")  # what `leave_journal` changes
        connection.commit()
    leave_journal(registry)


@pytest.mark.parametrize("options", [(), ("--from", "default")], ids=["new", "copied"])
def test_a_store_at_a_path_with_journals(
    zprof: Zprof, home: Path, config: Path, leave: Callable[[Path], None], options: tuple[str, ...]
) -> None:
    path = home / "shared.db"
    assert zprof("profile", "create", "first", "--url", str(path)).code == 0
    leave(path)
    path.unlink()
    created = zprof("profile", "create", "second", "--url", str(path), *options)
    assert created.code == 0
    assert "was left without its database" in created.err
    assert rows(path, "SELECT name FROM component ORDER BY name") == [["default"]] * 3
    assert zprof("-p", "second", "db", "check").code == 0


def test_a_copy_where_one_was_with_journals(zprof: Zprof, home: Path, leave: Callable[[Path], None]) -> None:
    """Both where the old copy is still there and where it was removed."""
    path = home / "copy.db"
    assert zprof("db", "backup", "copy.db").code == 0
    leave(path)
    left = [Path(journal).name.replace("copy.db", "copy.db.~1~") for journal in journals_of(str(path))]
    assert zprof("db", "backup", "copy.db", "--yes").code == 0
    assert journals_of(str(path)) == []
    # SQLite had played them back, to see that it is a copy of ours, or they went along.
    assert [name for name in left if (home / name).exists()] in ([], left)
    assert rows(path, "SELECT count(*) FROM component") == [[3]]
    leave(path)
    path.unlink()
    replaced = zprof("db", "backup", "copy.db")
    assert (replaced.code, "was left without its database" in replaced.err) == (0, True)
    assert rows(path, "SELECT count(*) FROM component") == [[3]]
    assert zprof("db", "restore", "copy.db", "--yes").code == 0
    assert zprof("db", "check").code == 0


def test_a_retired_store_takes_the_rows_of_its_wal_along(zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "create", "old").code == 0
    leave_wal(config / "profiles/old.db")
    assert zprof("profile", "delete", "old", "--yes").code == 0
    (copy,) = (config / "backups").glob("old.*.deleted.*.db")
    assert rows(copy, "SELECT name FROM component WHERE type = 'alerter'") == [["in-wal"]]
    assert sorted(path.name for path in (config / "profiles").glob("old*")) == []


def test_a_store_that_another_program_has_in_wal_mode_stays(zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "create", "old").code == 0
    program = IN_WAL + "print('open', flush=True); sys.stdin.read()"
    command: list[str | Path] = [sys.executable, "-c", program, config / "profiles/old.db"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        deleted = zprof("profile", "delete", "old", "--yes")
        assert (deleted.code, "profiles/old.db" in deleted.err) == (0, True)
        assert (config / "profiles/old.db").exists()
    assert rows(config / "profiles/old.db", "SELECT name FROM component WHERE type = 'alerter'") == [["in-wal"]]


def test_a_new_store_has_a_name_beside_which_no_journal_lies(zprof: Zprof, config: Path) -> None:
    (config / "profiles/new.db-journal").write_bytes(b"x" * 600)
    (config / "profiles/new-2.db-wal").write_bytes(b"x" * 600)
    assert zprof("profile", "create", "new").code == 0
    assert (config / "profiles/new-3.db").exists()
    assert not (config / "profiles/new.db").exists()


def test_doctor_tells_of_journals_without_a_database(zprof: Zprof, home: Path, config: Path) -> None:
    assert zprof("profile", "create", "far", "--url", str(home / "far.db")).code == 0
    assert zprof("db", "backup", "-p", "far", "copy.db").code == 0
    (home / "far.db-wal").write_bytes(b"x")
    (home / "far.db").unlink()
    (config / "profiles/gone.db-journal").write_bytes(b"x")
    (config / "profiles/gone.db-journal").chmod(0o600)
    told = zprof("doctor")
    for path in (home / "far.db-wal", config / "profiles/gone.db-journal"):
        assert f"warning: {path}: It is a journal without its database" in told.out
        assert f"mv -n {path} {path}.old" in told.out
