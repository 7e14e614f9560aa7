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

    @property
    def past(self) -> str:
        """The verb of what was done."""
        return {"register": "Registered", "use": "Used", "overwrite": "Overwrote"}[self.verb]
