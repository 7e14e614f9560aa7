"""Text that came from a store, a file or a person, made safe to show."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with whatever could drive a terminal, reorder or hide text written out: `\x1b`, `\u202e`.

    That is what `str.isprintable` leaves out: control and format characters, surrogates, unassigned ones, and all
    spaces but the plain one.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else escaped(character) for character in text)


def escaped(character: str) -> str:
    r"""A character written as Python would: `\\n`, `\x1b`, `\u202e`."""
    return ascii(character)[1:-1]


def in_shell(text: str) -> str:
    """A text as a word of a line for a shell: a name in a store that others write may be anything."""
    from shlex import quote  # on the way to an error alone

    return quote(text)
