"""A store on PostgreSQL where it is not the same as a file: the server, its locks, its users, and its failures."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from conftest import Result, Zprof, move_default_store
from cutting import CuttingProxy
from postgresql_server import Server, programs
from sqlalchemy import Engine, NullPool, create_engine, select

from zprof import signals
from zprof.caller import Caller
from zprof.databases import store_database, upgrade
from zprof.errors import Busy, ForeignFile, InvalidInput, NewerSchema, ZprofError
from zprof.generated import formats
from zprof.generated import statements as sql
from zprof.postgresql.check import TABLES, check
from zprof.postgresql.database import PostgreSQL
from zprof.postgresql.transaction import Transaction
from zprof.profiles.registry import Registry
from zprof.schema import migration
from zprof.schema.connections import on_server
from zprof.schema.models.store import StoreBase
from zprof.store.change import StoreChange
from zprof.store.store import Store

HERE = Path(__file__).parent
CLOSED = "postgresql+psycopg://ann@127.0.0.1:1/postgres?schema=zprof"
"""Nothing listens there."""


@pytest.fixture
def schema(postgresql: Server) -> str:
    """A name for a schema that is not there yet."""
    return postgresql.new_schema()


@pytest.fixture
def url(postgresql: Server, schema: str) -> str:
    return postgresql.url(schema)


@pytest.fixture
def team(zprof: Zprof, url: str) -> Zprof:
    """A profile `team` on PostgreSQL beside the default one; not active."""
    assert zprof("profile", "create", "team", "--url", url).code == 0
    return zprof


def everything(database: PostgreSQL) -> dict[str, list[Any]]:
    """All rows of a store, by table."""
    with engine(database).connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in StoreBase.metadata.sorted_tables
        }


def engine(database: PostgreSQL) -> Engine:
    """SQLAlchemy's, in the schema of a store."""
    found = database.address
    options = {"options": f"-csearch_path={found.schema}"}
    return create_engine(
        f"postgresql+psycopg://{found.user}@{found.host}:{found.port}/{found.database}",
        connect_args=options,
        poolclass=NullPool,
    )


# Making and joining


def test_create(zprof: Zprof, url: str) -> None:
    created = zprof("profile", "create", "team", "--url", url.replace("+psycopg", ""))
    assert created.code == 0
    assert created.err.splitlines()[2:] == [
        "Initializing profile `team`...",
        "Initializing store...",
        "Registered stack component with type 'orchestrator' and name 'default'.",
        "Registered stack component with type 'metadata_store' and name 'default'.",
        "Registered stack component with type 'artifact_store' and name 'default'.",
        "Registered stack with name 'default'.",
        "Profile 'team' successfully created.",
    ]
    item = json.loads(zprof("profile", "describe", "team", "-o", "json").out)
    assert (item["store_type"], item["active_stack"]) == ("postgresql", "default")
    assert zprof("-p", "team", "stack", "list", "-o", "name").out == "default\n"


def test_join_and_forget(team: Zprof, url: str) -> None:
    team("-p", "team", "stack", "rename", "default", "prod")
    joined = team("profile", "create", "also", "--url", url)
    assert "Initializing store..." not in joined.err
    assert team("-p", "also", "stack", "get").out == "prod\n"
    assert team("profile", "delete", "team", "-y").code == 0
    assert team("profile", "delete", "also", "-y").code == 0
    assert Store(url).stack_names() == ["prod"]


def test_a_schema_of_others_is_left_alone(zprof: Zprof, postgresql: Server, schema: str, url: str) -> None:
    postgresql.run(f"CREATE SCHEMA {schema}", f"CREATE TABLE {schema}.theirs (x int)")
    refused = zprof("-q", "profile", "create", "team", "--url", url)
    assert (refused.code, "that zprof did not create" in refused.err) == (6, True)
    postgresql.run(f"ALTER TABLE {schema}.theirs RENAME TO format")
    with pytest.raises(ForeignFile):
        Store(url).stacks()
    tables = postgresql.run(f"SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace")
    assert tables == [("format",)]


def test_an_empty_schema_is_used(zprof: Zprof, postgresql: Server, schema: str, url: str) -> None:
    """As one that an administrator made, for a user who may make none."""
    postgresql.run(f"CREATE ROLE user_{schema} LOGIN", f"CREATE SCHEMA {schema} AUTHORIZATION user_{schema}")
    assert zprof("profile", "create", "team", "--url", postgresql.url(schema, user=f"user_{schema}")).code == 0


def test_a_newer_store(team: Zprof, postgresql: Server, schema: str, url: str) -> None:
    newer = formats.FORMATS["store"] + 1
    postgresql.run(f"UPDATE {schema}.format SET version = {newer}, min_writer = {newer}")
    assert Store(url).stack_names() == ["default"]
    with pytest.raises(NewerSchema, match="it takes format 7 to change it"), Store(url).change():
        pass
    with pytest.raises(NewerSchema, match="can't be copied"):
        Registry(str(team_config(team))).create_profile("copy", source=profile(team, "team"))
    postgresql.run(f"UPDATE {schema}.format SET min_reader = {newer}")
    read = team("-q", "-p", "team", "stack", "list")
    assert (read.code, "run `git pull` and `pip install .`" in read.err) == (6, True)


