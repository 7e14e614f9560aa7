"""Every column has a check on its type, since SQLite takes any value in any column.

No STRICT tables: SQLite before 3.37 can't open their file. A program of format 1 can read and write what this makes.

Revision: 0002_typed_columns
Revises: 0001_initial
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_typed_columns"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

STRANGERS = (
    "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'view') AND sql IS NOT NULL ORDER BY rowid"
)
OURS = ("uq_profile_lower_name", "uq_profile_is_active")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def integer(name, **options):
    return sa.Column(name, sa.Integer, nullable=False, **options)


def text(name, nullable=False):
    return sa.Column(name, sa.Text, nullable=nullable)


def check(table, name, condition):
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


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
        check("format", "kind", "kind = 'registry'"),
    )
    remake(
        "profile",
        integer("id"),
        text("name"),
        text("url"),
        text("active_stack", nullable=True),
        integer("is_active", server_default=sa.text("0")),
        integer("is_protected", server_default=sa.text("0")),
        text("created_at"),
        text("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
        sa.UniqueConstraint("name", name="uq_profile_name"),
        check("profile", "is_active", "is_active IN (0, 1)"),
        check("profile", "is_protected", "is_protected IN (0, 1)"),
    )


def strangers():
    # A view would keep a table from its name, and an index goes with its table. There is none where text is printed.
    if op.get_context().as_sql:
        return []
    found = op.get_bind().exec_driver_sql(STRANGERS).all()
    return [(type_, name, text) for type_, name, text in found if name not in OURS]


def upgrade() -> None:
    kept = strangers()
    for view in (quoted(name) for type_, name, _ in kept if type_ == "view"):
        op.execute(f"DROP VIEW {view}")
    remake_all()
    op.create_index("uq_profile_lower_name", "profile", [sa.text("lower(name)")], unique=True)
    op.create_index(
        "uq_profile_is_active", "profile", ["is_active"], unique=True, sqlite_where=sa.text("is_active = 1")
    )
    for _, _, text in kept:
        op.get_bind().exec_driver_sql(text)
    op.execute("UPDATE format SET version = 2")
    op.execute("PRAGMA user_version = 2")
