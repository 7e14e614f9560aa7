"""Finding rows by their keys within one change."""

from __future__ import annotations

from collections import Counter
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")

MANY = 30
"""Keys that are asked for in vain one by one; with the next, all keys that there are get read."""


class Rows(Generic[Row]):
    """The rows of a table, found by a unique key, and so also added, deleted and renamed in it.

    What was found or added is remembered, so that new rows need not be written before the next one is looked for:
    SQLAlchemy writes thousands together in a tenth of the time that it takes for one after another.

    Args:
        key: the columns of a unique key.
    """

    def __init__(self, session: Session, model: type[Row], *key: InstrumentedAttribute[Any]) -> None:
        self._session = session
        self._model = model
        self._key = key
        self._known: dict[tuple[Any, ...], Row] = {}
        self._missed: Counter[tuple[Any, ...]] = Counter()
        self._written: dict[tuple[Any, ...], set[Any]] = {}
        """By all of a key but its last column, what the table has in that."""

    def get(self, *key: Any) -> Row | None:
        """The row with a key, if there is one."""
        known = self._known.get(key)
        if known is not None or not self._may_be_written(key):
            return known
        with self._session.no_autoflush:
            found = self._session.scalar(select(self._model).where(*self._is(key)))
        if found is None:
            self._missed[key[:-1]] += 1
        else:
            self._known[key] = found
        return found

    def add(self, row: Row, *key: Any) -> None:
        """Add a row, to be written with others."""
        self._session.add(row)
        self._known[key] = row

    def delete(self, row: Row, *key: Any) -> None:
        """Delete a row, at once, lest it be found again."""
        self._session.flush()  # only what is written can be deleted
        self._session.delete(row)
        self.forget(*key)

    def rename(self, row: Row, *key: Any, to: str) -> None:
        """Write at once that the last part of a row's key is another now."""
        self.forget(*key)
        self._known[(*key[:-1], to)] = row

    def forget(self, *key: Any) -> None:
        """Write at once that no row has this key any more."""
        self._session.flush()
        self._known.pop(key, None)
        self._written.get(key[:-1], set()).discard(key[-1])

    def _may_be_written(self, key: tuple[Any, ...]) -> bool:
        *others, last = key
        group = tuple(others)
        if group not in self._written:
            if self._missed[group] < MANY:
                return True
            with self._session.no_autoflush:
                found = self._session.scalars(select(self._key[-1]).where(*self._is(group)))
                self._written[group] = set(found)
        return last in self._written[group]

    def _is(self, values: tuple[Any, ...]) -> list[Any]:
        return [column == value for column, value in zip(self._key, values, strict=False)]