def team_config(zprof: Zprof) -> Path:
    return Path.home() / ("Library/Application Support/zprof" if sys.platform == "darwin" else ".config/zprof")


def profile(zprof: Zprof, name: str) -> Any:
    return Registry(str(team_config(zprof))).profile(name)


# Schema


def test_migrations_make_what_models_declare(url: str) -> None:
    database = PostgreSQL(url)
    assert database.create(lambda connection: None)
    with on_server(database, has_path=True) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, StoreBase.metadata)
    assert [each for each in found if "alembic_version" not in str(each)] == []


def test_an_upgrade_from_the_oldest_makes_the_same(postgresql: Server) -> None:
    old, new = postgresql.new_schema(), postgresql.new_schema()
    assert PostgreSQL(postgresql.url(new)).create(lambda connection: None)
    said: list[str] = []
    database = PostgreSQL(postgresql.url(old), Caller(say=said.append), upgrade=upgrade)
    make_old_store(database)
    with ThreadPoolExecutor(4) as threads:
        urls = [postgresql.url(old)] * 4
        assert list(threads.map(lambda each: Store(each).stack_names(), urls)) == [["kept"]] * 4
    with database.read() as transaction:
        assert transaction.rows(sql.STACK_NAMES()) == [("kept",)]
    assert described(postgresql, old) == described(postgresql, new)


def test_doctor_looks_at_it_and_changes_nothing(team: Zprof, postgresql: Server, schema: str, url: str) -> None:
    def findings() -> list[str]:
        items = json.loads(team("doctor", "-o", "json").out)["items"]
        return [str(each) for each in items if "team" in str(each)]

    assert findings() == []
    postgresql.run(f"DROP SCHEMA {schema} CASCADE")
    assert "There is no store at 127.0.0.1:" in str(findings())
    make_old_store(PostgreSQL(url))
    assert "zprof --profile team db upgrade" in str(findings())
    assert postgresql.run(f"SELECT version FROM {schema}.format") == [(1,)]


def test_an_upgrade_tells_of_pg_dump_first(postgresql: Server, schema: str, url: str) -> None:
    make_old_store(PostgreSQL(url))
    said: list[str] = []
    with Store(url, Caller(say=said.append)).change():
        pass
    assert said[0].startswith("Upgrading 127.0.0.1:")
    assert said[1].startswith(
        f"(umask 077; pg_dump --dbname=postgresql://zprof@127.0.0.1:{postgresql.port}/postgres --schema={schema}"
    )


def make_old_store(database: PostgreSQL, *, has_schema: bool = False) -> None:
    """A store as the first release made it, with a stack in it."""
    with engine(database).begin() as connection:
        if not has_schema:
            connection.exec_driver_sql(f'CREATE SCHEMA "{database.address.schema}"')
        config = migration.alembic_config("store")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001_initial")
        connection.exec_driver_sql("INSERT INTO stack (name, created_at, updated_at) VALUES ('kept', '', '')")


def described(server: Server, schema: str) -> list[list[tuple[Any, ...]]]:
    """A schema by what PostgreSQL says of it."""
    queries = (
        f"SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default FROM "
        f"information_schema.columns WHERE table_schema = '{schema}' ORDER BY 1, 2",
        f"SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE connamespace = '{schema}'::regnamespace ORDER BY 1, 2",
        f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY 1",
        f"SELECT viewname, definition FROM pg_views WHERE schemaname = '{schema}' ORDER BY 1",
        f"SELECT * FROM {schema}.format",
    )
    return [
        [
            tuple(each.replace(schema, "") if isinstance(each, str) else each for each in row)
            for row in server.run(query)
        ]
        for query in queries
    ]


def test_alembic_works_on_it(team: Zprof, url: str) -> None:
    for words, says in ((("current",), "(head)"), (("check",), "No new upgrade")):
        done = subprocess.run(
            [Path(sys.executable).with_name("alembic"), "-n", "store", "-x", f"url={url}", *words],
            cwd=HERE.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, says in done.stdout) == (0, True), done.stderr


# Encodings


NOT_STORED = {"SQL_ASCII": "", "UTF8": "", "LATIN1": "日😀", "EUC_JP": "😀"}
"""The characters that a database of an encoding can't hold."""


@pytest.fixture(params=NOT_STORED)
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def encoded(
    zprof: Zprof, postgresql: Server, schema: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Zprof, str]:
    """An active profile in a database of an encoding, of which nothing says that its clients talk UTF-8."""
    postgresql.run(
        f"CREATE DATABASE base_{schema} ENCODING '{encoding}' TEMPLATE template0",
        f"ALTER DATABASE base_{schema} SET client_encoding = 'SQL_ASCII'",
        f"CREATE ROLE role_{schema} SUPERUSER LOGIN",
        f"ALTER ROLE role_{schema} SET client_encoding = 'LATIN1'",
    )
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    url = postgresql.url(schema, user=f"role_{schema}").replace("/postgres?", f"/base_{schema}?")
    assert zprof("profile", "create", "team", "--url", url).code == 0
    assert zprof("profile", "create", "joined", "--url", url).code == 0
    assert zprof("profile", "set", "team").code == 0
    return zprof, url


