"""A bar for what takes more than a second: on a terminal alone, and gone when the work is done."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest
from conftest import Zprof
from postgresql_server import Server
from terminal import all_shown
from test_released import STORES, restored

from zprof import transaction
from zprof.caller import Caller
from zprof.cli.progress import CLEARED
from zprof.databases import store_database
from zprof.generated.formats import FORMATS
from zprof.postgresql.database import PostgreSQL
from zprof.profiles.cloning import clone
from zprof.profiles.making import add_default_stack
from zprof.schema.migration import upgrade
from zprof.sqlite import copying, database
from zprof.store.store import Store
from zprof.url import sqlite_url

MEMBERS = dict.fromkeys(("orchestrator", "artifact_store", "metadata_store"), "default")
PROGRAM = """
import sys
from zprof.cli import progress
from zprof.generated.formats import FORMATS
from zprof.postgresql.database import PostgreSQL
from zprof.profiles.cloning import clone
from zprof.profiles.making import add_default_stack
from zprof.schema.migration import upgrade
from zprof.sqlite import copying, database
progress.ANNOUNCED_AFTER = float(sys.argv[1])
copying.PAGES_AT_ONCE = 1
from zprof.__main__ import run
sys.exit(run(sys.argv[2:]))
"""


def on_terminal(after: str, *words: str) -> str:
    child = pexpect.spawn(sys.executable, ["-c", PROGRAM, after, *words], encoding="utf-8", timeout=60)
    shown = all_shown(child)
    assert child.exitstatus == 0, shown
    return shown


def test_a_bar_is_shown_and_taken_away(zprof: Zprof, tmp_path: Path) -> None:
    shown = on_terminal("0", "db", "backup", str(tmp_path / "copy.db"))
    assert "Copying default.db" in shown
    assert "#" in shown
    assert CLEARED in shown
    assert "Copying" not in shown.rpartition(CLEARED)[2]


def test_what_takes_less_than_a_second_has_none(zprof: Zprof, tmp_path: Path) -> None:
    assert "Copying" not in on_terminal("30", "db", "backup", str(tmp_path / "copy.db"))


@pytest.mark.parametrize("words", [("--quiet",), ("--output", "json")])
def test_who_wants_none_has_none(zprof: Zprof, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "Copying" not in on_terminal("0", *words, "db", "backup", str(tmp_path / "copy.db"))


def test_a_pipe_has_none(zprof: Zprof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.cli.progress.ANNOUNCED_AFTER", 0.0)
    monkeypatch.setattr(copying, "PAGES_AT_ONCE", 1)
    result = zprof("db", "backup", str(tmp_path / "copy.db"))
    assert result.code == 0
    assert "Copying" not in result.out + result.err


def test_a_large_change_tells_how_far_it_is(zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    caller = Caller(progress=lambda what, done, total: seen.append((done, total)))
    monkeypatch.setattr(transaction, "AT_ONCE", 10)
    monkeypatch.setattr(database, "AT_ONCE", 10)
    url = sqlite_url(str(config / "profiles" / "default.db"))
    with Store(url, database=store_database(url, caller)).change() as change:
        change.register_stacks(
            {f"s{n}": dict.fromkeys(("orchestrator", "artifact_store", "metadata_store"), "default") for n in range(30)}
        )
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 30
    assert len(zprof("stack", "list", "-o", "name").out.split()) == 31


def test_a_copy_in_parts_is_of_one_moment(
    zprof: Zprof, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source is in a transaction, so nobody writes between two parts, and none is copied twice."""
    seen: list[int] = []
    caller = Caller(progress=lambda what, done, total: seen.append(done))
    monkeypatch.setattr(copying, "PAGES_AT_ONCE", 1)
    source = database.Database(str(config / "profiles" / "default.db"), "store", caller)
    copying.clone(source, str(tmp_path / "clone.db"))
    assert seen == [*range(1, len(seen) + 1)]
    assert len(seen) > 5


def test_a_large_change_on_a_server_tells_how_far_it_is(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from zprof.postgresql import transaction as on_server  # where there is a driver

    seen: list[tuple[int, int]] = []
    caller = Caller(progress=lambda what, done, total: seen.append((done, total)))
    url = postgresql.url(postgresql.new_schema())
    server = PostgreSQL(url, caller)
    assert server.create(lambda new: add_default_stack(new, caller))
    for module in (transaction, on_server):
        monkeypatch.setattr(module, "AT_ONCE", 10)
    with Store(url, database=server) as store, store.change() as change:
        change.register_stacks({f"s{n}": MEMBERS for n in range(30)})
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 30
    with Store(url) as store:
        assert len(store.stack_names()) == 31


def test_a_clone_between_two_kinds_tells_how_far_it_is(zprof: Zprof, config: Path, postgresql: Server) -> None:
    seen: list[tuple[int, int]] = []
    caller = Caller(progress=lambda what, done, total: seen.append((done, total)))
    source = database.Database(str(config / "profiles" / "default.db"), "store", caller)
    clone(source, PostgreSQL(postgresql.url(postgresql.new_schema()), caller))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 10


def test_an_upgrade_tells_how_far_it_is(home: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    caller = Caller(progress=lambda *told: seen.append(told))
    (oldest,) = [dump for dump in STORES if dump.stem == "store-1"]
    upgrade(database.Database(str(restored(oldest, home / "old.db")), "store", caller))
    steps = [(done, total) for what, done, total in seen if what == "Upgrading the store"]
    newest = FORMATS["store"] - 1
    assert steps == [(done, newest) for done in range(1, newest + 1)]
