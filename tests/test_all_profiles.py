"""`zprof stack list --all-profiles`: each store as it is, and one that can't be read hides no other."""

from __future__ import annotations

import csv
import io
import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import BANNER, NewStore, Zprof
from jsonschema_rs import Draft202012Validator
from postgresql_server import Server
from test_bad_rows_in_lists import BAD, spoil
from test_doctor import changed
from test_released import restored

from zprof.active import everywhere
from zprof.documents.schema import schema
from zprof.generated.formats import FORMATS

HERE = Path(__file__).parent
ALL = ("stack", "list", "--all-profiles")
TRIO = ("-o", "default", "-a", "default", "-m", "default")


@pytest.fixture
def both(zprof: Zprof, new_store: NewStore) -> Zprof:
    """The command, with a profile `staging` beside the default one, and in it a stack `prod` that is active."""
    assert zprof("profile", "create", "staging", *new_store()).code == 0
    assert zprof("-p", "staging", "stack", "register", "prod", *TRIO, "--set").code == 0
    return zprof


def names(zprof: Zprof, *words: str) -> list[str]:
    """What a list of all profiles has, beside which nothing is said."""
    listed = zprof("-q", *ALL, *words, "-o", "name")
    assert (listed.code, listed.err) == (0, "")
    return listed.out.split()


@pytest.mark.on_both
def test_the_stacks_of_all_profiles(both: Zprof) -> None:
    listed = both(*ALL)
    assert (listed.code, listed.err) == (0, BANNER)
    assert (
        listed.out
        == """\
┏━━━━━━━━━┯━━━━━━━━┯━━━━━━━━━━━━┯━━━━━━━━━━━━━━━━┯━━━━━━━━━━━━━━━━┯━━━━━━━━━━━━━━┓
┃ PROFILE │ ACTIVE │ STACK NAME │ ARTIFACT_STORE │ METADATA_STORE │ ORCHESTRATOR ┃
┠─────────┼────────┼────────────┼────────────────┼────────────────┼──────────────┨
┃ default │   👉   │ default    │ default        │ default        │ default      ┃
┃ staging │        │ default    │ default        │ default        │ default      ┃
┃ staging │   +    │ prod       │ default        │ default        │ default      ┃
┗━━━━━━━━━┷━━━━━━━━┷━━━━━━━━━━━━┷━━━━━━━━━━━━━━━━┷━━━━━━━━━━━━━━━━┷━━━━━━━━━━━━━━┛
"""
    )
    assert names(both) == ["default/default", "staging/default", "staging/prod"]


@pytest.mark.on_both
def test_documents_name_the_profile(both: Zprof) -> None:
    found = json.loads(both(*ALL, "-o", "json").out)
    Draft202012Validator(schema("StackList")).validate(found)
    assert yaml.safe_load(both(*ALL, "-o", "yaml").out) == found
    told = [(item["profile"], item["name"], item["active"]) for item in found["items"]]
    assert told == [("default", "default", True), ("staging", "default", False), ("staging", "prod", True)]
    assert found["problems"] == []
    rows = list(csv.DictReader(io.StringIO(both(*ALL, "-o", "csv").out)))
    assert [(row["profile"], row["active"], row["name"]) for row in rows][1:] == [
        ("staging", "", "default"),
        ("staging", "yes", "prod"),
    ]


def test_a_document_that_names_a_profile_is_imported_as_any(both: Zprof, home: Path) -> None:
    item = json.loads(both(*ALL, "--name", "prod", "-o", "json").out)["items"][0]
    (home / "prod.json").write_text(json.dumps(item))
    assert both("stack", "import", "prod.json").code == 0
    assert names(both, "--name", "prod") == ["default/prod", "staging/prod"]


@pytest.mark.on_both
def test_filters_go_with_it(both: Zprof) -> None:
    assert both("-p", "staging", "artifact-store", "register", "bucket", "-f", "s3", "--path=s3://b").code == 0
    assert both("-p", "staging", "stack", "register", "s3", *TRIO[:2], "-a", "bucket", "-m", "default",
                "--decouple-stores").code == 0  # fmt: skip
    assert names(both, "--flavor", "s3") == ["staging/s3"]
    assert names(both, "--uses", "artifact-store:bucket") == ["staging/s3"]
    assert names(both, "--name", "*d*") == ["default/default", "staging/default", "staging/prod"]
    cut = both(*ALL, "--limit", "2", "-o", "name")
    assert (cut.out.split(), "There are more than the 2 shown." in cut.err) == (
        ["default/default", "staging/default"],
        True,
    )
    assert both(*ALL, "--name", "x").err == BANNER + "Nothing matches --name x.\n"
    assert both(*ALL, "--limit", "0").code == 2
    assert both(*ALL, "--name", "[").code == 2


