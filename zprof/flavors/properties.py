"""The attributes in a JSON Schema of a config, and which of them are secrets."""

from __future__ import annotations

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def properties(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each attribute, by its name, in the order of the catalog.

    An attribute with a secret anywhere within is marked secret as a whole.
    """
    found = schema.get("properties")
    # A custom flavor's may have been written by another hand than ours.
    parts = {name: part for name, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}
    return {
        name: {**part, "writeOnly": True} if _has_parts(part) and _has_secret_within(part, schema) else part
        for name, part in parts.items()
    }


def _has_parts(schema: Mapping[str, Any]) -> bool:
    return any(isinstance(value, dict | list) or key == "$ref" for key, value in schema.items())


def _has_secret_within(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether something that a schema is made of, or refers to in the document `root`, is marked secret."""
    to_visit: list[Any] = [schema]
    visited: set[str] = set()
    while to_visit:
        part = to_visit.pop()
        if isinstance(part, list):
            to_visit += part
        elif isinstance(part, dict):
            if is_secret(part):
                return True
            to_visit += [value for value in part.values() if isinstance(value, dict | list)]
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in visited:
                visited.add(reference)
                to_visit.append(referred_to(reference, root))
    return False


def referred_to(reference: str, root: Any) -> Any:
    """What a reference within a document leads to, such as `#/$defs/Credentials`; None if nothing is there."""
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        root = root.get(name) if isinstance(root, dict) else None
    return root


def is_secret(schema: Mapping[str, Any]) -> bool:
    """Whether the values of an attribute with this schema are secrets."""
    return schema.get("writeOnly", False) is True
