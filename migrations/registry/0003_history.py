"""The registry has a log of its own, as stores have: a row for each operation, and one for each profile it changed.

A program of format 2 can read what is here, but what it changed would be in no operation, so it must not write.

Revision: 0003_history
Revises: 0002_typed_columns
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_history"
down_revision = "0002_typed_columns"
branch_labels = None
depends_on = None


def integer(name, nullable=False):
    return sa.Column(name, sa.Integer, nullable=nullable, autoincrement=False)


def text(name, nullable=False):
    return sa.Column(name, sa.Text, nullable=nullable)


def check(table, name, condition):
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


def type_check(table, column):
    kind = "integer" if isinstance(column.type, sa.Integer) else "text"
    condition = f"IN ('{kind}', 'null')" if column.nullable else f"= '{kind}'"
    return check(table, f"{column.name}_is_{kind}", f"typeof({column.name}) {condition}")


def add_table(name, *parts):
    columns = [part for part in parts if isinstance(part, sa.Column)]
    op.create_table(name, *parts, *(type_check(name, column) for column in columns))


def upgrade() -> None:
    add_table(
        "operation",
        integer("number"),
        text("id"),
        text("at"),
        text("who"),
        text("command"),
        text("kind"),
        integer("takes_back", nullable=True),
        integer("previous", nullable=True),
        integer("undo_next", nullable=True),
        integer("redo_next", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_operation"),
        sa.UniqueConstraint("id", name="uq_operation_id"),
        check("operation", "kind", "kind IN ('change', 'floor', 'prune', 'redo', 'undo')"),
    )
    add_table(
        "change",
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
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        check("change", "entity_kind", "entity_kind = 'profile'"),
        check("change", "before_is_object", "before IS NULL OR before GLOB '{*}'"),
        check("change", "after_is_object", "after IS NULL OR after GLOB '{*}'"),
    )
    op.create_index("ix_change_operation", "change", ["operation"])
    op.create_index("ix_change_entity_kind", "change", ["entity_kind", "entity_name", "id"])
    op.create_index("ix_change_new_name", "change", ["entity_kind", "new_name", "id"])
    op.execute("UPDATE format SET version = 3, min_writer = 3")
    op.execute("PRAGMA user_version = 3")
