"""Bringing back a profile that was deleted: `zprof profile restore`, and what `profile delete` says to type."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from conftest import BANNER, SCRIPT, Result, Zprof
from contents import damage, rows
from postgresql_server import Server

from zprof.profiles import making
from zprof.profiles.registry import Registry
from zprof.sqlite import backups

STACK = ("-o", "default", "-a", "default", "-m", "default")


def kept(config: Path) -> list[str]:
    """The stores of deleted profiles."""
    place = config / "backups"
    return sorted(path.name for path in place.glob("*.deleted*.db")) if place.exists() else []


def line_of(said: str) -> list[str]:
    """The words of the line that `profile delete` says to type."""
    (line,) = [part for part in said.split("`") if part.startswith("zprof ")]
    return shlex.split(line)[1:]


@pytest.fixture
def spare(zprof: Zprof) -> None:
    """A profile with something in it."""
    for words in (
        ("profile", "create", "spare"),
        ("-p", "spare", "orchestrator", "register", "docker", "-f", "local_docker"),
        ("-p", "spare", "stack", "register", "mine", *STACK, "--set"),
    ):
        assert zprof(*words).code == 0


def test_a_deleted_profile_comes_back(spare: None, zprof: Zprof, config: Path) -> None:
    places = rows(config / "profiles" / "spare.db", "SELECT type, name, place FROM component ORDER BY 1, 2")
    said = zprof("profile", "delete", "spare", "-y").err
    assert said.splitlines()[-1] == "To restore it, run `zprof profile restore spare`."
    assert zprof(*line_of(said)) == Result(
        0, "", BANNER + "Restored profile 'spare', with the stack 'default' active.\n"
    )
    assert zprof("-p", "spare", "stack", "list", "-o", "name").out == "default\nmine\n"
    assert zprof("-p", "spare", "orchestrator", "list", "-o", "name").out == "default\ndocker\n"
    store = config / "profiles" / "spare.db"
    assert rows(store, "SELECT type, name, place FROM component ORDER BY 1, 2") == places
    assert store.stat().st_mode & 0o777 == 0o600
    assert (kept(config), damage(config)) == ([], [])
    assert zprof("profile", "get").out == "default\n"
    assert zprof("doctor").out == ""
    assert zprof("profile", "delete", "spare", "-y").code == 0  # and again
    assert zprof("profile", "restore", "spare").code == 0


def test_without_a_name_it_lists(spare: None, zprof: Zprof, config: Path) -> None:
    assert zprof("profile", "restore") == Result(0, "", BANNER + "No deleted profile is kept.\n")
    assert json.loads(zprof("profile", "restore", "--output", "json").out)["items"] == []
    zprof("profile", "delete", "spare", "-y")
    (name,) = kept(config)
    shown = zprof("profile", "restore")
    assert (shown.code, shown.err) == (0, BANNER)
    assert "spare" in shown.out
    (item,) = json.loads(zprof("profile", "restore", "--output", "json").out)["items"]
    assert (item["name"], item["path"]) == ("spare", str(config / "backups" / name))
    assert item["deleted_at"].endswith("Z")
    assert zprof("profile", "restore", "--output", "name").out == "spare\n"
    assert kept(config) == [name]


def test_of_several_the_newest_comes_back(zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        monkeypatch.setattr(backups, "now", lambda number=number: f"2026-01-0{number + 1}T00:00:00Z")
        assert zprof("profile", "create", "x").code == 0
        assert zprof("-p", "x", "stack", "register", f"s{number}", *STACK).code == 0
        assert zprof("profile", "delete", "x", "-y").code == 0
    for number in (2, 1, 0):
        assert zprof("profile", "restore", "x", "--as", f"y{number}").code == 0
        assert zprof("-p", f"y{number}", "stack", "list", "-o", "name").out == f"default\ns{number}\n"


def test_a_profile_is_known_by_its_name_and_not_by_that_of_its_file(zprof: Zprof, config: Path) -> None:
    """A store keeps its file's name when the profile is renamed, and gets another where that is taken."""
    zprof("profile", "create", "first")
    zprof("profile", "rename", "first", "second")
    zprof("profile", "create", "first")  # its file is first-2.db
    for name in ("second", "first"):
        assert zprof("profile", "delete", name, "-y").code == 0
    listed = zprof("profile", "restore", "--output", "name").out
    assert listed == "first\nsecond\n"
    for name in ("second", "first"):
        assert zprof("profile", "restore", name).code == 0
    assert zprof("profile", "list", "-o", "name").out == "default\nfirst\nsecond\n"
    assert kept(config) == []


def test_what_an_older_zprof_kept_comes_back(spare: None, zprof: Zprof, config: Path) -> None:
    """Its names told that of the file alone."""
    zprof("profile", "rename", "spare", "other")
    zprof("profile", "delete", "other", "-y")
    (name,) = kept(config)
    (config / "backups" / name).rename(config / "backups" / name.replace("deleted-other", "deleted"))
    assert zprof("profile", "restore", "spare").code == 0


