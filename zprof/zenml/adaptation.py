"""Names that zprof refuses, made into names that it takes, the same way each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count

from zprof.flavors.refusal import quoted
from zprof.names import is_name

MAX_LENGTH = 64
FALLBACK = "unnamed"
"""For a name of which nothing is left."""


def adapted_names(
    names: Mapping[str, str], *, taken: Collection[str] = (), fold: Callable[[str], str] = str
) -> dict[str, str]:
    """A name of its own for each thing, as near to the one it has as can be.

    Valid names come first and stay, so that none has to give way to one that was adapted; of two that are the same,
    the first keeps it, by its key.

    Args:
        names: by whatever key tells the things apart.
        taken: names that none of them may have.
        fold: makes names equal that may not both be there.
    """
    used = {fold(name) for name in taken}
    numbers: dict[str, Iterator[int]] = {}
    chosen: dict[str, str] = {}
    # swapcase: of `default` and `Default`, the lower case comes first.
    for key in sorted(names, key=lambda key: (not is_name(names[key]), names[key].swapcase(), key)):
        name = plain = _plain(names[key])
        while fold(name) in used:
            suffix = f"-{next(numbers.setdefault(fold(plain), count(2)))}"
            name = plain[: MAX_LENGTH - len(suffix)] + suffix
        used.add(fold(name))
        chosen[key] = name
    return chosen


def becomes(subject: str, name: str, adapted: str, where: str = "") -> str:
    """The sentence on a name that had to change.

    Args:
        subject: what it names: `artifact store`.
        where: ` of the profile 'staging'`.
    """
    reason = ", since its name is already taken" if is_name(name) else ""
    return f"The {subject} {quoted(name)}{where} becomes '{adapted}'{reason}."


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("._-")[:MAX_LENGTH] or FALLBACK
