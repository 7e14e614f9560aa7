"""The generated statements: up to date, read alike both ways, and refused where they would not be."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Zprof
from postgresql_server import Server
from sqlalchemy import Integer, Select, bindparam, create_engine, func, select
from sqlalchemy import literal_column as literal

from zprof.caller import QUIET
from zprof.generated import statements as sql
from zprof.history.heading import user_at_host
from zprof.postgresql.database import PostgreSQL
from zprof.profiles.cloning import copy_rows
from zprof.profiles.profile import Profile
from zprof.records import Component, Stack, json_object
from zprof.schema import generator
from zprof.schema.generator import TARGET, Unreadable, compiled_text, generated
from zprof.schema.models import store as models
from zprof.schema.models.registry import Profile as RegistryProfile
from zprof.schema.statements import components, stacks
from zprof.sqlite.database import Database
from zprof.store.store import Store
from zprof.transaction import Statement

STATEMENTS = generator.statements()
READS = [name for name, statement in STATEMENTS.items() if isinstance(statement, Select)]
CHANGES = [name for name, statement in STATEMENTS.items() if not isinstance(statement, Select)]
OF_THE_REGISTRY = {name for name, statement in STATEMENTS.items() if generator.is_of_registry(statement)}
NARROWED = {"pattern": "p?o*", "flavor": "s3", "used": "s3", "used_type": "artifact_store", "most": 10}
PARAMETERS: dict[str, dict[str, Any]] = {
    "LISTED_PROFILES": {"pattern": "s*", "most": 10},
    **dict.fromkeys(("LISTED_STACKS", "WHOLE_STACKS", "MEMBERS_OF_WHOLE_STACKS", "TYPES_OF_WHOLE_STACKS"), NARROWED),
    "LISTED_COMPONENTS": {"type": "artifact_store", "pattern": "s?", "flavor": "s3", "stacks": "*", "most": 10},
    "PROFILE": {"profile": "staging"},
    "PROFILE_IGNORING_CASE": {"profile": "STAGING"},
    "STACKS_REGISTERED": {"by": user_at_host(), "words": "%older%"},
    "STACKS_BESIDE": {"stack": "prod", "most": 1},
    "STACK": {"stack": "prod"},
    "STACKS_NAMED": {"names": '["prod", "gone"]'},
    "STACK_NAMES_TAKEN": {"names": '["prod", "gone"]'},
    "STACK_COMPONENTS": {"stack": "prod"},
    "STACK_COMPONENT": {"stack": "prod", "type": "orchestrator"},
    "MEMBERS_OF_STACKS": {"names": '["prod", "default"]'},
    "MEMBERS_BESIDE_COMPONENT": {"type": "artifact_store", "name": "s3"},
    "MEMBERS_USED_ELSEWHERE": {"stack": "prod"},
    "COMPONENTS": {"type": "artifact_store"},
    "COMPONENT": {"type": "artifact_store", "name": "s3"},
    "COMPONENT_NAMES": {"type": "artifact_store"},
    "COMPONENTS_NAMED": {"type": "artifact_store", "names": '["s3"]'},
    "COMPONENT_NAMES_TAKEN": {"type": "artifact_store", "names": '["s3"]'},
    "COMPONENTS_WITH_FLAVOR": {"type": "artifact_store", "flavor": "s3"},
    "COMPONENT_NAMES_WITH_FLAVOR": {"type": "artifact_store", "flavor": "s3"},
    "STACKS_WITH_COMPONENT": {"type": "artifact_store", "name": "s3"},
    "TIES_OF_ARTIFACT_STORES": {"names": '["s3"]'},
    "TIES_OF_METADATA_STORES": {"names": '["default"]'},
    "TIES_OF_STACK": {"stack": "owned"},
    "CHANGES_SINCE": {"number": 0},
    "OPERATION_UNTIL": {"moment": "2999-01-01T00:00:00Z"},
    "FLAVORS": {"type": "orchestrator"},
    "FLAVORS_NAMED": {"type": "orchestrator", "names": '["mine"]'},
    "FLAVOR_OF_COMPONENT": {"type": "orchestrator", "name": "own"},
    "FLAVORS_OF_STACK": {"stack": "owned"},
    "PROFILES_BEGINNING": {"first": "st", "last": "st\x7f"},
    "STACKS_BEGINNING": {"first": "pr", "last": "pr\x7f"},
    "COMPONENTS_BEGINNING": {"type": "artifact_store", "first": "", "last": "\x7f"},
    "CONFIG_OF_COMPONENT": {"type": "artifact_store", "name": "s3"},
    "FLAVORS_BEGINNING": {"type": "orchestrator", "first": "m", "last": "m\x7f"},
    "FLAVOR_SCHEMA": {"type": "orchestrator", "name": "mine"},
    **{f"ROWS_OF_{table}": {"after_id": -1} for table in ("COMPONENT", "STACK", "FLAVOR", "CHANGE")},
    "ROWS_OF_OPERATION": {"after_number": -1},
    "OPERATION": {"number": 1},
    "OPERATIONS": {"below": 9, "most": 2},
    "OPERATIONS_BEGINNING": {"first": "", "last": "g", "most": 2},
    "OPERATION_BEFORE": {"moment": "2999-01-01T00:00:00Z"},
    "NUMBER_OF_OPERATIONS": {"number": 1},
    "LOGGED_STATES": {"after": 0},
    "STATES_OF_THING": {"kind": "stack", "name": "older"},
    "CHANGES_OF_THING": {"kind": "stack", "name": "older", "below": 1000, "most": 2},
    "RENAMES_TO_THING": {"kind": "stack", "name": "prod", "below": 1000, "most": 2},
    **{key: {"operation_id": "first"} for key in ("CHANGES_OF_OPERATION", "OPERATION_OF_ID", "FIRST_OF_ID")},
    "FLOOR_AFTER": {"operation_id": "ground"},
    "LATEST_CHANGES": {"kind": "stack", "names": '["older"]'},
    "LATEST_RENAMES": {"kind": "stack", "names": '["prod"]'},
    "MEMBERS_BESIDE_COMPONENTS": {"type": "artifact_store", "names": '["s3"]'},
    "ROWS_OF_STACK_COMPONENT": {"after_stack_id": -1, "after_component_type": ""},
    "ROWS_OF_STORE_ASSOCIATION": {"after_artifact_store_id": -1},
}


def test_the_generated_files_are_up_to_date() -> None:
    for name, text in generated().items():
        assert (TARGET / name).read_text() == text, "run `make sql`"


def test_the_check_says_what_differs(tmp_path: Path) -> None:
    texts = generated()
    texts["statements.py"] = texts["statements.py"].replace("ORDER BY profile.name", "ORDER BY profile.id")
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    program = (
        "import sys, pathlib; from zprof.schema import generator;"
        f"generator.TARGET = pathlib.Path({str(tmp_path)!r}); sys.argv[1:] = ['--check'];"
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
    zprof("stack", "register", "older", "-o", "default", "-a", "s3", "-m", "default", "--decouple-stores")
    zprof("stack", "rename", "older", "prod")
    with Store(f"sqlite://{config / 'profiles' / 'default.db'}").change() as change:
        change.register_flavor("orchestrator", "mine", {"type": "object", "properties": {}}, "a.B")
        change.register_component("orchestrator", "own", "mine", {})
        change.register_stack("owned", {"orchestrator": "own", "artifact_store": "s3", "metadata_store": "default"})
    zprof("orchestrator", "register", "undone", "-f", "local")
    zprof("undo")
    with closing(sqlite3.connect(config / "profiles" / "default.db")) as connection, connection:
        connection.execute(
            "UPDATE change SET operation = 'ground' WHERE operation = (SELECT id FROM operation WHERE number = 1)"
        )
        connection.execute("UPDATE operation SET id = 'ground' WHERE number = 1")
        connection.execute("UPDATE operation SET number = number + 1 WHERE kind = 'undo'")
        connection.execute("UPDATE operation SET redo_next = number WHERE kind = 'undo'")
        floor = "SELECT max(number) - 1, 'raised', at, who, command, 'floor', NULL, NULL, NULL, NULL FROM operation"
        connection.execute(f"INSERT INTO operation {floor}")
        connection.execute("UPDATE change SET operation = 'first' WHERE operation = (SELECT min(id) FROM operation)")
        connection.execute("UPDATE operation SET id = 'first' WHERE id = (SELECT min(id) FROM operation)")
    return config


@pytest.mark.parametrize("name", READS)
def test_each_read_gives_the_same_rows_both_ways(seeded: Path, name: str) -> None:
    path = seeded / ("registry.db" if name in OF_THE_REGISTRY else "profiles/default.db")
    parameters = PARAMETERS.get(name, {})
    with Database(str(path), "registry" if name in OF_THE_REGISTRY else "store").read() as transaction:
        by_driver = transaction.rows(getattr(sql, name)(**parameters))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        by_sqlalchemy = [tuple(row) for row in connection.execute(STATEMENTS[name], parameters)]
    engine.dispose()
    assert by_driver == by_sqlalchemy
    assert by_driver, "a statement that finds nothing shows nothing"


def test_each_read_of_a_store_gives_the_same_rows_on_postgresql(seeded: Path, postgresql: Server) -> None:
    on_file = Database(str(seeded / "profiles" / "default.db"), "store")
    on_server = PostgreSQL(postgresql.url(postgresql.new_schema()))
    with on_file.read() as transaction:
        assert on_server.create(lambda new: copy_rows(transaction, new, QUIET))
    all_components = sql.ROWS_OF_COMPONENT(after_id=-1)
    places = {row[-1] for database in (on_file, on_server) for row in database.ask(all_components)[0]}
    for name in READS:
        if name not in OF_THE_REGISTRY:
            with on_file.read() as here, on_server.read() as there:
                call = getattr(sql, name)(**PARAMETERS.get(name, {}))
                rows = [each.rows(call) for each in (here, there)]
            is_ordered = "ORDER BY" in call.statement.sqlite
            found = [[as_stored(row, places) for row in each] for each in rows]
            assert found[0] == found[1] if is_ordered else sorted(found[0]) == sorted(found[1]), name


def as_stored(row: tuple[Any, ...], places: set[str]) -> list[Any]:
    """A row whose JSON is parsed, which PostgreSQL writes in its own way; a place is a clone's own."""
    return [
        str(json_object(value)) if str(value).startswith("{") else "a place" if value in places else value
        for value in row
    ]


