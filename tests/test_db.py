"""`zprof db`: looking at databases, copying them while others write, putting copies back, checking them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path

import pexpect
import pytest
from conftest import SCRIPT, Zprof
from contents import contents, damage, files, rows
from holding import __file__ as holding_file
from postgresql_server import Server

from zprof.errors import ZprofError
from zprof.generated.fingerprints import SCHEMAS
from zprof.generated.formats import FORMATS
from zprof.postgresql.tools import dump_line, restore_line
from zprof.sqlite import backups
from zprof.sqlite.backups import KEPT, back_up, copies
from zprof.sqlite.database import Database
from zprof.sqlite.errors import telling_outcome, translating
from zprof.sqlite.faults import schema_differences
from zprof.sqlite.tables import fingerprints
from zprof.url import is_postgresql, normalised

STACK = ("-o", "default", "-a", "default", "-m", "default")
STORE = "profiles/default.db"
NEWEST = FORMATS["store"]


def changed(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def overwrite(database: Path, offset: int, content: bytes) -> None:
    with database.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def spoil_index(database: Path) -> None:
    """Garble a page that no table needs: SQLite opens the file, and finds the damage when it looks."""
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_stack_1'"
    ((page,),), ((size,),) = rows(database, query), rows(database, "PRAGMA page_size")
    overwrite(database, (page - 1) * size, b"\xff" * size)


@contextmanager
def held(database: Path, how: str) -> Iterator[None]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, holding_file, str(database), how], text=True, **pipes)  # type: ignore[call-overload]
    assert process.stdout.readline() == "held\n"
    try:
        yield
    finally:
        process.communicate(timeout=60)


def test_status(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    shown = json.loads(zprof("db", "status", "-o", "json").out)
    store = config / STORE
    ((min_writer,),) = rows(store, "SELECT min_writer FROM format")
    assert shown == {
        "apiVersion": "zprof/v1",
        "kind": "DatabaseList",
        "items": [
            {
                "apiVersion": "zprof/v1", "kind": "Database", "name": "default", "role": "store",
                "path": str(store), "format": NEWEST,
                "newest_format": NEWEST, "min_reader": 1, "min_writer": min_writer,
                "size": store.stat().st_size, "journal_mode": "delete",
                "upgrade": "none", "problem": None,
            }
        ],
    }  # fmt: skip
    assert zprof("-p", "second", "db", "status", "-o", "name") == (0, "second\n", "")
    assert zprof("db", "status", "--registry", "-o", "name").out == "registry\n"
    assert zprof("db", "status", "--all", "-o", "name").out == "registry\ndefault\nsecond\n"
    assert zprof("db", "status", "--all", "--registry").code == 2
    assert zprof("-p", "none", "db", "status").code == 3


def test_status_of_all_goes_on_past_a_broken_one(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    (config / STORE).write_text("broken")
    result = zprof("db", "status", "--all", "-o", "json")
    assert result.code == 6
    assert [item["problem"] is None for item in json.loads(result.out)["items"]] == [True, False, True]
    assert json.loads(result.err)["code"] == "foreign_file"
    alone = zprof("db", "status")
    assert (alone.code, alone.out) == (6, "")


def test_a_backup_is_a_copy_of_this_user_alone(zprof: Zprof, config: Path) -> None:
    zprof("stack", "register", "prod", *STACK)
    before = os.umask(0)
    try:
        result = zprof("db", "backup")
        registry = zprof("db", "backup", "--registry", "-q")
    finally:
        os.umask(before)
    path = Path(result.out.strip())
    assert (result.code, result.err) == (0, "")
    assert path.parent == config / "backups"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert rows(path, "SELECT name FROM stack ORDER BY name") == [["default"], ["prod"]]
    assert rows(Path(registry.out.strip()), "SELECT name FROM profile") == [["default"]]
    assert damage(config) == []


def test_backups_sort_by_age_whatever_the_clock_says(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for moment in ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", "2025-01-01T00:00:00Z"):
        monkeypatch.setattr(backups, "now", lambda moment=moment: moment)
        made.append(zprof("db", "backup").out.strip())
    assert sorted(made) == made
    assert [copy.path for copy in copies(str(config / STORE))] == made
    assert len(set(made)) == 3


def test_copies_of_two_files_of_one_name_are_told_apart(zprof: Zprof, home: Path, config: Path) -> None:
    for place in ("a", "b"):
        (home / place).mkdir()
        assert zprof("profile", "create", place, "--url", str(home / place / "team.db")).code == 0
        assert zprof("-p", place, "db", "backup").code == 0
    for place in ("a", "b"):
        assert [copy.number for copy in copies(str(home / place / "team.db"))] == [1]


def test_a_backup_replaces_a_file_only_if_told_to(zprof: Zprof, home: Path) -> None:
    assert zprof("db", "backup", "copy.db").code == 0
    earlier = (home / "copy.db").read_bytes()
    assert zprof("orchestrator", "register", "later", "-f", "local").code == 0
    refused = zprof("db", "backup", "copy.db")
    assert (refused.code, refused.out, "--yes" in refused.err) == (7, "", True)
    assert (home / "copy.db").read_bytes() == earlier
    replaced = zprof("db", "backup", "copy.db", "-y")
    assert replaced.out == f"{home}/copy.db\n"
    assert f"kept as {home}/copy.db.~1~" in replaced.err
    assert rows(home / "copy.db", "SELECT name FROM component WHERE name = 'later'") == [["later"]]
    assert stat.S_IMODE((home / "copy.db").stat().st_mode) == 0o600
    assert (home / "copy.db.~1~").read_bytes() == earlier
    assert zprof("db", "backup", "copy.db", "-y").code == 0
    assert sorted(path.name for path in home.iterdir()) == [".config", "copy.db", "copy.db.~1~", "copy.db.~2~"]


@pytest.mark.parametrize("way", ["text", "directory", "fifo", "link", "device", "foreign", "damaged"])
def test_a_backup_replaces_nothing_but_a_copy(zprof: Zprof, home: Path, way: str) -> None:
    path = home / "target"
    if way == "text":
        path.write_text("mine")
    elif way == "directory":
        path.mkdir()
    elif way == "fifo":
        os.mkfifo(path)
    elif way == "link":
        (home / "elsewhere").write_text("mine")
        path.symlink_to(home / "elsewhere")
    elif way == "device":
        path = Path("/dev/null")
    elif way == "foreign":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE mine (id INTEGER)")
    else:
        path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    before = (path.lstat().st_mode, path.lstat().st_ino)
    refused = zprof("db", "backup", str(path), "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "Name another file." in refused.err
    assert (path.lstat().st_mode, path.lstat().st_ino) == before


@pytest.mark.parametrize(
    ("which", "way"),
    [
        *product(("registry.db", "profiles/default.db", "profiles/other.db"), ("path", "symbolic link", "hard link")),
        ("profiles/other.db", "missing"),
    ],
)
def test_a_backup_replaces_no_database_in_use(zprof: Zprof, home: Path, config: Path, which: str, way: str) -> None:
    assert zprof("profile", "create", "other").code == 0
    before = contents(config)
    path = config / which
    if way == "symbolic link":
        path = home / "link.db"
        path.symlink_to(config / which)
    elif way == "hard link":
        path = home / "link.db"
        path.hardlink_to(config / which)
        os.utime(path)
    elif way == "missing":
        path.unlink()
        before = contents(config)
    for options in ([], ["--registry"]):
        refused = zprof("db", "backup", str(path), "--yes", *options)
        assert (refused.code, refused.out) in ((2, ""), (6, "")), refused
    if way == "hard link":
        path.unlink()
    assert contents(config) == before


def test_a_database_is_no_copy_of_itself(zprof: Zprof, home: Path, config: Path) -> None:
    before = contents(config)
    (home / "link.db").symlink_to(config / STORE)
    for path in (config / STORE, home / "link.db"):
        assert zprof("db", "backup", str(path), "-y").code == 2
        assert zprof("db", "restore", str(path), "-y").code == 2
    assert contents(config) == before


def test_what_is_damaged_is_not_backed_up_and_leaves_nothing(zprof: Zprof, config: Path) -> None:
    spoil_index(config / STORE)
    result = zprof("db", "backup")
    assert (result.code, result.out) == (6, "")
    assert "zprof doctor" in result.err
    assert list((config / "backups").iterdir()) == []


def test_a_backup_on_a_full_disk_leaves_nothing(zprof: Zprof, home: Path, config: Path) -> None:
    launching = Path(holding_file).with_name("launching.py")
    script = Path(sys.executable).with_name("zprof")
    done = subprocess.run(
        [sys.executable, launching, "--file-size", "9000", script, "db", "backup"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert list((config / "backups").iterdir()) == []


WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("ready", flush=True)
number = 0
while True:
    number += 1
    connection.execute("BEGIN IMMEDIATE")
    for half in ("a", "b"):
        name = f"{sys.argv[2]}-{number}-{half}-" + "x" * 2000
        connection.execute("INSERT INTO stack (name, created_at, updated_at) VALUES (?, '', '')", (name,))
    connection.execute("COMMIT")
"""


