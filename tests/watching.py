"""Runs commands and prints which database files Python itself opened meanwhile, as JSON.

Closing such a file would drop the locks that SQLite holds on it in this process; making a new one is no harm.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from zprof.__main__ import run


def main() -> None:
    config, commands, is_misbehaving = json.loads(sys.argv[1])
    opened: list[str] = []

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or isinstance(arguments[0], int):
            return
        path, _, flags = arguments
        path = os.path.abspath(os.fsdecode(path))
        is_new = bool(flags & os.O_CREAT and flags & os.O_EXCL)
        if path.startswith(config) and path.endswith((".db", ".new", "-journal")) and not is_new:
            opened.append(path)

    sys.addaudithook(audited)
    codes = [run(words) for words in commands]
    if is_misbehaving:
        with open(f"{config}/registry.db", "rb") as file:
            file.read(16)
    sys.stdout.flush()
    print()
    print(json.dumps({"codes": codes, "opened": opened}))


if __name__ == "__main__":
    main()
