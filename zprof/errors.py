"""What can go wrong, as a small tree.

Each error carries a sentence on what happened (`message`), one on how to mend it (`hint`), the data that it is
about as attributes, and the command line's exit code. Nothing here prints; `zprof.cli.main` is the one place that
turns an error into text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class ZprofError(Exception):
    """Any failure that zprof foresees."""

    exit_code = 1
    code = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(ZprofError):
    """Something that was typed can't be meant: the fault is in the words, not in what is stored."""

    exit_code = 2
    code = "usage"


class InvalidName(InvalidInput):
    """A name outside of `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`."""

    def __init__(self, kind: str, name: str) -> None:
        shown = name if len(name) <= 40 else name[:39] + "…"
        super().__init__(
            f"The {kind} can't be named '{shown}'.",
            "Use 1 to 64 letters, digits, '.', '_' or '-', and begin with a letter or a digit.",
        )
        self.kind = kind
        self.name = name


class InvalidURL(InvalidInput):
    """A profile URL that zprof can't use."""


class InvalidConfig(InvalidInput):
    """A component's config breaks its flavor's schema.

    `problems` has one sentence for each attribute at fault.
    """

    def __init__(self, subject: str, problems: Sequence[str], hint: str) -> None:
        super().__init__(f"{subject}: {' '.join(problems)}", hint)
        self.problems = tuple(problems)


class NotFound(ZprofError):
    """A profile, stack, component, flavor or attribute that is not there."""

    exit_code = 3
    code = "not_found"

    def __init__(self, kind: str, name: str, *, where: str = "", among: Iterable[str] = (), hint: str = "") -> None:
        closest = closest_names(name, among)
        meant = f"Did you mean {' or '.join(repr(candidate) for candidate in closest)}? " if closest else ""
        super().__init__(f"There is no {kind} named '{name}'{where and f' {where}'}.", meant + hint)
        self.kind = kind
        self.name = name
        self.closest = closest


class NothingActive(ZprofError):
    """A command needs an active stack, or a component in it, and there is none."""

    exit_code = 3
    code = "not_found"


class Conflict(ZprofError):
    """What is stored stands against it."""

    exit_code = 4
    code = "conflict"


class AlreadyExists(Conflict):
    """The name is taken."""

    code = "exists"

    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        super().__init__(f"The {kind} '{name}' already exists.", hint or "Choose another name.")
        self.kind = kind
        self.name = name


class InUse(Conflict):
    """A component that stacks are made of can't be deleted."""

    def __init__(self, kind: str, name: str, stacks: Sequence[str], hint: str) -> None:
        named = ", ".join(f"'{stack}'" for stack in stacks)
        super().__init__(f"The {kind} '{name}' is used by the stack{'s' if len(stacks) > 1 else ''} {named}.", hint)
        self.stacks = tuple(stacks)


class Busy(ZprofError):
    """Another process kept a database locked for longer than `--lock-timeout` seconds."""

    exit_code = 5
    code = "busy"


class SchemaError(ZprofError):
    """The file or database is not one that this program can use."""

    exit_code = 6
    code = "schema"


class ForeignFile(SchemaError):
    """What is at the path was not made by zprof, or is something else of zprof's."""

    code = "foreign_file"


class DamagedFile(SchemaError):
    """SQLite says that the database is malformed."""

    code = "damaged_file"


class NewerSchema(SchemaError):
    """The database was written by a newer zprof, which this one can't read or can't write."""

    code = "newer_schema"


class Refused(ZprofError):
    """Possible, but guarded: the answer was no, or a flag is needed."""

    exit_code = 7
    code = "refused"


def closest_names(name: str, among: Iterable[str]) -> tuple[str, ...]:
    """At most two names that `name` may have been meant for, ignoring case, the nearest first."""
    candidates = {candidate.lower(): candidate for candidate in among}
    if not candidates:
        return ()
    from difflib import get_close_matches  # loaded on the way to an error alone

    return tuple(candidates[match] for match in get_close_matches(name.lower(), candidates, n=2, cutoff=0.6))
