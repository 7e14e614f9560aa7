"""The rule by which one name counts over others: an option, the environment, the project's two files, in that order.

It stands apart, on texts alone, since a shell's prompt follows it too, and has no time for all that a command imports.
"""

from __future__ import annotations

from zprof import paths

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Literal, TypeAlias

    from zprof.repository import RepositoryFile

    Kind = Literal["profile", "stack"]
    Scope = Literal["option", "environment", "local", "global"]
    Named: TypeAlias = tuple[str, Scope, str]

VARIABLES: dict[Kind, str] = {"profile": paths.ACTIVATED_PROFILE, "stack": paths.ACTIVATED_STACK}


def in_order(
    kind: Kind,
    option: str | None,
    variable: str | None,
    files: Callable[[], Iterable[RepositoryFile]],
    down_to: Named | None = None,
) -> Iterator[Named]:
    """What names a profile or a stack, the one that counts first: the name, its scope, and what names it.

    Args:
        option: what an option says.
        variable: what the environment says.
        files: gives the project's files, what counts first; called only where they are looked at.
        down_to: what names the profile that a stack goes with: what is named further down does not count.
    """
    last = "local" if down_to is None else down_to[1]
    if option is not None:
        yield option, "option", f"--{kind}"
    if variable is not None and last != "option":
        yield variable, "environment", f"${VARIABLES[kind]}"
    for file in files() if last == "local" else ():
        name = file.profile if kind == "profile" else file.stack
        if name is not None:
            yield name, "local", file.path
        if down_to is not None and down_to[2] == file.path:
            return