@contextmanager
def three_writers(database: Path) -> Iterator[None]:
    """Processes that write as fast as they can, two rows in each transaction."""
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, database, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(3)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        yield
        assert [process.poll() for process in processes] == [None] * 3
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def is_good(copy: Path) -> bool:
    try:
        assert rows(copy, "PRAGMA integrity_check") == [["ok"]]
        ((count,),) = rows(copy, "SELECT count(*) FROM stack")
    except (sqlite3.Error, AssertionError):
        return False
    return int(count) % 2 == 1  # with the one of the first run


@pytest.mark.slow
def test_backups_while_three_others_write(zprof: Zprof, home: Path, config: Path) -> None:
    store = config / STORE
    database = Database(str(store), "store", keeps_format=True)
    with three_writers(store):
        made = [Path(back_up(database, None)) for _ in range(20)]
        copied = []
        for number in range(200):  # that they were in danger is seen from copies made by other means
            shutil.copyfile(store, home / "copied.db")
            copied.append(is_good(home / "copied.db"))
            if number >= 5 and not all(copied):
                break
    assert [is_good(copy) for copy in made] == [True] * 20
    assert len({rows(copy, "SELECT count(*) FROM stack")[0][0] for copy in made}) > 1
    assert not all(copied)


def test_a_backup_waits_no_longer_than_it_may(zprof: Zprof, config: Path) -> None:
    with held(config / STORE, "exclusive"):
        result = zprof("db", "backup", "--lock-timeout", "0.3")
    assert (result.code, result.out) == (5, "")
    assert list((config / "backups").glob("*")) == []
    assert zprof("db", "backup").code == 0


