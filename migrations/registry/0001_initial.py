"""The registry: the profiles of one user.

Revision: 0001_initial
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("PRAGMA application_id = 2054189679")  # 0x7A70726F, "zpro"
    op.execute("PRAGMA user_version = 1")

    format_table = op.create_table(
        "format",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("min_reader", sa.Integer, nullable=False),
        sa.Column("min_writer", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_format"),
        sa.CheckConstraint("kind = 'registry'", name="ck_format_kind"),
    )
    op.bulk_insert(format_table, [{"kind": "registry", "version": 1, "min_reader": 1, "min_writer": 1}])

    op.create_table(
        "profile",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("active_stack", sa.Text, nullable=True),
        sa.Column("is_active", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("is_protected", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
        sa.UniqueConstraint("name", name="uq_profile_name"),
        sa.CheckConstraint("is_active IN (0, 1)", name="ck_profile_is_active"),
        sa.CheckConstraint("is_protected IN (0, 1)", name="ck_profile_is_protected"),
    )
    op.create_index("uq_profile_lower_name", "profile", [sa.text("lower(name)")], unique=True)
    op.create_index(
        "uq_profile_is_active", "profile", ["is_active"], unique=True, sqlite_where=sa.text("is_active = 1")
    )
