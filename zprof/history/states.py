"""Whether what a log has of a thing is as zprof writes it, so that an undo may write it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from zprof.component_types import BY_NAME
from zprof.errors import DamagedFile

if TYPE_CHECKING:
    from zprof.history.log import State
    from zprof.history.reading import EntityChange

Types: TypeAlias = Mapping[str, type | tuple[type, ...]]

FIELDS: dict[str, Types] = {
    "component": {"type": str, "name": str, "flavor": str, "config": dict},
    "stack": {"name": str, "components": dict},
    "flavor": {"type": str, "name": str, "source": (str, type(None)), "schema": dict},
    "association": {"artifact_store": str, "metadata_store": str},
    "profile": {
        "name": str,
        "url": str,
        "active_stack": (str, type(None)),
        "is_active": bool,
        "is_protected": bool,
        "created_at": str,
    },
}
"""What a state in the log has, by the kind of thing: what counts when two are compared."""
BESIDES: Types = {"revision": int, "created_at": str, "place": str}
"""What it may have besides."""
HIGHEST = 2**31 - 2
"""The highest revision that can be counted on in any database."""


def check_states(changes: Iterable[EntityChange]) -> None:
    """Refuse what zprof would not have logged: it is about to be written.

    Raises:
        DamagedFile: it is such.
    """
    for change in changes:
        states = [state for state in (change.before, change.after) if state is not None]
        if not states or not all(is_as_written(change.kind, state) for state in states):
            raise damaged_log()


def is_as_written(kind: str, state: State) -> bool:
    """Whether a state in the log has what zprof writes of a thing of some kind, so that any database takes it."""
    fields = FIELDS.get(kind)
    if fields is None or not all(isinstance(state.get(key), its) for key, its in fields.items()):
        return False
    besides = all(isinstance(state[key], its) for key, its in BESIDES.items() if key in state)
    if not besides or not 0 <= state.get("revision", 0) <= HIGHEST:
        return False
    members = state.get("components", {}) if kind == "stack" else {}
    is_typed = kind not in ("component", "flavor") or state["type"] in BY_NAME
    return is_typed and all(key in BY_NAME and isinstance(name, str) for key, name in members.items())


def damaged_log() -> DamagedFile:
    """The error of a log that zprof would not write."""
    return DamagedFile("The log holds what zprof would not write, so it can't be undone.", "Nothing was changed.")
