"""JSON as the standard has it. Python's reader takes more: NaN, infinite numbers, a key that is there twice."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_NESTING = 50
"""Objects and lists inside each other, in a config."""
MAX_DOCUMENT_NESTING = MAX_NESTING + 10
"""The same in a document, which has configs some levels down."""

MAX_DIGITS = 1000
"""Of a whole number. Python reads no more than 4,300 from text, and writes no more."""
MAX_BITS = 3322
"""The same in binary."""


class NotJson(ValueError):
    """The text is not JSON at all; it may be something else."""


class LongNumber(ValueError):
    """A number has more digits than zprof reads."""

    def __init__(self) -> None:
        super().__init__(f"it holds a number with more than {MAX_DIGITS} digits")


def parsed_json(text: str | bytes) -> Any:
    """What a JSON text says.

    Raises:
        NotJson: it is not JSON.
        ValueError: it is not JSON as the standard has it, or is nested too deep. The message quotes nothing of it.
    """
    try:
        found = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=whole_number,
            object_pairs_hook=without_repetition,
        )
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    check_is_json(found)
    return found


def is_equal(old: Any, new: Any) -> bool:
    """Whether two values are the same in JSON, where `true` is not 1, and 1e23 is 1 with 23 zeros.

    PostgreSQL's jsonb writes all digits of what was given with an exponent, and a float is another value than those.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(is_equal(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(is_equal, old, new))
    if old == new:
        return isinstance(old, bool) == isinstance(new, bool)
    return {type(old), type(new)} == {int, float} and _is_written_alike(old, new)


def _is_written_alike(*numbers: float) -> bool:
    from decimal import Decimal  # next to nobody has such numbers

    one, other = (Decimal(repr(number)) for number in numbers)
    return one == other


def check_is_json(found: Any) -> None:
    """Refuse what JSON has no form for.

    Raises:
        ValueError: it is, or holds, something else, or is nested deeper than `MAX_DOCUMENT_NESTING`.
    """
    level, depth = [found], 0  # all values of one depth: a walk with a place for each value takes three times as long
    while level:
        if depth > MAX_DOCUMENT_NESTING:
            raise ValueError("it is nested too deeply")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                check_characters(value)
            elif isinstance(value, dict):
                for key in value:
                    if not isinstance(key, str):
                        raise ValueError("a key is not text")
                    check_characters(key)
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
            elif isinstance(value, float):
                if not math.isfinite(value):
                    raise ValueError("it holds a number that is not finite")
            elif isinstance(value, int):
                if value.bit_length() > MAX_BITS:
                    raise LongNumber
            elif value is not None:
                raise ValueError(f"it holds {with_article(type(value).__name__)}, which JSON can't represent")
        level, depth = inner, depth + 1


def check_characters(text: str) -> None:
    """Refuse half a surrogate pair."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds an unpaired surrogate")


def whole_number(text: str) -> int:
    """What digits say; Python's own sentence on too many of them is about Python."""
    if len(text) > MAX_DIGITS:
        raise LongNumber
    return int(text)


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key is in it twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found


def with_article(noun: str) -> str:
    """`a date`, `an integer`."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("it holds a number that is not finite")
    return value