def test_a_database_of_another_encoding(encoded: tuple[Zprof, str], encoding: str, postgresql: Server) -> None:
    zprof, _ = encoded
    stored = []
    for number, character in enumerate("aüé日😀"):
        words = (f"c{number}", "-f", "s3", f"--path=s3://{character}/x")
        done = zprof("-q", "artifact-store", "register", *words)
        if character in NOT_STORED[encoding]:
            assert (done.code, "one outside the database's encoding" in done.err) == (2, True), done.err
        else:
            assert done.code == 0, done.err
            stored.append(f"s3://{character}/x")
        # A name that is none finds nothing, or can't be in such a database.
        assert zprof("artifact-store", "describe", character).code in (2, 3)

    def paths(profile: str) -> list[str]:
        found = json.loads(zprof("-p", profile, "artifact-store", "list", "-o", "json").out)["items"]
        return [each["config"]["path"] for each in found if "path" in each["config"]]

    assert paths("team") == stored
    further = postgresql.url(postgresql.new_schema())
    assert zprof("profile", "create", "copy", "--from", "team", "--url", further).code == 0
    assert zprof("profile", "create", "file", "--from", "team").code == 0
    assert (paths("copy"), paths("file")) == (stored, stored)
    assert zprof("artifact-store", "update", "c1", "--path=s3://ß").code == 0
    assert zprof("db", "check").code == 0


@pytest.mark.parametrize("encoding", ["SQL_ASCII"], indirect=True)
def test_text_that_is_not_utf8_is_told(encoded: tuple[Zprof, str]) -> None:
    """As other programs may write it where the database looks at nothing."""
    zprof, url = encoded
    found = PostgreSQL(url).address
    with psycopg.connect(
        host=found.host, port=found.port, user="zprof", dbname=found.database, client_encoding="SQL_ASCII"
    ) as other:
        other.execute(f"UPDATE {found.schema}.component SET flavor = E'\\xfc' WHERE type = 'artifact_store'".encode())
    told = zprof("-q", "artifact-store", "list")
    assert (told.code, "not UTF-8" in told.err) == (6, True)
    assert zprof("db", "check").code == 1
    assert "not UTF-8" in zprof("doctor").out


# Copies


@pytest.fixture
def full(zprof: Zprof, home: Path) -> Zprof:
    """A default profile with something in each table."""
    (home / "schema.json").write_text(
        '{"properties": {"url": {"type": "string"}, "a": {"enum": [1.5, {"z": 1, "b": 2}]}}}'
    )
    zprof("alerter", "flavor", "register", "pager", "--schema", "schema.json")
    zprof("alerter", "register", "duty", "-f", "pager", "--url=https://ü")
    zprof("artifact-store", "register", "gone", "-f", "s3", "--path=s3://x")
    zprof("artifact-store", "delete", "gone", "-y")
    assert (
        zprof("stack", "register", "prod", "-o", "default", "-a", "default", "-m", "default", "-al", "duty").code == 0
    )
    return zprof


def test_copies_to_postgresql_and_back_are_equal(full: Zprof, config: Path, url: str, postgresql: Server) -> None:
    assert full("profile", "create", "there", "--url", url, "--from", "default").code == 0
    again = postgresql.new_schema()
    assert full("profile", "create", "further", "--url", postgresql.url(again), "--from", "there").code == 0
    assert full("profile", "create", "back", "--from", "further").code == 0
    first, last = (all_rows(config / "profiles" / f"{name}.db") for name in ("default", "back"))
    *kept, one, two, three = last["operation"]
    assert {one[5], two[5], three[5]} == {"floor"}  # each clone begins with one
    assert first == {**last, "operation": kept}
    # The next key follows: a new component would else clash.
    assert full("-p", "there", "artifact-store", "register", "new", "-f", "s3", "--path=s3://x").code == 0
    refused = full("-q", "profile", "create", "twice", "--url", url, "--from", "default")
    assert (refused.code, "already exists" in refused.err) == (4, True)


def all_rows(path: Path) -> dict[str, list[Any]]:
    """All of a store but the places of its components, which a clone has others of."""
    with closing(sqlite3.connect(path)) as store:
        return {
            table.name: store.execute(f'SELECT {", ".join(names)} FROM "{table.name}" ORDER BY 1, 2').fetchall()
            for table in StoreBase.metadata.sorted_tables
            for names in [[f'"{column.name}"' for column in table.columns if column.name != "place"]]
        }


