"""What can go wrong, as a small tree.

Each error carries a sentence on what happened (`message`), one on how to fix it (`hint`), the data that it is
about as attributes, and the command line's exit code. Nothing here prints; `zprof.cli.main` is the one place that
turns an error into text.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

INTERRUPTED, BROKEN_PIPE = 130, 141
"""The exit codes that a shell gives for SIGINT and SIGPIPE."""


UPGRADE = "To upgrade zprof, run `git pull` and `pip install .` in its checkout."
"""What to do where a database or a file is of a newer zprof."""


class ZprofError(Exception):
    """Any failure that zprof foresees."""

    exit_code = 1
    code = "failed"
    line = ""
    """What to type against it alone, where that is known; the hint has it, too."""
    paragraphs: tuple[str, ...] = ()
    """Lines that a person reads in place of the message and the hint, where several things are wrong at once."""
    about: str | None = None
    """The profile that the lines of the hint are for, where the command was run for another; empty where none is."""

    def __init__(self, message: str, hint: str = "", *, in_python: str = "") -> None:
        """An error that says what happened and how to fix it.

        Args:
            hint: in the words of the command line.
            in_python: in those of a program, where they are others; a traceback ends with them.
        """
        super().__init__(message)
        self.message = message
        self.hint = hint
        if in_python or hint:
            self.add_note(in_python or hint)

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses are made from other arguments than the message; a process pool sends them as they are.
        return _as_it_was, (type(self), self.args, self.__dict__)


class InvalidInput(ZprofError):
    """Something that was typed can't be meant: the fault is in the words, not in what is stored."""

    exit_code = 2
    code = "usage"


class InvalidName(InvalidInput):
    """A name outside of `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`."""

    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        shown = name if len(name) <= 40 else name[:39] + "…"
        super().__init__(
            f"The {kind} can't be named '{shown}'.",
            hint or "Use 1 to 64 letters, digits, '.', '_' or '-', and start with a letter or a digit.",
        )
        self.kind = kind
        self.name = name


class InvalidURL(InvalidInput):
    """A profile URL that zprof can't use."""


class InvalidConfig(InvalidInput):
    """A component's config breaks its flavor's schema.

    `problems` has one sentence for each attribute at fault.
    """

    def __init__(self, subject: str, problems: Sequence[str], hint: str, *, in_python: str = "") -> None:
        super().__init__(f"{subject}: {' '.join(problems)}", hint, in_python=in_python)
        self.problems = tuple(problems)


class NotFound(ZprofError):
    """A profile, stack, component, flavor or attribute that is not there."""

    exit_code = 3
    code = "not_found"

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        where: str = "",
        among: Iterable[str] = (),
        hint: str = "",
        in_python: str = "",
    ) -> None:
        closest = closest_names(name, among)
        meant = f"Did you mean {' or '.join(repr(candidate) for candidate in closest)}? " if closest else ""
        super().__init__(
            f"There is no {kind} named '{name}'{where and f' {where}'}.",
            meant + hint,
            in_python=meant + (in_python or hint),
        )
        self.kind = kind
        self.name = name
        self.closest = closest


class NoMember(NotFound, KeyError, AttributeError):  # type: ignore[misc]  # whose name may be none
    """A type of component that a stack has none of; also a KeyError and an AttributeError, as one looks for it."""

    __str__ = Exception.__str__  # a KeyError's would be in quotation marks

    def __init__(self, type_name: str, among: Iterable[str]) -> None:
        known = list(among)
        super().__init__(
            "component of the type",
            type_name,
            where="in this stack",
            among=known,
            hint=f"It has: {', '.join(known)}. `stack.get({type_name!r})` returns None if there is none.",
        )


class NothingActive(ZprofError):
    """A command needs an active stack, or a component in it, and there is none."""

    exit_code = 3
    code = "not_found"


class NoSuchTime(ZprofError):
    """A moment that lies before what the log of a store has."""

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


