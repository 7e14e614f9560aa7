"""Two profiles with one store, be it by two spellings of its place: a link, a directory that is a link."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Zprof
from contents import damage, rows

import zprof as library
from zprof.errors import ZprofError
from zprof.profiles import making
from zprof.profiles.registry import Registry
from zprof.url import is_same_store, normalised

STACK = ("-o", "default", "-a", "default", "-m", "default")


@pytest.fixture(params=["same path", "link", "linked directory"])
def other(request: pytest.FixtureRequest, zprof: Zprof, home: Path, config: Path) -> str:
    """A profile with the store of `default`."""
    path = config / "profiles/default.db"
    if request.param == "link":
        path = home / "link.db"
        path.symlink_to(config / "profiles/default.db")
    elif request.param == "linked directory":
        (home / "linked").symlink_to(config / "profiles")
        path = home / "linked/default.db"
    assert zprof("profile", "create", "other", "--url", str(path)).code == 0
    assert zprof("stack", "register", "prod", *STACK).code == 0
    return str(path)


def test_a_stack_that_the_other_has_active_stays(zprof: Zprof, other: str) -> None:
    assert zprof("-p", "other", "stack", "set", "prod").code == 0
    refused = zprof("stack", "delete", "prod", "--yes")
    assert refused.code == 7
    assert "active in the profile 'other'" in refused.err
    assert zprof("-p", "other", "stack", "describe", "prod").code == 0


def test_the_other_follows_a_new_name(zprof: Zprof, other: str) -> None:
    assert zprof("-p", "other", "stack", "set", "prod").code == 0
    assert zprof("stack", "rename", "prod", "live").code == 0
    assert zprof("-p", "other", "stack", "get").out == "live\n"


def test_a_repository_follows_a_new_name(zprof: Zprof, other: str) -> None:
    assert zprof("init").code == 0
    assert zprof("profile", "set", "other").code == 0
    assert zprof("stack", "set", "prod").code == 0
    assert zprof("-p", "default", "stack", "rename", "prod", "live").code == 0
    assert zprof("stack", "get").out == "live\n"


def test_reading_the_other_within_a_change_waits_for_nobody(zprof: Zprof, other: str) -> None:
    begun = time.monotonic()
    with library.open_profile("default").change() as change:
        change.rename_stack("prod", "live")
        change.ask()
        for attempt in (library.open_profile("other").stack_names, library.open_profile("default").stack_names):
            with pytest.raises(ZprofError, match="by this thread"):
                attempt()
    assert time.monotonic() - begun < 10.0


def test_lists_tell(zprof: Zprof, other: str) -> None:
    sentence = "The profiles 'default' and 'other' have the same store."
    for words in (("profile", "list"), ("doctor",)):
        told = zprof(*words)
        assert (told.code, told.err.count(sentence), sentence in told.out) == (0, 1, False)
    assert sentence not in zprof("profile", "list", "-o", "json").err


def test_deleting_one_leaves_the_store(zprof: Zprof, config: Path, other: str) -> None:
    assert zprof("profile", "create", "third").code == 0
    assert zprof("profile", "set", "other").code == 0
    assert zprof("profile", "delete", "default", "--yes").code == 0
    assert (config / "profiles/default.db").exists()
    assert zprof("-p", "other", "stack", "list").code == 0


@pytest.mark.parametrize(
    ("url", "other", "is_same"),
    [
        ("postgresql://ann@db/team", "postgresql://ben:x@db:5432/team?schema=zprof", True),
        ("postgresql://ann@db/team", "postgresql://ann@db/team?schema=mine", False),
        ("postgresql://ann@db/team", "postgresql://ann@db2/team", False),
        ("postgresql://ann@db/team", "/nowhere/team.db", False),
        ("/nowhere/team.db", "/nowhere/team.db", True),
        ("/nowhere/team.db", "/nowhere/other.db", False),
    ],
)
def test_places_are_compared_as_far_as_they_tell(url: str, other: str, is_same: bool) -> None:
    assert is_same_store(normalised(url), normalised(other)) == is_same


# A store that is taken away while a profile comes to have it.


def test_a_store_that_is_deleted_before_the_row_is_written_is_made_again(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zprof("profile", "create", "x").code == 0
    deleted: list[str | None] = []

    def joined(*arguments: object, **options: object) -> str | None:
        active_stack = make_or_join(*arguments, **options)  # type: ignore[arg-type]
        if not deleted:
            deleted.append(Registry(str(config)).delete_profile("x"))
        return active_stack

    make_or_join = making.make_or_join_store
    monkeypatch.setattr(making, "make_or_join_store", joined)
    assert zprof("profile", "create", "y", "--url", str(config / "profiles/x.db")).code == 0
    assert deleted[0] is not None
    assert zprof("-p", "y", "stack", "list", "-o", "name").out == "default\n"
    assert damage(config) == []


def test_a_profile_whose_store_is_looked_at_while_another_is_added_keeps_it(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever deletes looks again, within the transaction in which the store is moved."""
    assert zprof("profile", "create", "x").code == 0
    taken: list[list[str]] = []

    def retired(registry: object, profile: object, others: list[str]) -> str | None:
        taken.append(list(others))
        return retire(registry, profile, others)  # type: ignore[arg-type]

    retire = making.retired_store
    monkeypatch.setattr(making, "retired_store", retired)
    assert zprof("profile", "create", "y", "--url", str(config / "profiles/x.db")).code == 0
    assert zprof("profile", "delete", "x", "--yes").code == 0
    assert any(str(config / "profiles/x.db") in url for url in taken[0])
    assert zprof("-p", "y", "stack", "list", "-o", "name").out == "default\n"


