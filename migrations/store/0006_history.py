"""A row for each operation, with where undo and redo stand after it; and what a thing is named after it was renamed.

A program of format 5 can read what is here, but what it changed would be in no operation, so it must not write.

Revision: 0006_history
Revises: 0005_places
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_history"
down_revision = "0005_places"
branch_labels = None
depends_on = None

TYPES = (
    "alerter",
    "annotator",
    "artifact_store",
    "container_registry",
    "data_validator",
    "experiment_tracker",
    "feature_store",
    "metadata_store",
    "model_deployer",
    "orchestrator",
    "secrets_manager",
    "step_operator",
)
COMPONENT_OF_TYPE = """(
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = '{0}'
  ) AS {0}"""
STACK_OVERVIEW = """
CREATE VIEW stack_overview AS
SELECT
  stack.name AS stack_name,
  {components}
FROM stack
"""
COMPONENT_OVERVIEW = """
CREATE VIEW component_overview AS
SELECT
  component.type AS component_type,
  component.name AS component_name,
  component.flavor,
  (
    SELECT group_concat(name, ', ') FROM (
      SELECT stack.name FROM stack_component JOIN stack ON stack.id = stack_component.stack_id
      WHERE stack_component.component_id = component.id ORDER BY stack.name
    ) AS used_by
  ) AS stacks,
  component.config,
  component.updated_at
FROM component
"""

COLUMNS = ("id", "operation", "at", "who", "command", "entity_kind", "entity_name", "before", "after")
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
COPY = f"INSERT INTO new_change ({NAMES}) SELECT {NAMES} FROM change"  # noqa: S608
RENAMED_ON_FILE = """
UPDATE change SET new_name = CASE entity_kind WHEN 'stack' THEN '' ELSE json_extract("after", '$.type') || '/' END
  || json_extract("after", '$.name')
WHERE entity_kind IN ('component', 'stack') AND json_extract("before", '$.name') <> json_extract("after", '$.name')
"""
RENAMED_ON_SERVER = """
UPDATE change SET new_name = CASE entity_kind WHEN 'stack' THEN '' ELSE (after ->> 'type') || '/' END
  || (after ->> 'name')
WHERE entity_kind IN ('component', 'stack') AND (before ->> 'name') <> (after ->> 'name')
"""
OPERATIONS = """
INSERT INTO operation (number, id, at, who, command, kind, previous, undo_next)
SELECT place, operation, at, who, command, 'change', CASE WHEN place > 1 THEN place - 1 END, place
FROM (
  SELECT row_number() OVER (ORDER BY id) AS place, operation, at, who, command FROM change
  WHERE id IN (SELECT min(id) FROM change GROUP BY operation)
) AS begun
"""
STRANGERS = """
    SELECT type, name, sql FROM sqlite_master
    WHERE (type = 'view' OR type = 'index' AND lower(tbl_name) = 'change') AND sql IS NOT NULL ORDER BY rowid
"""
OURS = ("stack_overview", "component_overview", "ix_change_operation", "ix_change_entity_kind")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def is_on_file():
    return op.get_bind().dialect.name == "sqlite"


def integer(name, nullable=False):
    return sa.Column(name, sa.Integer, nullable=nullable, autoincrement=False)


def text(name, nullable=False):
    return sa.Column(name, sa.Text, nullable=nullable)


def check(table, name, condition):
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


def type_checks(table, *columns):
    # A server's columns have types.
    if not is_on_file():
        return
    for column in columns:
        kind = "integer" if isinstance(column.type, sa.Integer) else "text"
        condition = f"IN ('{kind}', 'null')" if column.nullable else f"= '{kind}'"
        yield check(table, f"{column.name}_is_{kind}", f"typeof({column.name}) {condition}")


def add_operations():
    columns = (
        integer("number"),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        text("at"),
        text("who"),
        text("command"),
        text("kind"),
        integer("takes_back", nullable=True),
        integer("previous", nullable=True),
        integer("undo_next", nullable=True),
        integer("redo_next", nullable=True),
    )
    op.create_table(
        "operation",
        *columns,
        sa.PrimaryKeyConstraint("number", name="pk_operation"),
        sa.UniqueConstraint("id", name="uq_operation_id"),
        check("operation", "kind", "kind IN ('change', 'floor', 'prune', 'redo', 'undo')"),
        *type_checks("operation", *columns),
    )


def remake_changes():
    # SQLite can't add a check to a table.
    columns = (
        sa.Column("id", sa.Integer, nullable=False),
        text("operation"),
        text("at"),
        text("who"),
        text("command"),
        text("entity_kind"),
        text("entity_name"),
        sa.Column("before", sa.JSON, nullable=True),
        sa.Column("after", sa.JSON, nullable=True),
        text("new_name", nullable=True),
    )
    op.create_table(
        "new_change",
        *columns,
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        check("change", "entity_kind", "entity_kind IN ('association', 'component', 'flavor', 'stack')"),
        check("change", "before_is_object", "before IS NULL OR before GLOB '{*}'"),
        check("change", "after_is_object", "after IS NULL OR after GLOB '{*}'"),
        *type_checks("change", *columns),
    )
    op.execute(COPY)
    op.drop_table("change")
    op.rename_table("new_change", "change")


def add_indexes():
    op.create_index("ix_change_operation", "change", ["operation"])
    op.create_index("ix_change_entity_kind", "change", ["entity_kind", "entity_name", "id"])
    op.create_index("ix_change_new_name", "change", ["entity_kind", "new_name", "id"])


def strangers():
    # A view would keep a table from its name, and an index goes with its table. There is none where text is printed.
    if op.get_context().as_sql:
        return []
    found = op.get_bind().exec_driver_sql(STRANGERS).all()
    return [(type_, name, text) for type_, name, text in found if name not in OURS]


def add_on_file():
    kept = strangers()
    for view in (*OURS[:2], *(quoted(name) for type_, name, _ in kept if type_ == "view")):
        op.execute(f"DROP VIEW IF EXISTS {view}")
    remake_changes()
    op.execute(RENAMED_ON_FILE)
    add_indexes()
    add_operations()
    op.execute(OPERATIONS)
    op.execute(STACK_OVERVIEW.format(components=", ".join(COMPONENT_OF_TYPE.format(name) for name in TYPES)))
    op.execute(COMPONENT_OVERVIEW)
    for _, _, statement in kept:
        op.get_bind().exec_driver_sql(statement)
    op.execute("PRAGMA user_version = 6")


def add_on_server():
    op.add_column("change", text("new_name", nullable=True))
    op.execute(RENAMED_ON_SERVER)
    op.execute("DROP INDEX IF EXISTS ix_change_operation")
    op.execute("DROP INDEX IF EXISTS ix_change_entity_kind")
    add_indexes()
    add_operations()
    op.execute(OPERATIONS)


def upgrade() -> None:
    if is_on_file():
        add_on_file()
    else:
        add_on_server()
    op.execute("UPDATE format SET version = 6, min_writer = 6")