def test_stacks_travel_between_both(full: Zprof, url: str) -> None:
    full("profile", "create", "team", "--url", url)
    assert full("stack", "copy", "prod", "prod", "--to", "team").code == 0
    assert full("-p", "team", "stack", "copy", "prod", "back", "--to", "default").code == 0
    shown = [
        full("-q", "-p", name, "stack", "export", stack).out for name, stack in (("team", "prod"), ("default", "prod"))
    ]
    assert shown[0] == shown[1]


@pytest.mark.skipif(not (programs().directory / "pg_dump").exists(), reason="the server came without pg_dump")
def test_the_lines_for_a_copy_work_in_a_shell(
    zprof: Zprof, home: Path, postgresql: Server, secured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a shell would do with the names in it."""
    base = f'it\'s "a" $HOME base {postgresql.new_schema()}'
    postgresql.run('CREATE DATABASE "{}"'.format(base.replace('"', '""')))
    monkeypatch.setenv("TEAM_PW", secured)
    monkeypatch.setenv("PATH", f"{programs().directory}:{os.environ['PATH']}")
    server = f"secured:${{env:TEAM_PW}}@127.0.0.1:{postgresql.port}"
    assert zprof("profile", "create", "team", "--url", f"postgresql://{server}/{quote(base)}?schema=user").code == 0
    file = "-a copy's $(touch made) `touch made`.dump"

    def typed(*words: str) -> None:
        told = zprof("-q", "-p", "team", *words)
        assert (told.code, told.out) == (7, "")
        done = subprocess.run(["/bin/sh", "-c", told.err.splitlines()[-1]], capture_output=True, text=True, check=False)
        assert (done.returncode, secured in told.err) == (0, False), done.stderr

    old = os.umask(0o022)
    typed("db", "backup", "--", file)
    os.umask(old)
    assert [path.name for path in home.iterdir() if path.is_file()] == [file]
    assert (home / file).stat().st_mode & 0o777 == 0o600
    store = Store(profile(zprof, "team").url)
    with store.change() as change:
        change.rename_stack("default", "mistake")
    store.close()
    typed("db", "restore", "--", file)
    assert zprof("-p", "team", "stack", "list", "-o", "name").out == "default\n"
    assert zprof("-p", "team", "db", "check").code == 0
    assert zprof("-p", "team", "stack", "rename", "default", "new").code == 0


# Many at once


def test_no_change_is_lost(zprof: Zprof, config: Path, url: str) -> None:
    move_default_store(config, url)
    zprof("orchestrator", "register", "counter", "-f", "local_docker", "--docker_parent_image=0")
    counted = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", HERE / "counting.py", "zprof", str(config), "8", "10"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (counted.stdout, counted.stderr) == ("80\n", "")
    component = Store(url).component("orchestrator", "counter")
    assert component.config["docker_parent_image"] == "80"


def test_one_of_many_makes_it(zprof: Zprof, url: str) -> None:
    script = Path(sys.executable).with_name("zprof")
    making = [
        subprocess.Popen([script, "profile", "create", f"p{number}", "--url", url], stderr=subprocess.PIPE, text=True)
        for number in range(5)
    ]
    said = [process.communicate(timeout=100)[1] for process in making]
    assert [process.returncode for process in making] == [0] * 5, said
    assert "".join(said).count("Registered stack with name 'default'.") == 1
    assert Store(url).stack_names() == ["default"]


@contextmanager
def held(server: Server, url: str) -> Iterator[int]:
    """The lock of a store, held by another session; its process."""
    with server.connect() as connection:
        connection.execute("SET application_name = 'someone'")
        connection.execute("BEGIN")
        connection.execute(f"LOCK TABLE {PostgreSQL(url).address.schema}.format IN SHARE ROW EXCLUSIVE MODE".encode())
        yield connection.info.backend_pid
        connection.execute("ROLLBACK")


def test_a_change_waits_and_a_read_does_not(team: Zprof, postgresql: Server, url: str) -> None:
    with held(postgresql, url) as pid:
        assert team("-p", "team", "stack", "list", "-o", "name").out == "default\n"
        waited = team("-p", "team", "--lock-timeout", "2", "stack", "rename", "default", "new")
    assert waited.code == 5
    holder = rf"he server's process {pid} \(someone of zprof from 127.0.0.1\)"
    assert re.search(rf"Waiting for t{holder} to finish with 127.0.0.1:\d+/postgres \(schema \w+\) …", waited.err)
    assert re.search(rf"Error: T{holder} kept .* locked, so nothing was changed\.", waited.err)
    assert team("-p", "team", "stack", "rename", "default", "new").code == 0


def test_a_change_gets_its_turn(team: Zprof, postgresql: Server, url: str) -> None:
    results: list[Result] = []
    with held(postgresql, url):
        waiting = threading.Thread(target=lambda: results.append(renamed(url)))
        waiting.start()
        time.sleep(1.5)
    waiting.join(60)
    assert Store(url).stack_names() == ["new"]


def renamed(url: str) -> Any:
    with Store(url).change() as change:
        return change.rename_stack("default", "new")


def test_a_read_waits_for_an_upgrade(team: Zprof, postgresql: Server, schema: str, url: str) -> None:
    with postgresql.connect() as upgrade, upgrade.transaction():
        upgrade.execute(f"LOCK TABLE {schema}.format".encode())
        with pytest.raises(Busy):
            Store(url, Caller(lock_timeout=0.5)).stacks()


def test_nothing_waits_for_itself(team: Zprof, url: str) -> None:
    store = Store(url)
    with pytest.raises(ZprofError, match="by this thread"), store.change() as change:
        change.rename_stack("default", "new")
        store.stacks()


def test_a_trial_leaves_nothing(team: Zprof, url: str) -> None:
    with Store(url).change(is_trial=True) as change:
        change.register_component("orchestrator", "tried", "local", {})
    assert [component.name for component in Store(url).components("orchestrator")] == ["default"]


# What fails


def test_an_unreachable_store_stops_nothing_else(team: Zprof, config: Path) -> None:
    with closing(sqlite3.connect(config / "registry.db", isolation_level=None)) as registry:
        registry.execute("UPDATE profile SET url = ? WHERE name = 'team'", (CLOSED,))
    assert team("profile", "list").code == 0
    assert team("profile", "set", "team").code == 0
    assert team("status").code == 0
    for words in (("stack", "list"), ("stack", "rename", "default", "x"), ("profile", "create", "c", "--from", "team")):
        failed = team("-q", *words)
        assert failed.code == 1
        first, second = failed.err.splitlines()
        assert first.startswith("Error: Can't connect to 127.0.0.1:1/postgres (schema zprof): ")
        assert first.endswith(" Connection refused.")
        assert "zprof profile set NAME" in second
    assert team("-p", "default", "stack", "list").code == 0
    assert team("profile", "set", "default").code == 0
    assert team("profile", "delete", "team", "-y").code == 0


def test_a_server_that_does_not_answer(zprof: Zprof) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/t?connect_timeout=2"
        failed = zprof("-q", "profile", "create", "team", "--url", url)
    assert (failed.code, "timeout" in failed.err) == (1, True)


def test_a_server_without_tls(zprof: Zprof, url: str) -> None:
    failed = zprof("-q", "profile", "create", "team", "--url", f"{url}&sslmode=verify-full")
    assert (failed.code, "Can't connect to" in failed.err) == (1, True)
    assert zprof("profile", "list", "-o", "name").out == "default\n"


def test_a_store_that_was_dropped(team: Zprof, postgresql: Server, schema: str, url: str) -> None:
    postgresql.run(f"DROP SCHEMA {schema} CASCADE")
    for words in (("stack", "list"), ("stack", "rename", "default", "x")):
        failed = team("-q", "-p", "team", *words)
        assert (failed.code, "There is no store at" in failed.err) == (1, True)


@pytest.fixture
def secured(postgresql: Server) -> str:
    """The password of a user `secured`, whom the server asks for it."""
    password = "hu/nt@er2 %41"
    postgresql.run(
        "SELECT pg_advisory_lock(4711)",
        "DO $$ BEGIN CREATE ROLE secured SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"ALTER ROLE secured PASSWORD '{password}'",
    )
    return password


def test_no_password_is_told(
    zprof: Zprof, postgresql: Server, schema: str, secured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZPROF_DEBUG", "1")
    encoded = "hu%2Fnt%40er2%20%2541"
    told = ""

    def shown(*words: str) -> Result:
        nonlocal told
        result = zprof(*words)
        told += result.out + result.err
        return result

    given = postgresql.url(schema, user=f"secured:{encoded}")
    created = shown("profile", "create", "team", "--url", given)
    assert (created.code, "in plain text" in created.err) == (0, True)
    wrong = postgresql.url(schema, user="secured:wr0ng-one")
    refused = shown("profile", "create", "wrong", "--url", wrong)
    assert (refused.code, "password authentication failed" in refused.err) == (1, True)
    monkeypatch.setenv("TEAM_PW", secured)
    by_variable = postgresql.url(schema, user="secured:${env:TEAM_PW}")
    assert shown("profile", "create", "by-variable", "--url", by_variable).code == 0
    monkeypatch.delenv("TEAM_PW")
    unset = shown("-p", "by-variable", "stack", "list")
    assert (unset.code, "$TEAM_PW is not set" in unset.err) == (1, True)
    for words in (
        ("profile", "list"),
        ("profile", "list", "-o", "json"),
        ("profile", "describe", "team"),
        ("-p", "team", "status"),
        ("-p", "team", "stack", "describe", "nope"),
        ("-p", "team", "stack", "rename", "default", "new"),
    ):
        shown(*words)
    log = [str(row) for row in postgresql.run(f"SELECT * FROM {schema}.change")]
    done = subprocess.run(
        [Path(sys.executable).with_name("alembic"), "-n", "store", "-x", f"url={wrong}", "current"],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    told += "".join(log) + done.stdout + done.stderr
    assert "********" in told
    assert "${env:TEAM_PW}" in told
    for secret in (secured, encoded, "hu/nt", "er2", "wr0ng"):
        assert secret not in told, secret


def test_values_are_not_told(team: Zprof, postgresql: Server, schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL quotes the row that it refuses."""
    monkeypatch.setenv("ZPROF_DEBUG", "1")
    postgresql.run(f"ALTER TABLE {schema}.component ADD CONSTRAINT no CHECK (name <> 'bad')")
    failed = team("-p", "team", "artifact-store", "register", "bad", "-f", "s3", "--path=s3://b", "--secret=s3cret")
    assert failed.code == 1
    assert "PostgreSQL failed at" in failed.err
    assert "s3cret" not in failed.err


def test_a_character_that_is_no_text_there(team: Zprof, url: str) -> None:
    with pytest.raises(InvalidInput), Store(url).change() as change:
        change.register_component("artifact_store", "nul", "s3", {"path": "s3://a\0b"})
    with pytest.raises(InvalidInput):
        Store(url).stack("a\0b")
    with pytest.raises(InvalidInput):
        Store(url).stack("a\udc80b")
    assert Store(url).stack_names() == ["default"]


def test_users_with_privileges_of_their_own(team: Zprof, postgresql: Server, schema: str) -> None:
    reader = f"reader_{schema}"
    postgresql.run(f"CREATE ROLE {reader} LOGIN")
    mine = Store(postgresql.url(schema, user=reader))
    with pytest.raises(ZprofError, match="is not allowed to do that"):
        mine.stacks()
    postgresql.run(
        f"GRANT USAGE ON SCHEMA {schema} TO {reader}", f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}"
    )
    assert mine.stack_names() == ["default"]
    with mine.change(is_trial=True) as change:
        steps = change.add_bundle(mine.bundle("default"), "tried")
    assert [step.name for step in steps if step.verb == "register"] == ["tried"]
    with pytest.raises(ZprofError, match="permission denied"), mine.change() as change:
        change.rename_stack("default", "x")
    postgresql.run(
        f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {reader}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {reader}",
    )
    with mine.change() as change:
        change.rename_stack("default", "x")
        change.register_component("orchestrator", "other", "local", {})
    postgresql.run(f"ALTER ROLE {reader} SET default_transaction_read_only = on")
    mine.close()  # a role's settings are those of its next connection
    with pytest.raises(ZprofError, match="is read-only"), mine.change() as change:
        change.rename_stack("x", "default")


