"""The JSON Schema of each kind of document, put together from the JSON files beside this module.

`kinds.json` has the fields of each kind, and what a list of it tells besides, always or at times; `parts.json` has what
several of them are made of. All kinds have a heading, and all of them come as lists, too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from zprof.documents.shape import API_VERSION
from zprof.errors import NotFound

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DIRECTORY = os.path.dirname(__file__)


def kinds() -> list[str]:
    """All kinds of document, each before its list."""
    return [name for kind in _loaded("kinds.json") for name in (kind, f"{kind}List")]


def schema(kind: str | None = None) -> dict[str, Any]:
    """The JSON Schema, draft 2020-12, of a kind of document; of all kinds without one.

    Raises:
        NotFound: there is no such kind.
    """
    definitions = {**_kinds(), **_loaded("parts.json")}
    if kind is None:
        any_kind = [{"$ref": f"#/$defs/{name}"} for name in kinds()]
        return {"$schema": DIALECT, "title": f"{API_VERSION}: any kind", "oneOf": any_kind, "$defs": definitions}
    known = {name.lower(): name for name in kinds()}
    if kind.lower() not in known:
        raise NotFound("kind of document", kind, among=kinds(), hint="See `zprof schema -o name`.")
    name = known[kind.lower()]
    used = {part: definitions[part] for part in _reached(name, definitions)}
    return {"$schema": DIALECT, "title": f"{API_VERSION}: {name}", "$ref": f"#/$defs/{name}", "$defs": used}


def _kinds() -> dict[str, Any]:
    """The definition of each kind, and of its list."""
    found = {}
    for kind, described in _loaded("kinds.json").items():
        more, at_times = described.pop("list", {}), described.pop("list_at_times", {})
        found[kind] = _headed(kind, **described)
        always = {**more, "items": {"type": "array", "items": {"$ref": f"#/$defs/{kind}"}}}
        several = f"Several of the kind {kind}."
        found[f"{kind}List"] = _headed(f"{kind}List", several, {**at_times, **always}, [*always])
    return found


def _headed(kind: str, description: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """The definition of a kind with its heading; another field than those that are named is a mistake."""
    return {
        "type": "object",
        "description": description,
        "properties": {"apiVersion": {"const": API_VERSION}, "kind": {"const": kind}, **properties},
        "required": ["apiVersion", "kind", *required],
        "additionalProperties": False,
    }


def _reached(name: str, definitions: dict[str, Any]) -> Iterator[str]:
    """A definition and all that it refers to, in the order in which they are met."""
    met, to_visit = {name}, [name]
    while to_visit:
        found = to_visit.pop(0)
        yield found
        for reference in re.findall(r'"#/\$defs/(\w+)"', json.dumps(definitions[found])):
            if reference not in met:
                met.add(reference)
                to_visit.append(reference)


def _loaded(file: str) -> dict[str, Any]:
    with open(os.path.join(_DIRECTORY, file), encoding="utf-8") as opened:
        found: dict[str, Any] = json.load(opened)
    return found
