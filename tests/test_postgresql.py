"""A store on PostgreSQL where it is not the same as a file: the server, its locks, its users, and its failures."""

from __future__ import annotations

import json
import os
import re
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

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from conftest import Result, Zprof, move_default_store
from cutting import CuttingProxy
from postgresql_server import Server
from sqlalchemy import Engine, NullPool, create_engine, select

from zprof.caller import Caller
from zprof.databases import store_database, upgrade
from zprof.errors import Busy, ForeignFile, InvalidInput, NewerSchema, ZprofError
from zprof.generated import formats
from zprof.generated import statements as sql
from zprof.postgresql.check import check
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
    item = json.loads(zprof("profile", "describe", "team", "-o", "json").out)["item"]
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
    assert (refused.code, "not made by zprof" in refused.err) == (6, True)
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
    with pytest.raises(NewerSchema, match="to change it takes"), Store(url).change():
        pass
    with pytest.raises(NewerSchema, match="can't be copied"):
        Registry(str(team_config(team))).create_profile("copy", source=profile(team, "team"))
    postgresql.run(f"UPDATE {schema}.format SET min_reader = {newer}")
    read = team("-q", "-p", "team", "stack", "list")
    assert (read.code, "pip install --upgrade zprof" in read.err) == (6, True)


def team_config(zprof: Zprof) -> Path:
    return Path.home() / ("Library/Application Support/zprof" if sys.platform == "darwin" else ".config/zprof")


def profile(zprof: Zprof, name: str) -> Any:
    return Registry(str(team_config(zprof))).profile(name)


# Schema


def test_migrations_make_what_models_declare(url: str) -> None:
    database = PostgreSQL(url)
    assert database.create(lambda connection: None)
    with on_server(database) as connection:
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
        f"pg_dump --dbname=postgresql://zprof@127.0.0.1:{postgresql.port}/postgres --schema={schema}"
    )


def make_old_store(database: PostgreSQL) -> None:
    """A store as the first release made it, with a stack in it."""
    with engine(database).begin() as connection:
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
    assert first == last
    # The next key follows: a new component would else clash.
    assert full("-p", "there", "artifact-store", "register", "new", "-f", "s3", "--path=s3://x").code == 0
    refused = full("-q", "profile", "create", "twice", "--url", url, "--from", "default")
    assert (refused.code, "already exists" in refused.err) == (4, True)


def all_rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as store:
        return {
            table.name: store.execute(f'SELECT * FROM "{table.name}" ORDER BY 1, 2').fetchall()
            for table in StoreBase.metadata.sorted_tables
        }


def test_stacks_travel_between_both(full: Zprof, url: str) -> None:
    full("profile", "create", "team", "--url", url)
    assert full("stack", "copy", "prod", "prod", "--to", "team").code == 0
    assert full("-p", "team", "stack", "copy", "prod", "back", "--to", "default").code == 0
    shown = [
        full("-q", "-p", name, "stack", "export", stack).out for name, stack in (("team", "prod"), ("default", "prod"))
    ]
    assert shown[0] == shown[1]


# Many at once


