"""What can be offered for the word that is being typed."""

from __future__ import annotations

from zprof.keystrokes.completion.tree import in_words
from zprof.keystrokes.completion.typed import Typed

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Candidate = tuple[str, str]

PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:@%+,=")
"""What a candidate may have, so that none can mean anything to a shell."""
LONGEST = 100
"""Characters of a description."""
FILES = {"file": ":file", "directory": ":directory", "at-file": ":at-file", "program": ":file"}
"""The kinds of which the shell itself knows the candidates."""


def lines(words: Sequence[str]) -> list[str]:
    """The answer to a shell; nothing where anything is wrong.

    Args:
        words: those after `zprof`, up to the one that is being typed.
    """
    try:
        *before, current = words or [""]
        return [line(*candidate) for candidate in candidates(Typed(before), current)]
    except Exception:  # a Tab is no place to tell what is wrong
        return []


def line(value: str, description: str) -> str:
    """A candidate as a line. What describes it may be a stranger's text."""
    told = " ".join(description.split())
    if not told.isprintable():
        from zprof.printable import printable  # for strangers' texts

        told = printable(told)
    told = told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"
    return f"{value}\t{told}" if told else value


def candidates(typed: Typed, current: str) -> Iterator[Candidate]:
    """What may stand for a word, with its description.

    Args:
        current: the word, as far as it is typed.
    """
    name, equals, value = current.partition("=")
    if typed.awaited is not None:
        yield from of_kind(typed, typed.awaited.kind, current)
    elif typed.takes_options and current.startswith("-") and equals:
        yield from fitting(f"{name}=", of_value(typed, name, value), current)
    elif typed.takes_options and current.startswith("-"):
        yield from fitting("", of_options(typed), current)
    elif typed.is_group:
        yield from fitting("", of_commands(typed), current)
    else:
        yield from of_kind(typed, typed.node.argument(len(typed.arguments)), current)


def fitting(before: str, found: Iterable[Candidate], current: str) -> Iterator[Candidate]:
    """The candidates that begin with what is typed, and mean nothing to a shell.

    Args:
        before: what each of them begins with.
    """
    for value, description in found:
        if value in FILES.values():
            yield value, ""
        elif f"{before}{value}".startswith(current) and PLAIN.issuperset(value):
            yield f"{before}{value}", description


def of_commands(typed: Typed) -> Iterator[Candidate]:
    """The commands below the one that is typed."""
    for word, description in typed.commands.items():
        yield word, in_words(description, typed.of_type) if typed.of_type else description


def of_options(typed: Typed) -> Iterator[Candidate]:
    """The options of a command by their long names, but for those that are given, and the attributes."""
    if typed.node.has_attributes:
        from zprof.keystrokes.completion.names import Names

        for attribute in Names(typed).attributes():
            if attribute.name not in typed.attributes and typed.option(f"--{attribute.name}") is None:
                yield f"--{attribute.name}=", attribute.description
    for option in typed.node.options:
        if option.names[0] not in typed.options:
            yield option.names[0], option.description


def of_value(typed: Typed, name: str, value: str) -> Iterator[Candidate]:
    """What may follow an option, or an attribute, and its `=`."""
    option = typed.option(name)
    if option is not None:
        yield from of_kind(typed, option.kind, value)
    elif typed.node.has_attributes and value.startswith("@"):
        yield FILES["at-file"], ""
    elif typed.node.has_attributes:
        from zprof.keystrokes.completion.names import Names

        wanted = name.removeprefix("--").replace("-", "_")
        values = next((each.values for each in Names(typed).attributes() if each.name == wanted), ())
        yield from ((each, "") for each in values)


def of_kind(typed: Typed, kind: str, current: str) -> Iterator[Candidate]:
    """The words of a kind that begin with what is typed."""
    if kind in FILES:
        yield FILES[kind], ""
    elif "|" in kind:
        yield from fitting("", ((choice, "") for choice in kind.split("|")), current)
    else:
        from zprof.keystrokes.completion.names import Names  # with what reads the registry

        yield from fitting("", Names(typed).of_kind(kind, current), current)