class Outdated(Conflict):
    """A thing was changed after the caller had looked at it."""

    code = "outdated"

    def __init__(self, kind: str, name: str, seen: int, revision: int, command: str) -> None:
        from shlex import quote  # on the way to an error alone

        super().__init__(
            f"The {kind} '{name}' is at revision {revision}, not {seen}: it has changed in the meantime.",
            f"Nothing was changed. Check it with `zprof {command} describe {quote(name)}`, "
            f"and try again with {revision}.",
        )
        self.revision = revision


class InUse(Conflict):
    """A component that stacks are made of, or a flavor that components have, can't be deleted."""

    def __init__(self, kind: str, name: str, user_kind: str, users: Sequence[str], hint: str) -> None:
        named = ", ".join(f"'{user}'" for user in users[:5])
        if len(users) > 5:
            named += f" and {len(users) - 5} more"
        super().__init__(
            f"The {kind} '{name}' is used by the {user_kind}{'s' if len(users) > 1 else ''} {named}.", hint
        )
        self.users = tuple(users)


class Clashes(Conflict):
    """Names are taken by other things of the same kind. `names` has each, with its kind.

    Args:
        choices: what `--on-conflict` could be besides what it was.
        hint: what else there is to do, where there is no such choice.
    """

    def __init__(
        self, names: Sequence[str], choices: Sequence[str] = ("rename", "overwrite"), *, hint: str = ""
    ) -> None:
        super().__init__(
            f"{'This already exists' if len(names) == 1 else 'These already exist'}: the {', the '.join(names)}.",
            hint or f"Nothing was changed. Choose with --on-conflict {', '.join(choices[:-1])} or {choices[-1]}.",
            in_python=hint or f"Nothing was changed. Choose with on_conflict={' or '.join(map(repr, choices))}.",
        )
        self.names = tuple(names)


class InvalidStack(Conflict):
    """The components of a stack don't fit together.

    `problems` has one sentence for each.
    """

    code = "invalid_stack"

    def __init__(self, stack: str, problems: Sequence[str], lines: Sequence[Sequence[str]] = ()) -> None:
        """An error for all problems.

        Args:
            lines: what to type against each problem, where that is known: one line of each is enough.
        """
        told = [either(of_one) for of_one in lines] or [""] * len(problems)
        general = "Nothing was changed. Give it other components."
        what = f"The stack '{stack}' would not fit together"
        super().__init__(f"{what}: {' '.join(problems)}", " ".join(dict.fromkeys(filter(None, told))) or general)
        self.stack = stack
        self.problems = tuple(problems)
        self.paragraphs = (
            f"{what}.",
            *(f"{problem} {typing}".rstrip() for problem, typing in zip(problems, told, strict=True)),
            *([] if any(told) else [general]),
        )


class StoresCoupled(Conflict):
    """An artifact store or a metadata store is tied to another partner."""

    def __init__(self, stack: str, ties: Sequence[tuple[str, str]]) -> None:
        named = " and ".join(f"'{artifact_store}' to '{metadata_store}'" for artifact_store, metadata_store in ties)
        super().__init__(
            f"The stack '{stack}' would separate stores that belong together: {named}.",
            f"Add --decouple-stores to drop {'that tie' if len(ties) == 1 else 'those ties'}, "
            "or use the stores that belong together.",
            in_python=f"Pass decouple_stores=True to drop {'that tie' if len(ties) == 1 else 'those ties'}, "
            "or use the stores that belong together.",
        )
        self.ties = tuple(ties)


class NothingToUndo(Conflict):
    """There is nothing to undo, or to redo. `floor` is the record of the operation that undo stops at, if any."""

    code = "nothing_to_undo"

    def __init__(self, message: str, hint: str = "", floor: Any = None) -> None:
        super().__init__(message, hint or "Nothing was changed.")
        self.floor = floor