def backend_of(change: StoreChange) -> int:
    """The server's process, once the change has begun."""
    change.ask()
    transaction = change._transaction
    assert isinstance(transaction, Transaction)
    return transaction.driver_connection().info.backend_pid


def test_a_server_that_goes_within_a_change(team: Zprof, postgresql: Server, url: str) -> None:
    with pytest.raises(ZprofError, match="was lost, and nothing was changed"), Store(url).change() as change:
        change.rename_stack("default", "new")
        pid = backend_of(change)
        postgresql.run(f"SELECT pg_terminate_backend({pid}, 5000)")
        change.register_component("orchestrator", "late", "local", {})
    assert Store(url).stack_names() == ["default"]


@pytest.mark.parametrize("passes_on", [False, True])
def test_a_connection_cut_at_the_commit(team: Zprof, postgresql: Server, url: str, passes_on: bool) -> None:
    proxy = CuttingProxy(postgresql.port, b"COMMIT\0", passes_on=passes_on)
    through = url.replace(f":{postgresql.port}/", f":{proxy.port}/")
    with pytest.raises(ZprofError, match="was lost while") as failed, Store(through).change() as change:
        change.rename_stack("default", "new")
    proxy.close()
    assert "may or may not have taken effect" in failed.value.hint
    with Store(url).change():
        pass  # waits for the end of the other
    assert Store(url).stack_names() == (["new"] if passes_on else ["default"])


