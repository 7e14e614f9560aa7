"""Who owns a schema is trusted with its contents, and no more: no code of theirs runs as one who uses the store.

Each attack writes to a table that only its victim may write. It succeeds where the guard is taken out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
import pytest
from conftest import Result, Zprof
from postgresql_server import Server
from test_postgresql import make_old_store

from zprof.databases import upgrade
from zprof.errors import ForeignFile
from zprof.postgresql import creation, transaction
from zprof.postgresql.check import TABLES
from zprof.postgresql.database import PostgreSQL
from zprof.schema import migration
from zprof.schema.connections import on_server
from zprof.schema.models.store import StoreBase

MANDATORY = ("-o", "default", "-a", "default", "-m", "default")


class Scene(NamedTuple):
    """A schema, whose owner attacks, and a victim who may do all with its tables."""

    server: Server
    schema: str

    @property
    def url(self) -> str:
        """The victim's."""
        return self.server.url(self.schema, user=f"victim_{self.schema}")

    def as_owner(self, *queries: str) -> None:
        """Run what the owner does."""
        with self.connect_owner() as connection:
            for query in queries:
                connection.execute(query.format(s=self.schema).encode())

    def connect_owner(self) -> psycopg.Connection[Any]:
        """A connection of the owner."""
        return psycopg.connect(
            host="127.0.0.1", port=self.server.port, user=f"owner_{self.schema}", dbname="postgres", autocommit=True
        )

    def loot(self) -> int:
        """How often a stranger's code has run as the victim."""
        s = self.schema
        ((rows,),) = self.server.run(f"SELECT count(*) FROM private_{s}.loot")
        ((numbers,),) = self.server.run(f"SELECT last_value - 100 FROM private_{s}.numbers_{s}")
        return int(rows + numbers)


@pytest.fixture
def empty(postgresql: Server) -> Scene:
    """A schema without a store, in which functions wait for a victim."""
    s = postgresql.new_schema()
    postgresql.run(
        f"CREATE ROLE owner_{s} LOGIN",
        f"CREATE ROLE victim_{s} LOGIN IN ROLE owner_{s}",
        f"CREATE SCHEMA private_{s} AUTHORIZATION victim_{s}",
        f"CREATE SCHEMA {s} AUTHORIZATION owner_{s}",
        f"CREATE TABLE private_{s}.loot (x int)",
        f"ALTER TABLE private_{s}.loot OWNER TO victim_{s}",
        f"CREATE SEQUENCE private_{s}.numbers_{s} START 100",
        f"SELECT nextval('private_{s}.numbers_{s}')",
        f"ALTER SEQUENCE private_{s}.numbers_{s} OWNER TO victim_{s}",
    )
    scene = Scene(postgresql, s)
    scene.as_owner(*FUNCTIONS)
    return scene


@pytest.fixture
def scene(empty: Scene, zprof: Zprof) -> Scene:
    """A store of the owner's, with a stack `bait`; the victim has a profile of it."""
    owners = empty.server.url(empty.schema, user=f"owner_{empty.schema}")
    assert zprof("profile", "create", "owners", "--url", owners).code == 0
    assert zprof("-p", "owners", "stack", "register", "bait", *MANDATORY).code == 0
    assert zprof("profile", "create", "team", "--url", empty.url).code == 0
    assert zprof("profile", "delete", "owners", "-y").code == 0
    return empty


FUNCTIONS = (
    "CREATE FUNCTION {s}.run() RETURNS text LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO private_{s}.loot VALUES (1); RETURN ''x''; "
    "EXCEPTION WHEN insufficient_privilege OR read_only_sql_transaction THEN RETURN ''x''; END'",
    "CREATE FUNCTION {s}.pure(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN {s}.run(); END'",
    "CREATE FUNCTION {s}.evil() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN PERFORM {s}.run(); RETURN coalesce(NEW, OLD); END'",
    "CREATE FUNCTION {s}.same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS "
    "'BEGIN PERFORM {s}.run(); RETURN $1::text = $2::text; END'",
)
QUERY = "length(ts_rewrite('b'::tsquery, 'SELECT ''a''::tsquery, {s}.run()::tsquery')::text)"
"""A function of PostgreSQL's own that runs any query."""
OPERATOR = "CREATE OPERATOR {s}.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = {s}.same)"
TIED = "CREATE TABLE {s}.tied (stack_id int REFERENCES {s}.stack ON DELETE CASCADE)"

