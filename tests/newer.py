"""A zprof of the next release, whose newest format is 2: runs a command in it, after "ready" and a line of input.

`migrations_of_format_2` writes its migrations.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from zprof import sql
from zprof.cli.main import run
from zprof.orm import migrate

HEADER = '''"""What the next release may change."""

import sqlalchemy as sa
from alembic import op

revision = "0002_notes"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
'''
REGISTRY = """
    op.add_column("profile", sa.Column("note", sa.Text, server_default="none", nullable=False))
"""
STORE = """
    views = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view'").all()
    for name, _ in views:
        connection.exec_driver_sql(f"DROP VIEW {name}")
    # The table is made anew and the old one dropped: with foreign keys on, all stacks would lose their components.
    with op.batch_alter_table("component", recreate="always") as batch:
        batch.add_column(sa.Column("note", sa.Text, server_default="none", nullable=False))
    for _, text in views:
        connection.exec_driver_sql(text)
"""
FOOTER = """
    op.execute("UPDATE format SET version = 2")
    op.execute("PRAGMA user_version = 2")
"""
FAILURES = {
    "sql": '    op.execute("UPDATE nothing SET version = 2")\n',
    "python": '    raise RuntimeError("half-way")\n',
    "format": '    op.execute("PRAGMA user_version = 1")\n',
    "orphan": '    op.execute("DELETE FROM stack")\n',
}
"""Last lines of a revision that spoil all that was before them; the last one leaves members without their stack."""


def migrations_of_format_2(directory: Path, failure: str | None = None) -> Path:
    """Those that there are and one more in each history, in a new directory."""
    shutil.copytree(migrate.migrations_dir(), directory, ignore=shutil.ignore_patterns("__pycache__"))
    for kind, changes in (("registry", REGISTRY), ("store", STORE)):
        spoilt = FAILURES[failure] if failure is not None and kind == "store" else ""
        (directory / kind / "0002_notes.py").write_text(HEADER + changes + FOOTER + spoilt)
    return directory


def main() -> None:
    directory, *words = sys.argv[1:]
    migrate.migrations_dir = lambda: Path(directory)
    formats: dict[str, int] = sql.FORMATS
    formats.update(registry=2, store=2)
    print("ready", flush=True)
    sys.stdin.readline()
    code = run(words)
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
