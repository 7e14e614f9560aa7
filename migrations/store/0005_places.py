"""Each component has a place: a random name that nothing else ever has, for what is its own on somebody's machine.

Ids are used again by SQLite and copied by clones, and names change, so neither leads to the same directory for ever. A
program of format 4 can read what is here, but the components that it would add had no place, so it must not write.

Revision: 0005_places
Revises: 0004_typed_columns
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005_places"
down_revision = "0004_typed_columns"
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

COLUMNS = ("id", "type", "name", "flavor", "config", "created_at", "updated_at", "revision")
COPY = f"""
INSERT INTO new_component ({", ".join(COLUMNS)}, place)
SELECT {", ".join(COLUMNS)}, lower(hex(randomblob(16))) FROM component
"""  # noqa: S608
STRANGERS = """
    SELECT type, name, sql FROM sqlite_master
    WHERE (type = 'view' OR type = 'index' AND lower(tbl_name) = 'component') AND sql IS NOT NULL ORDER BY rowid
"""
OURS = ("stack_overview", "component_overview")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(name):
    return sa.Column(name, sa.Text, nullable=False)


def check(name, condition):
    return sa.CheckConstraint(condition, name=f"ck_component_{name}")


def type_check(column):
    kind = "integer" if isinstance(column.type, sa.Integer) else "text"
    return check(f"{column.name}_is_{kind}", f"typeof({column.name}) = '{kind}'")


def remake():
    # SQLite can't add a check to a table. Its random names are made in SQL, so that what is printed keeps all rows.
    columns = (
        sa.Column("id", sa.Integer, nullable=False),
        text("type"),
        text("name"),
        text("flavor"),
        sa.Column("config", sa.JSON, nullable=False),
        text("created_at"),
        text("updated_at"),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        text("place"),
    )
    op.create_table(
        "new_component",
        *columns,
        sa.PrimaryKeyConstraint("id", name="pk_component"),
        sa.UniqueConstraint("type", "name", name="uq_component_type_name"),
        sa.UniqueConstraint("id", "type", name="uq_component_id_type"),
        sa.UniqueConstraint("place", name="uq_component_place"),
        check("type", f"type {ONE_OF_THE_TYPES}"),
        check("config_is_object", "config IS NULL OR config GLOB '{*}'"),
        check("place", "place NOT GLOB '*[^0-9a-f]*' AND length(place) = 32"),
        *map(type_check, columns),
    )
    op.execute(COPY)
    op.drop_table("component")
    op.rename_table("new_component", "component")


def strangers():
    # A view would keep a table from its name, and an index goes with its table. There is none where text is printed.
    if op.get_context().as_sql:
        return []
    found = op.get_bind().exec_driver_sql(STRANGERS).all()
    return [(type_, name, text) for type_, name, text in found if name not in OURS]


def add_on_file():
    kept = strangers()
    for view in (*OURS, *(quoted(name) for type_, name, _ in kept if type_ == "view")):
        op.execute(f"DROP VIEW IF EXISTS {view}")
    remake()
    op.execute(STACK_OVERVIEW.format(components=", ".join(COMPONENT_OF_TYPE.format(name) for name in TYPES)))
    op.execute(COMPONENT_OVERVIEW)
    for _, _, statement in kept:
        op.get_bind().exec_driver_sql(statement)
    op.execute("PRAGMA user_version = 5")


def add_on_server():
    # A server's random numbers can be guessed before PostgreSQL 13. Printed text is for a store without components.
    op.add_column("component", sa.Column("place", sa.Text, nullable=True))
    if not op.get_context().as_sql:
        ids = op.get_bind().execute(sa.text("SELECT id FROM component")).scalars().all()
        places = [{"row": row, "made": secrets.token_hex(16)} for row in ids]
        if places:
            op.get_bind().execute(sa.text("UPDATE component SET place = :made WHERE id = :row"), places)
    op.alter_column("component", "place", nullable=False)
    op.create_unique_constraint("uq_component_place", "component", ["place"])
    op.create_check_constraint("ck_component_place", "component", "length(place) = 32 AND place !~ '[^0-9a-f]'")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        add_on_file()
    else:
        add_on_server()
    op.execute("UPDATE format SET version = 5, min_writer = 5")
