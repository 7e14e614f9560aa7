"""Each component and each stack counts its changes, so that nobody overwrites what they have not seen.

A program of format 1 can read what this makes, but it wouldn't count the changes that it makes itself.

Revision: 0002_revision_numbers
Revises: 0001_initial
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_revision_numbers"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("component", "stack"):
        op.add_column(table, sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False))
    op.execute("UPDATE format SET version = 2, min_writer = 2")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA user_version = 2")