def test_what_is_in_effect_is_marked_as_ever(both: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "staging")
    monkeypatch.setenv("ZPROF_ACTIVATED_STACK", "default")
    marked = [line.split("│")[1:3] for line in both(*ALL).out.splitlines()[3:-1]]
    assert [[cell.strip() for cell in row] for row in marked] == [["+", "default"], ["👉", "default"], ["", "prod"]]


def test_it_needs_no_profile_in_effect(both: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZPROF_ACTIVATED_PROFILE", "gone")
    listed = both(*ALL)
    assert (listed.code, listed.out.count("+")) == (0, 2)
    assert "There is no profile named 'gone'" in listed.err
    assert both("stack", "list").code == 3
    assert both("-p", "gone", *ALL).code == 3


def test_two_profiles_with_one_store_are_both_listed(both: Zprof, config: Path) -> None:
    assert both("profile", "create", "twin", "--url", str(config / "profiles/default.db")).code == 0
    assert names(both, "--name", "default") == ["default/default", "staging/default", "twin/default"]


@pytest.fixture
def lost(both: Zprof, config: Path) -> Path:
    """The store of a third profile, `lost`, which the default one comes before and `staging` after."""
    assert both("profile", "create", "lost").code == 0
    return config / "profiles" / "lost.db"


def check_others_are_listed(zprof: Zprof, says: str) -> None:
    """See that the default profile and `staging` are listed, and why `lost` is not."""
    listed = zprof(*ALL, "-o", "name")
    assert (listed.code, listed.out.split()) == (0, ["default/default", "staging/default", "staging/prod"])
    *waiting, warning = listed.err.removeprefix(BANNER).splitlines()
    assert all(line.startswith("Waiting for another process") for line in waiting)
    assert warning.startswith("Warning: The stacks of the profile 'lost' can't be listed: ")
    assert says in warning
    silent = zprof(*ALL, "-o", "json")
    found = json.loads(silent.out)
    Draft202012Validator(schema("StackList")).validate(found)
    assert (silent.code, silent.err, [item["profile"] for item in found["problems"]]) == (0, "", ["lost"])
    assert says in found["problems"][0]["message"]
    assert zprof("-q", *ALL, "-o", "name").err == ""


def test_a_store_that_is_gone(both: Zprof, lost: Path) -> None:
    lost.unlink()
    check_others_are_listed(both, f"The database {lost} does not exist.")
    assert not lost.exists()
    assert "`zprof -p lost db restore FILE`" in both(*ALL).err


def test_a_store_that_is_no_database(both: Zprof, lost: Path) -> None:
    lost.write_bytes(b"no database at all, whatever its name says" * 40)
    check_others_are_listed(both, str(lost))


def test_a_store_that_is_damaged(both: Zprof, lost: Path) -> None:
    content = lost.read_bytes()
    lost.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    check_others_are_listed(both, "lost.db")


def test_a_store_of_a_newer_zprof(both: Zprof, lost: Path) -> None:
    newer = FORMATS["store"] + 1
    changed(lost, f"UPDATE format SET version = {newer}, min_reader = {newer}", f"PRAGMA user_version = {newer}")
    check_others_are_listed(both, "newer zprof")


def test_a_store_that_a_writer_holds(both: Zprof, lost: Path) -> None:
    with held(lost, "exclusive"):
        begun = time.monotonic()
        check_others_are_listed(both, "locked")
        assert time.monotonic() - begun < 3 * (everywhere.PATIENCE + 2)


def test_a_writer_that_has_its_turn_is_not_waited_for(both: Zprof, lost: Path) -> None:
    with held(lost, "turn"):
        begun = time.monotonic()
        assert "lost/default" in names(both)
        assert time.monotonic() - begun < everywhere.PATIENCE


@contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """Have another process hold a database."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "holding.py"), str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_store_of_an_older_format_is_read_and_left_as_it_is(zprof: Zprof, home: Path, version: int) -> None:
    old = restored(HERE / f"released/store-{version}.sql", home / "old.db")
    assert zprof("profile", "create", "old", "--url", "old.db").code == 0
    expected = zprof("-q", "-p", "old", "stack", "list", "-o", "name").out.split()
    old.unlink()
    restored(HERE / f"released/store-{version}.sql", old)
    assert names(zprof) == ["default/default", *(f"old/{name}" for name in expected)]
    assert len(json.loads(zprof(*ALL, "-o", "json").out)["items"]) == 1 + len(expected)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_store_that_is_too_old_to_be_read_as_it_is(zprof: Zprof, home: Path) -> None:
    old = restored(HERE / "released/store-1.sql", home / "old.db")
    assert zprof("profile", "create", "old", "--url", "old.db").code == 0
    old.unlink()
    restored(HERE / "released/store-1.sql", old)
    listed = zprof("-q", *ALL, "-o", "json")
    found = json.loads(listed.out)
    assert (listed.code, [item["profile"] for item in found["items"]]) == (0, ["default"])
    check_is_told_as_too_old(zprof, found, 1)
    assert zprof("-p", "old", "db", "upgrade").code == 0
    assert json.loads(zprof(*ALL, "-o", "json").out)["problems"] == []


def test_rows_that_are_bad_are_left_out_and_named_as_in_any_list(both: Zprof, lost: Path) -> None:
    spoil(lost, f"UPDATE stack SET name = {BAD['a blob']}")
    listed = both("-q", *ALL, "-o", "name")
    assert (listed.code, listed.out.split()) == (6, ["default/default", "staging/default", "staging/prod"])
    assert f"{lost} is damaged." in listed.err


def test_a_server_that_is_down(both: Zprof, lost: Path, config: Path) -> None:
    move(config, "postgresql+psycopg://ann:hunter2@127.0.0.1:1/team?schema=zprof")
    check_others_are_listed(both, "Can't connect to 127.0.0.1:1/team")
    assert "hunter2" not in str(both(*ALL))


def test_a_server_that_does_not_answer(both: Zprof, lost: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everywhere, "ANSWER_WITHIN", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        move(config, f"postgresql+psycopg://ann@127.0.0.1:{port}/team?connect_timeout=10&schema=zprof")
        begun = time.monotonic()
        check_others_are_listed(both, "The server did not answer within 1 seconds.")
        assert time.monotonic() - begun < 8, "it is asked four times"


def test_a_password_that_is_not_set(both: Zprof, lost: Path, config: Path) -> None:
    move(config, "postgresql+psycopg://ann:${env:TEAM_PW}@127.0.0.1:1/team?schema=zprof")
    check_others_are_listed(both, "$TEAM_PW is not set")


def move(config: Path, url: str) -> None:
    """Have the URL of the profile `lost` lead elsewhere."""
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET url = ? WHERE name = 'lost'", (url,))


def test_what_goes_wrong_in_a_thread_is_no_secret(
    both: Zprof, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own is told as anywhere, rather than shown as a store without stacks."""
    from zprof.store.store import Store

    assert both("profile", "create", "there", "--url", postgresql.url(postgresql.new_schema())).code == 0
    monkeypatch.setattr(Store, "stacks", lambda *_, **__: 1 / 0)
    broken = both(*ALL)
    assert (broken.code, "broken (ZeroDivisionError)" in broken.err) == (1, True)


def test_files_load_no_driver(both: Zprof) -> None:
    program = (
        "import sys; from zprof.__main__ import run; code = run(sys.argv[1:]);"
        "sys.exit(code or any(m.partition('.')[0] in ('psycopg', 'sqlalchemy') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, *ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_store_of_an_older_format_on_a_server(zprof: Zprof, postgresql: Server) -> None:
    schema_of_store = postgresql.new_schema()
    assert zprof("profile", "create", "old", "--url", postgresql.url(schema_of_store)).code == 0
    postgresql.run(
        f"ALTER TABLE {schema_of_store}.component DROP COLUMN place CASCADE",
        f"UPDATE {schema_of_store}.format SET version = 4",
    )
    assert names(zprof) == ["default/default", "old/default"]
    listed = zprof("-q", *ALL, "-o", "json")
    found = json.loads(listed.out)
    assert (listed.code, [item["profile"] for item in found["items"]]) == (0, ["default"])
    check_is_told_as_too_old(zprof, found, 4)
    assert postgresql.run(f"SELECT version FROM {schema_of_store}.format") == [(4,)]


def check_is_told_as_too_old(zprof: Zprof, found: dict[str, Any], version: int) -> None:
    """See that a list says of the profile `old` that its store is of an older format, rather than damaged."""
    (problem,) = found["problems"]
    assert (problem["profile"], problem["code"]) == ("old", "schema")
    assert f"in format {version}, which must be upgraded before it can be listed" in problem["message"]
    assert problem["hint"] == "To upgrade it, run `zprof -p old db upgrade`."