def test_a_name_that_is_taken(spare: None, zprof: Zprof, config: Path) -> None:
    zprof("profile", "delete", "spare", "-y")
    for taken in ("spare", "SPARE"):
        zprof("profile", "create", taken)
        refused = zprof("-q", "profile", "restore", "spare")
        assert (refused.code, refused.err.splitlines()) == (
            4,
            [
                f"Error: The profile '{taken}' already exists.",
                "Give it another name: `zprof profile restore spare --as spare-2`.",
            ],
        )
        zprof("profile", "delete", taken, "-y")
    zprof("profile", "restore", "SPARE")
    assert len(kept(config)) == 2
    assert zprof("profile", "create", "spare-2").code == 0
    assert zprof(*line_of(zprof("-q", "profile", "restore", "spare").err)).code == 0
    assert zprof("profile", "list", "-o", "name").out == "SPARE\ndefault\nspare-2\nspare-3\n"
    assert zprof("profile", "restore", "spare", "--as", "../x").code == 2


def test_an_error_about_a_deleted_profile_says_how_to_have_it_back(
    spare: None, zprof: Zprof, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restoring = "`zprof profile restore spare`"
    assert zprof("-p", "spare", "init").code == 0
    monkeypatch.chdir("/")
    zprof("profile", "delete", "spare", "-y")
    for words in (("-p", "spare", "stack", "list"), ("profile", "set", "spare"), ("profile", "rename", "spare", "x")):
        assert zprof(*words).err.endswith(f"It was deleted. To restore it, run {restoring}.\n")
    assert restoring not in zprof("-p", "spar", "stack", "list").err
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "spare")
    assert f"Run {restoring} to get it, or set $ZPROF_ACTIVATED_PROFILE" in zprof("stack", "list").err
    monkeypatch.delenv("ZPROF_ACTIVATED_PROFILE")
    monkeypatch.chdir(home)
    assert f"Run {restoring} to get it, or `zprof profile set default --personal`" in zprof("stack", "list").err
    assert "    zprof profile restore spare\n" in zprof("doctor").out
    assert zprof("profile", "restore", "spare").code == 0
    assert zprof("stack", "list").code == 0


def test_a_name_that_was_never_deleted(spare: None, zprof: Zprof) -> None:
    zprof("profile", "delete", "spare", "-y")
    refused = zprof("-q", "profile", "restore", "spaer")
    assert refused == Result(
        3, "", "Error: There is no deleted profile named 'spaer'.\nDid you mean 'spare'? See `zprof profile restore`.\n"
    )


def test_other_copies_are_left_alone(spare: None, zprof: Zprof, config: Path) -> None:
    for words in (("db", "backup"), ("db", "backup")):
        assert zprof("-p", "spare", *words).code == 0
    copies = set(os.listdir(config / "backups"))
    zprof("profile", "delete", "spare", "-y")
    assert zprof("profile", "restore", "spare").code == 0
    assert set(os.listdir(config / "backups")) == copies
    assert zprof("-p", "spare", "db", "restore", str(config / "backups" / sorted(copies)[0]), "-y").code == 0


def test_a_damaged_store_stays_where_it_is_kept(spare: None, zprof: Zprof, config: Path) -> None:
    (config / "profiles" / "spare.db").write_bytes(b"\0" * 4096)
    zprof("profile", "delete", "spare", "-y")
    before = kept(config)
    refused = zprof("-q", "profile", "restore", "spare")
    assert (refused.code, "Nothing was changed" in refused.err) == (6, True)
    assert (kept(config), zprof("profile", "list", "-o", "name").out) == (before, "default\n")
    assert sorted(path.name for path in (config / "profiles").glob("*.db")) == ["default.db"]


def test_a_journal_that_lies_at_its_place_is_not_its_own(spare: None, zprof: Zprof, config: Path) -> None:
    zprof("profile", "delete", "spare", "-y")
    (config / "profiles" / "spare.db-journal").write_bytes(b"of another")
    assert zprof("profile", "restore", "spare").code == 0
    assert (config / "profiles" / "spare-2.db").exists()
    assert (config / "profiles" / "spare.db-journal").read_bytes() == b"of another"