def test_restore(zprof: Zprof, config: Path) -> None:
    store = config / STORE
    zprof("stack", "register", "old", *STACK)
    copy = zprof("db", "backup").out.strip()
    zprof("stack", "register", "new", *STACK)
    inode, before = store.stat().st_ino, contents(config)
    refused = zprof("db", "restore", copy)
    assert (refused.code, refused.out, "--yes" in refused.err) == (7, "", True)
    assert contents(config) == before
    result = zprof("db", "restore", copy, "--yes")
    assert (result.code, result.out) == (0, "")
    assert zprof("stack", "list", "-o", "name").out == "default\nold\n"
    assert store.stat().st_ino == inode
    kept = Path(result.err.splitlines()[-1].removeprefix("The previous contents are kept as "))
    assert rows(kept, "SELECT name FROM stack ORDER BY 1") == [["default"], ["new"], ["old"]]
    assert damage(config) == []
    # And back again.
    assert zprof("db", "restore", str(kept), "-y").code == 0
    assert zprof("stack", "list", "-o", "name").out == "default\nnew\nold\n"


def test_others_see_what_was_restored_through_what_they_had_open(zprof: Zprof, config: Path) -> None:
    copy = zprof("db", "backup").out.strip()
    zprof("stack", "register", "new", *STACK)
    with closing(sqlite3.connect(config / STORE, isolation_level=None)) as other:
        assert other.execute("SELECT count(*) FROM stack").fetchall() == [(2,)]
        assert zprof("db", "restore", copy, "-y").code == 0
        assert other.execute("SELECT count(*) FROM stack").fetchall() == [(1,)]
        other.execute("INSERT INTO stack (name, created_at, updated_at) VALUES ('more', '', '')")
    assert zprof("stack", "list", "-o", "name").out == "default\nmore\n"


@pytest.mark.parametrize("how", ["reading", "exclusive", "turn"])
def test_a_restore_waits_its_turn_and_gives_up(how: str, zprof: Zprof, config: Path) -> None:
    copy = zprof("db", "backup").out.strip()
    zprof("stack", "register", "new", *STACK)
    before = contents(config)
    with held(config / STORE, how):
        result = zprof("db", "restore", copy, "-y", "--lock-timeout", "0.5")
    assert (result.code, result.out) == (5, "")
    assert contents(config) == before
    assert zprof("db", "restore", copy, "-y").code == 0
    assert damage(config) == []


