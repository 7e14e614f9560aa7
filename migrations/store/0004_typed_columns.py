"""Every column has a check on its type, since SQLite takes any value in any column; on a server, columns have types.

No STRICT tables: SQLite before 3.37 can't open their file. A program of format 3 can read and write what this makes.

Revision: 0004_typed_columns
Revises: 0003_turns
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_typed_columns"
down_revision = "0003_turns"
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
ONE_OF_THE_TYPES = f"IN ({', '.join(repr(name) for name in TYPES)})"

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

STRANGERS = (
    "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'view') AND sql IS NOT NULL ORDER BY rowid"
)
OURS = (
    "stack_overview",
    "component_overview",
    "ix_stack_component_component_id",
    "ix_change_operation",
    "ix_change_entity_kind",
)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def integer(name, **options):
    return sa.Column(name, sa.Integer, nullable=False, **options)


def text(name, nullable=False):
    return sa.Column(name, sa.Text, nullable=nullable)


def json(name, nullable=False):
    return sa.Column(name, sa.JSON, nullable=nullable)


def check(table, name, condition):
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


def is_object(table, column):
    return check(table, f"{column}_is_object", f"{column} IS NULL OR {column} GLOB '{{*}}'")


def type_check(table, column):
    kind = "integer" if isinstance(column.type, sa.Integer) else "text"
    condition = f"IN ('{kind}', 'null')" if column.nullable else f"= '{kind}'"
    return check(table, f"{column.name}_is_{kind}", f"typeof({column.name}) {condition}")


def remake(name, *parts):
    # What batch mode does, but for its order of constraints, which is another each time.
    columns = [part for part in parts if isinstance(part, sa.Column)]
    op.create_table(f"new_{name}", *parts, *(type_check(name, column) for column in columns))
    names = ", ".join(column.name for column in columns)
    op.execute(f"INSERT INTO new_{name} ({names}) SELECT {names} FROM {name}")  # noqa: S608
    op.drop_table(name)
    op.rename_table(f"new_{name}", name)


def remake_all():
    # SQLite can't add a check to a table.
    remake(
        "format",
        text("kind"),
        integer("version"),
        integer("min_reader"),
        integer("min_writer"),
        sa.PrimaryKeyConstraint("kind", name="pk_format"),
        check("format", "kind", "kind = 'store'"),
    )
    remake(
        "component",
        integer("id"),
        text("type"),
        text("name"),
        text("flavor"),
        json("config"),
        text("created_at"),
        text("updated_at"),
        integer("revision", server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_component"),
        sa.UniqueConstraint("type", "name", name="uq_component_type_name"),
        sa.UniqueConstraint("id", "type", name="uq_component_id_type"),
        check("component", "type", f"type {ONE_OF_THE_TYPES}"),
        is_object("component", "config"),
    )
    remake(
        "stack",
        integer("id"),
        text("name"),
        text("created_at"),
        text("updated_at"),
        integer("revision", server_default=sa.text("1")),
        sa.PrimaryKeyConstraint("id", name="pk_stack"),
        sa.UniqueConstraint("name", name="uq_stack_name"),
    )
    remake(
        "stack_component",
        integer("stack_id"),
        text("component_type"),
        integer("component_id"),
        sa.PrimaryKeyConstraint("stack_id", "component_type", name="pk_stack_component"),
        sa.ForeignKeyConstraint(
            ["stack_id"], ["stack.id"], name="fk_stack_component_stack_id_stack", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["component_id", "component_type"],
            ["component.id", "component.type"],
            name="fk_stack_component_component_id_component",
        ),
    )
    remake(
        "store_association",
        integer("artifact_store_id", autoincrement=False),
        integer("metadata_store_id"),
        sa.PrimaryKeyConstraint("artifact_store_id", name="pk_store_association"),
        sa.UniqueConstraint("metadata_store_id", name="uq_store_association_metadata_store_id"),
        sa.ForeignKeyConstraint(
            ["artifact_store_id"],
            ["component.id"],
            name="fk_store_association_artifact_store_id_component",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["metadata_store_id"],
            ["component.id"],
            name="fk_store_association_metadata_store_id_component",
            ondelete="CASCADE",
        ),
    )
    remake(
        "flavor",
        integer("id"),
        text("component_type"),
        text("name"),
        text("source", nullable=True),
        json("config_schema"),
        text("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_flavor"),
        sa.UniqueConstraint("component_type", "name", name="uq_flavor_component_type_name"),
        check("flavor", "component_type", f"component_type {ONE_OF_THE_TYPES}"),
        is_object("flavor", "config_schema"),
    )
    remake(
        "change",
        integer("id"),
        text("operation"),
        text("at"),
        text("who"),
        text("command"),
        text("entity_kind"),
        text("entity_name"),
        json("before", nullable=True),
        json("after", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        check("change", "entity_kind", "entity_kind IN ('association', 'component', 'flavor', 'stack')"),
        is_object("change", "before"),
        is_object("change", "after"),
    )


def strangers():
    # A view would keep a table from its name, and an index goes with its table. There is none where text is printed.
    if op.get_context().as_sql:
        return []
    found = op.get_bind().exec_driver_sql(STRANGERS).all()
    return [(type_, name, text) for type_, name, text in found if name not in OURS]


def add_type_checks():
    kept = strangers()
    for view in ("stack_overview", "component_overview", *(quoted(name) for type_, name, _ in kept if type_ == "view")):
        op.execute(f"DROP VIEW IF EXISTS {view}")
    remake_all()
    op.create_index("ix_stack_component_component_id", "stack_component", ["component_id"])
    op.create_index("ix_change_operation", "change", ["operation"])
    op.create_index("ix_change_entity_kind", "change", ["entity_kind", "entity_name"])
    op.execute(STACK_OVERVIEW.format(components=", ".join(COMPONENT_OF_TYPE.format(name) for name in TYPES)))
    op.execute(COMPONENT_OVERVIEW)
    for _, _, text in kept:
        op.get_bind().exec_driver_sql(text)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        add_type_checks()
        op.execute("PRAGMA user_version = 4")
    op.execute("UPDATE format SET version = 4")
