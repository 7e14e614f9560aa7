"""What taking an operation of a store back does, thing by thing, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from zprof.component_types import component_type
from zprof.history.log import State
from zprof.history.standing import Target
from zprof.store.operation import Kind, entity_name


class Reversal(NamedTuple):
    """One thing's part in taking an operation back: what it is now, and what it becomes; None where it is not there."""

    kind: Kind
    before: State | None
    after: State | None

    @property
    def name(self) -> str:
        """The name that the thing has now, or gets where it is made again; as in the log."""
        return entity_name(self.kind, cast("State", self.before or self.after))

    @property
    def verb(self) -> Literal["make", "remove", "rename", "change"]:
        """What was done to it."""
        if self.before is None or self.after is None:
            return "make" if self.before is None else "remove"
        return "change" if self.before.get("name") == self.after.get("name") else "rename"

    @property
    def thing(self) -> str:
        """What kind of thing it is, in words."""
        state = cast("State", self.before or self.after)
        if self.kind in ("stack", "association"):
            return self.kind
        return f"{component_type(state['type']).noun}{' flavor' if self.kind == 'flavor' else ''}"

    @property
    def short_name(self) -> str:
        """Its name, without its type."""
        state = cast("State", self.before or self.after)
        return str(state.get("name", self.name))

    def sentence(self, *, is_done: bool = True) -> str:
        """What was done to it, or would be, as a person reads it."""
        state = cast("State", self.before or self.after)
        present, past = IN_WORDS[self.verb]
        verb = past if is_done else f"Would {present}"
        rest = {"make": " again", "change": " back"}.get(self.verb, "")
        if self.verb == "rename":
            rest = f" back to '{cast('State', self.after)['name']}'"
        return f"{verb} {named(self.kind, state)}{rest}."


IN_WORDS = {
    "make": ("create", "Created"),
    "remove": ("remove", "Removed"),
    "rename": ("rename", "Renamed"),
    "change": ("change", "Changed"),
}
"""Each verb as a person reads it: of what would be done, and of what was."""


class TakenBack(NamedTuple):
    """An operation that was taken back, or would be."""

    target: Target
    id: str
    """That of the undo or redo."""
    reversals: Sequence[Reversal]

    @property
    def vanishing(self) -> list[str]:
        """The names of the stacks that there are no more after it."""
        gone = [step.before["name"] for step in self.reversals if step.kind == "stack" and step.before is not None]
        come = [step.after["name"] for step in self.reversals if step.kind == "stack" and step.after is not None]
        return [name for name in dict.fromkeys(gone) if name not in come]

    @property
    def renamed(self) -> dict[str, str]:
        """The new names of stacks by their names before it."""
        names: dict[str, str] = {}
        for step in self.reversals:
            if step.kind == "stack" and step.before is not None and step.after is not None:
                first = next((old for old, new in names.items() if new == step.before["name"]), step.before["name"])
                names[first] = step.after["name"]
        return {old: new for old, new in names.items() if old != new}


def named(kind: str, state: State, article: str = "the ") -> str:
    """A thing as it reads in a sentence."""
    if kind == "association":
        return f"{article}tie of '{state['artifact_store']}' and '{state['metadata_store']}'"
    noun = "stack" if kind == "stack" else component_type(state["type"]).noun
    return f"{article}{noun}{' flavor' if kind == 'flavor' else ''} '{state['name']}'"