def test_restoring_the_registry(zprof: Zprof, config: Path) -> None:
    zprof("profile", "create", "second")
    copy = zprof("db", "backup", "--registry").out.strip()
    for content in (None, b"", b"garbage", (config / "registry.db").read_bytes()[:9000]):
        (config / "registry.db").unlink()
        if content is not None:
            (config / "registry.db").write_bytes(content)
        assert zprof("db", "restore", copy, "--registry", "-y").code == 0, content
        assert zprof("profile", "list", "-o", "name").out == "default\nsecond\n"
        assert stat.S_IMODE((config / "registry.db").stat().st_mode) & 0o022 == 0


def with_zeroed_header(content: bytes) -> bytes:
    return b"\0" * 4096 + content[4096:]


@pytest.mark.parametrize(
    ("spoil", "is_same_file"),
    [
        (lambda content: b"just text", False),
        (lambda content: content[:10_000], False),
        (with_zeroed_header, False),
        (lambda content: b"", True),
        (lambda content: content[:20_000] + b"\xff" * 33_000 + content[53_000:], True),
    ],
    ids=["text", "truncated", "no header", "empty", "garbage within"],
)
def test_a_damaged_file_is_restored_and_kept(spoil, is_same_file: bool, zprof: Zprof, config: Path) -> None:  # type: ignore[no-untyped-def]
    store = config / STORE
    copy = zprof("db", "backup").out.strip()
    content = spoil(store.read_bytes())
    store.write_bytes(content)
    inode = store.stat().st_ino
    result = zprof("db", "restore", copy, "-y")
    assert result.code == 0, result.err
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    assert (store.stat().st_ino == inode) == is_same_file
    assert zprof("db", "check").code == 0
    kept = [copy.path for copy in copies(str(store)) if copy.reason == "damaged"]
    # SQLite counts a copy as a change, in the 100 bytes of the header.
    assert [Path(path).read_bytes()[100:] == content[100:] for path in kept] == ([True] if content else [])


def test_a_missing_file_is_restored(zprof: Zprof, config: Path) -> None:
    copy = zprof("db", "backup").out.strip()
    (config / STORE).unlink()
    assert zprof("db", "restore", copy, "-y").code == 0
    assert zprof("stack", "list", "-o", "name").out == "default\n"
    assert stat.S_IMODE((config / STORE).stat().st_mode) == 0o600


def test_what_is_not_restored(zprof: Zprof, home: Path, config: Path) -> None:
    good = Path(zprof("db", "backup").out.strip())
    registry = zprof("db", "backup", "--registry").out.strip()
    before = files(config)
    bad = home / "bad.db"
    for spoil, code in [
        (lambda: shutil.copy(registry, bad), 6),
        (lambda: bad.write_bytes(b""), 6),
        (lambda: bad.write_text("text"), 6),
        (lambda: spoil_index(bad), 6),
        (lambda: changed(bad, "CREATE TRIGGER t AFTER INSERT ON stack BEGIN DELETE FROM component; END"), 6),
        (lambda: changed(bad, "ALTER TABLE stack RENAME COLUMN revision TO mine"), 6),
        (lambda: changed(bad, "DELETE FROM component"), 6),
        (lambda: changed(bad, "PRAGMA user_version = 9", "UPDATE format SET version = 9, min_reader = 9"), 6),
        (lambda: bad.unlink(), 3),
    ]:
        shutil.copy(good, bad)
        spoil()  # type: ignore[no-untyped-call]
        result = zprof("db", "restore", str(bad), "-y")
        assert (result.code, result.out) == (code, ""), result.err
        assert "Traceback" not in result.err
        assert files(config) == before


def test_a_protected_profile_is_restored_when_that_is_confirmed(zprof: Zprof, config: Path) -> None:
    copy = zprof("db", "backup").out.strip()
    assert zprof("profile", "protect", "default").code == 0
    before = contents(config)
    refused = zprof("db", "restore", copy, "-y")
    assert (refused.code, "--confirm default" in refused.err) == (7, True)
    assert contents(config) == before
    assert zprof("db", "restore", copy, "-y", "--confirm", "default").code == 0


