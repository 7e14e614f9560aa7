"""The tables of the registry, one per user."""

from sqlalchemy import CheckConstraint, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from zprof.schema.models.columns import (
    NAMING_CONVENTION,
    ChangeColumns,
    Flag,
    Format,
    Key,
    Name,
    OperationColumns,
    Timestamp,
    add_type_checks,
    of_changes,
    of_operations,
)


class RegistryBase(DeclarativeBase):
    """The registry's schema."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class RegistryFormat(Format, RegistryBase):
    """The registry's format."""

    __tablename__ = "format"
    __table_args__ = (CheckConstraint("kind = 'registry'", "kind"),)


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


class RegistryOperation(OperationColumns, RegistryBase):
    """One operation of the registry's log."""

    __tablename__ = "operation"
    __table_args__ = of_operations()


class RegistryChange(ChangeColumns, RegistryBase):
    """One profile's part in one operation on the registry."""

    __tablename__ = "change"
    __table_args__ = of_changes("profile")


add_type_checks(RegistryBase.metadata)
