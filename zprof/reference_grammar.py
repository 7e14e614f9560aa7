"""How a reference is written: a text that, as a whole, stands for a value which is kept elsewhere.

    ${env:NAME}             an environment variable
    ${file:PATH}            what a file holds; its path is absolute or begins with ~/
    ${keyring:zprof/NAME}   a password of the system's keyring: the service `zprof/NAME`, the user `zprof`
    {{secret.key}}          what the stack's secrets manager keeps

A text that begins with `${` or `{{` is a reference or a mistake, never a text. `$${…` is the text `${…`, and `{{{{…` is
the text `{{…`: the first `$`, or the first two braces, are taken away. Anywhere else in a text both mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

KINDS = ("env", "file", "keyring")
"""What stands between `${` and the colon."""
STORED = "secret"
"""The kind of `{{secret.key}}`."""


@cache
def _pattern() -> re.Pattern[str]:
    """What a reference matches as a whole; compiled for the first text that begins as one, since that takes time."""
    return re.compile(
        r"\{\{(?P<secret>[^\s{}.]+)\.(?P<key>[^\s{}]+)\}\}"
        r"|\$\{(?:env:(?P<env>[A-Za-z_][A-Za-z0-9_]*)"
        r"|file:(?P<file>~?/[^\x00-\x1f\x7f}]+)"
        r"|keyring:(?P<keyring>zprof/[A-Za-z0-9][A-Za-z0-9._/-]*))\}"
    )


class MalformedReference(ValueError):
    """A text that begins as a reference does and is none. The message says why, without it: it may be a secret."""


class Reference(NamedTuple):
    """A reference, taken apart."""

    kind: str
    """One of `KINDS`, or `STORED`."""
    name: str
    """Of a variable, a file, a service of the keyring, or a secret."""
    key: str = ""
    """Of a value in a secret."""

    def __str__(self) -> str:
        return f"{{{{{self.name}.{self.key}}}}}" if self.kind == STORED else f"${{{self.kind}:{self.name}}}"


def any_text(value: object, holds: Callable[[str], bool]) -> bool:
    """Whether something holds of a text, or of one within an object or a list."""
    if isinstance(value, dict | list):
        return any(any_text(inner, holds) for inner in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and holds(value)


def is_reference(value: object) -> bool:
    """Whether the value as a whole is a reference, and not a text."""
    return isinstance(value, str) and looks_like_reference(value) and _pattern().fullmatch(value) is not None


def reference(text: str) -> Reference | None:
    """The reference that a text is; None for a text that means itself.

    Raises:
        MalformedReference: it begins as one, and is none.
    """
    if not looks_like_reference(text):
        return None
    match = _pattern().fullmatch(text)
    if match is None:
        raise MalformedReference(_fault(text))
    if match["secret"]:
        return Reference(STORED, match["secret"], match["key"])
    kind = next(kind for kind in KINDS if match[kind])
    return Reference(kind, match[kind])


def looks_like_reference(text: str) -> bool:
    """Whether a text begins as a reference does."""
    return text.startswith("${") or (text.startswith("{{") and not text.startswith("{{{{"))


def unescaped(text: str) -> str:
    """What a text means that is no reference: itself, or what is left of it without the escape at its beginning."""
    if text.startswith("{{{{"):
        return text[2:]
    return text[1:] if re.match(r"\$\$+\{", text) else text


def _fault(text: str) -> str:
    """Why a text is no reference, as the end of a sentence that begins with what has it."""
    if text.startswith("{{"):
        return "starts with {{ but is not {{secret.key}}"
    kind = re.fullmatch(r"\$\{([a-z]{1,10}):[^}]*\}", text, re.DOTALL)
    if kind is None:
        return "starts with ${ but is not ${env:NAME}, ${file:PATH} or ${keyring:zprof/NAME}"
    match kind[1]:
        case "env":
            return "is an ${env:…} without the name of a variable: letters, digits and _, and no digit first"
        case "file":
            return "is a ${file:…} whose path is not absolute and does not start with ~/"
        case "keyring":
            return "is a ${keyring:…} of a service other than zprof/NAME, and no other is read"
    return f"is a ${{{kind[1]}:…}}, but there are only ${{env:NAME}}, ${{file:PATH}} and ${{keyring:zprof/NAME}}"


ESCAPE = "To start a text like this, write $${ for ${, and {{{{ for {{."
"""What to type where a text is meant that begins as a reference does."""