HOSTILE = {
    "a trigger": ("CREATE TRIGGER t BEFORE INSERT ON {s}.stack FOR EACH ROW EXECUTE FUNCTION {s}.evil()",),
    "a trigger of constraints": (
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON {s}.change DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION {s}.evil()",
    ),
    "a view": (
        "ALTER TABLE {s}.stack RENAME TO theirs",
        "CREATE VIEW {s}.stack AS SELECT *, {s}.run() AS extra FROM {s}.theirs",
    ),
    "a rule": ("CREATE RULE r AS ON INSERT TO {s}.change DO ALSO SELECT {s}.run()",),
    "a default": ("ALTER TABLE {s}.stack ALTER COLUMN id SET DEFAULT 100 + length({s}.run())",),
    "a default of PostgreSQL's own": (f"ALTER TABLE {{s}}.stack ALTER COLUMN id SET DEFAULT 100 + {QUERY}",),
    "a generated column": ("ALTER TABLE {s}.stack ADD COLUMN x text GENERATED ALWAYS AS ({s}.pure(name)) STORED",),
    "a check": ("ALTER TABLE {s}.change ADD CONSTRAINT no CHECK ({s}.run() IS NOT NULL)",),
    "a check of PostgreSQL's own": (f"ALTER TABLE {{s}}.change ADD CONSTRAINT no CHECK ({QUERY} IS NOT NULL)",),
    "a check by a type": (
        "CREATE DOMAIN {s}.own AS text CHECK ({s}.run() IS NOT NULL)",
        "ALTER TABLE {s}.change ADD CONSTRAINT no CHECK (command::{s}.own IS NOT NULL)",
    ),
    "an index": ("CREATE INDEX i ON {s}.stack ({s}.pure(name))",),
    "a partial index": ("CREATE INDEX i ON {s}.stack (name) WHERE {s}.pure('x') IS NOT NULL",),
    "statistics": ("CREATE STATISTICS {s}.st ON ({s}.pure('x')), name FROM {s}.stack",),
    "a type": (
        "CREATE DOMAIN {s}.own AS text CHECK ({s}.run() IS NOT NULL)",
        "ALTER TABLE {s}.change ALTER COLUMN command TYPE {s}.own",
    ),
    "row security": (
        "ALTER TABLE {s}.stack ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {s}.stack FORCE ROW LEVEL SECURITY",
        "CREATE POLICY p ON {s}.stack USING ({s}.run() IS NOT NULL)",
    ),
    "a child": (
        "CREATE TABLE {s}.child () INHERITS ({s}.stack)",
        "DELETE FROM {s}.stack_component WHERE stack_id = (SELECT id FROM {s}.stack WHERE name = 'bait')",
        "WITH gone AS (DELETE FROM {s}.stack WHERE name = 'bait' RETURNING *) INSERT INTO {s}.child SELECT * FROM gone",
        "CREATE TRIGGER t BEFORE DELETE OR UPDATE ON {s}.child FOR EACH ROW EXECUTE FUNCTION {s}.evil()",
    ),
    "a partition": (
        "ALTER TABLE {s}.change RENAME TO theirs",
        "CREATE TABLE {s}.change (LIKE {s}.theirs INCLUDING DEFAULTS) PARTITION BY LIST ({s}.pure(operation))",
        "CREATE TABLE {s}.part PARTITION OF {s}.change DEFAULT",
    ),
    "a cascade": (
        TIED,
        "INSERT INTO {s}.tied SELECT id FROM {s}.stack WHERE name = 'bait'",
        "CREATE TRIGGER t AFTER DELETE ON {s}.tied FOR EACH ROW EXECUTE FUNCTION {s}.evil()",
    ),
    "a victim's numbers": (
        "DO $$ BEGIN EXECUTE format('ALTER TABLE {s}.stack ALTER COLUMN id SET DEFAULT nextval(%s::oid::regclass)', "
        "(SELECT oid FROM pg_class WHERE relname = 'numbers_{s}')); END $$",
    ),
}


