"""${message}

Rules of a revision:
  - it is frozen once released, and imports nothing of zprof;
  - its number is that of the format it makes: 0002 sets `PRAGMA user_version = 2` and the row of `format`;
  - `min_reader` and `min_writer` stay as they are when older programs can still read, and write, what it makes;
  - it drops the views first and makes them again last: SQLite's batch mode fails on a table under a view;
  - it makes expression indexes again after a batch on their table, which batch mode forgets;
  - it changes data in steps whose memory doesn't grow with the table.

Revision: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
