"""Where in a JSON text a value is: looked up only once something is wrong with it, since reading keeps no places."""

from __future__ import annotations

import json
import re

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def json_place(text: str, path: tuple[str | int, ...]) -> tuple[int, int]:
    """The line and the column, as a person counts, of a value in a text that was read before; of what it would be in.

    Args:
        path: the keys and the positions that lead to it. A field is where its key is.
    """
    wanted = list(path)
    steps: list[str | int] = []
    """Where in each open object or list the walk is."""
    is_key, found, depth = False, len(text) - len(text.lstrip()), 0
    for token in TOKEN.finditer(text):
        word = token[0]
        if word in "}]":
            steps.pop()
            is_key = False
        elif word == "," and isinstance(steps[-1], int):
            steps[-1] += 1
        elif word == ",":
            is_key = True
        elif word != ":":
            if is_key:
                steps[-1] = json.loads(word)
            if len(steps) > depth and (is_key or isinstance(steps[-1], int)) and steps == wanted[: len(steps)]:
                found, depth = token.start(), len(steps)
            is_value, is_key = not is_key, False
            if is_value and word in "{[":
                steps.append("" if word == "{" else 0)
                is_key = word == "{"
    return text.count("\n", 0, found) + 1, found - text.rfind("\n", 0, found)
