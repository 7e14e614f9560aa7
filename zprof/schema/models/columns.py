"""What the tables of both schemas are declared with."""

from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Constraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""All constraints have names, so that migrations can drop them."""

# Names sort by code point on both databases, whatever the server's locale.
Name = Annotated[str, mapped_column(Text().with_variant(Text(collation="C"), "postgresql"))]
Timestamp = Annotated[str, mapped_column(Text)]
"""UTC, ISO 8601 to the second: `2026-11-24T07:40:27Z`."""
Flag = Annotated[int, mapped_column(server_default=text("0"))]
Key = Annotated[int, mapped_column(primary_key=True)]
Revision = Annotated[int, mapped_column(server_default=text("1"))]
"""1 when it is made, and one more with each change."""


Place = Annotated[str, mapped_column(Text)]
"""32 random hexadecimal digits: the name of the directory of what is a component's own on a machine."""


class JsonObjectType(JSON):
    """JSON as text on SQLite, and JSONB on PostgreSQL, whose dialect takes 45 ms to import."""

    cache_ok = True


@compiles(JsonObjectType, "postgresql")
def _(*_: object, **__: object) -> str:
    return "JSONB"


JsonObject = Annotated[dict[str, Any], mapped_column(JsonObjectType(none_as_null=True))]


class OperationColumns:
    """One operation of the log: who changed the database, when, and what `undo` and `redo` take back after it.

    Its number is one more than that of the one before. Each row carries where undo and redo stand once it is done, so
    that both read the newest row alone, however long the log is.
    """

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[Name]
    """32 random hexadecimal digits; the same in both databases where the operation changed both."""
    at: Mapped[Timestamp]
    who: Mapped[str] = mapped_column(Text)
    """`user@host`."""
    command: Mapped[str] = mapped_column(Text)
    """The command line, its secrets masked."""
    kind: Mapped[str] = mapped_column(Text)
    """`change`; `undo` or `redo` of another; `floor`, where undo stops; `prune`, which shortened the log."""
    takes_back: Mapped[int | None]
    """The number of the operation that an undo takes back, or of the undo that a redo takes back."""
    previous: Mapped[int | None]
    """The number of the operation that undo takes back once this one is undone."""
    undo_next: Mapped[int | None]
    """The number of the operation that undo takes back next."""
    redo_next: Mapped[int | None]
    """The number of the undo that redo takes back next."""


class ChangeColumns:
    """One entity's part in one operation. `before` and `after` hold real values: mask them wherever they are shown."""

    id: Mapped[Key]
    operation: Mapped[str] = mapped_column(Text)
    at: Mapped[Timestamp]
    who: Mapped[str] = mapped_column(Text)
    """`user@host`."""
    command: Mapped[str] = mapped_column(Text)
    """The command line, its secrets masked."""
    entity_kind: Mapped[str] = mapped_column(Text)
    entity_name: Mapped[str] = mapped_column(Text)
    """What it was named before, or is where it was made."""
    before: Mapped[JsonObject | None]
    after: Mapped[JsonObject | None]
    new_name: Mapped[str | None] = mapped_column(Text)
    """What it is named after, where it was renamed."""


def of_operations() -> tuple[Constraint, ...]:
    """What holds of a table of operations."""
    return (
        UniqueConstraint("id"),
        CheckConstraint("kind IN ('change', 'floor', 'prune', 'redo', 'undo')", "kind"),
    )


def of_changes(*kinds: str) -> tuple[Constraint | Index, ...]:
    """What holds of a table of changes.

    Args:
        kinds: of entities, in alphabetical order.
    """
    listed = ", ".join(map(repr, kinds))
    return (
        CheckConstraint(f"entity_kind {f'IN ({listed})' if kinds[1:] else f'= {listed}'}", "entity_kind"),
        *is_json_object("before"),
        *is_json_object("after"),
        Index("ix_change_operation", "operation"),
        Index("ix_change_entity_kind", "entity_kind", "entity_name", "id"),
        Index("ix_change_new_name", "entity_kind", "new_name", "id"),
    )


class Format:
    """What kind of database this is and who can use it: one row."""

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    min_reader: Mapped[int]
    """The oldest format that a program must know to read this database."""
    min_writer: Mapped[int]


def is_json_object(column: str) -> tuple[Constraint, Constraint]:
    """The check that a column holds a JSON object or nothing, in the words of each database.

    On SQLite by its braces: with `trusted_schema` off, SQLite before 3.41 refuses its JSON functions in a schema.
    """
    name = f"{column}_is_object"
    on_sqlite = CheckConstraint(f"{column} IS NULL OR {column} GLOB '{{*}}'", name)
    on_postgresql = CheckConstraint(f"{column} IS NULL OR jsonb_typeof({column}) = 'object'", name)
    return on_sqlite.ddl_if("sqlite"), on_postgresql.ddl_if("postgresql")


def is_place(column: str) -> tuple[Constraint, Constraint]:
    """The check that a column holds a place, which becomes a part of a path, in the words of each database."""
    on_sqlite = CheckConstraint(f"{column} NOT GLOB '*[^0-9a-f]*' AND length({column}) = 32", column)
    on_postgresql = CheckConstraint(f"length({column}) = 32 AND {column} !~ '[^0-9a-f]'", column)
    return on_sqlite.ddl_if("sqlite"), on_postgresql.ddl_if("postgresql")


def add_type_checks(metadata: MetaData) -> None:
    """Give every column of every table a check on its type, on SQLite, which takes any value in any column."""
    for table in metadata.tables.values():
        for column in table.columns:
            add_type_check(table, column)


def add_type_check(table: Table, column: Column[Any]) -> None:
    """Give a column a check on its type."""
    kind = "integer" if isinstance(column.type, Integer) else "text"
    condition = f"IN ('{kind}', 'null')" if column.nullable else f"= '{kind}'"
    check = CheckConstraint(f"typeof({column.name}) {condition}", f"{column.name}_is_{kind}")
    table.append_constraint(check.ddl_if("sqlite"))
