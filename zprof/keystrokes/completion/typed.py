"""What of a command line is typed already."""

from __future__ import annotations

from zprof.generated.commands import TYPES
from zprof.keystrokes.completion.tree import TYPE, Node, Option, below, is_command, is_group, node

TYPE_CHECKING = False  # as in zprof/__init__.py: for prompts
if TYPE_CHECKING:
    from collections.abc import Iterable


class NoCommand(Exception):
    """A word is none of the commands that there are at its place."""


class Typed:
    """The words before the one that is being typed, understood as click would."""

    def __init__(self, words: Iterable[str]) -> None:
        """Those after `zprof`.

        Raises:
            NoCommand: one of them should be a command, and is none.
        """
        self._node: Node | None = None
        self.path = ""
        """The command, with TYPE for a type."""
        self.of_type = ""
        """The type, as it is typed."""
        self.arguments: list[str] = []
        self.options: dict[str, str] = {}
        """The values of options, by the longest name of each; empty for a flag."""
        self.attributes: set[str] = set()
        """The names of those that are given."""
        self.awaited: Option | None = None
        """The option whose value is the next word."""
        self.takes_options = True
        """Not after `--`, and not after a program, whose own they are."""
        for word in words:
            self.add(word)

    @property
    def node(self) -> Node:
        """What the command takes."""
        if self._node is None:
            self._node = node(self.path)
        return self._node

    @property
    def is_group(self) -> bool:
        """Whether the next word is a command."""
        return is_group(self.path)

    @property
    def commands(self) -> dict[str, str]:
        """The commands below this one, with the line of help of each."""
        return below(self.path)

    def add(self, word: str) -> None:
        """Take the next word."""
        if self.awaited is not None:
            self.options[self.awaited.names[0]] = word
            self.awaited = None
        elif self.takes_options and word == "--":
            self.takes_options = False
        elif self.takes_options and word.startswith("-") and word != "-":
            self.add_option(word)
        elif self.is_group:
            self.enter(word.replace("_", "-"))
        else:
            self.takes_options = self.takes_options and self.node.argument(len(self.arguments)) != "program"
            self.arguments.append(word)

    def add_option(self, word: str) -> None:
        """Take a word that begins with a dash: an option, an attribute, or what is unknown."""
        name, equals, value = word.partition("=")
        option = self.option(name)
        if not word.startswith("--") and (option is None or (equals and len(name) == 2)):
            equals, value = "=", word[2:]  # click takes all that follows one letter
            option = self.option(word[:2])
        if option is None and self.node.has_attributes and equals:
            self.attributes.add(name.removeprefix("--").replace("-", "_"))
        elif option is not None and option.kind and not equals:
            self.awaited = option
        elif option is not None:
            self.options[option.names[0]] = value

    def option(self, name: str) -> Option | None:
        """The option of a name, with its dashes; `-` and `_` are alike in it."""
        is_long = name.startswith("--")
        return self.node.option(name.replace("_", "-") if is_long else name)

    def enter(self, name: str) -> None:
        """Go on with a command of the group."""
        is_type = not self.path and name in TYPES
        path = f"{self.path} {TYPE if is_type else name}".lstrip()
        if not is_type and not is_command(path):
            raise NoCommand(name)
        self.of_type = name if is_type else self.of_type
        self.path = path
        self._node = None