def test_a_deletion_that_was_cut_off(spare: None, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is among the copies, and the row is there still."""
    store = config / "profiles" / "spare.db"
    kept_as = backups.retire(str(store), "spare")
    refused = zprof("-q", "profile", "restore", "spare")
    assert (refused.code, "Its store is missing." in refused.err) == (4, True)
    assert zprof(*line_of(refused.err), "-y").code == 0
    assert zprof("-p", "spare", "stack", "list", "-o", "name").out == "default\nmine\n"
    assert Path(kept_as).exists()


@pytest.mark.parametrize(
    ("left", "used"),
    [
        ("", True),
        ("zprof profile create other --url {store}", False),  # which has it now
        ("sqlite3 {store} \"UPDATE change SET at = '2000-01-01T00:00:00Z'\"", False),  # it has gone its own way
        ("echo text > {store}", False),
    ],
)
def test_a_store_that_was_restored_before_a_crash_is_used(
    spare: None, zprof: Zprof, config: Path, left: str, *, used: bool
) -> None:
    """Its row was not written, and the copy is kept still."""
    store = config / "profiles" / "spare.db"
    zprof("profile", "delete", "spare", "-y")
    (name,) = kept(config)
    shutil.copy(config / "backups" / name, store)
    shell = {**os.environ, "PATH": f"{SCRIPT.parent}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", left.format(store=store)], env=shell, check=True)
    assert zprof("profile", "restore", "spare").code == 0
    assert (config / "profiles" / "spare-2.db").exists() is not used
    assert zprof("-p", "spare", "stack", "list", "-o", "name").out == "default\nmine\n"
    assert kept(config) == []


def test_another_process_takes_the_name_meanwhile(
    spare: None, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("profile", "delete", "spare", "-y")
    before = kept(config)

    def free_path(directory: str, name: str) -> str:
        if not taken:
            taken.append(name)
            Registry(str(config)).create_profile("spare")
        return find(directory, name)

    taken: list[str] = []
    find = making.free_path
    monkeypatch.setattr(making, "free_path", free_path)
    refused = zprof("-q", "profile", "restore", "spare")
    assert (refused.code, kept(config)) == (4, before)
    assert sorted(path.name for path in (config / "profiles").glob("*.db")) == ["default.db", "spare.db"]


def test_a_full_disk_keeps_what_was_kept(
    spare: None, zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zprof("profile", "delete", "spare", "-y")
    before = kept(config)

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zprof.sqlite.publishing.os.link", fail)
    assert zprof("-q", "profile", "restore", "spare").code == 1
    assert (kept(config), sorted(path.name for path in (config / "profiles").glob("*.db"))) == (before, ["default.db"])


# What lies elsewhere is joined again.


@pytest.mark.parametrize("url", ["far.db", "odd name's.db"])
def test_a_store_elsewhere_is_joined_again(zprof: Zprof, home: Path, url: str) -> None:
    assert zprof("profile", "create", "far", "--url", url).code == 0
    assert zprof("-p", "far", "stack", "register", "mine", *STACK).code == 0
    said = zprof("profile", "delete", "far", "-y").err
    assert line_of(said) == ["profile", "create", "far", "--url", str(home / url)]
    assert "Joined the store" in zprof(*line_of(said)).err
    assert zprof("-p", "far", "stack", "list", "-o", "name").out == "default\nmine\n"


def test_a_store_that_another_profile_has_is_joined_again(spare: None, zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "twin", "--url", str(config / "profiles" / "spare.db"))
    said = zprof("profile", "delete", "spare", "-y").err
    assert "Joined the store" in zprof(*line_of(said)).err


def test_a_store_that_is_gone_has_no_way_back(zprof: Zprof, home: Path) -> None:
    zprof("profile", "create", "far", "--url", "far.db")
    (home / "far.db").unlink()
    assert zprof("profile", "delete", "far", "-y").err.splitlines()[-1] == "Deleted profile 'far'."


@pytest.mark.parametrize(
    ("given", "typed"),
    [
        ("ann:${env:TEAM_PW}@", "ann:${env:TEAM_PW}@"),
        ("ann:secret@", "ann@"),
        ("ann@", "ann@"),
        ("", ""),
    ],
)
def test_the_line_for_a_store_on_a_server_has_no_password(zprof: Zprof, config: Path, given: str, typed: str) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute(
            "INSERT INTO profile (name, url, is_active, is_protected, created_at, updated_at) "
            "VALUES ('far', ?, 0, 0, '', '')",
            (f"postgresql+psycopg://{given}db.example.org:5432/ml?schema=zprof",),
        )
    said = zprof("profile", "delete", "far", "-y").err
    assert "secret" not in said
    url = f"postgresql://{typed}db.example.org:5432/ml?schema=zprof"
    assert line_of(said) == ["profile", "create", "far", "--url", url]


def test_a_store_on_a_server_is_joined_again(zprof: Zprof, postgresql: Server) -> None:
    assert zprof("profile", "create", "far", "--url", postgresql.url(postgresql.new_schema())).code == 0
    assert zprof("-p", "far", "stack", "register", "mine", *STACK).code == 0
    words: Sequence[str] = line_of(zprof("profile", "delete", "far", "-y").err)
    assert zprof(*words).code == 0
    assert zprof("-p", "far", "stack", "list", "-o", "name").out == "default\nmine\n"
