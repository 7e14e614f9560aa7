"""What all documents have in common: their heading, what stands for a secret, and the fields that only tell.

A thing has one document everywhere: what `describe` and the items of `list` print as JSON or YAML, what a change
answers with, what `stack export` writes and `stack import` reads. `zprof.documents.schema` has the shape of each kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

API_VERSION = "zprof/v1"
"""What each document carries; it changes when a field goes or changes its meaning."""
DOCUMENTS = ("json", "yaml")
"""The formats of documents."""
KEPT = {"$secret": "kept"}
"""What stands for a secret: an attribute whose value is in the store and not in the document."""
PRUNED = {"$secret": "pruned"}
"""What stands for a secret that was removed from the log."""
TELLING = frozenset({"active", "created_at", "profile", "resolved", "revision", "updated_at"})
"""The fields that say how a thing is, rather than how it is to be: whoever reads a document ignores them."""


def document(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The document of one thing.

    Args:
        kind: in CamelCase.
        fields: in snake_case, ready for JSON.
    """
    return {"apiVersion": API_VERSION, "kind": kind, **fields}


def list_document(kind: str, documents: Iterable[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """The document of several things of one kind, each of which is a document itself.

    Args:
        more: what is told of all of them.
    """
    return document(f"{kind}List", {**more, "items": list(documents)})


def is_kept(value: Any) -> bool:
    """Whether a value stands for a secret that the document does not have."""
    return bool(value == KEPT)


def without_telling(found: Mapping[str, Any]) -> dict[str, Any]:
    """A document of a stack without what only tells, as one keeps it in a file."""
    kept = {key: value for key, value in found.items() if key not in TELLING}
    parts = kept["components"].items()
    kept["components"] = {of_type: {k: v for k, v in part.items() if k not in TELLING} for of_type, part in parts}
    return kept