def test_a_deletion_that_fails_at_its_end_brings_the_store_back(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zprof("profile", "create", "x").code == 0
    with monkeypatch.context() as patched:
        patched.setattr("zprof.sqlite.database.Transaction.end", _raising)
        assert zprof("profile", "delete", "x", "--yes").code == 1
    assert zprof("-p", "x", "stack", "list", "-o", "name").out == "default\n"


def _raising(*_: object, **__: object) -> None:
    raise ZprofError("The disk is full.", "Free some space.")


def test_a_crash_between_store_and_row_leads_to_the_copy(zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "create", "x").code == 0
    assert zprof("-p", "x", "stack", "register", "prod", *STACK).code == 0
    with closing(sqlite3.connect(config / "registry.db")) as connection:
        row = connection.execute("SELECT * FROM profile WHERE name = 'x'").fetchone()
    assert zprof("profile", "delete", "x", "--yes").code == 0
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as connection:
        connection.execute(f"INSERT INTO profile VALUES ({', '.join('?' * len(row))})", row)
    (copy,) = (config / "backups").glob("x.*.deleted.*.db")
    told = zprof("doctor")
    assert f"zprof --profile x db restore {copy}" in told.out
    assert "profile delete" not in told.out
    assert zprof("--profile", "x", "db", "restore", str(copy), "--yes").code == 0
    assert zprof("-p", "x", "stack", "list", "-o", "name").out.split() == ["default", "prod"]


def test_a_restore_through_a_link_that_leads_nowhere_makes_the_file(zprof: Zprof, home: Path) -> None:
    assert zprof("profile", "create", "target", "--url", str(home / "target.db")).code == 0
    (home / "link.db").symlink_to(home / "target.db")
    assert zprof("profile", "create", "other", "--url", str(home / "link.db")).code == 0
    assert zprof("-p", "other", "db", "backup", "copy.db").code == 0
    (home / "target.db").unlink()
    assert zprof("-p", "other", "db", "restore", "copy.db", "--yes").code == 0
    assert (home / "link.db").is_symlink()
    assert (home / "target.db").is_file()
    assert zprof("-p", "other", "stack", "list").code == 0


def test_a_restore_through_a_link_is_one_of_the_file(zprof: Zprof, home: Path, config: Path, other: str) -> None:
    """Also where the file is so damaged that a new one takes its name: the link stays, and leads to it."""
    assert zprof("db", "backup", "copy.db").code == 0
    (config / "profiles/default.db").write_bytes(b"text" * 2000)
    links = [path for path in (home / "link.db", home / "linked") if path.is_symlink()]
    assert zprof("-p", "other", "db", "restore", "copy.db", "--yes").code == 0
    assert all(path.is_symlink() for path in links)
    for profile in ("default", "other"):
        assert zprof("-p", profile, "stack", "list", "-o", "name").out.split() == ["default", "prod"]
    assert rows(config / "profiles/default.db", "PRAGMA integrity_check") == [["ok"]]