class CantUndo(Conflict):
    """An operation can't be taken back: something came between that must not be overwritten, or a rule forbids it."""

    code = "cant_undo"


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


class OthersDatabase(ForeignFile):
    """A SQLite database of another program."""


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


class SecretsMissing(InvalidInput):
    """A document leaves secrets out, and nothing here has them. `names` has `TYPE/NAME.ATTRIBUTE` for each."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"The document lacks secrets that are needed here: {', '.join(names)}.",
            f"Nothing was changed. Give each of them: '--secret={names[0]}=<value>', or =@FILE.",
            in_python="Nothing was changed. Give each of them: `bundle.with_secrets({(type, attribute): value})`.",
        )
        self.names = tuple(names)


class Unresolved(ZprofError):
    """References of components that can't be understood or resolved. `problems` has one sentence for each."""

    code = "unresolved"

    def __init__(self, problems: Sequence[str], cures: Sequence[str]) -> None:
        super().__init__(" ".join(problems), " ".join(dict.fromkeys(cures)))
        self.problems = tuple(problems)
        self.cures = tuple(cures)

    @classmethod
    def of_all(cls, errors: Sequence[Unresolved]) -> Unresolved:
        """One error for those of several components."""
        return cls(
            [problem for error in errors for problem in error.problems],
            [cure for error in errors for cure in error.cures],
        )


class NotAllowed(Refused):
    """References in a store that others can write, which this user has not allowed. `uses` has a sentence for each."""

    code = "not_allowed"

    def __init__(self, uses: Sequence[str], lines: Sequence[str], doubt: str) -> None:
        """An error for one component or several.

        Args:
            lines: the commands that allow it.
            doubt: why the store is not this user's alone, as the end of a sentence.
        """
        super().__init__(
            f"The store {doubt}, so it can't use what is yours until you allow it: {', '.join(uses)}.",
            f"Nothing was resolved. Review it and allow it: {', '.join(f'`{line}`' for line in lines)}.",
        )
        self.uses = tuple(uses)
        self.lines = tuple(lines)
        self.doubt = doubt

    @classmethod
    def of_all(cls, errors: Sequence[NotAllowed]) -> NotAllowed:
        """One error for those of several components of one store."""
        lines = [line for error in errors for line in error.lines] if len(errors) == 1 else ["zprof allow"]
        return cls([use for error in errors for use in error.uses], lines, errors[0].doubt)


def _as_it_was(kind: type[ZprofError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> ZprofError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(attributes)
    return error


def either(lines: Sequence[str]) -> str:
    """The sentence that says to type one of some lines."""
    return f"Run {' or '.join(f'`{line}`' for line in lines)}." if lines else ""


def closest_names(name: str, among: Iterable[str]) -> tuple[str, ...]:
    """At most two names that `name` may have been meant for, ignoring case, the nearest first.

    Where none is spelled alike, those that contain it, as `kubernetes_context` does `context`, or a word that it
    abbreviates, as `k8s` does `kubernetes`.
    """
    candidates = {candidate.lower(): candidate for candidate in among}
    if not candidates:
        return ()
    from difflib import get_close_matches  # loaded on the way to an error alone

    wanted = name.lower()
    alike = get_close_matches(wanted, candidates, n=2, cutoff=0.6)
    found = alike or [each for each in candidates if _contains(each, wanted)]
    return tuple(candidates[match] for match in found[:2])


def _contains(name: str, word: str) -> bool:
    """Whether a name contains a word of three letters or more, `-` and `_` alike, or one that it abbreviates."""
    import re

    spelled, word = name.replace("-", "_"), word.replace("-", "_")
    if len(word) >= 3 and word in spelled:
        return True
    number = re.fullmatch(r"([a-z])([0-9]{1,2})([a-z])", word)
    if number is None:
        return False
    begin, left_out, end = number.groups()
    return any(
        (part[:1], part[-1:], len(part) - 2) == (begin, end, int(left_out)) for part in re.split(r"[_.]", spelled)
    )