def use(zprof: Zprof) -> list[Result]:
    """What a victim does, in the order of reads and changes."""
    return [
        zprof("-q", "-p", "team", *words)
        for words in (
            ("stack", "list"),
            ("stack", "register", "new", *MANDATORY),
            ("stack", "rename", "bait", "fish"),
            ("stack", "delete", "fish", "-y"),
        )
    ]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_strangers_code_does_not_run(what: str, scene: Scene, zprof: Zprof) -> None:
    scene.as_owner(*HOSTILE[what])
    for refused in use(zprof):
        assert (refused.code, refused.out) == (6, ""), refused.err
        assert "are not the ones that zprof creates" in refused.err
    for words in (
        ("profile", "create", "copy", "--from", "team"),
        ("stack", "copy", "bait", "copied", "--from", "team", "--to", "default"),
        ("db", "status", "-p", "team"),
    ):
        assert zprof("-q", *words).code == 6
    assert zprof("-q", "db", "check", "-p", "team").code == 1
    joined = zprof("-q", "profile", "create", "joined", "--url", scene.url)
    assert joined.code == 6, joined.err
    assert "team" in zprof("doctor").out
    assert scene.loot() == 0


@pytest.mark.parametrize("what", HOSTILE)
def test_it_would_without_the_check(what: str, scene: Scene, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.as_owner(*HOSTILE[what])
    monkeypatch.setattr(transaction, "check", lambda schema: "SELECT 1")
    use(zprof)
    ((version,),) = scene.server.run("SELECT current_setting('server_version_num')::int")
    # From PostgreSQL 18 on, such a trigger runs as whoever owns the table of the trigger.
    assert (scene.loot() > 0) is (what != "a cascade" or version < 180000)


# What does no harm, and is no table of ours all the same


@pytest.mark.parametrize(
    "queries",
    [
        ("CREATE VIEW {s}.v AS SELECT 1", "ALTER TABLE {s}.stack ALTER COLUMN id SET DEFAULT nextval('{s}.v')"),
        (
            "CREATE TABLE {s}.theirs (name text PRIMARY KEY)",
            "INSERT INTO {s}.theirs SELECT name FROM {s}.stack",
            "ALTER TABLE {s}.stack ADD FOREIGN KEY (name) REFERENCES {s}.theirs",
        ),
        (
            "ALTER TABLE {s}.change RENAME TO theirs",
            "CREATE TABLE {s}.change (LIKE {s}.theirs INCLUDING DEFAULTS) PARTITION BY LIST (operation)",
        ),
        ("ALTER TABLE {s}.stack ALTER COLUMN created_at SET DEFAULT now()",),
        ("ALTER TABLE {s}.stack ENABLE ROW LEVEL SECURITY",),
    ],
)
def test_what_is_no_table_of_ours(scene: Scene, zprof: Zprof, queries: tuple[str, ...]) -> None:
    scene.as_owner(*queries)
    for refused in use(zprof):
        assert (refused.code, refused.out) == (6, ""), refused.err


@pytest.mark.parametrize(
    "setting",
    [
        "quote_all_identifiers = on",
        "standard_conforming_strings = off",
        "transform_null_equals = on",
        "search_path = ''",
        "row_security = off",
        "default_transaction_isolation = serializable",
        "default_transaction_deferrable = on",
        "extra_float_digits = -15",
    ],
)
def test_settings_of_a_role_change_nothing(scene: Scene, zprof: Zprof, setting: str) -> None:
    scene.server.run(f"ALTER ROLE victim_{scene.schema} SET {setting}")
    assert [done.code for done in use(zprof)] == [0, 0, 0, 0]
    again = scene.server.new_schema()
    scene.server.run(f"CREATE SCHEMA {again} AUTHORIZATION victim_{scene.schema}")
    url = scene.server.url(again, user=f"victim_{scene.schema}")
    assert zprof("profile", "create", "further", "--url", url, "--from", "team").code == 0


# A format that is none


@pytest.mark.parametrize(
    "query",
    [
        "ALTER TABLE {s}.format ALTER COLUMN version TYPE text",
        "ALTER TABLE {s}.format ALTER COLUMN min_reader TYPE numeric",
        "ALTER TABLE {s}.format DROP CONSTRAINT ck_format_kind, ALTER COLUMN kind TYPE bytea USING kind::bytea",
        "ALTER TABLE {s}.format ALTER COLUMN version DROP NOT NULL",
        "ALTER TABLE {s}.format DROP COLUMN version",
        "DELETE FROM {s}.format",
    ],
)
def test_a_format_that_is_none(scene: Scene, zprof: Zprof, query: str) -> None:
    scene.as_owner(query)
    for refused in use(zprof):
        assert (refused.code, refused.out, "broken" in refused.err) == (6, "", False), refused.err


def test_other_tables_than_ours_are_looked_at_too() -> None:
    assert set(TABLES) == set(StoreBase.metadata.tables)


# After the check


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TRIGGER t BEFORE INSERT ON {s}.stack FOR EACH ROW EXECUTE FUNCTION {s}.evil()",
        "CREATE RULE r AS ON INSERT TO {s}.stack DO ALSO SELECT {s}.run()",
        "ALTER TABLE {s}.stack RENAME TO theirs",
        "ALTER TABLE {s}.stack ALTER COLUMN id SET DEFAULT 100 + length({s}.run())",
        "ALTER TABLE {s}.stack ENABLE ROW LEVEL SECURITY",
        "CREATE INDEX i ON {s}.stack ({s}.pure(name))",
        "CREATE INDEX CONCURRENTLY i ON {s}.stack ({s}.pure(name))",
        "CREATE STATISTICS {s}.st ON ({s}.pure('x')), name FROM {s}.stack",
        "CREATE TABLE {s}.child () INHERITS ({s}.stack)",
        TIED,
    ],
)
def test_nobody_changes_a_table_between_the_check_and_the_end(scene: Scene, query: str) -> None:
    with PostgreSQL(scene.url).write() as change, scene.connect_owner() as owner:
        change.ask()
        owner.execute("SET lock_timeout = 100")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            owner.execute(query.format(s=scene.schema).encode())


