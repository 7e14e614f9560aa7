"""The commands, by the text that `make commands` has written: what each takes, without importing it."""

from __future__ import annotations

from zprof.generated.commands import TREE, TYPES

TYPE = "TYPE"
"""Stands for the command of any of the twelve types."""
ROOT, OF_ALL = "zprof", "*"
"""What stands for the root, and for what every command takes."""


class Option:
    """An option of a command."""

    def __init__(self, names: tuple[str, ...], kind: str, description: str) -> None:
        self.names = names
        """The long one first."""
        self.kind = kind
        """Of the word that it takes; empty where it takes none."""
        self.description = description


class Node:
    """A command, or a group of them."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        """The kind of word that each takes."""
        self.has_many = False
        """Whether the last of them takes any number."""
        self.options: list[Option] = []
        self.has_attributes = False
        """Whether it takes the attributes of a flavor, as `--key=value`."""

    def argument(self, position: int) -> str:
        """The kind of word that stands at a position; empty where none does."""
        if position < len(self.arguments):
            return self.arguments[position]
        return self.arguments[-1] if self.has_many else ""

    def option(self, name: str) -> Option | None:
        """The option of a name, with its dashes."""
        return next((option for option in self.options if name in option.names), None)


def is_command(path: str) -> bool:
    """Whether there is a command, as it is typed, with TYPE for a type."""
    return path not in ("", ROOT, OF_ALL, TYPE) and f"\n{path}: " in TREE


def is_group(path: str) -> bool:
    """Whether there are commands below one, or below the root, whose path is empty."""
    return not path or f"\n{path} " in TREE


def below(path: str) -> dict[str, str]:
    """The commands below a group, with the line of help of each."""
    above = f"{path} " if path else ""
    heads = (line.removeprefix(above).partition(": ") for line in TREE.split("\n") if line.startswith(above))
    found = {name: description for name, _, description in heads if name and " " not in name}
    return {name: description for name, description in found.items() if is_command(f"{above}{name}")}


def node(path: str) -> Node:
    """A command with its own options and those of every command; the root without a path."""
    found = Node()
    for head in (path or ROOT, OF_ALL):
        _, _, rest = TREE.replace("\n  ", "\t").partition(f"\n{head}: ")
        for line in rest.partition("\n")[0].split("\t")[1:]:
            add(found, line)
    return found


def add(to: Node, line: str) -> None:
    """Add what a line says to a command: an argument, an option, or that it takes attributes."""
    what, _, description = line.partition(": ")
    *names, last = what.split(" ")
    kind = last[1:-1].removesuffix("...") if last[:1] == "<" else ""
    if what == "--*=":
        to.has_attributes = True
    elif not names and kind:
        to.arguments.append(kind)
        to.has_many = last.endswith("...>")
    elif to.option(names[0] if names else last) is None:
        to.options.append(Option(tuple(names if kind else [*names, last]), kind, description))


def in_words(description: str, of_type: str) -> str:
    """A line of help of the commands of all types, in the words for one.

    Args:
        of_type: the command of the type.
    """
    for placeholder, word in zip(("A-NOUN", "NOUNS", "NOUN"), TYPES[of_type], strict=True):
        description = description.replace(placeholder, word)
    return description