def test_another_programs_database_is_not_restored_over(zprof: Zprof, config: Path) -> None:
    copy = zprof("db", "backup").out.strip()
    store = config / STORE
    store.unlink()
    changed(store, "CREATE TABLE mine (id INTEGER)")
    before = store.read_bytes()
    assert zprof("db", "restore", copy, "-y").code == 6
    assert store.read_bytes() == before
    store.unlink()
    store.mkdir()
    assert zprof("db", "restore", copy, "-y").code == 6


def test_the_last_three_copies_made_unasked_are_kept(zprof: Zprof, config: Path) -> None:
    copy = zprof("db", "backup").out.strip()
    for _ in range(KEPT + 2):
        assert zprof("db", "restore", copy, "-y").code == 0
    kept = copies(str(config / STORE))
    assert [(found.number, found.reason) for found in kept] == [
        (1, "backup"), (4, "before-restore"), (5, "before-restore"), (6, "before-restore"),
    ]  # fmt: skip


def test_check(zprof: Zprof) -> None:
    assert zprof("db", "check") == (0, "", "Nothing is wrong with the store of the profile 'default'.\n")
    assert json.loads(zprof("db", "check", "--all", "-o", "json").out)["items"] == []


@pytest.mark.parametrize(
    ("statements", "code", "problem"),
    [
        (["CREATE TRIGGER t AFTER INSERT ON stack BEGIN SELECT 1; END"], "foreign_file", None),
        (["CREATE VIEW v AS SELECT 1"], "schema", "The view v does not belong to zprof."),
        (["CREATE VIRTUAL TABLE f USING fts5(x)"], "foreign_file", None),
        (["CREATE TABLE mine (id INTEGER)"], "schema", "The table mine does not belong to zprof."),
        (["DROP INDEX ix_change_operation"], "schema", "The index ix_change_operation is missing."),
        (["ALTER TABLE stack ADD COLUMN mine TEXT"], "schema",
         "The table stack differs from the one that zprof creates."),
        (["UPDATE alembic_version SET version_num = '7'"], "schema",
         f"Its format is {NEWEST}, but its revision is '7'."),
        (["DELETE FROM alembic_version"], "schema", f"Its format is {NEWEST}, but its revision is None."),
        (["DELETE FROM stack WHERE name = 'default'"], "foreign_keys", None),
        (["UPDATE component SET config = '{no json}' WHERE id = 1"], "json",
         "The config of row 1 of component is not a JSON object."),
        (["PRAGMA ignore_check_constraints = 1", "UPDATE component SET type = 'none' WHERE id = 1"], "integrity", None),
        (["UPDATE format SET version = 77"], "damaged_file", None),
        (["PRAGMA application_id = 1"], "foreign_file", None),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_a_check_finds(statements: list[str], code: str, problem: str | None, zprof: Zprof, config: Path) -> None:
    changed(config / STORE, *statements)
    result = zprof("db", "check", "-o", "json")
    assert result.code == 1
    found = json.loads(result.out)["items"]
    assert code in {item["code"] for item in found}
    if problem is not None:
        assert problem in [item["problem"] for item in found]
    assert zprof("db", "check", "--registry").code == 0
    assert zprof("db", "check", "--all", "-o", "name").out.split() == ["default"] * len(found)


def test_a_check_finds_garbage(zprof: Zprof, config: Path) -> None:
    spoil_index(config / STORE)
    assert {item["code"] for item in json.loads(zprof("db", "check", "-o", "json").out)["items"]} & {
        "integrity", "damaged_file",
    }  # fmt: skip


def test_a_name_that_is_no_text_is_damage_like_any_other(zprof: Zprof, home: Path, config: Path) -> None:
    """SQLite quotes it in its error, and Python fails at making a text of that."""
    store = config / STORE
    assert zprof("db", "backup", "copy.db").code == 0
    set_name = "UPDATE sqlite_master SET name = CAST(x'8eff' AS TEXT), sql = 'none' WHERE name = 'flavor'"
    changed(store, "PRAGMA writable_schema = ON", set_name)
    with closing(sqlite3.connect(store)) as connection, pytest.raises(UnicodeDecodeError):
        connection.execute("SELECT * FROM stack")
    for words, code in (
        (("stack", "list"), 6),
        (("orchestrator", "register", "new", "--flavor", "local"), 6),
        (("db", "status"), 6),
        (("db", "check"), 1),
        (("db", "backup"), 6),
        (("doctor",), 1),
        (("profile", "list"), 0),
    ):
        told = zprof(*words)
        assert (told.code, "is broken" in told.err) == (code, False), words
    changed_copy = home / "changed.db"
    changed_copy.write_bytes(store.read_bytes())
    assert zprof("db", "backup", str(changed_copy), "--yes").code == 6
    assert zprof("db", "restore", "copy.db", "--yes").code == 0
    assert zprof("stack", "export", "default", str(changed_copy), "--yes").code == 2
    assert zprof("db", "restore", str(changed_copy), "--yes").code == 6
    assert zprof("db", "backup", str(changed_copy), "--yes").code == 0
    assert zprof("stack", "list", "-o", "name").out == "default\n"


def test_schemas_are_compared_without_what_sqlite_rewrites() -> None:
    made = fingerprints([("table", "a", "CREATE TABLE a (\n  id INTEGER\n)")])
    assert made == fingerprints([("table", "a", 'CREATE TABLE "a" (id INTEGER)')])
    other = fingerprints([("table", "a", "CREATE TABLE a (id TEXT)")])
    assert [fault.sentence for _, fault in schema_differences(other, made)] == [
        "The table a differs from the one that zprof creates."
    ]
    assert {kind for kind, _ in SCHEMAS} == {"registry", "store"}


URL = "postgresql+psycopg://ann:hush@db.example.org:5433/team?schema=mine&sslmode=verify-full"


def test_the_lines_for_postgresql() -> None:
    assert is_postgresql(URL)
    assert dump_line(URL, "a copy.dump") == (
        "(umask 077; pg_dump '--dbname=postgresql://ann@db.example.org:5433/team?sslmode=verify-full' --schema=mine "
        "'--file=a copy.dump' --format=custom --no-owner)"
    )
    assert restore_line(normalised("postgresql://db/team"), "x.dump") == (
        "pg_restore --dbname=postgresql://db:5432/team --clean --if-exists --no-owner --single-transaction -- x.dump"
    )
    assert dump_line(normalised("postgresql://ann:${env:DB_PASSWORD}@db/team"), "x").startswith(
        '(umask 077; PGPASSWORD="$DB_PASSWORD" pg_dump --dbname=postgresql://ann@db:5432/team '
    )
    assert "hush" not in dump_line(normalised("postgresql://a%40b:hush@h/d"), "f") + restore_line(URL, "f")


def test_a_server_that_is_not_there(zprof: Zprof, config: Path) -> None:
    url = normalised("postgresql://ann:hush@127.0.0.1:1/team?connect_timeout=2")
    zprof("profile", "create", "second")
    changed(config / "registry.db", f"UPDATE profile SET url = '{url}' WHERE name = 'default'")
    backup, restored = zprof("db", "backup", "f.dump"), zprof("db", "restore", "f.dump")
    assert (backup.code, backup.out, backup.err.splitlines()[1:]) == (7, "", [dump_line(url, "f.dump")])
    assert (restored.code, restored.out, restored.err.splitlines()[1:]) == (7, "", [restore_line(url, "f.dump")])
    assert backup.err.startswith("Error: Nothing was copied: the store of the profile 'default' is on PostgreSQL")
    assert json.loads(zprof("--output", "json", "db", "backup", "f.dump").err)["hint"] == dump_line(url, "f.dump")
    for words in (("status",), ("check",), ("upgrade",), ("status", "--all"), ("upgrade", "--all")):
        refused = zprof("db", *words)
        assert (refused.code, "hush" in refused.err, "127.0.0.1:1" in refused.err) == (1, False, True)
    assert "second" in zprof("db", "status", "--all", "-o", "name").out.split()
    examined = json.loads(zprof("doctor", "-o", "json").out)["items"]
    assert [finding["name"] for finding in examined] == ["unreachable", "orphan"]


def test_a_store_on_a_server(zprof: Zprof, postgresql: Server) -> None:
    url = postgresql.url(postgresql.new_schema())
    assert zprof("profile", "create", "team", "--url", url).code == 0
    told = json.loads(zprof("-p", "team", "db", "status", "-o", "json").out)["items"][0]
    newest = FORMATS["store"]
    assert (told["format"], told["newest_format"], told["size"], told["upgrade"]) == (newest, newest, None, "none")
    assert zprof("-p", "team", "db", "check").code == 0
    assert "needs no upgrade" in zprof("-p", "team", "db", "upgrade").err
    assert zprof("db", "status", "--all", "-o", "name").out == "registry\ndefault\nteam\n"
    assert zprof("doctor", "-o", "json").code == 0
    zprof("-p", "team", "alerter", "register", "ops", "-f", "slack", "--slack_token=hush")
    found = json.loads(zprof("doctor", "-o", "json").out)["items"]
    assert [(finding["name"], finding["where"]) for finding in found] == [("plain_secret", "team")]
    schema = url.partition("schema=")[2]
    postgresql.run(f"UPDATE {schema}.format SET version = 1")
    assert zprof("-p", "team", "db", "check").code == 1
    assert zprof("-p", "team", "db", "upgrade", "--dry-run", "--output", "name").out == (
        "0002_revision_numbers\n0003_turns\n0004_typed_columns\n0005_places\n0006_history\n"
    )
    found = json.loads(zprof("doctor", "-o", "json").out)["items"]
    assert [finding["name"] for finding in found] == ["older_format"]


def test_a_copy_that_a_kill_cut_short_has_another_name(
    zprof: Zprof, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has a copy's name is complete."""

    def killed(*_: object) -> None:
        raise ZprofError("killed")

    monkeypatch.setattr("zprof.sqlite.copying.copy_pages", killed)
    assert zprof("db", "backup").code == 1
    assert copies(str(config / STORE)) == []


def test_a_status_fits_the_narrowest_usual_terminal(zprof: Zprof, config: Path) -> None:
    shown = pexpect.spawn(
        str(SCRIPT), ["db", "status", "--all"], dimensions=(40, 80), encoding="utf-8", timeout=60
    ).read()
    assert "│ FORMAT │ BYTES  │ UPGRADE │ PATH " in shown
    assert max(map(len, shown.splitlines())) <= 79


def test_what_is_no_copy_is_not_to_be_mended_by_putting_back_a_copy(zprof: Zprof, home: Path) -> None:
    for content in (b"", b"junk", b"\0" * 4096):
        (home / "it.db").write_bytes(content)
        refused = zprof("db", "restore", "it.db", "--yes")
        assert refused.code == 6
        assert refused.err.splitlines()[-1] == "Nothing was changed. Choose another copy."


ODD = {
    "index": ("CREATE INDEX mine ON stack (created_at)", "The index mine does not belong to zprof."),
    "table": ("CREATE TABLE mine (id INTEGER)", "The table mine does not belong to zprof."),
    "view": ('CREATE VIEW "it\'s ""mine" AS SELECT 1', "The view it's \"mine does not belong to zprof."),
    "missing index": ("DROP INDEX ix_change_operation", "The index ix_change_operation is missing."),
    "missing view": ("DROP VIEW stack_overview", "The view stack_overview is missing."),
    "column": ("ALTER TABLE stack ADD COLUMN mine TEXT", "The table stack differs from the one that zprof creates."),
    "revision": ("UPDATE alembic_version SET version_num = '7'", f"Its format is {NEWEST}, but its revision is '7'."),
    "no JSON": ("UPDATE component SET config = '{x}' WHERE id = 1", "The config of row 1 of component is not a JSON"),
}
"""What others have done to a store that can be used all the same, and what is said of it."""


@pytest.mark.parametrize("case", ODD)
def test_what_can_be_used_is_copied_and_restored_with_a_warning(case: str, zprof: Zprof, config: Path) -> None:
    statement, sentence = ODD[case]
    changed(config / STORE, statement)
    copy = zprof("db", "backup").out.strip()
    restored = zprof("db", "restore", copy, "--yes")
    assert (restored.code, f"Warning: {copy}: {sentence}" in restored.err) == (0, True)
    assert zprof("stack", "list", "-o", "name").out == "default\n"


def test_what_can_not_be_used_is_neither_copied_nor_restored(zprof: Zprof, config: Path, home: Path) -> None:
    shutil.copy(zprof("db", "backup").out.strip(), home / "copy.db")
    for path in (config / STORE, home / "copy.db"):
        changed(path, "ALTER TABLE stack RENAME COLUMN revision TO mine")
    copied, restored = zprof("db", "backup"), zprof("db", "restore", "copy.db", "--yes")
    assert (copied.code, restored.code) == (6, 6)
    for refused in (copied, restored):
        assert "The table stack differs from the one that zprof creates." in refused.err


@pytest.mark.parametrize("case", ["index", "table", "view", "missing index", "missing view"])
def test_the_line_against_a_change_of_the_schema_keeps_all_else(case: str, zprof: Zprof, config: Path) -> None:
    changed(config / STORE, ODD[case][0])
    (found,) = json.loads(zprof("db", "check", "-o", "json").out)["items"]
    before = rows(config / STORE, "SELECT * FROM component, stack")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert subprocess.run(found["cure"], shell=True, env={**os.environ, "PATH": path}, check=False).returncode == 0
    assert zprof("db", "check").code == 0
    assert rows(config / STORE, "SELECT * FROM component, stack") == before
    assert [copy.reason for copy in copies(str(config / STORE))] == (["backup"] if case == "table" else [])


@pytest.mark.parametrize(
    "words",
    [
        ("db", "backup", ""),
        ("db", "restore", ""),
        ("stack", "export", "default", ""),
        ("stack", "import", ""),
        ("import-zenml", ""),
        ("alerter", "flavor", "register", "own", "--schema", ""),
        ("artifact-store", "register", "s3", "-f", "s3", "--config", "@"),
        ("artifact-store", "register", "s3", "-f", "s3", "--path=@"),
        ("artifact-store", "register", "s3", "-f", "s3", "--config", ""),
    ],
    ids=" ".join,
)
def test_an_empty_name_of_a_file_is_a_usage_error(words: tuple[str, ...], zprof: Zprof, config: Path) -> None:
    before = files(config)
    refused = zprof(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "damaged" not in refused.err
    assert files(config) == before


def test_a_copy_of_another_profile_is_told(zprof: Zprof, home: Path, config: Path) -> None:
    zprof("profile", "create", "other")
    own = zprof("db", "backup").out.strip()
    theirs = zprof("-p", "other", "db", "backup").out.strip()
    asked = zprof("db", "restore", theirs)
    sentence = f"{theirs} is a copy of the store of the profile 'other', not of the store of the profile 'default'."
    assert (asked.code, f"Warning: {sentence}" in asked.err) == (7, True)
    assert "is a copy of" not in zprof("db", "restore", own).err
    shutil.copy(theirs, home / "nameless.db")
    shutil.copy(own, home / "own.db")
    changed(home / "nameless.db", "UPDATE change SET operation = 'x' || operation")  # made in the same second
    assert "nameless.db is a copy of another database, not of" in zprof("db", "restore", "nameless.db").err
    assert "is a copy of" not in zprof("db", "restore", "own.db").err
    assert "is a copy of" in zprof("db", "restore", theirs, "--yes").err
    assert "is a copy of" not in zprof("db", "restore", own).err


def test_a_database_that_was_rebuilt_is_recognised(zprof: Zprof, home: Path, config: Path) -> None:
    with closing(sqlite3.connect(config / STORE)) as connection, closing(sqlite3.connect(home / "it.db")) as other:
        other.executescript("\n".join(connection.iterdump()))
    line = "PRAGMA user_version = "
    for words in (("db", "restore", "it.db", "--yes"), ("profile", "create", "it", "--url", "it.db")):
        refused = zprof(*words)
        assert (refused.code, line in refused.err, "it.db has the tables of a zprof store" in refused.err) == (
            6,
            True,
            True,
        )
    changed(home / "it.db", "CREATE TABLE mine (id)")
    assert "it.db was not created by zprof" in zprof("db", "restore", "it.db", "--yes").err
    changed(home / "it.db", "DROP TABLE mine", "UPDATE format SET version = 2")
    assert "it.db was not created by zprof" in zprof("db", "restore", "it.db", "--yes").err
    changed(home / "it.db", f"UPDATE format SET version = {NEWEST}")
    line = zprof("db", "restore", "it.db", "--yes").err.partition("run: ")[2].strip()
    assert subprocess.run(line, shell=True, check=False).returncode == 0
    assert zprof("db", "restore", "it.db", "--yes").code == 0


def failure(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_SOMETHING"
    return error


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_PROTOCOL])
def test_only_a_commit_may_have_an_outcome_that_is_not_known(code: int) -> None:
    with pytest.raises(ZprofError) as failed, translating("x.db", "store"):
        raise failure(code)
    assert "Nothing was changed" in failed.value.hint
    with pytest.raises(ZprofError) as failed, translating("x.db", "store"), telling_outcome("x.db"):
        raise failure(code)
    assert ("may or may not have taken effect" in failed.value.hint) == (code == sqlite3.SQLITE_IOERR_FSYNC)
