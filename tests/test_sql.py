"""The generated statements: up to date, read alike both ways, and refused where they would not be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Zprof
from postgresql_server import Server
from sqlalchemy import Integer, Select, Update, bindparam, create_engine, func, select
from sqlalchemy import literal_column as literal

from zprof.generated import statements as sql
from zprof.postgresql.database import PostgreSQL
from zprof.profiles.cloning import clone
from zprof.records import json_object
from zprof.schema import statements
from zprof.schema.generator import TARGET, Unreadable, compiled_text, generated
from zprof.schema.models.registry import Profile
from zprof.schema.models.store import Component, Stack
from zprof.sqlite.database import Database

READS = [name for name, statement in vars(statements).items() if name.isupper() and isinstance(statement, Select)]
CHANGES = [name for name, statement in vars(statements).items() if isinstance(statement, Update)]
PARAMETERS = {
    "PROFILE": {"name": "staging"},
    "STACK": {"name": "prod"},
    "STACK_COMPONENTS": {"stack": "prod"},
    "STACK_COMPONENT": {"stack": "prod", "type": "orchestrator"},
    "COMPONENTS": {"type": "artifact_store"},
    "COMPONENT": {"type": "artifact_store", "name": "s3"},
    "COMPONENT_NAMES": {"type": "artifact_store"},
    "STACKS_WITH_COMPONENT": {"type": "artifact_store", "name": "s3"},
    "COMPONENTS_WITH_FLAVOR": {"type": "artifact_store", "flavor": "s3"},
    "FLAVORS": {"type": "orchestrator"},
}
OF_THE_REGISTRY = {"PROFILES", "PROFILE", "ACTIVE_PROFILE"}


def test_the_generated_file_is_up_to_date() -> None:
    assert TARGET.read_text() == generated(), "run `make sql`"


def test_the_check_says_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zprof.schema.generator.TARGET", tmp_path / "sql.py")
    (tmp_path / "sql.py").write_text(generated().replace("ORDER BY profile.name", "ORDER BY profile.id"))
    program = (
        "import sys, pathlib; from zprof.schema import generator;"
        f"generator.TARGET = pathlib.Path({str(tmp_path / 'sql.py')!r}); sys.argv[1:] = ['--check'];"
        "sys.exit(generator.main())"
    )
    checked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "-    FROM profile ORDER BY profile.id" in checked.stderr
    assert "run `make sql`" in checked.stderr


@pytest.fixture
def seeded(zprof: Zprof, config: Path) -> Path:
    """A config directory with something for each statement to find."""
    zprof("profile", "create", "staging")
    zprof("artifact-store", "register", "s3", "-f", "s3", "--path=s3://é", "--key={{a.b}}")
    zprof("stack", "register", "prod", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores")
    store = Database(str(config / "profiles" / "default.db"), "store")
    schema = json.dumps({"type": "object"})
    with store.write() as transaction:
        transaction._connection.execute(
            "INSERT INTO flavor VALUES (1, 'orchestrator', 'mine', 'a.B', ?, '2026-01-01T00:00:00Z')", (schema,)
        )
    return config


@pytest.mark.parametrize("name", READS)
def test_each_read_gives_the_same_rows_both_ways(seeded: Path, name: str) -> None:
    path = seeded / ("registry.db" if name in OF_THE_REGISTRY else "profiles/default.db")
    parameters = PARAMETERS.get(name, {})
    with Database(str(path), "registry" if name in OF_THE_REGISTRY else "store").read() as transaction:
        by_driver = transaction.rows(getattr(sql, name), **parameters)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        by_sqlalchemy = [tuple(row) for row in connection.execute(getattr(statements, name), parameters)]
    engine.dispose()
    assert by_driver == by_sqlalchemy
    assert by_driver, "a statement that finds nothing shows nothing"


def test_each_read_of_a_store_gives_the_same_rows_on_postgresql(seeded: Path, postgresql: Server) -> None:
    on_file = Database(str(seeded / "profiles" / "default.db"), "store")
    on_server = PostgreSQL(postgresql.url(postgresql.new_schema()))
    clone(on_file, on_server)
    for name in READS:
        if name not in OF_THE_REGISTRY:
            with on_file.read() as here, on_server.read() as there:
                rows = [each.rows(getattr(sql, name), **PARAMETERS.get(name, {})) for each in (here, there)]
            assert [as_stored(row) for row in rows[0]] == [as_stored(row) for row in rows[1]], name


def as_stored(row: tuple[Any, ...]) -> list[Any]:
    """A row whose JSON is parsed: PostgreSQL writes it in its own way."""
    return [json_object(value) if str(value).startswith("{") else value for value in row]


def test_all_parameters_are_known() -> None:
    assert {*READS, *CHANGES} >= PARAMETERS.keys()
    assert {name for name in vars(sql) if isinstance(getattr(sql, name), sql.Statement)} == {*READS, *CHANGES}


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (select(Component.config), "select Integer or Text"),
        (select(Stack.name).where(Stack.name == "prod"), "hides the value 'prod'"),
        (select(Stack.name).limit(1), "hides the value 1"),
        (select(Stack.name).where(Stack.name.in_(bindparam("names", expanding=True))), "expanding IN"),
        (select(Stack.name).where(Stack.name.in_(["a", "b"])), "hides the value|expanding IN"),
        (select(Profile.is_active == literal("1", Integer)), "select Integer or Text"),
        (select(func.now()), "select Integer or Text"),
    ],
)
def test_what_would_be_read_differently_is_refused(statement: Select[*tuple[Any, ...]], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        compiled_text("BAD", statement)


def test_what_is_read_alike_is_not_refused() -> None:
    statement = select(Stack.name, Stack.id).where(Stack.name == bindparam("name")).order_by(Stack.name)
    assert compiled_text("GOOD", statement).startswith("SELECT stack.name, stack.id")
