"""What `zprof secret` keeps for a secrets manager of the flavor `local`: a file of its own in the config directory.

    secrets/9f86d081884c7d659a2feaa0c55ad015.json

The file's name is the component's place. A store that lies elsewhere is others' too, who can write any place into it:
its files have names that no place of another store leads to. What the attribute `secrets_file` names is ZenML's, and
neither read nor written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from zprof import paths
from zprof.caller import QUIET, Caller
from zprof.errors import DamagedFile, InvalidInput, ZprofError
from zprof.references.own_file import own_text, turn_in, write_own

if TYPE_CHECKING:
    from zprof.records import Component
    from zprof.references.origin import Origin

Answer = TypeVar("Answer")

Secrets = dict[str, dict[str, str]]
"""By the names of secrets, and then of their keys, the values."""
MAX_VALUE_BYTES = 64 * 1024
"""Of one value."""
NAME = re.compile(r"(?P<secret>[A-Za-z0-9_][A-Za-z0-9_-]{0,63})\.(?P<key>[A-Za-z0-9_][A-Za-z0-9._-]{0,63})")
"""`SECRET.KEY`: each begins with a letter, a digit or `_`; the first point parts them."""


def parts_of(name: str) -> tuple[str, str]:
    """The secret and the key that a name is made of.

    Raises:
        InvalidInput: it is no `SECRET.KEY`. What was typed is not shown: it may be the value.
    """
    match = NAME.fullmatch(name)
    if match is None:
        hint = "Write SECRET.KEY, each of 1 to 64 letters, digits, '_' or '-', but no '-' first; KEY may have '.', too."
        raise InvalidInput("That is not the name of a secret.", hint)
    return match["secret"], match["key"]


class SecretsFile:
    """The secrets of one component.

    Args:
        component: a secrets manager of the flavor `local`, as its store has it.
        origin: where its store is.

    Raises:
        DamagedFile: the store has a place that zprof would not write; it might lead anywhere.
    """

    def __init__(self, component: Component, origin: Origin, config_dir: str) -> None:
        if re.fullmatch("[0-9a-f]{32}", component.place) is None:
            raise DamagedFile(
                f"The secrets manager '{component.name}' has an invalid place.",
                "To see the row and how to fix it, run `zprof db check`.",
            )
        self._component = component
        self._origin = origin
        self._directory = paths.secrets_dir(config_dir)
        self.path = os.path.join(self._directory, f"{self._name()}.json")

    def _name(self) -> str:
        if self._origin.is_inside:
            return self._component.place
        from hashlib import sha256

        return sha256(f"{self._origin.place}\n{self._component.place}".encode()).hexdigest()[:32]

    def secrets(self) -> Secrets:
        """All of them; none where there is no file.

        Raises:
            Refused: others may read or write the file.
            ZprofError: it can't be read or understood.
        """
        text = own_text(self.path, is_secret=True)
        return {} if text is None else self._parsed(text)

    def changed(self, change: Callable[[Secrets], Answer], caller: Caller = QUIET) -> Answer:
        """Change the secrets, one process at a time; what the change answers.

        Args:
            change: is given the secrets as they are, and changes them.
            caller: who asks, and may have to wait.

        Raises:
            Busy: another process kept the directory for too long.
            Refused, ZprofError: as for `secrets`, or the file can't be written; nothing was changed then.
        """
        with turn_in(self._directory, caller):
            secrets = self.secrets()
            answer = change(secrets)
            write_own(self.path, self._text(secrets))
        return answer

    def _text(self, secrets: Secrets) -> str:
        heading = {"secrets_manager": self._component.name, "store": self._origin.place}
        return json.dumps({**heading, "secrets": secrets}, indent=2) + "\n"

    def _parsed(self, text: str) -> Secrets:
        try:
            found = json.loads(text)["secrets"]
            return {str(name): {str(key): _checked(value) for key, value in found[name].items()} for name in found}
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise ZprofError(
                f"{self.path} is not a valid secrets file.", "Restore it from a copy, or remove it."
            ) from None


def _checked(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