def test_records_are_read_from_rows_of_their_columns() -> None:
    """Rows are tuples: a record's fields must be a statement's columns, in their order."""
    assert [column.key for column in components.COLUMNS] == list(Component._fields)
    assert [column.key for column in stacks.STACK_COLUMNS] == [
        name for name in Stack._fields if name not in ("components", "flavors")
    ]
    profile = STATEMENTS["PROFILE"]
    assert isinstance(profile, Select)
    assert [column.key for column in profile.selected_columns] == list(Profile._fields)


def test_all_parameters_are_known() -> None:
    assert {*READS, *CHANGES} >= PARAMETERS.keys()
    assert {name for name in vars(sql) if isinstance(getattr(sql, name), Statement)} == {*READS, *CHANGES}


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (select(models.Component.config), "select Integer or Text"),
        (select(models.Stack.name).where(models.Stack.name == "prod"), "hides the value 'prod'"),
        (select(models.Stack.name).limit(1), "hides the value 1"),
        (select(models.Stack.name).where(models.Stack.name.in_(bindparam("names", expanding=True))), "expanding IN"),
        (select(models.Stack.name).where(models.Stack.name.in_(["a", "b"])), "hides the value|expanding IN"),
        (select(RegistryProfile.is_active == literal("1", Integer)), "select Integer or Text"),
        (select(func.now()), "select Integer or Text"),
    ],
)
def test_what_would_be_read_differently_is_refused(statement: Select[*tuple[Any, ...]], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        compiled_text("BAD", statement)


def test_what_is_read_alike_is_not_refused() -> None:
    statement = (
        select(models.Stack.name, models.Stack.id)
        .where(models.Stack.name == bindparam("name"))
        .order_by(models.Stack.name)
    )
    assert compiled_text("GOOD", statement).startswith("SELECT stack.name, stack.id")
