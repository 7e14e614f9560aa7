"""Writers on a server take turns by a lock on the table `format`, and states of the log tell revision and created_at.

A program of format 2 can read what is here, but it would take turns by another lock, so it must not write.

Revision: 0003_turns
Revises: 0002_revision_numbers
"""

from alembic import op

revision = "0003_turns"
down_revision = "0002_revision_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE format SET version = 3, min_writer = 3")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA user_version = 3")
