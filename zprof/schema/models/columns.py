"""What the tables of both schemas are declared with."""

from typing import Annotated, Any

from sqlalchemy import JSON, CheckConstraint, Column, Constraint, Integer, MetaData, Table, Text, text
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


class JsonObjectType(JSON):
    """JSON as text on SQLite, and JSONB on PostgreSQL, whose dialect takes 45 ms to import."""

    cache_ok = True


@compiles(JsonObjectType, "postgresql")
def _(*_: object, **__: object) -> str:
    return "JSONB"


JsonObject = Annotated[dict[str, Any], mapped_column(JsonObjectType(none_as_null=True))]


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
