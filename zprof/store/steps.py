"""What putting a stack into a store does, step by step."""

from __future__ import annotations

from typing import Literal, NamedTuple

OnConflict = Literal["fail", "rename", "overwrite", "use-existing"]
"""What to do with a thing whose name is taken by another of the same kind."""


class Step(NamedTuple):
    """One thing that was done, or would be."""

    verb: Literal["register", "use", "overwrite"]
    kind: str
    """As it reads in a sentence: `artifact store`."""
    name: str
    kept: tuple[str, ...] = ()
    """The attributes whose secrets stay as they are, since the document does not have them."""

    @property
    def past(self) -> str:
        """The verb of what was done."""
        return {"register": "Registered", "use": "Used", "overwrite": "Overwrote"}[self.verb]

    @property
    def addition(self) -> str:
        """What is told of it besides."""
        return f" except its {' and '.join(self.kept)}" if self.kept and self.verb == "overwrite" else ""