@pytest.mark.parametrize(
    "query",
    [
        "ALTER TABLE {s}.stack RENAME TO theirs",
        'CREATE RULE "_RETURN" AS ON SELECT TO {s}.stack DO INSTEAD SELECT * FROM {s}.change',
        "ALTER TABLE {s}.stack ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {s}.stack ALTER COLUMN name TYPE varchar",
    ],
)
def test_nobody_puts_something_else_in_the_place_of_a_table_that_is_read(scene: Scene, query: str) -> None:
    with PostgreSQL(scene.url).read() as read, scene.connect_owner() as owner:
        read.ask()
        owner.execute("SET lock_timeout = 100")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            owner.execute(query.format(s=scene.schema).encode())


# Making and upgrading


def test_an_upgrade_runs_no_strangers_code(empty: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    make_owners_old_store(empty)
    empty.as_owner(OPERATOR)
    database = PostgreSQL(empty.url, upgrade=upgrade)
    database.upgrade()
    assert empty.loot() == 0


def test_an_upgrade_would_with_a_path(empty: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    make_owners_old_store(empty)
    empty.as_owner(OPERATOR)
    monkeypatch.setattr(migration, "on_server", functools.partial(on_server, has_path=True))
    PostgreSQL(empty.url, upgrade=upgrade).upgrade()
    assert empty.loot() > 0


def test_a_trigger_on_the_table_of_versions(empty: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    make_owners_old_store(empty)
    empty.as_owner("CREATE TRIGGER t BEFORE UPDATE ON {s}.alembic_version FOR EACH ROW EXECUTE FUNCTION {s}.evil()")
    with pytest.raises(ForeignFile, match="alembic_version has the trigger t"):
        PostgreSQL(empty.url, upgrade=upgrade).upgrade()
    assert empty.loot() == 0
    monkeypatch.setattr(transaction, "check", lambda schema: "SELECT 1")
    PostgreSQL(empty.url, upgrade=upgrade).upgrade()
    assert empty.loot() > 0


def make_owners_old_store(empty: Scene) -> None:
    """A store as the first release made it, which the owner has and the victim may upgrade."""
    make_old_store(PostgreSQL(empty.server.url(empty.schema, user=f"owner_{empty.schema}")), has_schema=True)


def put_operator(empty: Scene) -> None:
    """What waits in an empty schema, in which the victim may make a store."""
    empty.as_owner(OPERATOR, f"GRANT CREATE, USAGE ON SCHEMA {{s}} TO victim_{empty.schema}")


def test_making_a_store_in_a_strangers_schema(empty: Scene, zprof: Zprof) -> None:
    put_operator(empty)
    assert zprof("profile", "create", "team", "--url", empty.url).code == 0
    assert empty.loot() == 0
    assert zprof("-p", "team", "stack", "rename", "default", "new").code == 0
    assert empty.loot() == 0


def test_making_a_store_would_with_a_path(empty: Scene, zprof: Zprof, monkeypatch: pytest.MonkeyPatch) -> None:
    put_operator(empty)
    monkeypatch.setattr(creation, "PATH", f"SET LOCAL search_path = {empty.schema}")
    assert zprof("profile", "create", "team", "--url", empty.url).code == 0
    assert empty.loot() > 0


@pytest.fixture
def database_of_a_stranger(empty: Scene) -> str:
    """The victim's URL of an empty schema in a database whose owner has set a path for all."""
    s = empty.schema
    empty.server.run(f"CREATE DATABASE base_{s} OWNER owner_{s}")
    with psycopg.connect(
        host="127.0.0.1", port=empty.server.port, user=f"owner_{s}", dbname=f"base_{s}", autocommit=True
    ) as owner:
        for query in (
            f"GRANT CREATE ON DATABASE base_{s} TO PUBLIC",
            "CREATE SCHEMA traps; GRANT USAGE ON SCHEMA traps TO PUBLIC",
            "CREATE FUNCTION traps.final(bigint) RETURNS bigint LANGUAGE plpgsql AS "
            "'BEGIN CREATE TEMP TABLE IF NOT EXISTS ran (x int); RETURN $1; END'",
            "CREATE AGGREGATE traps.count(*) (SFUNC = int8inc, STYPE = bigint, FINALFUNC = traps.final, INITCOND = 0)",
            f"ALTER DATABASE base_{s} SET search_path = traps, pg_catalog",
        ):
            owner.execute(query.encode())
    return empty.url.replace("/postgres?", f"/base_{s}?")


def ran(url: str) -> Callable[[Any], None]:
    """What tells, within the making of a store, whether a stranger's aggregate has run in it."""

    def look(transaction: Any) -> None:
        connection = transaction.driver_connection()
        assert connection.execute("SELECT to_regclass('pg_temp.ran')").fetchone() == (None,)

    return look


def test_a_path_of_the_database_leads_to_nobodys_functions(
    database_of_a_stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database_of_a_stranger
    with monkeypatch.context() as patch:
        patch.setattr(creation, "PATH", "SELECT 1")
        with pytest.raises(AssertionError):
            PostgreSQL(url).create(ran(url))
    assert PostgreSQL(url).create(ran(url))
