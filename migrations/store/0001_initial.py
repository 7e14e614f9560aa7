"""A profile's store: components, stacks, custom flavors and the log of changes.

Revision: 0001_initial
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_initial"
down_revision = None
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

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON_OBJECT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

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
    SELECT {joined_names} FROM (
      SELECT stack.name FROM stack_component JOIN stack ON stack.id = stack_component.stack_id
      WHERE stack_component.component_id = component.id ORDER BY stack.name
    ) AS used_by
  ) AS stacks,
  component.config,
  component.updated_at
FROM component
"""


def is_json_object(dialect: str, table: str, column: str) -> sa.CheckConstraint:
    # With trusted_schema off, SQLite before 3.41 refuses its JSON functions in a schema.
    is_object = f"{column} GLOB '{{*}}'" if dialect == "sqlite" else f"jsonb_typeof({column}) = 'object'"
    return sa.CheckConstraint(f"{column} IS NULL OR {is_object}", name=f"ck_{table}_{column}_is_object")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        op.execute("PRAGMA application_id = 2054189679")  # 0x7A70726F, "zpro"
        op.execute("PRAGMA user_version = 1")

    format_table = op.create_table(
        "format",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("min_reader", sa.Integer, nullable=False),
        sa.Column("min_writer", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_format"),
        sa.CheckConstraint("kind = 'store'", name="ck_format_kind"),
    )
    op.bulk_insert(format_table, [{"kind": "store", "version": 1, "min_reader": 1, "min_writer": 1}])

    op.create_table(
        "component",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("flavor", NAME, nullable=False),
        sa.Column("config", JSON_OBJECT, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_component"),
        sa.UniqueConstraint("type", "name", name="uq_component_type_name"),
        sa.UniqueConstraint("id", "type", name="uq_component_id_type"),
        sa.CheckConstraint(f"type {ONE_OF_THE_TYPES}", name="ck_component_type"),
        is_json_object(dialect, "component", "config"),
    )
    op.create_table(
        "stack",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stack"),
        sa.UniqueConstraint("name", name="uq_stack_name"),
    )
    op.create_table(
        "stack_component",
        sa.Column("stack_id", sa.Integer, nullable=False),
        sa.Column("component_type", NAME, nullable=False),
        sa.Column("component_id", sa.Integer, nullable=False),
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
    op.create_index("ix_stack_component_component_id", "stack_component", ["component_id"])

    op.create_table(
        "store_association",
        sa.Column("artifact_store_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("metadata_store_id", sa.Integer, nullable=False),
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
    op.create_table(
        "flavor",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("component_type", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("source", sa.Text, nullable=True),
        sa.Column("config_schema", JSON_OBJECT, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flavor"),
        sa.UniqueConstraint("component_type", "name", name="uq_flavor_component_type_name"),
        sa.CheckConstraint(f"component_type {ONE_OF_THE_TYPES}", name="ck_flavor_component_type"),
        is_json_object(dialect, "flavor", "config_schema"),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("entity_kind", sa.Text, nullable=False),
        sa.Column("entity_name", sa.Text, nullable=False),
        sa.Column("before", JSON_OBJECT, nullable=True),
        sa.Column("after", JSON_OBJECT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        sa.CheckConstraint(
            "entity_kind IN ('association', 'component', 'flavor', 'stack')", name="ck_change_entity_kind"
        ),
        is_json_object(dialect, "change", "before"),
        is_json_object(dialect, "change", "after"),
    )
    op.create_index("ix_change_operation", "change", ["operation"])
    op.create_index("ix_change_entity_kind", "change", ["entity_kind", "entity_name"])

    joined_names = "group_concat(name, ', ')" if dialect == "sqlite" else "string_agg(name, ', ')"
    op.execute(STACK_OVERVIEW.format(components=", ".join(COMPONENT_OF_TYPE.format(name) for name in TYPES)))
    op.execute(COMPONENT_OVERVIEW.format(joined_names=joined_names))
