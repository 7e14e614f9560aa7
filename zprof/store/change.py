"""Changes to a profile's store."""

from __future__ import annotations

from zprof.store.bundles import TransferChange


class StoreChange(TransferChange):
    """The changes of one transaction, under one operation of the log. Made by `Store.change()`."""
