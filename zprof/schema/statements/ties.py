"""Ties of an artifact store and a metadata store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, delete, insert, literal_column, or_, select
from sqlalchemy.orm import aliased

from zprof.schema.models.store import Component, Stack, StackComponent, StoreAssociation
from zprof.schema.statements.parts import given, listed

_artifact_store, _metadata_store = aliased(Component), aliased(Component)
_ARTIFACT_STORE = literal_column("'artifact_store'", Text)
_METADATA_STORE = literal_column("'metadata_store'", Text)

_ties = (
    select(_artifact_store.name.label("artifact_store"), _metadata_store.name.label("metadata_store"))
    .join_from(StoreAssociation, _artifact_store, _artifact_store.id == StoreAssociation.artifact_store_id)
    .join(_metadata_store, _metadata_store.id == StoreAssociation.metadata_store_id)
)
ALL_TIES = _ties.order_by(_artifact_store.name)
TIES_OF_ARTIFACT_STORES = _ties.where(
    _artifact_store.type == _ARTIFACT_STORE, _artifact_store.name.in_(listed("names"))
)
TIES_OF_METADATA_STORES = _ties.where(
    _metadata_store.type == _METADATA_STORE, _metadata_store.name.in_(listed("names"))
)
_ids_in_stack = (
    select(StackComponent.component_id)
    .join_from(Stack, StackComponent, StackComponent.stack_id == Stack.id)
    .where(Stack.name == given("stack"))
)
TIES_OF_STACK = _ties.where(
    or_(
        StoreAssociation.artifact_store_id.in_(_ids_in_stack),
        StoreAssociation.metadata_store_id.in_(_ids_in_stack),
    )
).order_by(_artifact_store.name)
"""Those of a stack's two stores, be it to each other or to others."""


def _id_of(of_type: Any, name: str) -> Any:
    return select(Component.id).where(Component.type == of_type, Component.name == given(name)).scalar_subquery()


_artifact_store_id = _id_of(_ARTIFACT_STORE, "artifact_store")
_metadata_store_id = _id_of(_METADATA_STORE, "metadata_store")

ADD_TIE = insert(StoreAssociation).values(artifact_store_id=_artifact_store_id, metadata_store_id=_metadata_store_id)
REMOVE_TIE = delete(StoreAssociation).where(
    StoreAssociation.artifact_store_id == _artifact_store_id, StoreAssociation.metadata_store_id == _metadata_store_id
)