def test_the_server_sees_who_it_is(team: Zprof, postgresql: Server, url: str) -> None:
    database = store_database(url)
    assert isinstance(database, PostgreSQL)
    with database.read() as transaction:
        transaction.ask()
        asked = "SELECT current_setting('application_name'), current_setting('transaction_isolation')"
        connection = transaction.driver_connection()
        assert connection.execute(asked).fetchone() == ("zprof", "repeatable read")
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)


def test_after_a_wait_there_is_patience_left(postgresql: Server, schema: str, url: str, team: Zprof) -> None:
    """The second's patience of the lock that writers take in turn is not that of the rest of the change."""
    waiting = PostgreSQL(url, Caller(lock_timeout=30.0))
    holder, release = PostgreSQL(url), threading.Event()
    has_lock = threading.Event()

    def hold() -> None:
        with holder.write() as transaction:
            transaction.ask()
            has_lock.set()
            release.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert has_lock.wait(20)
    threading.Timer(1.5, release.set).start()
    with waiting.write() as transaction:
        transaction.ask()
        asked = transaction.driver_connection().execute("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'")
        patience = str((asked.fetchone() or ("",))[0])
    thread.join()
    assert int(patience) > 10_000  # milliseconds


# Strangers


def test_what_others_add_beside_our_tables_is_their_own(
    team: Zprof, postgresql: Server, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{programs().directory}:{os.environ['PATH']}")
    assert findings_of_others(team) == []
    postgresql.run(
        f"CREATE INDEX i ON {schema}.component (lower(flavor))",
        f"CREATE VIEW {schema}.v AS SELECT name FROM {schema}.stack",
        f"CREATE TABLE {schema}.t (id serial PRIMARY KEY, names text[])",
        f"CREATE FUNCTION {schema}.f(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        f"CREATE OPERATOR {schema}.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = {schema}.f)",
        f"CREATE DOMAIN {schema}.d AS text",
        f"CREATE STATISTICS {schema}.st ON name, created_at FROM {schema}.stack",
    )
    assert team("-p", "team", "stack", "list", "-o", "name").out == "default\n"
    assert team("-p", "team", "stack", "rename", "default", "new").code == 0
    ((severity, problem, cure),) = findings_of_others(team)
    assert (severity, problem) == (
        "warning",
        "Its schema has objects that zprof did not create and does not use: "
        "the function f, the index i, the operator =, the sequence t_id_seq, the statistics st and 3 more.",
    )
    if shutil.which("psql"):
        shown = subprocess.run(["/bin/sh", "-c", cure], capture_output=True, text=True, check=False)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert set(re.findall(rf"{schema}\s*[.|]\s*(v|f|=|d)\b", shown.stdout.replace('"', ""))) >= {"v", "f", "d"}