def test_no_change_is_lost(zprof: Zprof, config: Path, url: str) -> None:
    move_default_store(config, url)
    zprof("orchestrator", "register", "counter", "-f", "local_docker", "--docker_parent_image=0")
    counted = subprocess.run(
        [sys.executable, HERE / "counting.py", "zprof", str(config), "8", "10"],
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
    holder = rf"he server's process {pid} \(someone from 127.0.0.1\)"
    assert re.search(rf"Waiting for t{holder} to finish with 127.0.0.1:\d+/postgres \(schema \w+\) …", waited.err)
    assert re.search(rf"Error: T{holder} kept .* locked, and nothing was changed\.", waited.err)
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
    with pytest.raises(ZprofError, match="by this very thread"), store.change() as change:
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
        assert first.startswith("Error: There is no connection to 127.0.0.1:1/postgres (schema zprof): ")
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
    assert (failed.code, "no connection" in failed.err) == (1, True)
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
    with pytest.raises(ZprofError, match="may not do that"):
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
    with pytest.raises(ZprofError, match="can only be read"), mine.change() as change:
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
    assert "not known" in failed.value.hint
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


HOSTILE = {
    "a trigger": ("CREATE TRIGGER t BEFORE INSERT ON {s}.stack FOR EACH ROW EXECUTE FUNCTION {s}.evil()",),
    "a view": (
        "ALTER TABLE {s}.stack RENAME TO theirs",
        "CREATE VIEW {s}.stack AS SELECT *, {s}.run() AS extra FROM {s}.theirs",
    ),
    "a rule": ("CREATE RULE r AS ON INSERT TO {s}.change DO ALSO SELECT {s}.run()",),
    "a default": ("ALTER TABLE {s}.component ALTER COLUMN flavor SET DEFAULT {s}.run()",),
    "a check": ("ALTER TABLE {s}.component ADD CONSTRAINT no CHECK ({s}.run() IS NOT NULL)",),
    "an index": ("CREATE INDEX i ON {s}.stack ({s}.pure(name))",),
    "a type": ("CREATE DOMAIN {s}.own AS text", "ALTER TABLE {s}.flavor ALTER COLUMN source TYPE {s}.own"),
    "row security": ("ALTER TABLE {s}.component ENABLE ROW LEVEL SECURITY",),
    "a child": ("CREATE TABLE {s}.child () INHERITS ({s}.stack)",),
}
FUNCTIONS = (
    "CREATE TABLE {s}.ran (x int)",
    "CREATE FUNCTION {s}.run() RETURNS text LANGUAGE sql AS 'INSERT INTO {s}.ran VALUES (1); SELECT ''x'''",
    "CREATE FUNCTION {s}.pure(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION {s}.evil() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO {s}.ran VALUES (1); RETURN NEW; END'",
)


@pytest.mark.parametrize("what", HOSTILE)
def test_tables_that_would_run_a_strangers_code_are_not_used(
    what: str, team: Zprof, postgresql: Server, schema: str
) -> None:
    postgresql.run(*(each.format(s=schema) for each in (*FUNCTIONS, *HOSTILE[what])))
    # What an ADD CONSTRAINT itself has run does not count.
    postgresql.run(f"TRUNCATE {schema}.ran")
    for words in (("stack", "list"), ("stack", "register", "new", "-o", "default", "-a", "default", "-m", "default")):
        refused = team("-q", "-p", "team", *words)
        assert (refused.code, refused.out) == (6, ""), refused.err
        assert "are not as zprof makes them" in refused.err
    assert postgresql.run(f"SELECT count(*) FROM {schema}.ran") == [(0,)]


def test_what_others_add_beside_our_tables_is_their_own(team: Zprof, postgresql: Server, schema: str) -> None:
    postgresql.run(
        f"CREATE INDEX i ON {schema}.component (flavor)", f"CREATE VIEW {schema}.v AS SELECT name FROM {schema}.stack"
    )
    assert team("-p", "team", "stack", "list", "-o", "name").out == "default\n"


def test_who_may_only_connect_holds_up_nobody(team: Zprof, postgresql: Server, schema: str, url: str) -> None:
    postgresql.run(f"CREATE ROLE stranger_{schema} LOGIN")
    stranger = psycopg.connect(
        host="127.0.0.1", port=postgresql.port, user=f"stranger_{schema}", dbname="postgres", autocommit=True
    )
    with stranger:
        for number in range(5):
            stranger.execute(f"SELECT pg_advisory_lock({number})".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege), stranger.transaction():
            stranger.execute(f"LOCK TABLE {schema}.format IN SHARE ROW EXCLUSIVE MODE".encode())
        with Store(url, Caller(lock_timeout=2.0)).change() as change:
            change.rename_stack("default", "new")


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


def test_what_is_acknowledged_is_durable_whatever_the_role_says(team: Zprof, postgresql: Server, url: str) -> None:
    with Store(url).change() as change:
        change.ask()
        transaction = change._transaction
        assert isinstance(transaction, Transaction)
        assert transaction.driver_connection().execute("SHOW synchronous_commit").fetchone() == ("on",)
    assert postgresql.run("SHOW synchronous_commit") == [("off",)]


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
