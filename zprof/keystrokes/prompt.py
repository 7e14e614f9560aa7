"""`zprof prompt`: what is in effect in a word, for the prompt of a shell."""

from __future__ import annotations

from zprof.errors import InvalidInput
from zprof.keystrokes.glance import InEffect, Unsettled, in_effect

PLACEHOLDERS = ("profile", "stack", "protected", "here", "scope", "stack_scope")
"""What a format may have in braces."""
USUAL = "{profile}/{stack}{protected}{here}"
"""The format, unless one is given."""
WITHOUT_STACK = "{profile}{protected}{here}"
"""The same where no stack was ever chosen."""
PROTECTED = "#"
HERE = {"environment": "*", "local": "@"}
"""The marks of what counts in this shell alone, and in this project alone. None means anything in a shell's prompt."""


def line(form: str | None = None, *, profile: str | None = None, stack: str | None = None) -> str:
    """What is in effect, as a format says; nothing where nobody can tell.

    Args:
        form: a text with `{profile}` and the like in it; None for the usual one.
        profile: what `--profile` says.
        stack: what `--stack` says.

    Raises:
        InvalidInput: the format has something else in braces.
        Unsettled: the registry is being written, so that in a moment the line may be another.
    """
    parts = parts_of(USUAL if form is None else form)
    try:
        found = in_effect(profile=profile, stack=stack)
    except Unsettled:
        raise
    except Exception:  # a prompt is no place to tell what is wrong
        return ""
    if form is None and found.stack is None:
        parts = parts_of(WITHOUT_STACK)
    values = values_of(found)
    return "".join(text + values.get(placeholder, "") for text, placeholder in parts)


def values_of(found: InEffect) -> dict[str, str]:
    """What stands for each placeholder."""
    scopes = (found.profile_scope, found.stack_scope)
    return {
        "profile": found.profile,
        "stack": found.stack or "",
        "protected": PROTECTED if found.is_protected else "",
        "here": next((mark for scope, mark in HERE.items() if scope in scopes), ""),
        "scope": found.profile_scope,
        "stack_scope": found.stack_scope,
    }


def parts_of(form: str) -> list[tuple[str, str]]:
    """The texts of a format, each with the placeholder that follows it; `{{` and `}}` are braces.

    Raises:
        InvalidInput: there is something else in braces.
    """
    parts = []
    text, rest = "", form
    while rest:
        if rest[:2] in ("{{", "}}"):
            text, rest = text + rest[0], rest[2:]
        elif rest[0] in "{}":
            placeholder, end, after = rest[1:].partition("}")
            if rest[0] == "}" or not end or placeholder not in PLACEHOLDERS:
                raise not_a_format(form)
            parts.append((text, placeholder))
            text, rest = "", after
        else:
            text, rest = text + rest[0], rest[1:]
    return [*parts, (text, "")]


def not_a_format(form: str) -> InvalidInput:
    """The error of a format that can't be understood."""
    return InvalidInput(
        f"The format '{form}' has something in braces that is not a placeholder.",
        f"The placeholders: {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}. Write a brace itself twice.",
    )
