"""What a word of `zprof diff` means: a file, or a profile or a stack, be it now or earlier. Its text alone tells."""

from __future__ import annotations

import re
from typing import NamedTuple

from zprof.errors import InvalidInput
from zprof.names import is_name

FORMS = (
    "Name a profile, PROFILE/STACK, either of them with @-N, @DATE or @OPERATION for what it was, or a file: it begins "
    "with / or ./ or ../, or ends in .yaml, .yml or .json."
)


class Moment(NamedTuple):
    """A time in the past, by one of its last three fields."""

    text: str
    """As it was written, without the `@`."""
    back: int = 0
    """How many operations ago."""
    until: str = ""
    """The last second that counts, as timestamps are written."""
    operation: str = ""
    """How the id of the last operation that counts begins."""


class Side(NamedTuple):
    """One of two things that are compared."""

    text: str
    path: str | None = None
    """Of a file or a directory."""
    profile: str = ""
    stack: str | None = None
    moment: Moment | None = None
    """None for what is there now."""


def side_of(text: str) -> Side:
    """What a word means.

    Raises:
        InvalidInput: it means nothing.
    """
    if text.startswith(("/", "./", "../")) or text in (".", "..") or text.endswith((".yaml", ".yml", ".json")):
        return Side(text, path=text)
    what, at, when = text.partition("@")
    profile, slash, stack = what.partition("/")
    if not is_name(profile) or (slash and not is_name(stack)):
        raise InvalidInput(f"'{text}' is not something that can be compared.", FORMS)
    moment = moment_of(when) if at else None
    return Side(text, profile=profile, stack=stack if slash else None, moment=moment)


def moment_of(text: str) -> Moment:
    """What follows an `@`: `-3`, `2026-11-01`, `2026-11-01T12:30`, all in UTC, or how the id of an operation begins.

    Raises:
        InvalidInput: it is none of them.
    """
    if re.fullmatch(r"-0*[1-9]\d{0,8}", text, re.ASCII):
        return Moment(text, back=int(text[1:]))
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?Z?)?", text, re.ASCII)
    if match is not None:
        day, minute, second = match.groups()
        return Moment(text, until=checked_time(text, f"{day}T{minute or '23:59'}{second or ':59'}Z"))
    if re.fullmatch(r"[0-9a-f]{4,32}", text):
        return Moment(text, operation=text)
    raise InvalidInput(
        f"'@{text}' is not a time in the past.",
        "Write @-3 for three operations ago, @2026-11-01 or @2026-11-01T12:30 for the end of that day or minute, "
        "in UTC, or @ and at least four characters of an operation's id.",
    )


def checked_time(text: str, time: str) -> str:
    """A timestamp, as given.

    Raises:
        InvalidInput: there is no such day or time.
    """
    from datetime import datetime  # for those who look back

    try:
        datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise InvalidInput(f"'@{text}' is not a time: no such day or hour exists.", "Give another one.") from None
    return time
