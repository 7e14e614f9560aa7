"""Rows as they are, from one store to another: a read and a change for each table, in the order of references.

A page begins after a key, whatever the number of rows before it; JSON travels as text.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Integer, Table, func, insert, literal_column, select, tuple_

from zprof.schema.models.store import Change, Component, Flavor, Operation, Stack, StackComponent, StoreAssociation
from zprof.schema.statements.parts import NO, given, given_json, given_number, text_of

PAGE = literal_column("1000", Integer)


def _page(table: Any) -> Any:
    """The next rows by key, the parameters `after_COLUMN` being the key of the last one before them."""
    columns = [text_of(column) if isinstance(column.type, JSON) else column for column in table.columns]
    key = list(table.primary_key)
    last = [
        given_number(f"after_{column.name}") if isinstance(column.type, Integer) else given(f"after_{column.name}")
        for column in key
    ]
    return select(*columns).where(tuple_(*key) > tuple_(*last)).order_by(*key).limit(PAGE).offset(NO)


def _copy(table: Any) -> Any:
    """A row, its columns being the parameters `of_COLUMN`."""

    def value(column: Any) -> Any:
        if isinstance(column.type, JSON):
            return given_json(f"of_{column.name}")
        return given_number(f"of_{column.name}") if isinstance(column.type, Integer) else given(f"of_{column.name}")

    return insert(table).values({column.name: value(column) for column in table.columns})


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _count(model: Any) -> Any:
    return select(func.count()).select_from(_table(model)).scalar_subquery()


NUMBER_OF_ROWS = select(
    _count(Component)
    + _count(Stack)
    + _count(StackComponent)
    + _count(StoreAssociation)
    + _count(Flavor)
    + _count(Operation)
    + _count(Change)
)
"""Of all tables that are copied, to say how far a copy is."""
ROWS_OF_COMPONENT, COPY_COMPONENT = _page(_table(Component)), _copy(_table(Component))
ROWS_OF_STACK, COPY_STACK = _page(_table(Stack)), _copy(_table(Stack))
ROWS_OF_STACK_COMPONENT, COPY_STACK_COMPONENT = _page(_table(StackComponent)), _copy(_table(StackComponent))
ROWS_OF_STORE_ASSOCIATION, COPY_STORE_ASSOCIATION = _page(_table(StoreAssociation)), _copy(_table(StoreAssociation))
ROWS_OF_FLAVOR, COPY_FLAVOR = _page(_table(Flavor)), _copy(_table(Flavor))
ROWS_OF_OPERATION, COPY_OPERATION = _page(_table(Operation)), _copy(_table(Operation))
ROWS_OF_CHANGE, COPY_CHANGE = _page(_table(Change)), _copy(_table(Change))
