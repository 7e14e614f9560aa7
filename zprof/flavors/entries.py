"""The entries of the catalog as its files have them, for who has no time to make records of them."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from typing import Any

_DIRECTORY = os.path.join(os.path.dirname(__file__), "catalog")


def entries(stored_name: str) -> dict[str, Any]:
    """The built-in flavors of a type by name, in the order of the catalog: integration, description and schema.

    Args:
        stored_name: of the type, `artifact_store`.
    """
    with open(os.path.join(_DIRECTORY, f"{stored_name}.json"), encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found
