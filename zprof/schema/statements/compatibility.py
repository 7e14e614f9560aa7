"""What a database of either kind says of itself."""

from __future__ import annotations

from sqlalchemy import select

from zprof.schema.models.store import StoreFormat

FORMAT = select(StoreFormat.kind, StoreFormat.version, StoreFormat.min_reader, StoreFormat.min_writer)
