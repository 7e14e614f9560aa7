"""SQLAlchemy's models of a store and of the registry, for programs that want to query with SQLAlchemy.

Read only: a Session that writes keeps no log, counts no revision and, on SQLite, checks no foreign key. Changes are
made by `Store.change()`.

Example:
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session

    from zprof.models import Component

    engine = create_engine("sqlite:///file:/home/ann/.config/zprof/profiles/default.db?mode=ro&uri=true")
    with Session(engine) as session:
        names = session.scalars(select(Component.name).where(Component.flavor == "s3")).all()

For a store on PostgreSQL, give `postgresql_readonly=True` to `Connection.execution_options`, and
`schema_translate_map={None: "zprof"}`, since the models name no schema.
"""

from __future__ import annotations

from zprof.schema.models.registry import Profile, RegistryChange, RegistryOperation
from zprof.schema.models.store import Change, Component, Flavor, Operation, Stack, StackComponent, StoreAssociation

__all__ = [
    "Change",
    "Component",
    "Flavor",
    "Operation",
    "Profile",
    "RegistryChange",
    "RegistryOperation",
    "Stack",
    "StackComponent",
    "StoreAssociation",
]
