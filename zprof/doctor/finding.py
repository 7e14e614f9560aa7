"""What an examination finds."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Literal, NamedTuple

from zprof.names import is_name

Severity = Literal["error", "warning"]


class Finding(NamedTuple):
    """Something that is wrong, or may become so."""

    code: str
    """A word for this kind of finding."""
    severity: Severity
    """`error` for what makes commands fail or puts data at risk, `warning` for the rest."""
    where: str
    """A path, the name of a profile, or a variable with its `$`."""
    problem: str
    """One sentence."""
    cure: str
    """What to type."""
    mend: Callable[[], object] | None = None
    """Does what is safe to do without asking, if anything is; gives False where it is not needed any more."""


def name_to_type(name: str) -> str:
    """A name for a line to type: a placeholder where it is none of ours, and would be taken for something else."""
    return name if is_name(name) else "NAME"


def command(*words: str) -> str:
    """A line for a shell."""
    return shlex.join(words)
