"""What the log says of an operation: its id, when it was, who did it, and with which words."""

from __future__ import annotations

import os
from collections.abc import Collection
from itertools import pairwise

from zprof.caller import Caller, user_name
from zprof.masking import MASK, looks_secret, secret_option, without_credentials
from zprof.records import now


def user_at_host() -> str:
    """`user@host` of this process: who it is, not who `$USER` says."""
    return f"{user_name(os.geteuid())}@{os.uname().nodename}"


def new_operation_id() -> str:
    """32 random hexadecimal digits."""
    return os.urandom(16).hex()


def heading(caller: Caller, secrets: Collection[str] = (), operation_id: str | None = None) -> dict[str, str]:
    """The parameters of a statement that adds an operation.

    Args:
        secrets: as for `masked_command`.
        operation_id: that of the same operation on another database; its own unless given.
    """
    return {
        "operation_id": operation_id or new_operation_id(),
        "now": now(),
        "by": user_at_host(),
        "line": masked_command(caller.command, secrets),
    }


def masked_command(words: tuple[str, ...], secrets: Collection[str]) -> str:
    """A command line, quoted as for a shell, without secret attributes' values and without passwords in URLs.

    Args:
        secrets: the attributes that a schema marks secret; those whose names look secret are masked anyway.
    """
    command = " ".join(
        _quoted(_masked_secret(word) if before == "--secret" else _masked_word(word, secrets))
        for before, word in pairwise(("", *words))
    )
    # Bytes that are no text, as a path may have, are shown as they would be typed: no database takes them.
    return command.encode("utf-8", "backslashreplace").decode("utf-8")


PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")
"""Characters that no shell reads as anything else."""


def _quoted(word: str) -> str:
    if word and PLAIN.issuperset(word):
        return word
    from shlex import quote  # for few words, and slow to import

    return quote(word)


def _masked_secret(word: str) -> str:
    """What follows `--secret`: TYPE/NAME.KEY=VALUE, whatever the key is named; all of it where it is something else."""
    match = secret_option(word)
    return f"{match['type']}/{match['name']}.{match['key']}={MASK}" if match else MASK


def _masked_word(word: str, secrets: Collection[str]) -> str:
    option, equals, value = word.partition("=")
    if not (equals and option.startswith("--")):
        return without_credentials(word)
    attribute = option.removeprefix("--").replace("-", "_")
    is_secret = attribute in secrets or looks_secret(attribute)
    return f"{option}={MASK if is_secret else without_credentials(value)}"
