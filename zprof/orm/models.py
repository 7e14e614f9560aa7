"""The tables of both schemas, as declarations only.

What the migrations make is compared with these in `tests/test_migrations.py`. Columns that statements read hold only
what SQLite and Python's driver agree on without a conversion: integers and text.
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Constraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from zprof.component_types import ALPHABETICAL

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Names sort by code point on both databases, whatever the server's locale.
Name = Annotated[str, mapped_column(Text().with_variant(Text(collation="C"), "postgresql"))]
Timestamp = Annotated[str, mapped_column(Text)]
"""UTC, ISO 8601 to the second: `2026-11-24T07:40:27Z`."""
Flag = Annotated[int, mapped_column(server_default=text("0"))]
Key = Annotated[int, mapped_column(primary_key=True)]
JsonObject = Annotated[dict[str, Any], mapped_column(JSON(none_as_null=True).with_variant(JSONB(), "postgresql"))]

ONE_OF_THE_TYPES = f"IN ({', '.join(repr(name) for name in ALPHABETICAL)})"


def is_json_object(column: str) -> tuple[Constraint, Constraint]:
    """The check that a column holds a JSON object or nothing, in the words of each database.

    On SQLite by its braces: with `trusted_schema` off, SQLite before 3.41 refuses its JSON functions in a schema.
    """
    name = f"{column}_is_object"
    on_sqlite = CheckConstraint(f"{column} IS NULL OR {column} GLOB '{{*}}'", name)
    on_postgresql = CheckConstraint(f"{column} IS NULL OR jsonb_typeof({column}) = 'object'", name)
    return on_sqlite.ddl_if("sqlite"), on_postgresql.ddl_if("postgresql")


class RegistryBase(DeclarativeBase):
    """The tables of the registry, one per user."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class StoreBase(DeclarativeBase):
    """The tables of a profile's store."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Profile(RegistryBase):
    """A profile: where its store is, and which of its stacks this user has active."""

    __tablename__ = "profile"

    id: Mapped[Key]
    name: Mapped[Name]
    url: Mapped[str] = mapped_column(Text)
    active_stack: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[Flag]
    is_protected: Mapped[Flag]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]

    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("is_active IN (0, 1)", "is_active"),
        CheckConstraint("is_protected IN (0, 1)", "is_protected"),
        Index("uq_profile_lower_name", text("lower(name)"), unique=True),
        Index("uq_profile_is_active", "is_active", unique=True, sqlite_where=text("is_active = 1")),
    )


class _Format:
    """What kind of database this is and who can use it: one row."""

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    min_reader: Mapped[int]
    """The oldest format that a program must know to read this database."""
    min_writer: Mapped[int]


class RegistryFormat(_Format, RegistryBase):
    """The registry's format."""

    __tablename__ = "format"
    __table_args__ = (CheckConstraint("kind = 'registry'", "kind"),)


class StoreFormat(_Format, StoreBase):
    """A store's format."""

    __tablename__ = "format"
    __table_args__ = (CheckConstraint("kind = 'store'", "kind"),)


class Component(StoreBase):
    """A component: one piece of infrastructure, its flavor and its settings."""

    __tablename__ = "component"

    id: Mapped[Key]
    type: Mapped[Name]
    name: Mapped[Name]
    flavor: Mapped[Name]
    config: Mapped[JsonObject]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]

    __table_args__ = (
        UniqueConstraint("type", "name"),
        UniqueConstraint("id", "type"),
        CheckConstraint(f"type {ONE_OF_THE_TYPES}", "type"),
        *is_json_object("config"),
    )


class Stack(StoreBase):
    """A stack: at most one component of each type."""

    __tablename__ = "stack"

    id: Mapped[Key]
    name: Mapped[Name]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]

    members: Mapped[list[StackComponent]] = relationship(
        back_populates="stack", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (UniqueConstraint("name"),)


class StackComponent(StoreBase):
    """A component's place in a stack. The type is part of both keys, so it can't differ from the component's."""

    __tablename__ = "stack_component"

    stack_id: Mapped[int] = mapped_column(ForeignKey("stack.id", ondelete="CASCADE"), primary_key=True)
    component_type: Mapped[Name] = mapped_column(primary_key=True)
    component_id: Mapped[int]

    stack: Mapped[Stack] = relationship(back_populates="members")
    component: Mapped[Component] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        ForeignKeyConstraint(["component_id", "component_type"], ["component.id", "component.type"]),
        Index("ix_stack_component_component_id", "component_id"),
    )


class StoreAssociation(StoreBase):
    """The tie of an artifact store and a metadata store: each has one partner at most."""

    __tablename__ = "store_association"

    artifact_store_id: Mapped[int] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"), primary_key=True)
    metadata_store_id: Mapped[int] = mapped_column(ForeignKey("component.id", ondelete="CASCADE"))

    __table_args__ = (UniqueConstraint("metadata_store_id"),)


class Flavor(StoreBase):
    """A custom flavor; the built-in ones come with the program."""

    __tablename__ = "flavor"

    id: Mapped[Key]
    component_type: Mapped[Name]
    name: Mapped[Name]
    source: Mapped[str | None] = mapped_column(Text)
    config_schema: Mapped[JsonObject]
    created_at: Mapped[Timestamp]

    __table_args__ = (
        UniqueConstraint("component_type", "name"),
        CheckConstraint(f"component_type {ONE_OF_THE_TYPES}", "component_type"),
        *is_json_object("config_schema"),
    )


class Change(StoreBase):
    """One entity's part in one operation. `before` and `after` hold real values: mask them wherever they are shown."""

    __tablename__ = "change"

    id: Mapped[Key]
    operation: Mapped[str] = mapped_column(Text)
    at: Mapped[Timestamp]
    who: Mapped[str] = mapped_column(Text)
    """`user@host`."""
    command: Mapped[str] = mapped_column(Text)
    """The command line, its secrets masked."""
    entity_kind: Mapped[str] = mapped_column(Text)
    entity_name: Mapped[str] = mapped_column(Text)
    """A stack's name, or `artifact_store/NAME` for a component or a flavor."""
    before: Mapped[JsonObject | None]
    after: Mapped[JsonObject | None]

    __table_args__ = (
        CheckConstraint("entity_kind IN ('component', 'flavor', 'stack')", "entity_kind"),
        *is_json_object("before"),
        *is_json_object("after"),
        Index("ix_change_operation", "operation"),
        Index("ix_change_entity_kind", "entity_kind", "entity_name"),
    )