def test_what_others_added_and_holds_no_data_is_dropped(
    team: Zprof, postgresql: Server, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{programs().directory}:{os.environ['PATH']}")
    postgresql.run(
        f'CREATE VIEW {schema}."it\'s ""mine" AS SELECT name FROM {schema}.stack',
        f"CREATE INDEX i ON {schema}.stack (created_at)",
    )
    ((_, _, cure),) = findings_of_others(team)
    assert "psql " in cure
    assert f'DROP INDEX {schema}."i"' in cure
    if shutil.which("psql"):
        assert subprocess.run(["/bin/sh", "-c", cure], capture_output=True, check=False).returncode == 0
        assert findings_of_others(team) == []


def findings_of_others(zprof: Zprof) -> list[tuple[str, str, str]]:
    """What doctor says of things that are not of zprof's making."""
    items = json.loads(zprof("doctor", "-o", "json").out)["items"]
    return [(each["severity"], each["problem"], each["cure"]) for each in items if each["name"] == "others"]


LOCKS = ("ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE")


@pytest.mark.parametrize("may_read", [False, True])
def test_who_may_not_write_holds_up_nobody(
    team: Zprof, postgresql: Server, schema: str, url: str, may_read: bool
) -> None:
    stranger = connect_stranger(postgresql, schema, may_read=may_read)
    with stranger:
        for number in range(5):
            stranger.execute(f"SELECT pg_advisory_lock({number})".encode())
        tables = [f"{schema}.{table}" for table in TABLES]
        refused = [f"LOCK TABLE {table} IN {mode} MODE" for table in tables for mode in (*LOCKS, "ACCESS EXCLUSIVE")]
        refused += [f"SELECT * FROM {table} FOR {how}" for table in tables for how in ("UPDATE", "KEY SHARE")]
        if not may_read:
            refused.append(f"LOCK TABLE {schema}.format IN ACCESS SHARE MODE")
        for query in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), stranger.transaction():
                stranger.execute(query.encode())
        stranger.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        if may_read:
            stranger.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS SHARE MODE".encode())
            stranger.execute(f"SELECT * FROM {schema}.stack".encode())
        with Store(url, Caller(lock_timeout=2.0)).change() as change:
            change.rename_stack("default", "new")


def connect_stranger(server: Server, schema: str, *, may_read: bool) -> psycopg.Connection[Any]:
    """A connection of a role that may do nothing else, or read besides."""
    role = f"stranger_{schema}"
    server.run(f"CREATE ROLE {role} LOGIN")
    if may_read:
        server.run(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        server.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    return psycopg.connect(host="127.0.0.1", port=server.port, user=role, dbname="postgres", autocommit=True)


@pytest.mark.parametrize("table", ["format", "stack"])
def test_who_is_in_the_way_is_told_as_far_as_one_may_see(
    team: Zprof, postgresql: Server, schema: str, url: str, table: str
) -> None:
    """The address of another role's program is hidden from those who have no special rights."""
    role = f"writer_{schema}"
    postgresql.run(
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}",
    )
    mine = Store(postgresql.url(schema, user=role), Caller(lock_timeout=0.3))
    with postgresql.connect() as other, other.transaction():
        other.execute("SET application_name = 'someone'")
        other.execute(f"LOCK TABLE {schema}.{table} IN EXCLUSIVE MODE".encode())
        told = rf"The server's process {other.info.backend_pid} \(someone of zprof\) kept"
        with pytest.raises(Busy, match=told), mine.change() as change:
            change.ask()
        assert mine.stack_names() == ["default"]
    with mine.change() as change:
        change.ask()


