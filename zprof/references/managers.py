"""Secrets managers: what they keep for the components of a stack, each read by the client of its flavor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zprof.errors import closest_names
from zprof.printable import in_shell
from zprof.references.sources import Unresolvable, text

if TYPE_CHECKING:
    from zprof.records import Component
    from zprof.references.origin import Origin

Secret = Mapping[str, str]
"""The values of a secret, by key."""


class SecretsManager:
    """A stack's secrets manager. Each secret is asked for once.

    Args:
        origin: where its store is, which tells its secrets from those of another store.
        config_dir: where the local ones are.
    """

    def __init__(self, component: Component, origin: Origin, config_dir: str) -> None:
        self.component = component
        self._origin = origin
        self._config_dir = config_dir
        self._known: dict[str, Secret] = {}

    def value(self, secret: str, key: str) -> str:
        """One value.

        Raises:
            Unresolvable: it is not there, or can't be read.
        """
        fields = self.fields(secret, key)
        if key not in fields:
            raise self._missing(f"the secret '{secret}' has no key '{key}'", f"{secret}.{key}", key, fields)
        return fields[key]

    def fields(self, secret: str, key: str = "KEY") -> Secret:
        """All values of a secret, by key.

        Args:
            key: the one that is wanted, for the error.

        Raises:
            Unresolvable: there is no such secret, or it can't be read.
        """
        if secret not in self._known:
            self._known[secret] = self._read(secret, key)
        return self._known[secret]

    def _read(self, secret: str, key: str) -> Secret:
        flavor = self.component.flavor
        if flavor == "local":
            return self._local(secret, key)
        if flavor == "aws":
            from zprof.references.aws import fields  # for those who have it

            return {name: text(value, "the secret holds") for name, value in fields(self.component, secret).items()}
        raise Unresolvable(
            f"this version can't read secrets managers of the flavor '{flavor}'",
            "Use the flavor local or aws, or write ${env:NAME}, ${file:PATH} or ${keyring:zprof/NAME} instead.",
        )

    def _local(self, secret: str, key: str) -> Secret:
        from zprof.references.secrets_files import SecretsFile

        known = SecretsFile(self.component, self._origin, self._config_dir).secrets()
        if secret not in known:
            raise self._missing(f"there is no secret '{secret}'", f"{secret}.{key}", secret, known)
        return known[secret]

    def _missing(self, why: str, wanted: str, name: str, among: Iterable[str]) -> Unresolvable:
        """What is not there: the closest names, and the line that makes it, where that is ours to make."""
        closest = closest_names(name, among)
        meant = f"Did you mean {' or '.join(map(repr, closest))}? " if closest else ""
        manager = self.component.name
        if self.component.flavor != "local":
            return Unresolvable(f"in the secrets manager '{manager}' {why}", f"{meant}Create it there.")
        line = f"zprof secret set {in_shell(wanted)} --manager {in_shell(manager)}"
        return Unresolvable(f"in the secrets manager '{manager}' {why}", f"{meant}Run `{line}`.")
