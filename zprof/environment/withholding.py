"""The values of a stack as they are stored, for who wants to see no secret: nothing is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from zprof.environment.claims import SecretWithheld, Values
from zprof.records import Component, Stack
from zprof.reference_grammar import is_reference


class AsStored(NamedTuple):
    """The attributes of a component, references as they are."""

    values: Mapping[str, Any]
    secret: frozenset[str]


class Withholding:
    """The values of a stack without what they refer to.

    Args:
        values: what would resolve them.
    """

    def __init__(self, stack: Stack, values: Values) -> None:
        self.is_shared = values.is_shared
        self.is_approved = values.is_approved
        self.is_allowed_variable = values.is_allowed_variable
        self._stack = stack

    def all_resolved(self) -> Mapping[str, AsStored]:
        """The attributes of all components, by type; those with a reference in them are secret."""
        return {
            type_name: AsStored(member.config, frozenset(name for name in member.config if refers(member.config[name])))
            for type_name, member in self._stack.components.items()
        }

    def stored(self, component: Component, attribute: str) -> NoReturn:
        """Nothing.

        Raises:
            SecretWithheld: always.
        """
        raise SecretWithheld


def refers(value: Any) -> bool:
    """Whether there is a reference in a value."""
    if isinstance(value, dict):
        return any(map(refers, value.values()))
    return any(map(refers, value)) if isinstance(value, list) else is_reference(value)