def test_a_reader_in_the_way_of_an_upgrade_is_told(postgresql: Server, schema: str, url: str) -> None:
    make_old_store(PostgreSQL(url))
    stranger = connect_stranger(postgresql, schema, may_read=True)
    with stranger, stranger.transaction():
        stranger.execute(f"SELECT * FROM {schema}.format".encode())
        told = rf"process {stranger.info.backend_pid} \(unknown of stranger_{schema} from 127.0.0.1\) kept"
        with pytest.raises(Busy, match=told):
            PostgreSQL(url, Caller(lock_timeout=0.3), upgrade=upgrade).upgrade()


# Connections


def test_a_connection_leaves_no_state_behind(team: Zprof, url: str) -> None:
    database = PostgreSQL(url)
    with Store(url) as store:
        store._database = database
        store.stacks()
        with store.change() as change:
            change.rename_stack("default", "new")
        with database.connections.taken() as (connection, was_kept):
            assert was_kept
            assert connection.execute("SHOW search_path").fetchone() == ('"$user", public',)
            assert connection.execute("SHOW lock_timeout").fetchone() == ("0",)
            assert connection.execute("SHOW jit").fetchone() == ("on",)
            assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


def test_one_that_broke_while_nobody_used_it_is_made_again(team: Zprof, postgresql: Server, url: str) -> None:
    database = PostgreSQL(url)
    with Store(url) as store:
        store._database = database
        store.stacks()
        with database.connections.taken() as (connection, _):
            pid = connection.info.backend_pid
        postgresql.run(f"SELECT pg_terminate_backend({pid}, 5000)")
        assert store.stack_names() == ["default"]


def test_threads_have_a_connection_each(team: Zprof, url: str) -> None:
    with Store(url) as store, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: store.stack_names(), range(40))) == [["default"]] * 40


def synchronous_commit(connection: Any) -> str:
    """As it is in a transaction."""
    return str(connection.execute("SHOW synchronous_commit").fetchone()[0])


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("off", "on"), ("local", "on"), ("remote_write", "on"), ("on", "on"), ("remote_apply", "remote_apply")],
)
def test_what_is_acknowledged_is_durable_whatever_the_role_says(
    postgresql: Server, schema: str, chosen: str, expected: str
) -> None:
    """A store that is made, changed or upgraded; a stricter setting stays."""
    postgresql.run(
        f"CREATE ROLE hasty_{schema} LOGIN SUPERUSER", f"ALTER ROLE hasty_{schema} SET synchronous_commit = {chosen}"
    )
    seen: list[str] = []

    def look(transaction: Any) -> None:
        seen.append(synchronous_commit(transaction.driver_connection()))

    database = PostgreSQL(postgresql.url(schema, user=f"hasty_{schema}"))
    assert database.create(look)
    with database.write() as transaction:
        transaction.ask()
        look(transaction)
    with database.migrating() as connection:
        seen.append(synchronous_commit(connection))
    assert seen == [expected] * 3
    with database.connections.taken() as (connection, _):
        assert synchronous_commit(connection) == chosen


@pytest.mark.parametrize("is_write", [False, True])
def test_no_query_is_compiled(team: Zprof, postgresql: Server, url: str, is_write: bool) -> None:
    """Compiling the query of `stack list` takes twenty times as long as running it."""
    database = PostgreSQL(url)
    with database.write() if is_write else database.read() as transaction:
        transaction.ask()
        transaction.rows(sql.STACK_NAMES())
        assert isinstance(transaction, Transaction)
        assert transaction.driver_connection().execute("SHOW jit").fetchone() == ("off",)
    assert postgresql.run("SHOW jit") == [("on",)]


def test_a_forks_child_leaves_its_parents_connection_alone(team: Zprof, url: str) -> None:
    with Store(url) as store:
        with pytest.raises(ZeroDivisionError), store.change() as change:
            change.rename_stack("default", "new")
            child = os.fork()
            if child == 0:
                try:
                    transaction = change._transaction
                    assert isinstance(transaction, Transaction)
                    transaction.__exit__()
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            change.rename_stack("new", "newer")
            raise ZeroDivisionError
        assert store.stack_names() == ["default"]


def test_the_check_reads_little_of_the_catalog(team: Zprof, postgresql: Server, schema: str) -> None:
    """It runs while others wait for their turn: a scan of all dependencies would take a hundred times as long."""
    plan = postgresql.run("SET search_path = pg_catalog", f"EXPLAIN {check(schema)}")
    assert "Seq Scan on pg_depend" not in str(plan)
    assert "pg_depend" in str(plan)


def test_an_error_that_a_signal_brought_about_is_the_signals(
    team: Zprof, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver closes a connection whose waiting is ended, and says that it was lost: it was, but by us."""
    transaction = Transaction(PostgreSQL(url), is_write=True)
    with pytest.raises(ZprofError), transaction._translating():
        raise psycopg.OperationalError("the connection is lost")
    monkeypatch.setattr(signals._heard, "number", 15)
    with pytest.raises(signals.Ended), transaction._translating():
        raise psycopg.OperationalError("the connection is lost")
