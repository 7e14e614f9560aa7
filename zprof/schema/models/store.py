"""The tables of a profile's store."""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from zprof.component_types import ALPHABETICAL
from zprof.schema.models.columns import (
    NAMING_CONVENTION,
    ChangeColumns,
    Format,
    JsonObject,
    Key,
    Name,
    OperationColumns,
    Place,
    Revision,
    Timestamp,
    add_type_checks,
    is_json_object,
    is_place,
    of_changes,
    of_operations,
)

ONE_OF_THE_TYPES = f"IN ({', '.join(repr(name) for name in ALPHABETICAL)})"


class StoreBase(DeclarativeBase):
    """A store's schema."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class StoreFormat(Format, StoreBase):
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
    revision: Mapped[Revision]
    place: Mapped[Place]

    __table_args__ = (
        UniqueConstraint("type", "name"),
        UniqueConstraint("id", "type"),
        UniqueConstraint("place"),
        CheckConstraint(f"type {ONE_OF_THE_TYPES}", "type"),
        *is_json_object("config"),
        *is_place("place"),
    )


class Stack(StoreBase):
    """A stack: at most one component of each type."""

    __tablename__ = "stack"

    id: Mapped[Key]
    name: Mapped[Name]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]
    revision: Mapped[Revision]

    members: Mapped[list["StackComponent"]] = relationship(
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


class Operation(OperationColumns, StoreBase):
    """One operation of the store's log."""

    __tablename__ = "operation"
    __table_args__ = of_operations()


class Change(ChangeColumns, StoreBase):
    """One entity's part in one operation on the store.

    Its name is a stack's, `artifact_store/NAME` for a component or a flavor, `ARTIFACT_STORE/METADATA_STORE` for a tie.
    """

    __tablename__ = "change"
    __table_args__ = of_changes("association", "component", "flavor", "stack")


add_type_checks(StoreBase.metadata)
