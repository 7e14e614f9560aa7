"""A zprof of the next release, whose formats are newer by one: runs a command in it, after "ready" and a line of input.

`migrations_of_next_release` writes its migrations.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from zprof.__main__ import run
from zprof.generated import formats
from zprof.schema import migration

FORMATS: dict[str, int] = {kind: version + 1 for kind, version in formats.FORMATS.items()}
REVISIONS = {kind: f"{version:04}_notes" for kind, version in FORMATS.items()}

HEADER = '''"""What the next release may change."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
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
    op.execute("UPDATE format SET version = {version}")
    op.execute("PRAGMA user_version = {version}")
"""
FAILURES = {
    "sql": '    op.execute("UPDATE nothing SET version = 2")\n',
    "python": '    raise RuntimeError("half-way")\n',
    "format": '    op.execute("PRAGMA user_version = 1")\n',
    "orphan": '    op.execute("DELETE FROM stack")\n',
}
"""Last lines of a revision that spoil all that was before them; the last one leaves members without their stack."""


def migrations_of_next_release(directory: Path, failure: str | None = None) -> Path:
    """Those that there are and one more in each history, in a new directory."""
    shutil.copytree(migration.migrations_dir(), directory, ignore=shutil.ignore_patterns("__pycache__"))
    for kind, changes in (("registry", REGISTRY), ("store", STORE)):
        spoilt = FAILURES[failure] if failure is not None and kind == "store" else ""
        header = HEADER.format(revision=REVISIONS[kind], head=formats.HEADS[kind])
        footer = FOOTER.format(version=FORMATS[kind])
        (directory / kind / f"{REVISIONS[kind]}.py").write_text(header + changes + footer + spoilt)
    return directory


def main() -> None:
    directory, *words = sys.argv[1:]
    migration.migrations_dir = lambda: Path(directory)
    known: dict[str, int] = formats.FORMATS
    known.update(FORMATS)
    print("ready", flush=True)
    sys.stdin.readline()
    code = run(words)
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
